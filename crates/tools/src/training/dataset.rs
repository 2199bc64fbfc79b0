//! A table split into training, validation and test sets.

use std::collections::BTreeMap;

use anyhow::{bail, ensure};
use kindling::{
    splits::{GroupKFold, GroupShuffleSplit, HoldOut, KFold, Splitter, StratifiedKFold, TimeSeriesSplit},
    tables::{ColumnTransformer, Table, Target},
};

use super::{Config, Inputs, Task};
use crate::{images::Images, tables::Columns, texts::Words};

/// A table with a target, split into training, validation and test sets.
#[derive(Debug)]
pub struct Dataset {
    /// All rows with a target, sorted by time if `config.time` is set.
    pub rows: Table,
    /// The training and validation rows: all rows except the test set.
    pub development: Table,
    /// Pairs of training and validation sets for selecting a candidate: one pair, or one per fold.
    pub choices: Vec<(Table, Table)>,
    /// The test set.
    pub test: Table,
    /// The task.
    pub task: Task,
    /// Notes for the user, for example on rows that were left out.
    pub notes: Vec<String>,
    source: Source,
    /// Fitted to all rows, so that all splits have the same classes.
    target: Target,
    /// The settings.
    pub config: Config,
    /// The seed of the splits and of all trainings.
    pub seed: u64,
}

/// The source of the network's inputs.
#[derive(Clone, Debug)]
pub enum Source {
    /// All usable columns except the target.
    Columns,
    /// A text.
    Words(Words),
    /// An image.
    Images(Images),
}

/// Minimum number of rows per class: one each for training, validation and test.
const FEWEST_OF_A_CLASS: usize = 3;
/// Below this number of rows, candidates are selected by cross-validation, because a single validation set is too noisy.
const FEW_ROWS: usize = 5_000;
/// Maximum number of rare classes that a note names.
const MOST_NAMED: usize = 10;
/// Minimum number of rows: smaller tables cannot be split into meaningful sets.
const FEWEST_ROWS: usize = 20;

impl Dataset {
    /// Splits the rows of a table.
    ///
    /// # Errors
    /// Returns an error if a configured column is missing, the target is not usable, or there are too few rows.
    pub fn new(table: Table, source: Source, config: &Config, seed: u64) -> anyhow::Result<Self> {
        for name in config.columns.keys().chain(&config.time).chain(&config.group) {
            table.column(name)?;
        }
        let mut notes = Vec::new();
        let column = table.column(&config.target)?;
        let known: Vec<usize> = (0..table.len()).filter(|row| column.text(*row).is_some()).collect();
        let mut rows = table.select(&known)?;
        if known.len() < table.len() {
            notes.push(format!("{} rows have no target and are left out", table.len() - known.len()));
        }
        ensure!(!rows.is_empty(), "the target {} has no values: choose another column", config.target);
        ensure!(
            rows.len() >= FEWEST_ROWS,
            "only {} rows have a target: give at least {FEWEST_ROWS}",
            rows.len()
        );
        let mut target = Self::target_of(&rows, config)?;
        if !target.classes().is_empty()
            && let Some((common, rare)) = without_rare_classes(&rows, &config.target)?
        {
            notes.push(format!(
                "classes with fewer than {FEWEST_OF_A_CLASS} rows are left out, because they are too small to train and test on: {rare}"
            ));
            rows = common;
            target = Self::target_of(&rows, config)?;
        }
        let task = Task::of(&target);
        if let Some(wanted) = config.task
            && wanted != task
        {
            bail!(
                "the task is {}, but {} has {} classes: choose another task",
                wanted.name(),
                config.target,
                target.classes().len()
            );
        }
        if let Some(time) = &config.time {
            rows = rows.sort_values(time)?;
        }
        let mut dataset = Self {
            development: rows.clone(),
            choices: Vec::new(),
            test: rows.clone(),
            rows,
            task,
            notes,
            target,
            source,
            config: config.clone(),
            seed,
        };
        if config.test_file.is_none() {
            (dataset.development, dataset.test) = dataset.hold_out(&dataset.rows, config.test_share)?;
        }
        if let Some(folds) = config.kfold {
            // An invalid number of folds fails here, not after all trainings.
            dataset.folds(&dataset.rows, folds)?;
        }
        let development = &dataset.development;
        let groups = match &config.group {
            Some(group) => development.column(group)?.groups().into_iter().max().unwrap_or(0) + 1,
            None => usize::MAX,
        };
        // Networks for images and texts are too slow to train once per fold.
        let is_quick = matches!(dataset.source, Source::Columns);
        let by_folds = is_quick && development.len() < FEW_ROWS && groups > 2;
        let folds = config.validation_folds.or(by_folds.then_some(groups.min(5)));
        dataset.choices = match folds {
            Some(folds) => dataset.folds(development, folds)?,
            None => vec![dataset.hold_out(development, config.validation_share)?],
        };
        Ok(dataset)
    }

