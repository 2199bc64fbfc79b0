//! Texts of several classes as rows to train on.

use std::path::Path;

use anyhow::Context;
use kindling::tables::{ColumnKind, CsvOptions, Table};

use super::{Encoding, Words};
use crate::training::{Config, Dataset, Source};

/// How texts are read and encoded.
#[derive(Clone, Debug)]
pub struct TextOptions {
    /// The column of the texts in a table. Default: the one of free text.
    pub column: Option<String>,
    /// How words are given to a network.
    pub encoding: Encoding,
    /// The number of words, those for padding and unknown words included.
    pub max_tokens: usize,
}

/// Reads a directory with a subdirectory of `.txt` files for each class, or a table of texts and labels, and divides the rows.
/// The configuration names the column of the labels; for a directory it is `label`.
///
/// # Errors
/// If the texts cannot be read, or there are too few rows or classes.
pub fn read(path: &Path, options: &TextOptions, config: &Config, seed: u64) -> anyhow::Result<Dataset> {
    let (table, column) = match path.is_dir() {
        true => (Table::read_texts(path)?, "text".to_owned()),
        false => read_table(path, options, config)?,
    };
    let words = Words::new(column, options.encoding, options.max_tokens);
    Dataset::new(table, Source::Words(words), config, seed)
        .with_context(|| format!("cannot train on {}", path.display()))
}

/// Returns a table, and its column of texts.
fn read_table(path: &Path, options: &TextOptions, config: &Config) -> anyhow::Result<(Table, String)> {
    let column = match &options.column {
        Some(column) => column.clone(),
        None => {
            let table = Table::read_csv(path, &CsvOptions::new())?;
            let texts = table.columns().filter(|column| {
                matches!(column.kind(), ColumnKind::Text | ColumnKind::Identifier)
                    && column.words().is_some()
                    && column.name() != config.target
            });
            let names: Vec<&str> = texts.map(|column| column.name()).collect();
            match names.as_slice() {
                [name] => (*name).to_owned(),
                [] => anyhow::bail!("{} has no column of free text: name one with --text", path.display()),
                _ => anyhow::bail!(
                    "{} has several columns of text, {}: choose one with --text",
                    path.display(),
                    names.join(", ")
                ),
            }
        }
    };
    let read = CsvOptions::new().kind(&column, ColumnKind::Text).kind(&config.target, ColumnKind::Category);
    Ok((Table::read_csv(path, &read.only_kinds_set())?, column))
}
