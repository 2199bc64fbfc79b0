//! The backends that are compiled in, and the device that one of them gives. The only place that knows the list.

use burn::tensor::Device;

/// A backend was asked for that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// It exists, but its cargo feature was off when the program was built.
    #[error("backend {0} is not compiled in: build with `--features {0}`; compiled in: {names}", names = names())]
    NotCompiledIn(&'static str),
    /// There is none of that name.
    #[error("there is no backend {0:?}: choose one of {names}", names = names())]
    Unknown(String),
}

/// A backend, by the name of its cargo feature; with a device where that feature is on.
struct Backend {
    name: &'static str,
    device: Option<fn() -> Device>,
}

macro_rules! backend {
    ($feature:literal, $device:expr) => {
        Backend {
            name: $feature,
            device: {
                #[cfg(feature = $feature)]
                {
                    Some($device)
                }
                #[cfg(not(feature = $feature))]
                {
                    None
                }
            },
        }
    };
}

/// Every backend there is, the default one first.
#[allow(deprecated, reason = "Burn prefers flex to ndarray, which is kept for comparison")]
const BACKENDS: [Backend; 3] = [
    backend!("flex", Device::flex),
    backend!("ndarray", Device::ndarray),
    backend!("wgpu", || Device::wgpu(Default::default())),
];

/// The backends that are compiled in, the default one first.
pub fn compiled_in() -> impl Iterator<Item = &'static str> {
    BACKENDS.iter().filter(|backend| backend.device.is_some()).map(|backend| backend.name)
}

/// A device of the backend of that name.
///
/// # Errors
/// When there is no such backend, or it is not compiled in.
pub fn device(name: &str) -> Result<Device, BackendError> {
    match BACKENDS.iter().find(|backend| backend.name == name) {
        Some(Backend { device: Some(device), .. }) => Ok(device()),
        Some(Backend { name, device: None }) => Err(BackendError::NotCompiledIn(name)),
        None => Err(BackendError::Unknown(name.into())),
    }
}

/// A device of the first backend that is compiled in.
///
/// # Errors
/// When none is.
pub fn default_device() -> Result<Device, BackendError> {
    device(compiled_in().next().unwrap_or(BACKENDS[0].name))
}

fn names() -> String {
    compiled_in().collect::<Vec<_>>().join(", ")
}
