//! Implementation of the command-line tools for a user's own data and models: [`training`] on [`tables`], [`texts`] and
//! [`images`], and reading input files for predictions.

#![forbid(unsafe_code)]

pub mod images;
mod inputs;
pub mod tables;
pub mod texts;
pub mod training;

use std::path::{Path, PathBuf};

use anyhow::ensure;

pub use inputs::{InputArgs, Inputs, image_size};

/// Returns the path of a model: `path` itself if it is a file, or `model.keras` in a run directory.
///
/// # Errors
/// Returns an error if the directory has no `model.keras`.
pub fn model_file(path: &Path) -> anyhow::Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.into());
    }
    let file = path.join("model.keras");
    ensure!(
        file.is_file(),
        "{} contains no model.keras: give the --out directory of a run that trained a Sequential network",
        path.display()
    );
    Ok(file)
}
