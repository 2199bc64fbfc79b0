//! What a training is told, and the file that says it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use kindling::tables::{ColumnKind, TableColumn};
use serde::{Deserialize, Serialize};

use super::Task;

/// The settings of a training, and the keys of its configuration file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The column to predict.
    pub target: String,
    /// What is predicted. Default: the column decides.
    pub task: Option<Task>,
    /// In seconds, for the whole program.
    pub time_limit: f64,
    /// Number of folds of a cross-validation of the chosen candidate.
    pub kfold: Option<usize>,
    /// File of the rows to test on. Default: rows are held out.
    pub test_file: Option<PathBuf>,
    /// Share of the rows that are held out for the test.
    pub test_share: f64,
    /// Share of the other rows that are held out to choose a candidate.
    pub validation_share: f64,
    /// Number of folds that candidates are chosen by. Default: 5 for fewer than 5,000 rows; otherwise a share is held out.
    pub validation_folds: Option<usize>,
    /// Test on the last rows by this column of dates or numbers.
    pub time: Option<String>,
    /// Keep rows with equal values of this column in the same part.
    pub group: Option<String>,
    /// Rows per step. Default: by the number of rows.
    pub batch_size: Option<usize>,
    /// Limit of the epochs of a candidate.
    pub max_epochs: usize,
    /// Epochs without a lower validation loss after which a candidate is stopped.
    pub patience: usize,
    /// The number of networks from different seeds whose mean is the model.
    pub members: usize,
    /// Texts that mean that a value is missing, besides the usual ones.
    pub missing: Vec<String>,
    /// What columns hold, where that is not to be found out.
    pub columns: BTreeMap<String, Meaning>,
    /// The networks that are tried.
    pub candidates: Vec<Candidate>,
}

/// What a column holds, or that it is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Meaning {
    /// Numbers.
    Number,
    /// One of some words.
    Category,
    /// Yes or no.
    Boolean,
    /// Dates, in a format such as `%d/%m/%Y`, or in one that is to be found out.
    Date(Option<String>),
    /// Free text.
    Text,
    /// The column plays no part.
    Ignore,
}

impl Meaning {
    /// Returns the kind, or None for a column that is left out.
    pub fn kind(&self) -> Option<ColumnKind> {
        match self {
            Self::Number => Some(ColumnKind::Number),
            Self::Category => Some(ColumnKind::Category),
            Self::Boolean => Some(ColumnKind::Boolean),
            Self::Date(_) => Some(ColumnKind::Date),
            Self::Text => Some(ColumnKind::Text),
            Self::Ignore => None,
        }
    }

    /// Returns the meaning that was found out of a column.
    pub fn of(column: &TableColumn) -> Self {
        match column.kind() {
            ColumnKind::Number => Self::Number,
            ColumnKind::Category => Self::Category,
            ColumnKind::Boolean => Self::Boolean,
            ColumnKind::Date => Self::Date(column.date_format().map(Into::into)),
            ColumnKind::Text => Self::Text,
            ColumnKind::Identifier | ColumnKind::Constant | ColumnKind::Empty => Self::Ignore,
        }
    }
}

impl TryFrom<String> for Meaning {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Ok(match text.as_str() {
            "number" => Self::Number,
            "category" => Self::Category,
            "boolean" => Self::Boolean,
            "date" => Self::Date(None),
            "text" => Self::Text,
            "ignore" => Self::Ignore,
            other => match other.strip_prefix("date:") {
                Some(format) => Self::Date(Some(format.into())),
                None => {
                    return Err(format!(
                        "{other:?} is no kind of column: give number, category, boolean, date, date:FORMAT, text or ignore"
                    ));
                }
            },
        })
    }
}

impl From<Meaning> for String {
    fn from(meaning: Meaning) -> Self {
        match meaning {
            Meaning::Number => "number".into(),
            Meaning::Category => "category".into(),
            Meaning::Boolean => "boolean".into(),
            Meaning::Date(None) => "date".into(),
            Meaning::Date(Some(format)) => format!("date:{format}"),
            Meaning::Text => "text".into(),
            Meaning::Ignore => "ignore".into(),
        }
    }
}

/// A network with ReLU, and how it is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The filters of each convolution; for images.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<usize>,
    /// The units of each dense hidden layer.
    pub units: Vec<usize>,
    /// The share of units that are dropped behind each of these layers in training.
    #[serde(default)]
    pub dropout: f64,
    /// The factor of an L2 penalty on the kernels.
    #[serde(default)]
    pub l2: f64,
    /// The learning rate of Adam.
    #[serde(default = "learning_rate")]
    pub learning_rate: f64,
}

