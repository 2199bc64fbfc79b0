//! The settings of a search, in order.

use serde::{Deserialize, Serialize};

use super::{SearchSpace, space::Values};
use crate::TrainError;

/// The settings that a search tries: all combinations of a search space, or a random selection.
///
/// A file can be resumed only by a search with the same plan. Only the number of trials may differ.
#[derive(Clone, Debug)]
pub struct SearchPlan {
    pub(super) identity: Identity,
    /// Number of trials, or `None` for all combinations.
    trials: Option<usize>,
}

/// The properties that must be equal to resume a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub description: String,
    pub space: SearchSpace,
    pub order: Order,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub halving: Option<super::SuccessiveHalving>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    Grid,
    Random { seed: u64 },
}

impl SearchPlan {
    /// Creates a grid search: all combinations, with the last setting varying fastest. The space may contain only
    /// choices and integers, and at most a million combinations.
    pub fn grid(space: SearchSpace) -> Self {
        Self::new(space, Order::Grid, None)
    }

    /// Creates a random search with this number of different combinations, or fewer if the space has fewer. With the
    /// same seed, a search with more trials begins with the same trials, so a finished search can be extended.
    pub fn random(space: SearchSpace, trials: usize) -> Self {
        Self::new(space, Order::Random { seed: 0 }, Some(trials))
    }

    fn new(space: SearchSpace, order: Order, trials: Option<usize>) -> Self {
        let identity = Identity { description: String::new(), space, order, halving: None };
        Self { identity, trials }
    }

    /// Sets the seed of a random search. Ignored by a grid search. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        if let Order::Random { seed: own } = &mut self.identity.order {
            *own = seed;
        }
        self
    }

    /// Sets a description of everything else that affects the scores, such as data, epochs and seeds. A search with
    /// another description cannot resume the file. Default: empty.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.identity.description = description.into();
        self
    }

    pub(super) fn values(&self) -> Result<Vec<Values>, TrainError> {
        let space = &self.identity.space;
        match self.identity.order {
            Order::Grid => space.grid(),
            Order::Random { seed } => space.sample(self.trials.unwrap_or_default(), seed),
        }
    }
}
