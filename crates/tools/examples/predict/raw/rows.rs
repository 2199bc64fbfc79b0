//! Table rows as inputs.

use std::path::Path;

use anyhow::ensure;
use kindling::{prelude::Column, tables::Table};
use kindling_programs::cli;
use kindling_tools::tables::Columns;

use super::{super::Args, Raw, Read, explanation, value};

/// Maximum number of warnings per column.
const MOST_WARNINGS: usize = 5;

/// Reads the rows of all files.
pub fn read(args: &Args, columns: &Columns, raw: &Raw) -> anyhow::Result<Vec<Read>> {
    let read = |file: &std::path::PathBuf| {
        ensure!(
            file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")),
            "{}: the model takes table rows: give a .csv file",
            file.display()
        );
        let rows = Table::read_csv(file, &columns.features.csv_options()?)?;
        warn(file, &rows, columns)?;
        let inputs = columns.features.transform(&rows)?;
        let explanations = match args.explain {
            true => explanations(columns, &inputs, raw)?,
            false => Vec::new(),
        };
        let places = (0..rows.len()).map(|row| (file.display().to_string(), row)).collect();
        Ok(Read { places, inputs, explanations })
    };
    args.inputs.iter().map(read).collect()
}

/// Warns of cells outside the training data and of empty rows.
fn warn(file: &Path, rows: &Table, columns: &Columns) -> anyhow::Result<()> {
    let mut known = vec![false; rows.len()];
    for (name, encoder) in columns.features.columns() {
        let column = rows.column(name)?;
        (0..rows.len()).for_each(|row| known[row] |= column.text(row).is_some());
        let unknown = encoder.unknown(&column);
        for row in unknown.iter().take(MOST_WARNINGS) {
            let cell = column.text(*row).unwrap_or_default();
            let problem = match column.numbers() {
                Some(_) => "is far outside the range of the training data",
                None => "does not occur in the training data",
            };
            cli::print_error(format_args!(
                "warning: {}, row {row}, column {name}: {cell:?} {problem}",
                file.display()
            ));
        }
        if unknown.len() > MOST_WARNINGS {
            let more = unknown.len() - MOST_WARNINGS;
            cli::print_error(format_args!(
                "warning: {}, column {name}: {more} more rows like these",
                file.display()
            ));
        }
    }
    let empty: Vec<usize> = (0..rows.len()).filter(|row| !known[*row]).collect();
    if let Some(first) = empty.first() {
        let count = empty.len();
        cli::print_error(format_args!(
            "warning: {}: {count} rows have no values in the model's columns (first: row {first})",
            file.display()
        ));
    }
    Ok(())
}

/// Returns the columns that contributed most to each prediction. A contribution is the predicted number, or the probability
/// of the predicted class, minus its value with the column replaced by its training mean.
fn explanations(columns: &Columns, inputs: &Column, raw: &Raw) -> anyhow::Result<Vec<String>> {
    let predicted = raw.predict(inputs.clone())?;
    let mut contributions: Vec<Vec<(&str, f64)>> = vec![Vec::new(); inputs.len()];
    let features: Vec<f32> = inputs.data().iter::<f32>().collect();
    for (name, range) in columns.blocks() {
        let without = columns.replaced(&features, range, |_, feature| columns.background[feature])?;
        let without = raw.predict(without.inputs()[0].clone())?;
        for (row, contributions) in contributions.iter_mut().enumerate() {
            contributions.push((name, value(&predicted, &predicted, row) - value(&without, &predicted, row)));
        }
    }
    Ok(contributions.into_iter().map(explanation).collect())
}