impl Candidate {
    /// Creates a candidate with Adam's default learning rate, 0.001.
    pub fn new(units: &[usize], dropout: f64, l2: f64) -> Self {
        Self { filters: Vec::new(), units: units.into(), dropout, l2, learning_rate: learning_rate() }
    }

    /// Sets the filters of each convolution.
    pub fn filters(self, filters: &[usize]) -> Self {
        Self { filters: filters.into(), ..self }
    }

    /// Returns whether there is no hidden layer.
    pub fn is_linear(&self) -> bool {
        self.units.is_empty() && self.filters.is_empty()
    }

    /// The candidate without hidden layers: a linear model.
    pub fn linear() -> Self {
        Self { learning_rate: 0.01, ..Self::new(&[], 0.0, 0.0) }
    }
}

impl std::fmt::Display for Candidate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { filters, units, dropout, l2, learning_rate } = self;
        if self.is_linear() {
            return write!(formatter, "linear model, learning rate {learning_rate}");
        }
        if !filters.is_empty() {
            write!(formatter, "filters {filters:?}, ")?;
        }
        write!(formatter, "units {units:?}, dropout {dropout}, L2 {l2}, learning rate {learning_rate}")
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            target: String::new(),
            task: None,
            time_limit: 60.0,
            kfold: None,
            test_file: None,
            test_share: 0.2,
            validation_share: 0.2,
            validation_folds: None,
            time: None,
            group: None,
            batch_size: None,
            max_epochs: 200,
            patience: 15,
            members: 5,
            missing: Vec::new(),
            columns: BTreeMap::new(),
            candidates: vec![
                Candidate::new(&[64], 0.0, 1e-4),
                Candidate::new(&[128, 64], 0.2, 0.0),
                Candidate::new(&[32], 0.0, 1e-2),
                Candidate::new(&[256, 128], 0.3, 1e-5),
            ],
        }
    }
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// If it cannot be read, or holds a key that is not known; the line is named.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is no configuration of a training", path.display()))
    }

    /// Checks the values.
    ///
    /// # Errors
    /// With the first value that is not usable, and what would be.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.target.is_empty(), "target is not set: give the column to predict");
        ensure!(
            self.columns.get(&self.target) != Some(&Meaning::Ignore),
            "column {} is the target and is to be ignored: choose another target, or leave the column in",
            self.target
        );
        let is_share = |share: f64| share > 0.0 && share < 1.0;
        // A day.
        ensure!(
            self.time_limit > 0.0 && self.time_limit <= 86_400.0,
            "time_limit is {}: give seconds, up to a day",
            self.time_limit
        );
        for (name, share) in [("test_share", self.test_share), ("validation_share", self.validation_share)] {
            ensure!(is_share(share), "{name} is {share}: give a number between 0 and 1");
        }
        for (name, folds) in [("kfold", self.kfold), ("validation_folds", self.validation_folds)] {
            ensure!(
                folds.is_none_or(|folds| folds >= 2),
                "{name} is {}: give at least 2",
                folds.unwrap_or(0)
            );
        }
        ensure!(self.batch_size != Some(0), "batch_size is 0: give at least 1");
        ensure!((1..=50).contains(&self.members), "members is {}: give 1 to 50", self.members);
        ensure!(self.max_epochs > 0 && self.patience > 0, "max_epochs or patience is 0: give at least 1");
        ensure!(!self.candidates.is_empty(), "there are no candidates: give at least one");
        ensure!(self.time.is_none() || self.group.is_none(), "time and group are both set: choose one");
        for candidate in &self.candidates {
            let Candidate { filters, units, dropout, l2, learning_rate } = candidate;
            ensure!(
                !units.contains(&0)
                    && !filters.contains(&0)
                    && (0.0..1.0).contains(dropout)
                    && (0.0..=1.0).contains(l2)
                    && *learning_rate > 0.0
                    && *learning_rate <= 1.0,
                "the candidate with {candidate}: give filters and units of at least 1, dropout from 0 to below 1, an L2 factor from 0 to \
                 1, and a learning rate up to 1"
            );
        }
        Ok(())
    }
}

fn learning_rate() -> f64 {
    0.001
}
