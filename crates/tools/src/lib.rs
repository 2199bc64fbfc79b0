//! What the programs for a user's own data and models do: [`training`] on [`tables`], [`texts`] and [`images`]; finding a
//! model, and reading files as its inputs.

#![forbid(unsafe_code)]

pub mod images;
mod inputs;
pub mod tables;
pub mod texts;
pub mod training;

use std::path::{Path, PathBuf};

use anyhow::ensure;

pub use inputs::{InputArgs, Inputs, image_size};

/// Returns the `.keras` file that a user names: the file itself, or that of a run's directory.
///
/// # Errors
/// If the directory of a run has no model.
pub fn model_file(path: &Path) -> anyhow::Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.into());
    }
    let file = path.join("model.keras");
    ensure!(
        file.is_file(),
        "{} holds no model.keras: give the --out of a training whose network is a Sequential",
        path.display()
    );
    Ok(file)
}
