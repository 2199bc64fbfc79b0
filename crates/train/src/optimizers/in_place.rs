//! Steps that change weights in the host's memory.

use std::collections::HashMap;

use burn::{
    module::{Module, ModuleMapper, Param, ParamId},
    optim::GradientsParams,
    tensor::Tensor,
};
use kindling_ops::{
    update::{Gradient, OuterGradient, Rule, WeightState},
    with_values,
};

/// A rule with its state, for the weights that are in the host's memory.
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

    /// Returns the state of a weight, if it has been updated.
    pub fn state(&self, id: ParamId) -> Option<&WeightState> {
        self.states.get(&id)
    }

    pub fn set_state(&mut self, id: ParamId, state: WeightState) {
        self.states.insert(id, state);
    }

    /// Takes a step with all weights that are in the host's memory, and takes their gradients out of `gradients`.
    pub fn step<M: Module>(
        &mut self,
        learning_rate: f64,
        module: M,
        gradients: &mut GradientsParams,
        outer: Vec<(ParamId, OuterGradient)>,
    ) -> M {
        module.map(&mut Step { learning_rate, gradients, outer, in_place: self })
    }
}

struct Step<'a> {
    learning_rate: f64,
    gradients: &'a mut GradientsParams,
    outer: Vec<(ParamId, OuterGradient)>,
    in_place: &'a mut InPlace,
}

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let id = param.id;
        let mut outer =
            self.outer.extract_if(.., |(parameter, _)| *parameter == id).map(|(_, gradient)| gradient);
        let (first, second) = (outer.next(), outer.next());
        let more: Vec<OuterGradient> = second.into_iter().chain(outer).collect();
        let dense = self.gradients.remove::<D>(id);
        let (rule, rate) = (&*self.in_place.rule, self.learning_rate);
        let states = &mut self.in_place.states;
        let mut step = |weight: &mut [f32], gradient: Gradient| {
            let state = states.entry(id).or_insert_with(|| WeightState::new(rule, weight.len()));
            state.step(rule, rate, weight, gradient);
        };
        match (first, dense) {
            (None, None) => param,
            // As a rule, a kernel has one gradient in one form.
            (Some(outer), None) if more.is_empty() => {
                param.map(|weight| with_values(weight, |weight| step(weight, Gradient::Outer(&outer))))
            }
            (outer, dense) => {
                let mut sum: Vec<f32> = Vec::new();
                let dense = dense.map(|gradient| gradient.into_data().try_into_vec::<f32>());
                let dense = dense.map(|values| values.expect("the gradients of f32 are f32"));
                let parts = dense.into_iter().chain(outer.iter().chain(&more).map(OuterGradient::dense));
                for part in parts {
                    match sum.is_empty() {
                        true => sum = part,
                        false => sum.iter_mut().zip(part).for_each(|(sum, value)| *sum += value),
                    }
                }
                param.map(|weight| with_values(weight, |weight| step(weight, Gradient::Dense(&sum))))
            }
        }
    }
}