    /// Sets the test set to the rows of another table.
    ///
    /// # Errors
    /// Returns an error if the table has no target column, or unknown classes.
    pub fn tested_on(mut self, test: Table) -> anyhow::Result<Self> {
        self.target.transform(&test.column(&self.config.target)?)?;
        self.test = test;
        Ok(self)
    }

    fn target_of(rows: &Table, config: &Config) -> anyhow::Result<Target> {
        let column = rows.column(&config.target)?;
        Ok(match config.task {
            None => Target::infer(&column)?,
            Some(Task::Regression) => Target::number(&column)?,
            Some(Task::Binary | Task::Multiclass) => Target::class(&column)?,
        })
    }

    /// Returns the target, fitted to the training rows.
    ///
    /// # Errors
    /// Returns an error if the target column cannot be fitted.
    pub fn target(&self, train: &Table) -> anyhow::Result<Target> {
        Ok(match &self.target {
            Target::Number { name, .. } => Target::number(&train.column(name)?)?,
            classes => classes.clone(),
        })
    }

    /// Returns the inputs, not fitted yet.
    pub fn inputs(&self) -> Inputs {
        match &self.source {
            Source::Words(words) => Inputs::Words(words.clone()),
            Source::Images(images) => Inputs::Images(images.clone()),
            Source::Columns => {
                let ignored = self.config.columns.iter().filter(|(_, meaning)| meaning.kind().is_none());
                let ignored = ignored.map(|(name, _)| name).chain(&self.config.group);
                let all = ColumnTransformer::infer(&self.rows, &self.config.target);
                Inputs::Columns(Columns::new(ignored.fold(all, |features, name| features.without(name))))
            }
        }
    }

    fn hold_out(&self, rows: &Table, share: f64) -> anyhow::Result<(Table, Table)> {
        let random = HoldOut::random(share).seed(self.seed);
        let splitter: Box<dyn Splitter> = match (&self.config.time, &self.config.group) {
            (Some(_), _) => Box::new(HoldOut::last(share)),
            (_, Some(group)) => {
                Box::new(GroupShuffleSplit::new(share, rows.column(group)?.groups()).seed(self.seed))
            }
            _ if self.task == Task::Regression => Box::new(random),
            _ => Box::new(random.stratified()),
        };
        Ok(rows.train_test_split(splitter.as_ref(), &self.config.target)?)
    }

    /// Splits rows into folds and returns the training and test rows of each fold.
    ///
    /// # Errors
    /// Returns an error if there are too few rows or groups.
    pub fn folds(&self, rows: &Table, folds: usize) -> anyhow::Result<Vec<(Table, Table)>> {
        let splitter: Box<dyn Splitter> = match (&self.config.time, &self.config.group) {
            (Some(_), _) => Box::new(TimeSeriesSplit::new(folds)),
            (_, Some(group)) => Box::new(GroupKFold::new(folds, rows.column(group)?.groups())),
            _ if self.task == Task::Regression => Box::new(KFold::new(folds).shuffle_with_seed(self.seed)),
            _ => Box::new(StratifiedKFold::new(folds).shuffle_with_seed(self.seed)),
        };
        Ok(rows.split(splitter.as_ref(), &self.config.target)?)
    }
}

/// Returns the rows without those of rare classes, and the names and counts of these classes; None if no class is rare.
fn without_rare_classes(rows: &Table, target: &str) -> anyhow::Result<Option<(Table, String)>> {
    let column = rows.column(target)?;
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, group) in column.groups().into_iter().enumerate() {
        members.entry(group).or_default().push(row);
    }
    let (rare, common): (Vec<_>, Vec<_>) =
        members.into_values().partition(|rows| rows.len() < FEWEST_OF_A_CLASS);
    if rare.is_empty() {
        return Ok(None);
    }
    let name = |rows: &Vec<usize>| format!("{} ({})", column.text(rows[0]).unwrap_or_default(), rows.len());
    let mut names: Vec<String> = rare.iter().take(MOST_NAMED).map(name).collect();
    names.extend((rare.len() > MOST_NAMED).then(|| format!("and {} more", rare.len() - MOST_NAMED)));
    let mut common = common.concat();
    common.sort_unstable();
    Ok(Some((rows.select(&common)?, names.join(", "))))
}
