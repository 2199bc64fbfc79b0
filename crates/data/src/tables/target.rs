//! The column that a model predicts.

use std::{cmp::Ordering, collections::HashMap};

use burn::tensor::TensorData;
use serde::{Deserialize, Serialize};

use super::{ColumnKind, TableColumn, encoders};
use crate::{
    error::DataError,
    preprocessing::{StandardScaler, Transform},
    samples::Column,
};

/// Class names and their indices: scikit-learn's `LabelEncoder`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelEncoder {
    classes: Vec<String>,
}

impl LabelEncoder {
    /// Finds the classes of a column: those that are numbers, in their order, then the others, in that of the alphabet.
    ///
    /// # Errors
    /// [`DataError::Argument`] if a value is missing.
    pub fn fit(column: &TableColumn) -> Result<Self, DataError> {
        let mut classes = names(column)?;
        classes.sort_by(|one, other| match (one.parse::<f64>(), other.parse::<f64>()) {
            (Ok(number), Ok(other_number)) => number.total_cmp(&other_number).then_with(|| one.cmp(other)),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => one.cmp(other),
        });
        classes.dedup();
        Ok(Self { classes })
    }

    /// Returns the classes, in the order of their indices.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Returns the index of each row's class: `[rows]`.
    ///
    /// # Errors
    /// [`DataError::Argument`] with the row if a class is missing or was not in the training rows.
    pub fn transform(&self, column: &TableColumn) -> Result<Column, DataError> {
        let indices: HashMap<&str, i32> =
            self.classes.iter().zip(0..).map(|(class, index)| (class.as_str(), index)).collect();
        let index = |(row, name): (usize, String)| {
            indices.get(name.as_str()).copied().ok_or_else(|| {
                let cell = format!("{name:?} (row {row}, column {})", column.name());
                DataError::argument("a class", cell, format!("give one of {}", self.classes.join(", ")))
            })
        };
        Column::classes(names(column)?.into_iter().enumerate().map(index).collect::<Result<Vec<i32>, _>>()?)
    }
}

/// Returns each row's class.
fn names(column: &TableColumn) -> Result<Vec<String>, DataError> {
    let name = |row| {
        column.text(row).ok_or_else(|| {
            let cell = format!("missing (row {row}, column {})", column.name());
            DataError::argument("a class", cell, "leave out rows without a target")
        })
    };
    (0..column.len()).map(name).collect()
}

/// A fitted target: what is predicted from a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A number. The model predicts the scaled number.
    Number {
        /// The column.
        name: String,
        /// Scales the numbers of the training rows to mean 0 and standard deviation 1.
        scaler: StandardScaler,
    },
    /// One of some classes.
    Class {
        /// The column.
        name: String,
        /// The classes.
        labels: LabelEncoder,
    },
}

/// Whole numbers of at most this many different values are classes.
const MOST_NUMBERED_CLASSES: usize = 10;

impl Target {
    /// Fits the target that the column's kind suggests: classes for categories, booleans, and whole numbers of at most ten
    /// different values; a number otherwise.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the column cannot be predicted: it is empty, constant, an identifier, a date or free text,
    /// or a value is missing.
    pub fn infer(train: &TableColumn) -> Result<Self, DataError> {
        let unusable = |remedy: &str| {
            let found = format!("{} ({})", train.name(), train.reason());
            Err(DataError::argument("the target", found, remedy))
        };
        match train.kind() {
            ColumnKind::Category | ColumnKind::Boolean => Self::class(train),
            ColumnKind::Number | ColumnKind::Identifier if train.numbers().is_some() => {
                let mut numbers: Vec<f64> = train.numbers().into_iter().flatten().collect();
                let whole = numbers.iter().all(|number| number.fract() == 0.0);
                numbers.sort_by(f64::total_cmp);
                numbers.dedup();
                if whole && numbers.len() <= MOST_NUMBERED_CLASSES {
                    Self::class(train)
                } else {
                    Self::number(train)
                }
            }
            ColumnKind::Constant => unusable("it is the same in all rows: there is nothing to predict"),
            ColumnKind::Empty => unusable("it has no values"),
            _ => unusable("choose a column of numbers or of classes"),
        }
    }

    /// Fits a target of numbers.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the column does not hold numbers, or one is missing.
    pub fn number(train: &TableColumn) -> Result<Self, DataError> {
        Ok(Self::Number { name: train.name().into(), scaler: StandardScaler::fit(&numbers(train)?)? })
    }

    /// Fits a target of classes.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there are fewer than two classes, or one is missing.
    pub fn class(train: &TableColumn) -> Result<Self, DataError> {
        let labels = LabelEncoder::fit(train)?;
        match labels.classes().len() {
            0 | 1 => {
                let found = format!("{} ({})", train.name(), train.reason());
                Err(DataError::argument("the target", found, "give at least two classes"))
            }
            _ => Ok(Self::Class { name: train.name().into(), labels }),
        }
    }

    /// Returns the column.
    pub fn name(&self) -> &str {
        match self {
            Self::Number { name, .. } | Self::Class { name, .. } => name,
        }
    }

    /// Returns the names of the classes; none for a number.
    pub fn classes(&self) -> &[String] {
        match self {
            Self::Number { .. } => &[],
            Self::Class { labels, .. } => labels.classes(),
        }
    }

    /// Returns what the model is to predict for each row: scaled numbers `[rows]`, or class indices `[rows]`.
    ///
    /// # Errors
    /// As those of fitting; also for a class that was not in the training rows.
    pub fn transform(&self, column: &TableColumn) -> Result<Column, DataError> {
        match self {
            Self::Number { scaler, .. } => {
                let scaled = scaler.transform(&numbers(column)?)?;
                Column::floats(scaled.iter::<f32>().collect::<Vec<f32>>())
            }
            Self::Class { labels, .. } => labels.transform(column),
        }
    }

    /// Returns numbers in the column's own unit from a model's predictions. Of classes, the predictions themselves.
    pub fn inverse_transform(&self, predictions: &TensorData) -> Vec<f64> {
        let (mean, scale) = match self {
            Self::Number { scaler, .. } => (scaler.mean()[0], scaler.scale()[0]),
            Self::Class { .. } => (0.0, 1.0),
        };
        predictions.iter::<f64>().map(|value| value * scale + mean).collect()
    }
}

/// Returns the numbers of a target: `[rows, 1]`.
fn numbers(column: &TableColumn) -> Result<TensorData, DataError> {
    let numbers: Vec<f64> = encoders::numbers(column)?.collect();
    match numbers.iter().position(|number| number.is_nan()) {
        Some(row) => {
            let cell = format!("missing (row {row}, column {})", column.name());
            Err(DataError::argument("a target", cell, "leave out rows without a target"))
        }
        None => Ok(TensorData::new(numbers, [column.len(), 1])),
    }
}
