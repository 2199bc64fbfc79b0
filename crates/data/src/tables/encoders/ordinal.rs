//! Encoding of ordered categories.

use serde::{Deserialize, Serialize};

use super::{ColumnKind, Encoder, TableColumn, fitted, unknown_words, words};
use crate::error::DataError;

/// Encodes ordered categories as their index in the order, from 0, like scikit-learn's `OrdinalEncoder`. Unknown categories
/// and missing values are encoded as -1.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct OrdinalEncoder {
    order: Option<Vec<String>>,
    fitted: Option<Vec<String>>,
}

impl OrdinalEncoder {
    /// Creates an encoder with the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the order, for example `["low", "medium", "high"]`. Default: the alphabetical order of the categories in the
    /// training rows.
    pub fn order<S: Into<String>>(self, order: impl IntoIterator<Item = S>) -> Self {
        Self { order: Some(order.into_iter().map(Into::into).collect()), ..self }
    }
}

#[typetag::serde]
impl Encoder for OrdinalEncoder {
    fn kind(&self) -> ColumnKind {
        ColumnKind::Category
    }

    fn fit(&mut self, column: &TableColumn) -> Result<(), DataError> {
        self.fitted = Some(match &self.order {
            Some(order) => order.clone(),
            None => {
                let seen: std::collections::BTreeSet<&str> = words(column)?.flatten().collect();
                seen.into_iter().map(str::to_owned).collect()
            }
        });
        Ok(())
    }

    fn feature_names(&self, column: &str) -> Vec<String> {
        vec![column.into()]
    }

    fn encode(&self, column: &TableColumn) -> Result<Vec<f32>, DataError> {
        let order = fitted(&self.fitted)?;
        let place: std::collections::HashMap<&str, f32> =
            order.iter().enumerate().map(|(place, word)| (word.as_str(), place as f32)).collect();
        Ok(words(column)?
            .map(|word| word.and_then(|word| place.get(word).copied()).unwrap_or(-1.0))
            .collect())
    }
    fn unknown(&self, column: &TableColumn) -> Vec<usize> {
        let order = self.fitted.as_deref().unwrap_or_default();
        unknown_words(column, |word| order.iter().any(|own| own == word))
    }
}
