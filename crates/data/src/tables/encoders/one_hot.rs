//! One-hot encoding of categories.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ColumnKind, Encoder, TableColumn, check_features, codes, fitted, rank, unknown_words};
use crate::error::DataError;

/// Encodes categories as one-hot vectors, with one feature per category, like scikit-learn's `OneHotEncoder`. Categories are
/// in alphabetical order.
///
/// Rare categories share one feature. Unknown categories are treated as rare if there are rare ones; otherwise all their
/// features are 0. Missing values have a separate feature if values are missing in the training rows; otherwise all their
/// features are 0.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OneHotEncoder {
    min_frequency: usize,
    max_categories: Option<usize>,
    error_if_unknown: bool,
    fitted: Option<Fitted>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Fitted {
    /// The feature of each category; rare categories have the same feature.
    features: BTreeMap<String, usize>,
    names: Vec<String>,
    /// The feature of rare categories.
    rare: Option<usize>,
    /// The feature of missing values.
    missing: Option<usize>,
}

impl Default for OneHotEncoder {
    fn default() -> Self {
        Self { min_frequency: 1, max_categories: None, error_if_unknown: false, fitted: None }
    }
}

impl OneHotEncoder {
    /// Creates an encoder with the default options: one feature per category.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the minimum number of occurrences in the training rows for a separate feature. Rarer categories share one
    /// feature. Default: 1.
    pub fn min_frequency(self, min_frequency: usize) -> Self {
        Self { min_frequency, ..self }
    }

    /// Sets the maximum number of features, including the one for rare categories; the most frequent categories have separate
    /// features. Default: no limit.
    pub fn max_categories(self, max_categories: usize) -> Self {
        Self { max_categories: Some(max_categories.max(1)), ..self }
    }

    /// Sets whether unknown categories are an error. Default: false.
    pub fn error_if_unknown(self, error_if_unknown: bool) -> Self {
        Self { error_if_unknown, ..self }
    }
}

#[typetag::serde]
impl Encoder for OneHotEncoder {
    fn kind(&self) -> ColumnKind {
        ColumnKind::Category
    }

    fn fit(&mut self, column: &TableColumn) -> Result<(), DataError> {
        let (codes, words) = codes(column)?;
        let mut counts = vec![0; words.len()];
        codes.for_each(|code| {
            if let Some(count) = counts.get_mut(code) {
                *count += 1;
            }
        });
        let counted = words.iter().map(String::as_str).zip(counts).filter(|(_, count)| *count > 0);
        let ranked = rank(counted.collect());
        let known: usize = ranked.iter().map(|(_, count)| count).sum();
        let frequent = ranked.iter().filter(|(_, count)| *count >= self.min_frequency).count();
        let kept = match self.max_categories {
            Some(most) if frequent > most || frequent == most && ranked.len() > most => most - 1,
            _ => frequent,
        };
        let mut own: Vec<&str> = ranked[..kept].iter().map(|(word, _)| *word).collect();
        own.sort_unstable();
        let mut names: Vec<String> = own.iter().map(|word| (*word).to_owned()).collect();
        let mut add = |name: &str| {
            names.push(name.into());
            names.len() - 1
        };
        let rare = (kept < ranked.len()).then(|| add("(rare)"));
        let missing = (known < column.len()).then(|| add("(missing)"));
        let mut features: BTreeMap<String, usize> =
            own.iter().enumerate().map(|(feature, word)| ((*word).to_owned(), feature)).collect();
        if let Some(rare) = rare {
            features.extend(ranked[kept..].iter().map(|(word, _)| ((*word).to_owned(), rare)));
        }
        self.fitted = Some(Fitted { features, names, rare, missing });
        Ok(())
    }

    fn feature_names(&self, column: &str) -> Vec<String> {
        let names = self.fitted.iter().flat_map(|fitted| &fitted.names);
        names.map(|name| format!("{column}={name}")).collect()
    }

    fn encode(&self, column: &TableColumn) -> Result<Vec<f32>, DataError> {
        let Fitted { features, names, rare, missing } = fitted(&self.fitted)?;
        check_features(features.values().chain(rare).chain(missing), names.len())?;
        let mut values = vec![0.0; column.len() * names.len()];
        let (codes, words) = codes(column)?;
        // The feature of each word, looked up on its first occurrence. `Some(None)` means no feature.
        let mut found: Vec<Option<Option<usize>>> = vec![None; words.len()];
        for (row, code) in codes.enumerate() {
            let feature = match found.get(code) {
                None => *missing,
                Some(Some(feature)) => *feature,
                Some(None) => {
                    let word = &words[code];
                    let feature = features.get(word).copied();
                    if feature.is_none() && self.error_if_unknown {
                        let cell = format!("{word:?} (row {row}, column {})", column.name());
                        return Err(DataError::argument(
                            "a category",
                            cell,
                            "it does not occur in the training rows",
                        ));
                    }
                    *found[code].insert(feature.or(*rare))
                }
            };
            if let Some(feature) = feature {
                values[row * names.len() + feature] = 1.0;
            }
        }
        Ok(values)
    }

    fn unknown(&self, column: &TableColumn) -> Vec<usize> {
        let is_known =
            |word: &str| self.fitted.as_ref().is_some_and(|fitted| fitted.features.contains_key(word));
        unknown_words(column, is_known)
    }
}
