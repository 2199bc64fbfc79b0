//! The backends that are compiled in, and their devices. The only place that knows the list.
//!
//! | name | cargo feature | computes on |
//! | --- | --- | --- |
//! | `flex` | `flex` (default) | the processor |
//! | `ndarray` | `ndarray` | the processor; Burn's former backend |
//! | `wgpu` | `wgpu` | any GPU, by the graphics interface that the system has |
//! | `vulkan`, `metal` | the same | any GPU, by that interface |
//! | `cuda` | `cuda` | NVIDIA's GPUs |
//! | `rocm` | `rocm` | AMD's GPUs |
//! | `cpu` | `cpu` | the processor, by CubeCL's kernels |
//! | `remote:ADDRESS` | `remote` | another machine, one that runs the example `serve_device` |

use burn::tensor::Device;
#[cfg(feature = "wgpu")]
use burn::tensor::DeviceKind;
#[cfg(any(feature = "wgpu", feature = "cuda", feature = "rocm", feature = "cpu"))]
use burn::tensor::DeviceType;

/// The variable that names a backend where no flag does.
pub const VARIABLE: &str = "KINDLING_BACKEND";

/// A backend was asked for that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// It exists, but its cargo feature was off when the program was built.
    #[error("backend {0} is not compiled in: build with `--features {0}`; compiled in: {names}", names = names())]
    NotCompiledIn(&'static str),
    /// There is none of that name.
    #[error("there is no backend {0:?}: choose one of {names}", names = names())]
    Unknown(String),
    /// What follows the name is no device of it.
    #[error("backend {backend} has no device {index:?}: {remedy}")]
    NoDevice {
        /// The backend's name.
        backend: &'static str,
        /// What was asked for.
        index: String,
        /// What can be asked for.
        remedy: String,
    },
    /// The backend sees no device at all.
    #[error("backend {0} sees no device here: is its driver installed? `--backend list` shows what there is")]
    NoDevices(&'static str),
    /// Another machine cannot be had.
    #[error("no device at {address}: {reason}; does `serve_device` run there, built from the same release?")]
    Remote {
        /// Where it was looked for.
        address: String,
        /// What went wrong.
        reason: String,
    },
}

/// A backend, by its name; with a way to its devices where its cargo feature is on.
struct Backend {
    name: &'static str,
    devices: Option<Devices>,
}

/// How a backend's devices are found.
#[allow(dead_code, reason = "which of them are there depends on the cargo features")]
enum Devices {
    /// The processor, which is one.
    Processor(fn() -> Device),
    /// Cards: the one to take if none is named, and all of them.
    Cards { default: fn() -> Device, all: fn() -> Vec<Device> },
    /// Whatever is at an address.
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

/// Every backend there is; the first one that is compiled in is the default.
#[allow(deprecated, reason = "Burn prefers flex to ndarray, which is kept for comparison")]
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

/// The backends that are compiled in, the default one first.
pub fn compiled_in() -> impl Iterator<Item = &'static str> {
    BACKENDS.iter().filter(|backend| backend.devices.is_some()).map(|backend| backend.name)
}

/// The backend to take if none is named: what [`VARIABLE`] says, or the first one that is compiled in.
pub fn default_name() -> String {
    std::env::var(VARIABLE).unwrap_or_else(|_| compiled_in().next().unwrap_or(BACKENDS[0].name).into())
}

/// The device of that name: `wgpu`, `wgpu:1` for the second of its devices, `remote:192.0.2.7:3000`.
///
/// # Errors
/// When there is no such backend or device, or the backend is not compiled in.
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
            Err(none(index, format!("the processor is its only one, `{name}`")))
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

/// The device of [`default_name`].
///
/// # Errors
/// As [`device`].
pub fn default_device() -> Result<Device, BackendError> {
    device(&default_name())
}

/// A line for each device of the backends that are compiled in: the name that [`device`] takes, and what it is.
pub fn list() -> Vec<String> {
    let mut lines = Vec::new();
    for Backend { name, devices } in BACKENDS {
        match devices {
            None => {}
            Some(Devices::Processor(_)) => lines.push(format!("{name}: the processor")),
            Some(Devices::Remote(_)) => {
                lines.push(format!("{name}:HOST:PORT: a machine that runs the example serve_device"));
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

/// What a card calls itself.
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
