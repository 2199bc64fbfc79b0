//! The target column.

use std::{cmp::Ordering, collections::HashMap};

use burn::tensor::TensorData;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::{ColumnKind, TableColumn, encoders};
use crate::{
    error::DataError,
    preprocessing::{StandardScaler, Transform},
    samples::Column,
};

/// Converts class names to indices, like scikit-learn's `LabelEncoder`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelEncoder {
    classes: Vec<String>,
}

impl LabelEncoder {
    /// Fits the encoder to the classes of a column. Classes that are numbers come first, in numerical order, followed by the
    /// others in alphabetical order.
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
    /// [`DataError::Argument`], which names the row, if a class is missing or does not occur in the training rows.
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
            DataError::argument("a class", cell, "remove rows without a target")
        })
    };
    (0..column.len()).map(name).collect()
}

/// A fitted target: the values that a model predicts for each row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A number. The model predicts the standardized number.
    Number {
        /// The name of the column.
        name: String,
        /// The scaler, fitted to the training rows.
        #[serde(deserialize_with = "one_feature")]
        scaler: StandardScaler,
    },
    /// A class. The model predicts the class index.
    Class {
        /// The name of the column.
        name: String,
        /// The classes.
        labels: LabelEncoder,
    },
}

/// Columns of integers with at most this many distinct values are classes.
const MOST_NUMBERED_CLASSES: usize = 10;

impl Target {
    /// Fits a target of the type inferred from the column's kind: classes for categories, booleans, and integers with at most
    /// ten distinct values; otherwise a number.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the column is empty, constant, an identifier, a date, or free text, or if a value is
    /// missing.
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
            ColumnKind::Constant => unusable("it is the same in all rows: choose another column"),
            ColumnKind::Empty => unusable("it has no values: choose another column"),
            _ => unusable("choose a column of numbers or of classes"),
        }
    }

    /// Fits a numeric target.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the column does not contain numbers, or a value is missing.
    pub fn number(train: &TableColumn) -> Result<Self, DataError> {
        Ok(Self::Number { name: train.name().into(), scaler: StandardScaler::fit(&numbers(train)?)? })
    }

    /// Fits a target of classes.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there are fewer than two classes, or a class is missing.
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

    /// Returns the name of the column.
    pub fn name(&self) -> &str {
        match self {
            Self::Number { name, .. } | Self::Class { name, .. } => name,
        }
    }

    /// Returns the names of the classes; empty for a number.
    pub fn classes(&self) -> &[String] {
        match self {
            Self::Number { .. } => &[],
            Self::Class { labels, .. } => labels.classes(),
        }
    }

    /// Returns the target of each row: standardized numbers `[rows]`, or class indices `[rows]`.
    ///
    /// # Errors
    /// [`DataError::Argument`] if a value is missing or not of the target's type, or a class does not occur in the training
    /// rows.
    pub fn transform(&self, column: &TableColumn) -> Result<Column, DataError> {
        match self {
            Self::Number { scaler, .. } => {
                let scaled = scaler.transform(&numbers(column)?)?;
                Column::floats(scaled.iter::<f32>().collect::<Vec<f32>>())
            }
            Self::Class { labels, .. } => labels.transform(column),
        }
    }

    /// Converts predicted numbers to the column's unit. Predictions of classes are returned unchanged.
    pub fn inverse_transform(&self, predictions: &TensorData) -> Vec<f64> {
        let (mean, scale) = match self {
            Self::Number { scaler, .. } => (scaler.mean()[0], scaler.scale()[0]),
            Self::Class { .. } => (0.0, 1.0),
        };
        predictions.iter::<f64>().map(|value| value * scale + mean).collect()
    }
}

/// Reads a scaler of one feature.
fn one_feature<'de, D: Deserializer<'de>>(file: D) -> Result<StandardScaler, D::Error> {
    let scaler = StandardScaler::deserialize(file)?;
    match (scaler.mean().len(), scaler.scale().len()) {
        (1, 1) => Ok(scaler),
        (means, scales) => {
            Err(D::Error::custom(format!("the scaler of a target has {means} means and {scales} scales")))
        }
    }
}

/// Returns the values of a numeric target: `[rows, 1]`.
fn numbers(column: &TableColumn) -> Result<TensorData, DataError> {
    let numbers: Vec<f64> = encoders::numbers(column)?.collect();
    match numbers.iter().position(|number| number.is_nan()) {
        Some(row) => {
            let cell = format!("missing (row {row}, column {})", column.name());
            Err(DataError::argument("a target", cell, "remove rows without a target"))
        }
        None => Ok(TensorData::new(numbers, [column.len(), 1])),
    }
}
