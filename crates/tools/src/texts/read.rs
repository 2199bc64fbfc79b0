//! Reads labeled texts as a data set.

use std::path::Path;

use anyhow::Context;
use kindling::tables::{ColumnKind, CsvOptions, Table};

use super::{Encoding, Words};
use crate::training::{Config, Dataset, Source};

/// Options for reading and encoding texts.
#[derive(Clone, Debug)]
pub struct TextOptions {
    /// The column of texts in a table. Default: the only column of free text.
    pub column: Option<String>,
    /// Encoding of the words.
    pub encoding: Encoding,
    /// Vocabulary size, including the tokens for padding and unknown words.
    pub max_tokens: usize,
}

/// Reads a directory with one subdirectory of `.txt` files per class, or a table of texts and labels, and splits the rows.
/// `config.target` is the column of the labels; for a directory it is `label`.
///
/// # Errors
/// Returns an error if the texts cannot be read, or there are too few rows or classes.
pub fn read(path: &Path, options: &TextOptions, config: &Config, seed: u64) -> anyhow::Result<Dataset> {
    let (table, column) = match path.is_dir() {
        true => (Table::read_texts(path)?, "text".to_owned()),
        false => read_table(path, options, config)?,
    };
    let words = Words::new(column, options.encoding, options.max_tokens);
    Dataset::new(table, Source::Words(words), config, seed)
        .with_context(|| format!("cannot train on {}", path.display()))
}

/// Returns a table and the name of its text column.
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
                    "{} has several columns of text ({}): choose one with --text",
                    path.display(),
                    names.join(", ")
                ),
            }
        }
    };
    let read = CsvOptions::new().kind(&column, ColumnKind::Text).kind(&config.target, ColumnKind::Category);
    Ok((Table::read_csv(path, &read.only_kinds_set())?, column))
}
