//! The configuration of a training and its file format.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use kindling::tables::{ColumnKind, TableColumn};
use serde::{Deserialize, Serialize};

use super::Task;

/// Maximum number of folds. All folds are in memory together, with a position per row and fold.
const MOST_FOLDS: usize = 100;

/// The settings of a training. The fields are the keys of its configuration file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The column to predict.
    pub target: String,
    /// Type of prediction. Default: inferred from the target column.
    pub task: Option<Task>,
    /// Time limit of the whole program, in seconds. Default: 60.
    pub time_limit: f64,
    /// Number of folds for cross-validating the selected candidate, 2 to 100. Default: no cross-validation.
    pub kfold: Option<usize>,
    /// File with the test rows. Default: rows are held out.
    pub test_file: Option<PathBuf>,
    /// Fraction of the rows held out for the test. Default: 0.2.
    pub test_share: f64,
    /// Fraction of the remaining rows held out for validation. Default: 0.2.
    pub validation_share: f64,
    /// Number of folds for selecting a candidate, 2 to 100. Default: 5 for tables with fewer than 5,000 rows; otherwise
    /// `validation_share` is held out.
    pub validation_folds: Option<usize>,
    /// Sort by this column of dates or numbers and test on the last rows.
    pub time: Option<String>,
    /// Keep rows with the same value in this column in the same split.
    pub group: Option<String>,
    /// Samples per step. Default: 32, 128 or 512, depending on the number of rows.
    pub batch_size: Option<usize>,
    /// Maximum number of epochs per candidate. Default: 200.
    pub max_epochs: usize,
    /// Number of epochs without an improvement of the validation loss before early stopping. Default: 15.
    pub patience: usize,
    /// Number of networks in the ensemble, each trained from another seed. Default: 5.
    pub members: usize,
    /// Additional markers for missing values.
    pub missing: Vec<String>,
    /// Types of columns. Default: inferred from the values.
    pub columns: BTreeMap<String, Meaning>,
    /// The networks to try.
    pub candidates: Vec<Candidate>,
}

/// The type of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Meaning {
    /// Numbers.
    Number,
    /// Categories.
    Category,
    /// Booleans, such as yes and no.
    Boolean,
    /// Dates in a format such as `%d/%m/%Y`. Default: inferred from the values.
    Date(Option<String>),
    /// Free text.
    Text,
    /// The column is left out.
    Ignore,
}

impl Meaning {
    /// Returns the kind of the column, or None if it is left out.
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

    /// Returns the inferred type of a column.
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
                        "unknown column type {other:?}: give number, category, boolean, date, date:FORMAT, text or ignore"
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

/// A network with ReLU activations and its training settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The filters of each convolution (images only).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<usize>,
    /// The units of each dense hidden layer.
    pub units: Vec<usize>,
    /// The dropout rate after each hidden layer. Default: 0.
    #[serde(default)]
    pub dropout: f64,
    /// The factor of the L2 penalty on the kernels. Default: 0.
    #[serde(default)]
    pub l2: f64,
    /// The learning rate of Adam. Default: 0.001.
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

    /// Returns whether the candidate has no hidden layers.
    pub fn is_linear(&self) -> bool {
        self.units.is_empty() && self.filters.is_empty()
    }

    /// Returns the linear model: the candidate without hidden layers.
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
    /// Returns an error if the file cannot be read or is not valid; the error names the line.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text)
            .with_context(|| format!("{} is not a valid training configuration", path.display()))
    }

    /// Validates the settings.
    ///
    /// # Errors
    /// Returns an error if a value is out of range; the error names the value and the valid range.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.target.is_empty(), "target is not set: give the column to predict with --target");
        ensure!(
            self.columns.get(&self.target) != Some(&Meaning::Ignore),
            "column {} is the target and cannot be ignored: choose another target, or do not ignore the column",
            self.target
        );
        let is_share = |share: f64| share > 0.0 && share < 1.0;
        ensure!(
            self.time_limit > 0.0 && self.time_limit <= 86_400.0,
            "time_limit is {}: give a number of seconds above 0, up to 86,400 (a day)",
            self.time_limit
        );
        for (name, share) in [("test_share", self.test_share), ("validation_share", self.validation_share)] {
            ensure!(is_share(share), "{name} is {share}: give a number between 0 and 1");
        }
        for (name, folds) in [("kfold", self.kfold), ("validation_folds", self.validation_folds)] {
            ensure!(
                folds.is_none_or(|folds| (2..=MOST_FOLDS).contains(&folds)),
                "{name} is {}: give 2 to {MOST_FOLDS}",
                folds.unwrap_or(0)
            );
        }
        ensure!(self.batch_size != Some(0), "batch_size is 0: give at least 1");
        ensure!((1..=50).contains(&self.members), "members is {}: give 1 to 50", self.members);
        ensure!(self.max_epochs > 0 && self.patience > 0, "max_epochs or patience is 0: give at least 1");
        ensure!(!self.candidates.is_empty(), "there are no candidates: give at least one");
        ensure!(
            self.time.is_none() || self.group.is_none(),
            "time and group are both set: set only one of them"
        );
        for candidate in &self.candidates {
            let Candidate { filters, units, dropout, l2, learning_rate } = candidate;
            ensure!(
                !units.contains(&0)
                    && !filters.contains(&0)
                    && (0.0..1.0).contains(dropout)
                    && (0.0..=1.0).contains(l2)
                    && *learning_rate > 0.0
                    && *learning_rate <= 1.0,
                "a candidate is out of range ({candidate}): give filters and units of at least 1, dropout from 0 to below 1, an L2 \
                 factor from 0 to 1, and a learning rate above 0, up to 1"
            );
        }
        Ok(())
    }
}

fn learning_rate() -> f64 {
    0.001
}
