//! Selection of the compute backend and its device.
//!
//! | name | cargo feature | hardware |
//! | --- | --- | --- |
//! | `flex` | `flex` (default) | CPU |
//! | `ndarray` | `ndarray` | CPU; deprecated by Burn in favor of `flex` |
//! | `wgpu` | `wgpu` | any GPU, through the platform's graphics API |
//! | `vulkan`, `metal` | `vulkan`, `metal` | any GPU, through Vulkan or Metal |
//! | `cuda` | `cuda` | NVIDIA GPUs |
//! | `rocm` | `rocm` | AMD GPUs |
//! | `cpu` | `cpu` | CPU, with CubeCL's kernels |
//! | `remote:HOST:PORT` | `remote` | a device of another machine that runs the example `serve_device` |
//!
//! ```
//! use kindling::backend;
//!
//! let device = backend::device("flex")?;
//! # let _ = device;
//! let error = backend::device("abacus").unwrap_err();
//! assert!(error.to_string().starts_with("there is no backend \"abacus\": choose one of flex"));
//! # Ok::<(), backend::BackendError>(())
//! ```

use burn::tensor::Device;
#[cfg(feature = "wgpu")]
use burn::tensor::DeviceKind;
#[cfg(any(feature = "wgpu", feature = "cuda", feature = "rocm", feature = "cpu"))]
use burn::tensor::DeviceType;

/// The environment variable that sets the default backend.
pub const VARIABLE: &str = "KINDLING_BACKEND";

/// An error of selecting a backend or device. The message names the backend and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// The backend's cargo feature is not enabled.
    #[error(
        "backend {0} is not compiled in: enable the feature `{0}`, in Cargo.toml as kindling = {{ .., \
         features = [\"{0}\"] }}, or choose one of {names}",
        names = names()
    )]
    NotCompiledIn(&'static str),
    /// There is no backend of this name.
    #[error("there is no backend {0:?}: choose one of {names}", names = names())]
    Unknown(String),
    /// The backend has no device of this index.
    #[error("backend {backend} has no device {index:?}: {remedy}")]
    NoDevice {
        /// The backend's name.
        backend: &'static str,
        /// The given index.
        index: String,
        /// The remedy.
        remedy: String,
    },
    /// The backend finds no device on this machine.
    #[error("backend {0} found no device on this machine: install its driver, or choose one of {names}", names = names())]
    NoDevices(&'static str),
    /// The remote machine does not answer.
    #[error("no device at {address} ({reason}): run `serve_device` there, built from the same release")]
    Remote {
        /// The machine's address.
        address: String,
        /// The reason.
        reason: String,
    },
}

/// A backend and, if its cargo feature is enabled, its devices.
struct Backend {
    name: &'static str,
    devices: Option<Devices>,
}

/// The devices of a backend.
#[allow(dead_code, reason = "the cargo features decide which variants are used")]
enum Devices {
    /// The CPU.
    Processor(fn() -> Device),
    /// GPUs: the default one, and all of them.
    Cards { default: fn() -> Device, all: fn() -> Vec<Device> },
    /// The device of another machine, by address.
    Remote(fn(&str) -> Result<Device, BackendError>),
}

macro_rules! backend {
    ($feature:literal, $devices:expr) => {
        Backend {
            name: $feature,
            devices: {
                #[cfg(feature = $feature)]
                {
                    Some($devices)
                }
                #[cfg(not(feature = $feature))]
                {
                    None
                }
            },
        }
    };
}

#[allow(unused_macros, reason = "as above")]
macro_rules! cards {
    ($default:expr, $kind:ident) => {
        Devices::Cards {
            default: $default,
            all: || Device::enumerate(DeviceType::$kind).into_iter().collect(),
        }
    };
}

/// All backends. The first one that is compiled in is the default.
#[allow(deprecated, reason = "Burn recommends flex over ndarray, which is kept for comparison")]
const BACKENDS: [Backend; 9] = [
    backend!("flex", Devices::Processor(Device::flex)),
    backend!("ndarray", Devices::Processor(Device::ndarray)),
    backend!("wgpu", cards!(|| Device::wgpu(DeviceKind::DefaultDevice), Wgpu)),
    backend!("vulkan", cards!(|| Device::vulkan(DeviceKind::DefaultDevice), Vulkan)),
    backend!("metal", cards!(|| Device::metal(DeviceKind::DefaultDevice), Metal)),
    backend!("cuda", cards!(|| Device::cuda(0), Cuda)),
    backend!("rocm", cards!(|| Device::rocm(0), Rocm)),
    backend!("cpu", cards!(Device::cpu, Cpu)),
    backend!("remote", Devices::Remote(remote)),
];

/// Returns the names of the backends that are compiled in, the default one first.
pub fn compiled_in() -> impl Iterator<Item = &'static str> {
    BACKENDS.iter().filter(|backend| backend.devices.is_some()).map(|backend| backend.name)
}

