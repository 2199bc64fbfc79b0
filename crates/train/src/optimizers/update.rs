//! One step of an optimizer on a whole module.

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    optim::ModuleOptimizer,
    tensor::{DType, Tensor},
};
use kindling_models::Part;
use kindling_ops::can_apply;

use super::{Clipping, Gradients, Optimizer, in_place::InPlace, state::is_trained};
use crate::{TrainError, schedules::LearningRate};

/// A configured optimizer with its state.
pub(crate) struct Updater {
    config: Part<dyn Optimizer>,
    learning_rate: LearningRate,
    clipping: Clipping,
    weight_decay: Option<f64>,
    pub(super) module: ModuleOptimizer,
    /// For weights in the host's memory, if the optimizer has a rule.
    pub(super) in_place: Option<InPlace>,
}

impl Updater {
    /// Builds the optimizer, once every hyperparameter has been checked.
    pub fn new(config: Part<dyn Optimizer>) -> Result<Self, TrainError> {
        let (learning_rate, clipping, weight_decay) =
            (config.learning_rate(), config.clipping(), config.weight_decay());
        learning_rate.check(0..1)?;
        clipping.check()?;
        if let Some(decay) = weight_decay.filter(|decay| !decay.is_finite() || *decay < 0.0) {
            return Err(TrainError::argument("weight_decay", decay, "give a number that is not negative"));
        }
        let module = config.build()?;
        let in_place = config.rule().map(InPlace::new);
        Ok(Self { config, learning_rate, clipping, weight_decay, module, in_place })
    }

    /// The configuration that the optimizer was built from.
    pub fn config(&self) -> &Part<dyn Optimizer> {
        &self.config
    }

    /// Returns the optimizer as it is before its first step, with the present learning rate.
    pub fn anew(&self) -> Result<Self, TrainError> {
        Ok(Self { learning_rate: self.learning_rate.clone(), ..Self::new(self.config.clone())? })
    }

    pub fn learning_rate(&self) -> &LearningRate {
        &self.learning_rate
    }

    /// Replaces a constant learning rate.
    pub fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), TrainError> {
        if !self.learning_rate.is_constant() {
            return Err(TrainError::Mismatch(format!(
                "the learning rate follows the schedule {:?}: give the optimizer a number to change it during training",
                self.learning_rate
            )));
        }
        let learning_rate = LearningRate::from(learning_rate);
        learning_rate.check(0..1)?;
        self.learning_rate = learning_rate;
        Ok(())
    }

    /// Returns whether gradients may come from kernels: whether each is used by itself, in place. Burn's optimizers, which
    /// [`update`](Self::update) uses otherwise, would not see them.
    pub fn takes_kernels<M: Module>(&self, module: &M) -> bool {
        self.in_place.is_some() && self.clipping == Clipping::default() && on_cpu(module)
    }

    /// Takes a step (counted from 0): clips the gradients, applies weight decay, and updates the weights. The module has no
    /// autodiff history, before and after.
    pub fn update<M: Module>(&mut self, step: u64, module: M, mut gradients: Gradients) -> M {
        let rate = self.learning_rate.at(step);
        gradients.graph = self.clipping.apply(gradients.graph, &module);
        let module = match self.weight_decay.filter(|decay| *decay > 0.0) {
            Some(decay) => module.map(&mut Decay { share: rate * decay }),
            None => module,
        };
        match &mut self.in_place {
            Some(in_place) if on_cpu(&module) => in_place.step(rate, module, &mut gradients),
            _ => self.module.step(rate, module.train(), gradients.graph).valid(),
        }
    }
}

impl std::fmt::Debug for Updater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.config.fmt(f)
    }
}

/// Returns whether all float weights are in the host's memory, as `f32`.
pub(super) fn on_cpu<M: Module>(module: &M) -> bool {
    struct Visitor(bool);
    impl ModuleVisitor for Visitor {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let weight = param.val();
            self.0 &= can_apply(&weight.device()) && weight.dtype() == DType::F32;
        }
    }
    let mut visitor = Visitor(true);
    module.visit(&mut visitor);
    visitor.0
}

/// Decreases trained weights by a share of themselves. Running statistics and frozen weights stay as they are.
struct Decay {
    share: f64,
}

impl ModuleMapper for Decay {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match is_trained(&param) {
            true => param.map(|weight| weight.clone() - weight.mul_scalar(self.share)),
            false => param,
        }
    }
}
