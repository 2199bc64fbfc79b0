//! The meaning of a column's values.

/// What the values of a [`Column`](crate::Column) mean.
///
/// The enum is closed: batches, and the checks that an input fits its layer and a target its loss, must know every
/// kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Real numbers, `[samples, ...]`.
    Floats,
    /// Brightness from 0 to 255, `[samples, ...]`; batches hold it as `f32` from 0 to 1.
    Pixels,
    /// One class index per sample, `[samples]`.
    Classes,
    /// Word ids for an embedding, `[samples, steps]`.
    Ids,
    /// Label sequences, `[samples, most labels]`: class indices per step, or labels for CTC padded with 0.
    Labels,
    /// Sparse vectors of zeros and ones, `[samples, dimension]`.
    MultiHot,
}

impl Kind {
    /// The number of axes of one sample; `None` if any will do.
    pub(super) fn sample_rank(self) -> Option<usize> {
        match self {
            Self::Floats | Self::Pixels => None,
            Self::Classes => Some(0),
            Self::Ids | Self::Labels | Self::MultiHot => Some(1),
        }
    }
}