/// Returns the name of the default backend: the value of [`VARIABLE`] if it is set and not empty, otherwise the first
/// backend that is compiled in.
pub fn default_name() -> String {
    match std::env::var_os(VARIABLE) {
        // A value that is not UTF-8 is shown in the error for an unknown backend.
        Some(name) if !name.is_empty() => name.to_string_lossy().into_owned(),
        _ => compiled_in().next().unwrap_or(BACKENDS[0].name).into(),
    }
}

/// Returns the device with this name: `flex`, `wgpu`, `wgpu:1` for the second GPU, `remote:192.0.2.7:3000`.
///
/// # Errors
/// Returns an error if there is no such backend or device, or the backend is not compiled in.
pub fn device(name: &str) -> Result<Device, BackendError> {
    let (backend, index) = name.split_once(':').map_or((name, None), |(name, index)| (name, Some(index)));
    let Some(Backend { name, devices }) = BACKENDS.into_iter().find(|own| own.name == backend) else {
        return Err(BackendError::Unknown(backend.into()));
    };
    let none =
        |index: &str, remedy: String| BackendError::NoDevice { backend: name, index: index.into(), remedy };
    match (devices, index) {
        (None, _) => Err(BackendError::NotCompiledIn(name)),
        (Some(Devices::Processor(device)), None | Some("0")) => Ok(device()),
        (Some(Devices::Processor(_)), Some(index)) => {
            Err(none(index, format!("its only device is the CPU, `{name}`")))
        }
        (Some(Devices::Remote(connect)), Some(address)) => connect(address),
        (Some(Devices::Remote(_)), None) => Err(none("", format!("give the address, `{name}:HOST:PORT`"))),
        (Some(Devices::Cards { default, all }), index) => {
            let mut all = all();
            match (all.len(), index) {
                (0, _) => Err(BackendError::NoDevices(name)),
                (_, None) => Ok(default()),
                (count, Some(index)) => match index.parse().ok().filter(|index| *index < count) {
                    Some(index) => Ok(all.swap_remove(index)),
                    None => Err(none(index, format!("give a number from 0 to {}, `{name}:0`", count - 1))),
                },
            }
        }
    }
}

/// Returns the device of the default backend, [`default_name`].
///
/// # Errors
/// Returns the errors of [`device`].
pub fn default_device() -> Result<Device, BackendError> {
    device(&default_name())
}

/// Returns a line for each device of the backends that are compiled in: its name, as [`device`] takes it, and a
/// description.
pub fn list() -> Vec<String> {
    let mut lines = Vec::new();
    for Backend { name, devices } in BACKENDS {
        match devices {
            None => {}
            Some(Devices::Processor(_)) => lines.push(format!("{name}: CPU")),
            Some(Devices::Remote(_)) => {
                lines.push(format!(
                    "{name}:HOST:PORT: device of a machine that runs the example serve_device"
                ));
            }
            Some(Devices::Cards { all, .. }) => match all() {
                devices if devices.is_empty() => lines.push(format!("{name}: no device found")),
                devices => lines.extend(
                    devices
                        .iter()
                        .enumerate()
                        .map(|(index, device)| format!("{name}:{index}: {}", describe(device))),
                ),
            },
        }
    }
    lines
}

/// Returns the name of a GPU.
#[cfg(any(feature = "wgpu", feature = "cuda", feature = "rocm", feature = "cpu"))]
fn describe(device: &Device) -> String {
    device.identity().map_or_else(|| format!("{device:?}"), |identity| identity.name)
}

#[cfg(not(any(feature = "wgpu", feature = "cuda", feature = "rocm", feature = "cpu")))]
fn describe(device: &Device) -> String {
    format!("{device:?}")
}

/// Connects to `serve_device` at `HOST:PORT`.
#[cfg(feature = "remote")]
fn remote(address: &str) -> Result<Device, BackendError> {
    use burn::remote::RemoteHost;

    let host = RemoteHost::websocket(&format!("ws://{}", address.trim_start_matches("ws://")));
    let device = Device::remote_options(&host).init();
    device.map_err(|error| BackendError::Remote { address: address.into(), reason: error.to_string() })
}

fn names() -> String {
    compiled_in().collect::<Vec<_>>().join(", ")
}
