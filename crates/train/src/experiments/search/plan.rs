//! Which settings are tried, and in which order.

use serde::{Deserialize, Serialize};

use super::{SearchSpace, space::Values};
use crate::TrainError;

/// What a search tries: every combination of a space, or some of them at random.
///
/// What it is made of, but for the number of trials, tells one search from another: a file is taken up only by the search
/// that it is of.
#[derive(Clone, Debug)]
pub struct SearchPlan {
    pub(super) identity: Identity,
    /// Number of them; none for all.
    trials: Option<usize>,
}

/// What tells one search from another.
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
    /// Creates a plan of every combination, the last setting varying fastest. The space must have choices and whole numbers
    /// only, and at most a million combinations.
    pub fn grid(space: SearchSpace) -> Self {
        Self::new(space, Order::Grid, None)
    }

    /// Creates a plan of so many different combinations at random; of fewer if the space has not so many. With the same seed,
    /// the first of many are the same as of few, so that a finished search can be given more trials.
    pub fn random(space: SearchSpace, trials: usize) -> Self {
        Self::new(space, Order::Random { seed: 0 }, Some(trials))
    }

    fn new(space: SearchSpace, order: Order, trials: Option<usize>) -> Self {
        let identity = Identity { description: String::new(), space, order, halving: None };
        Self { identity, trials }
    }

    /// Sets the seed of a random plan; a grid has none. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        if let Order::Random { seed: own } = &mut self.identity.order {
            *own = seed;
        }
        self
    }

    /// Says what else the scores depend on, such as data, epochs and the seed of trainings. Default: nothing.
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
