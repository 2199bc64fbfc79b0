//! Where a device computes.

use burn::tensor::Device;

/// Whether the device computes in the host's memory, so that a copy there would be a second one in the same place.
///
/// Sure of the default backend only; others are taken to have a memory of their own.
pub fn computes_in_host_memory(device: &Device) -> bool {
    #[cfg(feature = "flex")]
    {
        matches!(device.clone().without_autodiff().as_dispatch(), burn::backend::DispatchDevice::Flex(_))
    }
    #[cfg(not(feature = "flex"))]
    {
        let _ = device;
        false
    }
}
