//! Batches of samples.

/// A batch of samples: one array for each input and target, with optional sample weights. The first axis is the batch.
///
/// `T` is [`Array`](crate::Array) in the host's memory, or a tensor type on a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch<T> {
    /// One array for each input, shape `[batch, ...]`.
    pub inputs: Vec<T>,
    /// One array for each target, always dense, shape `[batch, ...]`.
    pub targets: Vec<T>,
    /// One array of sample weights `[batch]` for each target, `None` for an unweighted target. Empty if no target is
    /// weighted.
    pub weights: Vec<Option<T>>,
    /// Number of samples in the batch.
    pub len: usize,
}
