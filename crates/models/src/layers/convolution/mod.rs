//! Convolutions of sequences and images.

mod config;

use burn::tensor::{Tensor, module::conv2d, ops::ConvOptions};

pub use config::{Conv1d, Conv1dModule, Conv2d, Conv2dModule};

use super::{
    MOST_VALUES, Padding,
    windows::{Windows, on_images},
};
use crate::{ModelError, Value};

/// Returns the shape of a sample's output, or an error message.
fn output_shape<const N: usize>(
    input: &[usize],
    windows: &Windows<N>,
    filters: usize,
    groups: usize,
) -> Result<Vec<usize>, String> {
    if N > 1 && windows.padding == Padding::Causal {
        return Err(
            "padding is causal, which is supported for sequences only: give Padding::Valid or Padding::Same"
                .into(),
        );
    }
    let (kernel, strides, dilation) = (&windows.size, &windows.strides, &windows.dilation);
    if filters == 0 || groups == 0 || [kernel, strides, dilation].iter().any(|sizes| sizes.contains(&0)) {
        return Err(format!(
            "filters is {filters}, kernel_size {kernel:?}, strides {strides:?}, dilation_rate {dilation:?}, groups \
             {groups}: give at least 1 for each"
        ));
    }
    let (places, channels) = windows.places(input)?;
    if strides.iter().any(|stride| *stride > 1) && dilation.iter().any(|rate| *rate > 1) {
        return Err(format!(
            "strides is {strides:?}, dilation_rate {dilation:?}: they cannot both be above 1"
        ));
    }
    if !channels.is_multiple_of(groups) || !filters.is_multiple_of(groups) {
        return Err(format!(
            "groups is {groups}, the input has {channels} channels, filters is {filters}: give a divisor of both"
        ));
    }
    let output = [&places[..], &[filters]].concat();
    let count = |lengths: &[usize]| lengths.iter().try_fold(1_usize, |size, n| size.checked_mul(*n));
    let weights = count(&[&kernel[..], &[channels / groups, filters]].concat());
    match (weights, count(&output)) {
        (Some(0..=MOST_VALUES), Some(0..=MOST_VALUES)) => Ok(output),
        _ => Err(format!(
            "filters is {filters}, kernel_size {kernel:?}, which gives more than 2^31 weights or values per sample: \
             give fewer"
        )),
    }
}

/// Convolves a batch of sequences or images with a kernel `[height, width, channels, filters]`.
fn convolve<const N: usize>(
    input: Value,
    kernel: Tensor<4>,
    bias: Option<Tensor<1>>,
    windows: &Windows<N>,
    groups: usize,
) -> Result<Value, ModelError> {
    // Burn's convolution takes channels first, and kernels as [filters, channels, height, width].
    let kernel = kernel.permute([3, 2, 0, 1]);
    on_images::<N>(input, |images| {
        let [_, _, height, width] = images.dims();
        let windows = windows.on_image(height, width);
        let options =
            ConvOptions::new_with_padding(windows.strides, windows.padding, windows.dilation, groups);
        conv2d(images, kernel, bias, options)
    })
}
