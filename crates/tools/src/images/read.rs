//! Reads labeled images as a data set.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use kindling::tables::{ClassFiles, ColumnKind, CsvOptions, Table};

use super::{Augmentation, Images};
use crate::training::{Config, Dataset, Source};

/// File extensions of images.
const EXTENSIONS: [&str; 3] = ["png", "jpg", "jpeg"];
/// Maximum size of all pixels, in bytes.
const MOST_BYTES: usize = 1 << 32;
/// Maximum number of unreadable files that a note names.
const NAMED: usize = 3;

/// Options for reading images.
#[derive(Clone, Debug)]
pub struct ImageOptions {
    /// The column of image paths in a table; relative paths start at the table's directory.
    pub column: String,
    /// Height and width in pixels.
    pub size: [usize; 2],
    /// Number of channels: 1 (grayscale) or 3 (RGB).
    pub channels: usize,
    /// Data augmentation.
    pub augmentation: Vec<Augmentation>,
}

/// Reads a directory with one subdirectory of images per class, or the images and labels that a table lists, and splits them.
/// `config.target` is the column of the labels; for a directory it is `label`.
///
/// # Errors
/// Returns an error if no image can be read, or there are too few images or classes.
pub fn read(path: &Path, options: &ImageOptions, config: &Config, seed: u64) -> anyhow::Result<Dataset> {
    let [height, width] = options.size;
    let shape = [height, width, options.channels];
    let mut notes = Vec::new();
    let table = if path.is_dir() {
        let files = ClassFiles::read(path, &EXTENSIONS)?;
        if let Some(first) = files.others.first() {
            let count = files.others.len();
            notes.push(format!(
                "{count} files are not PNG or JPEG images and are left out, such as {}",
                first.display()
            ));
        }
        Table::from_files(files)?
    } else {
        read_table(path, options, config)?
    };
    let bytes = shape.iter().product::<usize>().saturating_mul(table.len());
    ensure!(
        bytes <= MOST_BYTES,
        "{} images of {height}x{width} pixels need {bytes} bytes, more than the limit of {MOST_BYTES}: give a smaller --size",
        table.len()
    );
    let (images, unreadable) = Images::read(&table, shape, options.augmentation.clone())?;
    let table = match unreadable.as_slice() {
        [] => table,
        _ => {
            let reasons: Vec<&str> =
                unreadable.iter().take(NAMED).map(|(_, reason)| reason.as_str()).collect();
            notes.push(format!(
                "{} files cannot be read and are left out: {}",
                unreadable.len(),
                reasons.join("; ")
            ));
            let column = table.column("file")?;
            let is_read = |row: &usize| column.text(*row).is_some_and(|file| images.has_read(&file));
            let rows: Vec<usize> = (0..table.len()).filter(is_read).collect();
            table.select(&rows)?
        }
    };
    let mut dataset = Dataset::new(table, Source::Images(images), config, seed)
        .with_context(|| format!("cannot train on {}", path.display()))?;
    notes.append(&mut dataset.notes);
    dataset.notes = notes;
    Ok(dataset)
}

/// Returns a table with two columns: `file` (full paths) and the target.
fn read_table(path: &Path, options: &ImageOptions, config: &Config) -> anyhow::Result<Table> {
    let read = CsvOptions::new()
        .kind(&options.column, ColumnKind::Identifier)
        .kind(&config.target, ColumnKind::Category);
    let table = Table::read_csv(path, &read.only_kinds_set())?;
    let directory = path.parent().unwrap_or(Path::new("."));
    let words = |name: &str| -> anyhow::Result<Vec<String>> {
        let column = table.column(name)?;
        Ok(column.words().into_iter().flatten().map(|word| word.unwrap_or_default().to_owned()).collect())
    };
    let full =
        |file: String| -> String { directory.join(PathBuf::from(file)).to_string_lossy().into_owned() };
    let files = words(&options.column)?.into_iter().map(full).collect();
    Ok(Table::from_words([
        ("file", ColumnKind::Identifier, files),
        (config.target.as_str(), ColumnKind::Category, words(&config.target)?),
    ])?)
}
