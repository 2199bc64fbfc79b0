//! K-fold cross-validation with nonoverlapping groups.

use super::{Split, Splitter, by_fold, check_folds};
use crate::{error::DataError, samples::Samples};

/// K-fold cross-validation in which all samples of a group, for example of one patient, are in the same fold, like
/// `sklearn.model_selection.GroupKFold`.
///
/// Groups are assigned in descending order of size, each to the smallest fold.
#[derive(Clone, Debug)]
pub struct GroupKFold {
    folds: usize,
    groups: Vec<usize>,
}

impl GroupKFold {
    /// Creates a splitter into `folds` folds, given the group of each sample, `[samples]`. Groups are numbered from 0.
    pub fn new(folds: usize, groups: impl Into<Vec<usize>>) -> Self {
        Self { folds, groups: groups.into() }
    }
}

impl Splitter for GroupKFold {
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
        let sizes = sizes(&self.groups, samples)?;
        check_folds(self.folds, sizes.len(), "groups")?;
        let mut order: Vec<usize> = (0..sizes.len()).collect();
        order.sort_by_key(|group| std::cmp::Reverse(sizes[*group]));
        let mut filled = vec![0; self.folds];
        let mut fold_of_group = vec![0; sizes.len()];
        for group in order {
            let smallest = (0..self.folds).min_by_key(|fold| filled[*fold]).unwrap_or(0);
            fold_of_group[group] = smallest;
            filled[smallest] += sizes[group];
        }
        let fold_of: Vec<usize> = self.groups.iter().map(|group| fold_of_group[*group]).collect();
        Ok(by_fold(&fold_of, self.folds))
    }
}

/// Returns the number of samples of each group.
pub(super) fn sizes(groups: &[usize], samples: &Samples) -> Result<Vec<usize>, DataError> {
    if groups.len() != samples.len() {
        let remedy = format!("give one group for each of the {} samples", samples.len());
        return Err(DataError::argument("the number of groups", groups.len(), remedy));
    }
    let mut sizes = vec![0; groups.len()];
    for group in groups {
        let size = sizes.get_mut(*group);
        *size.ok_or_else(|| {
            DataError::argument("a group", group, "number the groups from 0 without gaps")
        })? += 1;
    }
    sizes.truncate(groups.iter().max().map_or(0, |last| last + 1));
    match sizes.iter().position(|size| *size == 0) {
        Some(empty) => Err(DataError::argument(
            "a group without samples",
            empty,
            "number the groups from 0 without gaps",
        )),
        None => Ok(sizes),
    }
}
