//! Whether a device has a memory of its own.

use burn::tensor::Device;

/// Returns whether the device computes in the host's memory, so that a copy on the device would be a second copy in the
/// same memory.
///
/// This is known of the `flex` backend only; the others are assumed to have a memory of their own.
pub fn computes_in_host_memory(device: &Device) -> bool {
    kindling_ops::can_apply(device)
}
