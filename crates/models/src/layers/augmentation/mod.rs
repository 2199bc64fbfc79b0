//! Image augmentation: layers that transform images at random in training and return them unchanged in inference.

mod random_flip;
mod random_translation;

use burn::tensor::{Int, Tensor, TensorData};

pub use random_flip::{FlipMode, RandomFlip};
pub use random_translation::{FillMode, Interpolation, RandomTranslation};

/// Returns images of the same shape, `[batch, height, width, channels]`, with rearranged rows and columns. For each
/// image, `source` returns the source row of each row and the source column of each column.
fn rearranged(
    images: Tensor<4>,
    mut source: impl FnMut(usize, usize) -> (Vec<usize>, Vec<usize>),
) -> Tensor<4> {
    let [batch, height, width, channels] = images.dims();
    let mut pixels = Vec::with_capacity(batch * height * width);
    for image in 0..batch {
        let (rows, columns) = source(height, width);
        for row in rows {
            let start = (image * height + row) * width;
            pixels.extend(columns.iter().map(|column| (start + column) as i32));
        }
    }
    let indices = Tensor::<1, Int>::from_data(
        TensorData::new(pixels, [batch * height * width]),
        &images.device().without_autodiff(),
    );
    images
        .reshape([batch * height * width, channels])
        .select(0, indices)
        .reshape([batch, height, width, channels])
}
