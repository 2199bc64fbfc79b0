//! The device that a program computes on.

use anyhow::Error;
use kindling::{
    backend::{self, BackendError},
    prelude::Device,
};

/// Returns the device of this name, as [`backend::device`] does.
///
/// # Errors
/// Those of [`backend::device`], with the flags that help.
pub fn device(name: &str) -> anyhow::Result<Device> {
    backend::device(name).map_err(|error| {
        let remedy = match &error {
            BackendError::NotCompiledIn(feature) => {
                format!("build with `--features {feature}`, or choose one that `--backend list` prints")
            }
            _ => "`--backend list` prints the backends and their devices".into(),
        };
        Error::new(error).context(format!("cannot use backend {name}: {remedy}"))
    })
}
