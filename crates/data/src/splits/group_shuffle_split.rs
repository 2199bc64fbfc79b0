//! One split that keeps groups whole.

use super::{Split, Splitter, group_k_fold::sizes, held_out, order};
use crate::{error::DataError, samples::Samples};

/// One split with a share of the groups held out, all samples of a group on the same side:
/// `sklearn.model_selection.GroupShuffleSplit` with one split.
#[derive(Clone, Debug)]
pub struct GroupShuffleSplit {
    share: f64,
    groups: Vec<usize>,
    seed: u64,
}

impl GroupShuffleSplit {
    /// Holds out a random `share` of the groups, given the group of each sample.
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
