//! Selection of the compute device.

use anyhow::Error;
use kindling::{
    backend::{self, BackendError},
    prelude::Device,
};

/// Returns the device with a name such as `flex` or `wgpu:1`, like [`backend::device`].
///
/// # Errors
/// Returns the errors of [`backend::device`], with the flags to use instead.
pub fn device(name: &str) -> anyhow::Result<Device> {
    backend::device(name).map_err(|error| {
        let remedy = match &error {
            BackendError::NotCompiledIn(feature) => {
                format!("build with `--features {feature}`, or choose a backend that `--backend list` prints")
            }
            _ => "`--backend list` prints the backends and their devices".into(),
        };
        Error::new(error).context(format!("cannot use backend {name}: {remedy}"))
    })
}
