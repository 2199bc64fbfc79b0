//! Images: what `train_images` does beside what all trainings have in common.

mod pixels;
mod read;

use kindling::{report::Section, tables::Table};

pub use pixels::{Augmentation, Images};
pub use read::{ImageOptions, read};

use crate::training::{report::errors_section, search::Tested};

/// Returns the images that the model is most wrong about.
///
/// # Errors
/// If the rows have no files.
pub fn section(test: &Table, tested: &Tested) -> anyhow::Result<Section> {
    let files = test.column("file")?;
    Ok(errors_section(tested, "file", |row| files.text(row).unwrap_or_default()))
}
