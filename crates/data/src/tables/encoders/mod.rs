//! Columns as numbers.

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

/// Turns a column of a [`Table`](super::Table) into numbers. It is created with its options, fitted to training rows, and
/// saved with the model.
///
/// A user's own encoder needs Serde's traits and the attribute `#[typetag::serde]`.
#[typetag::serde(tag = "class_name", content = "config")]
pub trait Encoder: Debug + Send + Sync {
    /// Returns the kind of column that the encoder reads.
    fn kind(&self) -> ColumnKind;

    /// Learns what [`encode`](Self::encode) needs from training rows.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the column is not of the encoder's kind.
    fn fit(&mut self, column: &TableColumn) -> Result<(), DataError>;

    /// Returns the names of the features, given the column's: `city=Delft`.
    fn feature_names(&self, column: &str) -> Vec<String>;

    /// Returns the features of each row, row by row: `[rows, features]`.
    ///
    /// # Errors
    /// [`DataError::Argument`] if the encoder was not fitted, or a cell cannot be encoded.
    fn encode(&self, column: &TableColumn) -> Result<Vec<f32>, DataError>;

    /// Returns the rows whose cells training did not hold, where that matters: words without a feature, numbers and
    /// dates far outside of the range. Default: none.
    #[expect(unused_variables, reason = "the default body does not look at the column")]
    fn unknown(&self, column: &TableColumn) -> Vec<usize> {
        Vec::new()
    }
}

/// Returns the fitted part of an encoder.
fn fitted<T>(part: &Option<T>) -> Result<&T, DataError> {
    part.as_ref()
        .ok_or_else(|| DataError::argument("the encoder", "not fitted", "call fit with training rows first"))
}

/// Returns words with their counts, the most frequent ones first, and equally frequent ones in their order as text.
fn ranked<W: Ord + std::hash::Hash>(words: impl Iterator<Item = W>) -> Vec<(W, usize)> {
    let mut counts: HashMap<W, usize> = HashMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    rank(counts.into_iter().collect())
}

/// Sorts counted words: the most frequent ones first, and equally frequent ones in their order as text.
fn rank<W: Ord>(mut ranked: Vec<(W, usize)>) -> Vec<(W, usize)> {
    ranked.sort_by(|(one, often), (other, less)| less.cmp(often).then_with(|| one.cmp(other)));
    ranked
}

/// Returns the cells of a column as indices of words, and the words. The index of a missing cell is beyond them.
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

/// Returns the rows whose words are not known.
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
