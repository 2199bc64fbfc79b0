//! In-place updates of weights in host memory.

use std::collections::HashMap;

use burn::{
    module::{Module, ModuleMapper, Param, ParamId},
    tensor::Tensor,
};
use kindling_ops::{
    update::{Gradient, Rule, WeightState},
    with_values,
};

use super::gradients::{Gradients, WeightGradient};

/// An update rule with its state, for weights in host memory.
#[derive(Debug)]
pub(super) struct InPlace {
    rule: Box<dyn Rule>,
    states: HashMap<ParamId, WeightState>,
}

impl InPlace {
    pub fn new(rule: Box<dyn Rule>) -> Self {
        Self { rule, states: HashMap::new() }
    }

    pub fn rule(&self) -> &dyn Rule {
        &*self.rule
    }

    /// Returns the state of a weight, or `None` if the weight has not been updated yet.
    pub fn state(&self, id: ParamId) -> Option<&WeightState> {
        self.states.get(&id)
    }

    pub fn set_state(&mut self, id: ParamId, state: WeightState) {
        self.states.insert(id, state);
    }

    /// Updates all weights that have gradients.
    pub fn step<M: Module>(&mut self, learning_rate: f64, module: M, gradients: &mut Gradients) -> M {
        module.map(&mut Step { learning_rate, gradients, in_place: self })
    }
}

struct Step<'a> {
    learning_rate: f64,
    gradients: &'a mut Gradients,
    in_place: &'a mut InPlace,
}

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let id = param.id;
        let mut parts = self.gradients.remove::<D>(id);
        let (rule, rate) = (&*self.in_place.rule, self.learning_rate);
        let states = &mut self.in_place.states;
        let mut step = |weight: &mut [f32], gradient: Gradient| {
            let state = states.entry(id).or_insert_with(|| WeightState::new(rule, weight.len()));
            state.step(rule, rate, weight, gradient);
        };
        match parts.pop() {
            None => param,
            Some(WeightGradient::Outer(outer)) if parts.is_empty() => {
                param.map(|weight| with_values(weight, |weight| step(weight, Gradient::Outer(&outer))))
            }
            Some(last) => {
                let mut sum = last.dense();
                for part in parts {
                    sum.iter_mut().zip(&*part.dense()).for_each(|(sum, value)| *sum += value);
                }
                param.map(|weight| with_values(weight, |weight| step(weight, Gradient::Dense(&sum))))
            }
        }
    }
}
