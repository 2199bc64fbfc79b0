//! What is searched: hyper-parameters with the values that each may take.

use std::fmt;

use kindling_data::{
    IntoShape,
    random::{Purpose, order},
};
use kindling_models::{
    IntoPart, Regularizer, Sequential,
    activations::{Activation, Relu},
    layers::Dense,
};
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// The values that each hyper-parameter may take; at least one each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchSpace {
    /// Numbers of hidden layers.
    pub layers: Vec<usize>,
    /// Units of each hidden layer.
    pub units: Vec<usize>,
    /// Shares dropped after each hidden layer; 0 is no dropout.
    pub dropout: Vec<f64>,
    /// Factors of the squared weights' penalty in each hidden layer; 0 is no penalty.
    pub l2: Vec<f64>,
    /// Sizes of the optimizer's steps.
    pub learning_rate: Vec<f64>,
}

/// One value of each hyper-parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Number of hidden layers.
    pub layers: usize,
    /// Units of each hidden layer.
    pub units: usize,
    /// Share dropped after each hidden layer.
    pub dropout: f64,
    /// Factor of the squared weights' penalty in each hidden layer.
    pub l2: f64,
    /// Size of the optimizer's steps.
    pub learning_rate: f64,
}

/// More combinations than anyone could try, and few enough to shuffle.
const MOST_COMBINATIONS: usize = 1_000_000;

impl SearchSpace {
    /// Every combination, the last hyper-parameter varying fastest.
    ///
    /// # Errors
    /// When a hyper-parameter has no value, one twice or one that is not finite, or there are over a million
    /// combinations.
    pub fn grid(&self) -> Result<Vec<Settings>, TrainError> {
        Ok((0..self.combinations()?).map(|index| self.combination(index)).collect())
    }

    /// So many different combinations, drawn at random; all of them, shuffled, where there are fewer. With the same
    /// seed, the first of many are the same as of few.
    ///
    /// # Errors
    /// As [`grid`](Self::grid), or when `trials` is 0.
    pub fn sample(&self, trials: usize, seed: u64) -> Result<Vec<Settings>, TrainError> {
        if trials == 0 {
            return Err(TrainError::argument("trials", 0, "give at least 1"));
        }
        let order = order(seed, Purpose::Search, 0, self.combinations()?);
        Ok(order.into_iter().take(trials).map(|index| self.combination(index)).collect())
    }

    fn combinations(&self) -> Result<usize, TrainError> {
        let counts = |values: &[usize]| values.iter().map(|value| *value as f64).collect::<Vec<_>>();
        let lists = [
            ("layers", counts(&self.layers)),
            ("units", counts(&self.units)),
            ("dropout", self.dropout.clone()),
            ("l2", self.l2.clone()),
            ("learning_rate", self.learning_rate.clone()),
        ];
        for (name, values) in &lists {
            let again = |(place, value): (usize, &f64)| !value.is_finite() || values[..place].contains(value);
            if values.is_empty() || values.iter().enumerate().any(again) {
                let remedy = "a search needs at least one value of it, each finite and given once";
                return Err(TrainError::argument(name, format!("{values:?}"), remedy));
            }
        }
        let product =
            lists.iter().try_fold(1_usize, |product, (_, values)| product.checked_mul(values.len()));
        product.filter(|product| *product <= MOST_COMBINATIONS).ok_or_else(|| {
            let remedy = format!("there are more than {MOST_COMBINATIONS} combinations; give fewer values");
            TrainError::argument("the search space", "too large", remedy)
        })
    }

    fn combination(&self, index: usize) -> Settings {
        let mut rest = index;
        let mut place = |values: usize| {
            let place = rest % values;
            rest /= values;
            place
        };
        let learning_rate = self.learning_rate[place(self.learning_rate.len())];
        let l2 = self.l2[place(self.l2.len())];
        let dropout = self.dropout[place(self.dropout.len())];
        let units = self.units[place(self.units.len())];
        let layers = self.layers[place(self.layers.len())];
        Settings { layers, units, dropout, l2, learning_rate }
    }
}

impl Settings {
    /// The network with these hidden layers (ReLU) between an input of that shape and an output of so many units.
    pub fn network(
        &self,
        input: impl IntoShape,
        outputs: usize,
        activation: impl IntoPart<dyn Activation>,
    ) -> Sequential {
        let hidden = Dense::new(self.units).activation(Relu).kernel_regularizer(Regularizer::l2(self.l2));
        let stack = (0..self.layers).fold(Sequential::new(input), |stack, _| {
            let stack = stack.layer(hidden.clone());
            if self.dropout == 0.0 { stack } else { stack.dropout(self.dropout) }
        });
        stack.dense(outputs, activation)
    }
}

/// `2 x 64 units, dropout 0.25, L2 0.001, learning rate 0.001`.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layers, units, dropout, l2, learning_rate } = self;
        write!(f, "{layers} x {units} units, dropout {dropout}, L2 {l2}, learning rate {learning_rate}")
    }
}
