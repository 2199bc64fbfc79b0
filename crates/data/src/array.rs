//! What a batch is made of.

use burn::tensor::TensorData;

/// One input of a batch, on the host.
#[derive(Clone, Debug)]
pub enum Array {
    /// `f32` or `i32`, `[batch, ...]`.
    Dense(TensorData),
    /// Vectors of zeros and ones, as the places of the ones.
    MultiHot(MultiHot),
}

/// Multi-hot vectors, `[batch, dimension]`, as the places of their ones: sample `rows[i]` has one at `places[i]`.
///
/// Rows ascend, and the places within a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiHot {
    /// Which sample.
    pub rows: Vec<i32>,
    /// Which place of its vector.
    pub places: Vec<i32>,
    /// Samples.
    pub batch: usize,
    /// Length of a vector.
    pub dimension: usize,
}

impl MultiHot {
    /// From the ascending places of each sample.
    pub(crate) fn new<'a>(samples: impl ExactSizeIterator<Item = &'a [u32]>, dimension: usize) -> Self {
        let batch = samples.len();
        let (mut rows, mut places) = (Vec::new(), Vec::new());
        for (row, sample) in samples.enumerate() {
            rows.resize(rows.len() + sample.len(), row as i32);
            places.extend(sample.iter().map(|place| *place as i32));
        }
        Self { rows, places, batch, dimension }
    }
}

impl Array {
    /// The array with every value in it: `f32` or `i32`, `[batch, ...]`.
    pub fn into_dense(self) -> TensorData {
        match self {
            Self::Dense(data) => data,
            Self::MultiHot(MultiHot { rows, places, batch, dimension }) => {
                let mut dense = vec![0.0_f32; batch * dimension];
                for (row, place) in rows.into_iter().zip(places) {
                    dense[row as usize * dimension + place as usize] = 1.0;
                }
                TensorData::new(dense, [batch, dimension])
            }
        }
    }
}
