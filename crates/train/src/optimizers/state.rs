//! The optimizer state as named arrays.

use std::collections::BTreeMap;

use burn::{
    module::{Module, ModuleVisitor, Param, ParamId},
    optim::OptimizerRecord,
    tensor::{Shape, Tensor, TensorData},
};
use burn_pack::{Reader, Scalar, Writer};

use kindling_ops::update::WeightState;

use super::{Updater, in_place::InPlace, update::on_cpu};
use crate::TrainError;

/// The state of an optimizer: tensors and scalars, by the index of the trainable weight and their name in the state.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    pub tensors: BTreeMap<(usize, String), TensorData>,
    pub scalars: BTreeMap<(usize, String), f64>,
}

/// A weight that an optimizer updates.
pub(crate) struct Trained {
    id: ParamId,
    pub shape: Shape,
}

/// Returns the trainable weights in the order of the layers: Keras' `trainable_variables`.
pub(crate) fn trained<M: Module>(module: &M) -> Vec<Trained> {
    struct Visitor(Vec<Trained>);
    impl ModuleVisitor for Visitor {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if is_trained(param) {
                self.0.push(Trained { id: param.id, shape: param.lazy_shape() });
            }
        }
    }
    let mut visitor = Visitor(Vec::new());
    module.visit(&mut visitor);
    visitor.0
}

/// Returns whether a weight is trainable. Outside of a step, weights have no autodiff graph, so this is checked on a
/// copy.
pub(super) fn is_trained<const D: usize>(param: &Param<Tensor<D>>) -> bool {
    param.clone().train().val().is_require_grad()
}

/// The scalar under which Burn keeps the rank of a weight.
const RANK: &str = "__rank";

impl Updater {
    /// Reads the state back from the device. Weights that were never updated have no state.
    pub fn state<M: Module>(&self, module: &M) -> Result<State, TrainError> {
        if let Some(in_place) = self.in_place.as_ref().filter(|_| on_cpu(module)) {
            return Ok(state_in_place(in_place, module));
        }
        let bytes = self.module.to_record().into_bytes().map_err(TrainError::device)?;
        let reader = Reader::from_bytes(bytes).map_err(TrainError::device)?;
        let weights = trained(module);
        let place = |key: &str| {
            let (id, name) = key.split_once('.')?;
            let index = weights.iter().position(|weight| weight.id.val().to_string() == id)?;
            Some((index, name.to_owned()))
        };
        let mut state = State::default();
        for (key, value) in reader.scalars() {
            let number = f64_of(*value);
            if let Some(place) = place(key).filter(|(_, name)| name != RANK) {
                state.scalars.insert(place, number);
            }
        }
        for tensor in reader.into_tensors().map_err(TrainError::device)? {
            let (key, dtype, shape, _, bytes) = tensor.into_parts().map_err(TrainError::device)?;
            if let Some(place) = place(&key) {
                state.tensors.insert(place, TensorData::from_bytes(bytes, shape, dtype));
            }
        }
        Ok(state)
    }

    /// Replaces the state. Burn loads it on the default device and moves it to the device of each weight at the next
    /// step.
    pub fn set_state<M: Module>(&mut self, module: &M, state: State) -> Result<(), TrainError> {
        if let Some(in_place) = self.in_place.as_mut().filter(|_| on_cpu(module)) {
            set_state_in_place(in_place, module, state);
            return Ok(());
        }
        let weights = trained(module);
        let key = |(index, name): &(usize, String)| format!("{}.{name}", weights[*index].id.val());
        let tensors = state.tensors.into_iter().map(|(place, data)| {
            let (bytes, shape, dtype) = data.into_parts();
            burn_pack::Tensor::new(key(&place), dtype, shape, Some(weights[place.0].id.val()), bytes)
        });
        let mut writer = Writer::new(tensors.collect());
        for (place, value) in &state.scalars {
            let whole = value.fract() == 0.0 && *value >= 0.0;
            let value = if whole { Scalar::UInt(*value as u64) } else { Scalar::Float(*value) };
            writer = writer.with_scalar(&key(place), value);
        }
        for (index, weight) in weights.iter().enumerate() {
            writer =
                writer.with_scalar(&key(&(index, RANK.into())), Scalar::UInt(weight.shape.num_dims() as u64));
        }
        let bytes = writer.into_bytes().map_err(TrainError::device)?;
        let record = OptimizerRecord::from_bytes(bytes).map_err(TrainError::device)?;
        self.module = self.module.clone().load_record(record);
        Ok(())
    }
}

/// The name of the number of steps in the state of optimizers that count them.
const STEPS: &str = "steps";

fn state_in_place<M: Module>(in_place: &InPlace, module: &M) -> State {
    let mut state = State::default();
    let names = in_place.rule().names();
    for (index, weight) in trained(module).into_iter().enumerate() {
        // Rules without state do not count steps.
        let Some(own) = in_place.state(weight.id).filter(|_| !names.is_empty()) else { continue };
        for (name, values) in names.iter().zip(own.kept(in_place.rule())) {
            state.tensors.insert((index, (*name).into()), TensorData::new(values, weight.shape.clone()));
        }
        state.scalars.insert((index, STEPS.into()), own.steps() as f64);
    }
    state
}

fn set_state_in_place<M: Module>(in_place: &mut InPlace, module: &M, mut state: State) {
    let names = in_place.rule().names();
    for (index, weight) in trained(module).into_iter().enumerate() {
        let steps = state.scalars.get(&(index, STEPS.into())).copied();
        let kept: Vec<Option<Vec<f32>>> = names
            .iter()
            .map(|name| state.tensors.remove(&(index, (*name).into())))
            .map(|data| data.and_then(|data| data.convert::<f32>().try_into_vec().ok()))
            .collect();
        if steps.is_none() && kept.iter().all(Option::is_none) {
            continue;
        }
        let zeros = || vec![0.0; weight.shape.num_elements()];
        let kept = kept.into_iter().map(|values| values.unwrap_or_else(zeros)).collect();
        in_place.set_state(weight.id, WeightState::with(kept, steps.unwrap_or(0.0) as u64));
    }
}

fn f64_of(value: Scalar) -> f64 {
    match value {
        Scalar::Int(value) => value as f64,
        Scalar::UInt(value) => value as f64,
        Scalar::Float(value) => value,
        Scalar::Bool(value) => f64::from(u8::from(value)),
    }
}
