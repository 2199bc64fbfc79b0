//! Permutation importance of table columns.

use std::{ops::Range, time::Instant};

use anyhow::Context;
use kindling::{
    data::random::epoch_order,
    experiments::statistics::{deviation, mean},
    prelude::Model,
    tables::Table,
};

use super::Columns;
use crate::training::search::Tested;

/// The increase of the error when the values of a column are shuffled among rows.
#[derive(Clone, Debug)]
pub struct Importance {
    /// The column.
    pub column: String,
    /// The mean increase of the RMSE or log loss over the repeats.
    pub mean: f64,
    /// The standard deviation of the increase over the repeats.
    pub deviation: f64,
}

/// Maximum number of rows to shuffle.
const MOST_ROWS: usize = 5_000;
/// Maximum number of columns to shuffle.
pub const MOST_COLUMNS: usize = 200;
const REPEATS: usize = 5;

/// Returns the permutation importance of each column for these rows in descending order, as scikit-learn's
/// `permutation_importance`, or None if the deadline passes. For tables with more than [`MOST_COLUMNS`] columns, only those
/// with the largest first-layer weights are included.
///
/// # Errors
/// Returns an error if the rows do not fit the model.
pub fn permutation_importance(
    tested: &Tested,
    columns: &Columns,
    rows: &Table,
    seed: u64,
    deadline: Instant,
) -> anyhow::Result<Option<Vec<Importance>>> {
    let rows = rows.slice(0..MOST_ROWS);
    let Tested { model, pipeline, .. } = tested;
    let samples = pipeline.samples(&rows)?;
    let features: Vec<f32> = samples.input().iter::<f32>().collect();
    let error = |samples: &_| Ok::<_, anyhow::Error>(pipeline.verdict(model, samples, &rows)?.error().1);
    let width = columns.background.len();
    let whole = error(&samples)?;
    let mut importances = Vec::new();
    for (column, range) in heaviest(columns, model)? {
        let mut growths = Vec::with_capacity(REPEATS);
        for repeat in 0..REPEATS {
            if Instant::now() >= deadline {
                return Ok(None);
            }
            let order = epoch_order(seed, repeat, rows.len());
            let shuffled = columns
                .replaced(&features, range.clone(), |row, feature| features[order[row] * width + feature])?;
            growths.push(error(&shuffled)? - whole);
        }
        let (mean, deviation) = (mean(&growths), deviation(&growths));
        importances.push(Importance { column: column.into(), mean, deviation });
    }
    importances.sort_by(|one, other| other.mean.total_cmp(&one.mean));
    Ok(Some(importances))
}

/// Returns the columns whose features have the largest first-layer weights, with their feature ranges.
fn heaviest<'a>(columns: &'a Columns, model: &Model) -> anyhow::Result<Vec<(&'a str, Range<usize>)>> {
    let mut blocks = columns.blocks();
    if blocks.len() <= MOST_COLUMNS {
        return Ok(blocks);
    }
    let weights = model.weights()?;
    let (_, kernel) = weights.iter().next().context("the model has no weights")?;
    let units = kernel.shape().as_slice()[1];
    let kernel: Vec<f32> = kernel.iter::<f32>().collect();
    let weight = |range: &Range<usize>| -> f32 {
        kernel[range.start * units..range.end * units].iter().map(|weight| weight * weight).sum()
    };
    blocks.sort_by(|(_, one), (_, other)| weight(other).total_cmp(&weight(one)));
    blocks.truncate(MOST_COLUMNS);
    Ok(blocks)
}
