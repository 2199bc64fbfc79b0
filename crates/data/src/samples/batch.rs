//! Samples gathered into one array per input and target.

/// A batch: one array for each input, target and sample weight, first axis `batch`.
///
/// `T` is [`Array`](crate::Array) in the host's memory, or a tensor type on a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch<T> {
    /// One array for each input, shape `[batch, ...]`.
    pub inputs: Vec<T>,
    /// One array for each target, always dense, shape `[batch, ...]`.
    pub targets: Vec<T>,
    /// One weight array `[batch]` for each target; `None` where a target is not weighted, empty if none is.
    pub weights: Vec<Option<T>>,
    /// Number of samples in the batch.
    pub len: usize,
}
