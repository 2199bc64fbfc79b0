//! Encoders of table columns.

mod date;
mod numeric;
mod one_hot;
mod ordinal;
mod text;

use std::{collections::HashMap, fmt::Debug};

pub use date::DateEncoder;
pub use numeric::{NumericEncoder, Scale};
pub use one_hot::OneHotEncoder;
pub use ordinal::OrdinalEncoder;
pub use text::TextEncoder;

use super::{ColumnKind, TableColumn};
use crate::error::DataError;

/// Converts a column of a [`Table`](super::Table) to numeric features.
///
/// An encoder is created with its options, fitted to the training rows, and saved with the model. Custom encoders need
/// Serde's traits and the attribute `#[typetag::serde]`.
#[typetag::serde(tag = "class_name", content = "config")]
pub trait Encoder: Debug + Send + Sync {
    /// Returns the kind of column that the encoder reads.
    fn kind(&self) -> ColumnKind;

    /// Fits the encoder to training rows.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the column is not of the encoder's kind.
    fn fit(&mut self, column: &TableColumn) -> Result<(), DataError>;

    /// Returns the names of the features, given the name of the column: for example `city=Delft`.
    fn feature_names(&self, column: &str) -> Vec<String>;

    /// Returns the features `[rows, features]`, flattened row by row.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the encoder was not fitted, or a cell cannot be encoded.
    fn encode(&self, column: &TableColumn) -> Result<Vec<f32>, DataError>;

    /// Returns the rows whose cells differ from those of the training rows in a way that affects predictions: unknown words,
    /// and numbers and dates far outside of the training range. Default: none.
    #[expect(unused_variables, reason = "the default implementation ignores the column")]
    fn unknown(&self, column: &TableColumn) -> Vec<usize> {
        Vec::new()
    }
}

/// Returns the fitted part of an encoder.
fn fitted<T>(part: &Option<T>) -> Result<&T, DataError> {
    part.as_ref()
        .ok_or_else(|| DataError::argument("the encoder", "not fitted", "call fit with training rows first"))
}

/// Checks the indices of features in a fitted part, which may come from a damaged file.
fn check_features<'a>(features: impl IntoIterator<Item = &'a usize>, width: usize) -> Result<(), DataError> {
    match features.into_iter().find(|feature| **feature >= width) {
        Some(feature) => {
            let found = format!("feature {feature} of {width}");
            Err(DataError::argument("the encoder", found, "it is damaged: fit it again"))
        }
        None => Ok(()),
    }
}

/// Counts words, and returns them in descending order of their counts; equally frequent words are in ascending order.
fn ranked<W: Ord + std::hash::Hash>(words: impl Iterator<Item = W>) -> Vec<(W, usize)> {
    let mut counts: HashMap<W, usize> = HashMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    rank(counts.into_iter().collect())
}

/// Sorts words in descending order of their counts; equally frequent words are in ascending order.
fn rank<W: Ord>(mut ranked: Vec<(W, usize)>) -> Vec<(W, usize)> {
    ranked.sort_by(|(one, often), (other, less)| less.cmp(often).then_with(|| one.cmp(other)));
    ranked
}

/// Returns the cells of a column as indices of words, and the words. The index of a missing cell is out of range.
fn codes<'a>(
    column: &TableColumn<'a>,
) -> Result<(impl Iterator<Item = usize> + use<'a>, &'a [String]), DataError> {
    let (codes, words) = column.codes().ok_or_else(|| wrong_kind(column, "words"))?;
    Ok((codes.map(|code| code as usize), words))
}

/// Returns the words of a column.
fn words<'a>(column: &TableColumn<'a>) -> Result<impl Iterator<Item = Option<&'a str>> + use<'a>, DataError> {
    column.words().ok_or_else(|| wrong_kind(column, "words"))
}

/// Returns the rows with unknown words.
fn unknown_words(column: &TableColumn, is_known: impl Fn(&str) -> bool) -> Vec<usize> {
    let words = column.words().into_iter().flatten().enumerate();
    words.filter(|(_, word)| word.is_some_and(|word| !is_known(word))).map(|(row, _)| row).collect()
}

/// Returns the numbers of a column.
pub(super) fn numbers<'a>(
    column: &TableColumn<'a>,
) -> Result<impl Iterator<Item = f64> + use<'a>, DataError> {
    column.numbers().ok_or_else(|| wrong_kind(column, "numbers"))
}

fn wrong_kind(column: &TableColumn, wanted: &str) -> DataError {
    let found = format!("{:?} ({})", column.kind(), column.reason());
    DataError::argument("the column's kind", found, format!("{}: give a column of {wanted}", column.name()))
}
