//! Images: the parts of `train_images` that [`crate::training`] does not share with tables and texts.

mod pixels;
mod read;

use kindling::{report::Section, tables::Table};

pub use pixels::{Augmentation, Images};
pub use read::{ImageOptions, read};

use crate::training::{report::errors_section, search::Tested};

/// Returns the report's section on the images with the largest errors.
///
/// # Errors
/// Returns an error if the table has no column `file`.
pub fn section(test: &Table, tested: &Tested) -> anyhow::Result<Section> {
    let files = test.column("file")?;
    Ok(errors_section(tested, "file", |row| files.text(row).unwrap_or_default()))
}
