//! Detects columns that leak the target.

use kindling::{
    experiments::statistics::mean,
    tables::{ColumnKind, Table, Target},
};

use super::Columns;
use crate::training::{Dataset, Task, scores::r2};

/// A column is reported if it alone reaches this R² or accuracy.
const SUSPICIOUS: f64 = 0.99;
/// Minimum number of validation rows: with fewer, some column reaches the threshold by chance.
const FEWEST_ROWS: usize = 30;
/// Minimum mean group size for a column to be suggested as a group, such as the rows of a patient.
const FEWEST_TOGETHER: usize = 2;
/// Minimum number of groups for a column to be suggested as a group.
const FEWEST_GROUPS: usize = 20;
/// Maximum number of rows per set used for the check.
const MOST_ROWS: usize = 20_000;

/// Returns a warning for each column that leaks the target and for each identifier column.
///
/// # Errors
/// Returns an error if the rows cannot be encoded.
pub fn warnings(dataset: &Dataset, columns: &Columns, target: &Target) -> anyhow::Result<Vec<String>> {
    let mut warnings = Vec::new();
    let judge = Judge::new(dataset, target)?;
    let says_little = judge.is_nearly_constant() || judge.wanted.len() < FEWEST_ROWS;
    let judged = if says_little { Vec::new() } else { columns.blocks() };
    for (name, _) in judged {
        let score = judge.alone(name)?;
        if score >= SUSPICIOUS {
            let of = if dataset.task == Task::Regression { "of the variance" } else { "of the classes" };
            warnings.push(format!(
                "column {name} alone predicts {:.1}% {of} of {}: if it is not available at prediction time, leave it \
                 out with --column {name}=ignore{}",
                score * 100.0,
                target.name(),
                grouping(&dataset.rows, name)?
            ));
        }
    }
    for column in dataset.rows.columns().filter(|column| column.kind() == ColumnKind::Identifier) {
        if column.name() != target.name() {
            warnings.push(format!(
                "column {} is an identifier and is left out: {}",
                column.name(),
                column.reason()
            ));
        }
    }
    Ok(warnings)
}

/// Returns the suggestion to use `--group` for a column that predicts the target, if its values may be group labels.
fn grouping(rows: &Table, name: &str) -> anyhow::Result<String> {
    let column = rows.column(name)?;
    let groups = column.groups().into_iter().max().unwrap_or(0) + 1;
    // Also true for columns of words.
    let are_whole =
        column.numbers().into_iter().flatten().all(|number| number.is_nan() || number.fract() == 0.0);
    let may_belong = are_whole && groups >= FEWEST_GROUPS && rows.len() >= FEWEST_TOGETHER * groups;
    Ok(match may_belong {
        true => format!(
            "; if rows with the same value belong together and predictions are for new values, use --group {name} instead"
        ),
        false => String::new(),
    })
}

/// Training and validation rows for the check, with their targets.
struct Judge {
    train: Table,
    validation: Table,
    known: Vec<f64>,
    wanted: Vec<f64>,
    task: Task,
}

impl Judge {
    fn new(dataset: &Dataset, target: &Target) -> anyhow::Result<Self> {
        let (train, validation) = &dataset.choices[0];
        let (train, validation) = (train.slice(0..MOST_ROWS), validation.slice(0..MOST_ROWS));
        let truth = |rows: &Table| -> anyhow::Result<Vec<f64>> {
            Ok(target.transform(&rows.column(target.name())?)?.data().iter::<f64>().collect())
        };
        let (known, wanted) = (truth(&train)?, truth(&validation)?);
        Ok(Self { train, validation, known, wanted, task: dataset.task })
    }

    /// Returns whether one class is so frequent that a constant prediction reaches the threshold.
    fn is_nearly_constant(&self) -> bool {
        let mut classes = self.wanted.clone();
        classes.sort_by(f64::total_cmp);
        let most = classes.chunk_by(|one, other| one == other).map(<[f64]>::len).max().unwrap_or(0);
        self.task != Task::Regression && most as f64 >= SUSPICIOUS * self.wanted.len() as f64
    }

    /// Returns the R² or accuracy on the validation rows of a nearest-neighbor prediction from this column alone.
    fn alone(&self, name: &str) -> anyhow::Result<f64> {
        let mut keys: Vec<(f64, f64)> =
            keys(&self.train, name)?.into_iter().zip(self.known.iter().copied()).collect();
        keys.sort_by(|one, other| one.0.total_cmp(&other.0));
        let nearest = |key: f64| {
            let place = keys.partition_point(|(other, _)| *other < key);
            let near = [place.checked_sub(1), (place < keys.len()).then_some(place)];
            let distance = |place: &usize| (keys[*place].0 - key).abs();
            let near = near.into_iter().flatten();
            near.min_by(|one, other| distance(one).total_cmp(&distance(other)))
                .map_or(f64::NAN, |place| keys[place].1)
        };
        let predicted = self::keys(&self.validation, name)?.into_iter().map(nearest);
        let pairs = self.wanted.iter().zip(predicted);
        Ok(match self.task {
            Task::Regression => {
                let errors: Vec<f64> =
                    pairs.map(|(wanted, predicted)| (wanted - predicted).powi(2)).collect();
                r2(&self.wanted, mean(&errors)).unwrap_or(0.0)
            }
            _ => {
                pairs.filter(|(wanted, predicted)| *wanted == predicted).count() as f64
                    / self.wanted.len() as f64
            }
        })
    }
}

/// Returns a number for each cell of a column, equal for equal cells: words are hashed, and missing numbers become `f64::MAX`.
fn keys(rows: &Table, name: &str) -> anyhow::Result<Vec<f64>> {
    let column = rows.column(name)?;
    if let Some(numbers) = column.numbers() {
        return Ok(numbers.map(|number| if number.is_nan() { f64::MAX } else { number }).collect());
    }
    use std::hash::{DefaultHasher, Hash, Hasher};
    let number = |word: Option<&str>| {
        let mut hasher = DefaultHasher::new();
        word.hash(&mut hasher);
        (hasher.finish() >> 11) as f64
    };
    Ok(column.words().into_iter().flatten().map(number).collect())
}
