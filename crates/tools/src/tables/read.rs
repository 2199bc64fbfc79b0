//! Reads a CSV file as a data set.

use std::path::Path;

use anyhow::Context;
use kindling::tables::{CsvOptions, Table};

use crate::training::{Config, Dataset, Inputs, Source, config::Meaning};

/// Reads a table and splits its rows.
///
/// # Errors
/// Returns an error if the file cannot be read, a configured column is missing, the target is not usable, or there are too
/// few rows.
pub fn read(path: &Path, config: &Config, seed: u64) -> anyhow::Result<Dataset> {
    let mut options = CsvOptions::new().na_values(&config.missing);
    for (name, meaning) in &config.columns {
        if let Some(kind) = meaning.kind() {
            options = options.kind(name, kind);
        }
        if let Meaning::Date(Some(format)) = meaning {
            options = options.date_format(name, format)?;
        }
    }
    let table = Table::read_csv(path, &options)?;
    let dataset = Dataset::new(table, Source::Columns, config, seed)
        .with_context(|| format!("cannot train on {}", path.display()))?;
    match &config.test_file {
        Some(test) => {
            let rows = read_test(test, &dataset)?;
            dataset.tested_on(rows).with_context(|| format!("cannot test on {}", test.display()))
        }
        None => Ok(dataset),
    }
}

/// Reads the test rows with the column types of the training rows.
fn read_test(path: &Path, dataset: &Dataset) -> anyhow::Result<Table> {
    let target = dataset.rows.column(&dataset.config.target)?;
    let options = match dataset.inputs() {
        Inputs::Columns(columns) => columns.features.csv_options()?,
        Inputs::Words(_) | Inputs::Images(_) => CsvOptions::new(),
    };
    Ok(Table::read_csv(path, &options.kind(target.name(), target.kind()))?)
}
