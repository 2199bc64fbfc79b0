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

/// Every backend there is, by the name of its cargo feature; with a device where that feature is on.
const BACKENDS: [(&str, Option<fn() -> Device>); 3] = [
    ("flex", {
        #[cfg(feature = "flex")]
        let device: Option<fn() -> Device> = Some(Device::flex);
        #[cfg(not(feature = "flex"))]
        let device = None;
        device
    }),
    ("ndarray", {
        #[cfg(feature = "ndarray")]
        #[expect(deprecated, reason = "Burn prefers flex; kept for comparison")]
        let device: Option<fn() -> Device> = Some(Device::ndarray);
        #[cfg(not(feature = "ndarray"))]
        let device = None;
        device
    }),
    ("wgpu", {
        #[cfg(feature = "wgpu")]
        let device: Option<fn() -> Device> = Some(|| Device::wgpu(Default::default()));
        #[cfg(not(feature = "wgpu"))]
        let device = None;
        device
    }),
];

/// The backends that are compiled in, the default one first.
pub fn compiled_in() -> impl Iterator<Item = &'static str> {
    BACKENDS.iter().filter(|(_, device)| device.is_some()).map(|(name, _)| *name)
}

/// A device of the backend of that name.
///
/// # Errors
/// When there is no such backend, or it is not compiled in.
pub fn device(name: &str) -> Result<Device, BackendError> {
    match BACKENDS.iter().find(|(own, _)| *own == name) {
        Some((_, Some(device))) => Ok(device()),
        Some((name, None)) => Err(BackendError::NotCompiledIn(name)),
        None => Err(BackendError::Unknown(name.into())),
    }
}

/// A device of the first backend that is compiled in.
///
/// # Errors
/// When none is.
pub fn default_device() -> Result<Device, BackendError> {
    device(compiled_in().next().unwrap_or(BACKENDS[0].0))
}

fn names() -> String {
    compiled_in().collect::<Vec<_>>().join(", ")
}
