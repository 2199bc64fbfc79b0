//! Devices that share the host's memory.

use burn::tensor::Device;

/// Returns whether the device computes in the host's memory, so that a copy on the device would be a second copy in the
/// same memory.
///
/// Returns true for the `flex` backend only: other backends are assumed to have separate memory.
pub fn computes_in_host_memory(device: &Device) -> bool {
    kindling_ops::can_apply(device)
}
