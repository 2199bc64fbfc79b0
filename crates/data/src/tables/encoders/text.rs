//! Encoding of free text as bags of words.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ColumnKind, Encoder, TableColumn, check_features, fitted, ranked, words};
use crate::{error::DataError, text::for_each_word};

/// Encodes free text as a multi-hot vector of the most frequent words. Words are converted to lowercase and stripped of
/// punctuation, as in [`TextVectorization`](crate::TextVectorization).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TextEncoder {
    max_words: usize,
    fitted: Option<BTreeMap<String, usize>>,
}

impl Default for TextEncoder {
    fn default() -> Self {
        Self { max_words: 1000, fitted: None }
    }
}

impl TextEncoder {
    /// Creates an encoder with the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the maximum number of words. Default: 1000.
    pub fn max_words(self, max_words: usize) -> Self {
        Self { max_words, ..self }
    }
}

#[typetag::serde]
impl Encoder for TextEncoder {
    fn kind(&self) -> ColumnKind {
        ColumnKind::Text
    }

    fn fit(&mut self, column: &TableColumn) -> Result<(), DataError> {
        let in_each = words(column)?.flatten().flat_map(|text| {
            let mut tokens = BTreeSet::new();
            for_each_word(text, |token| {
                tokens.insert(token.to_owned());
            });
            tokens
        });
        let kept: BTreeSet<String> =
            ranked(in_each).into_iter().take(self.max_words).map(|(token, _)| token).collect();
        self.fitted = Some(kept.into_iter().enumerate().map(|(feature, token)| (token, feature)).collect());
        Ok(())
    }

    fn feature_names(&self, column: &str) -> Vec<String> {
        self.fitted.iter().flatten().map(|(token, _)| format!("{column} contains {token}")).collect()
    }

    fn encode(&self, column: &TableColumn) -> Result<Vec<f32>, DataError> {
        let features = fitted(&self.fitted)?;
        check_features(features.values(), features.len())?;
        let mut values = vec![0.0; column.len() * features.len()];
        for (row, text) in words(column)?.enumerate() {
            for_each_word(text.unwrap_or_default(), |token| {
                if let Some(feature) = features.get(token) {
                    values[row * features.len() + feature] = 1.0;
                }
            });
        }
        Ok(values)
    }
}
