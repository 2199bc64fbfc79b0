//! A random split with nonoverlapping groups.

use super::{Split, Splitter, group_k_fold::sizes, held_out, order};
use crate::{error::DataError, samples::Samples};

/// A single split that holds out a random fraction of the groups, like `sklearn.model_selection.GroupShuffleSplit` with one
/// split. All samples of a group are in the same set.
#[derive(Clone, Debug)]
pub struct GroupShuffleSplit {
    share: f64,
    groups: Vec<usize>,
    seed: u64,
}

impl GroupShuffleSplit {
    /// Creates a splitter that holds out a random fraction `share` of the groups, given the group of each sample,
    /// `[samples]`. Groups are numbered from 0.
    pub fn new(share: f64, groups: impl Into<Vec<usize>>) -> Self {
        Self { share, groups: groups.into(), seed: 0 }
    }

    /// Sets the seed. Default: 0.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }
}

impl Splitter for GroupShuffleSplit {
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
        let groups = sizes(&self.groups, samples)?.len();
        let held_out = held_out(self.share, groups, "groups")?;
        let mut is_held_out = vec![false; groups];
        order(groups, Some(self.seed), 0)
            .into_iter()
            .take(held_out)
            .for_each(|group| is_held_out[group] = true);
        let (validation, train) =
            (0..samples.len()).partition(|position| is_held_out[self.groups[*position]]);
        Ok(vec![Split { train, validation }])
    }
}
