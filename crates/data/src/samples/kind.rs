//! Kinds of columns.

/// The meaning of the values of a [`Column`](crate::Column).
///
/// The enum is exhaustive: batches, and the checks of inputs against layers and of targets against losses, handle every
/// kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Real numbers, `[samples, ...]`.
    Floats,
    /// Pixel values from 0 to 255, `[samples, ...]`; `f32` from 0 to 1 in batches.
    Pixels,
    /// One class index per sample, `[samples]`.
    Classes,
    /// Word ids for an embedding, `[samples, steps]`.
    Ids,
    /// Label sequences, `[samples, max_labels]`: one class index per step, or labels for CTC padded with 0.
    Labels,
    /// Sparse vectors of zeros and ones, `[samples, dimension]`.
    MultiHot,
}

impl Kind {
    /// Returns the required number of axes of one sample; `None` if any number is valid.
    pub(super) fn sample_rank(self) -> Option<usize> {
        match self {
            Self::Floats | Self::Pixels => None,
            Self::Classes => Some(0),
            Self::Ids | Self::Labels | Self::MultiHot => Some(1),
        }
    }
}
