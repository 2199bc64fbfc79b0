//! Saving and loading of models.

use std::path::Path;

use burn::tensor::{Device, Shape, TensorData};
use kindling_data::preprocessing::Transform;
use kindling_models::{
    Network, Part, SequentialNetwork,
    keras_file::{
        Arrays, KerasFile, check_finite,
        paths::{KINDLING_OPTIMIZER, OPTIMIZER, OPTIMIZER_VARS, is_within},
        write_object,
    },
    part::check_unique,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Model, Objective, attachments::Attachments, compile_config, fit::RunState};
use crate::{
    TrainError,
    optimizers::{State, trained},
};

/// The contents of `kindling.json`: what Keras' format does not store.
#[derive(Serialize, Deserialize)]
pub(super) struct Own {
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    pub epoch: usize,
    #[serde(default)]
    pub preprocessing: Option<Part<dyn Transform>>,
    /// Scalars in the state of an optimizer that Keras does not have: index of the weight, name, value.
    #[serde(default)]
    optimizer: Vec<(usize, String, f64)>,
    #[serde(default, skip_serializing_if = "Attachments::is_empty")]
    pub attachments: Attachments,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<RunState>,
}

impl Own {
    pub fn of(file: &KerasFile) -> Result<Self, TrainError> {
        let own = if file.own().is_null() { json!({}) } else { file.own().clone() };
        serde_json::from_value(own).map_err(|error| {
            let reason = format!(
                "kindling.json: {error}; custom types must be compiled into the program that loads them"
            );
            file.unusable(reason).into()
        })
    }

    /// Adds `kindling.json` to a file.
    pub fn write(&self, file: &mut KerasFile) -> Result<(), TrainError> {
        file.set_own(serde_json::to_value(self).map_err(|error| unsaved(error.to_string()))?);
        Ok(())
    }
}

/// Maximum number of epochs in a file: Keras counts steps in 32 bits.
const MOST_EPOCHS: usize = i32::MAX as usize;
/// Largest scalar in an optimizer state: `f64` represents all integers up to this one exactly.
const MOST_STEPS: f64 = (1_u64 << 53) as f64;

/// Checks that the type of a loss, metric or other part has a unique name.
fn check_name<T: ?Sized + Serialize>(kind: &str, name: &str, part: &Part<T>) -> Result<(), TrainError>
where
    Box<T>: for<'de> Deserialize<'de>,
{
    check_unique(part).map_err(|reason| TrainError::Mismatch(format!("the {kind} {name}: {reason}")))
}

impl<N: Network> Model<N> {
    /// Checks that the types of all parts have unique names, so that they can be found when the model is loaded.
    pub(super) fn check_parts(&self) -> Result<(), TrainError> {
        let optimizer = self.updater.config();
        check_name("optimizer", optimizer.name(), optimizer)?;
        if let Some(step) = &self.preprocessing {
            check_name("preprocessing step", step.typetag_name(), step)?;
        }
        for Objective { loss, metrics, .. } in self.heads.iter().map(|head| &head.objective) {
            check_name("loss", loss.name(), loss)?;
            metrics.iter().try_for_each(|metric| check_name("metric", &metric.name(), metric))?;
        }
        Ok(())
    }

    /// Saves the model as a `.keras` file, which [`Model::load`] and `keras.models.load_model` open. The file holds
    /// the layers, weights, optimizer with its state, loss and metrics, and for `load` also the seed, epoch,
    /// preprocessing and attachments. Saving the same model twice gives identical files.
    ///
    /// Only a [`Sequential`](kindling_models::Sequential) can be saved this way. For other networks, the weights are
    /// saved as a safetensors file next to `path`, for [`Model::set_weights`], and an error is returned. To save only
    /// the weights, use [`Model::weights`].
    ///
    /// # Errors
    /// Returns an error if the network is not a `Sequential`, the file cannot be written, or a loss or metric is a
    /// closure.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), TrainError> {
        let path = path.as_ref();
        match self.network().sequential() {
            Some(_) => Ok(self.to_file()?.write(path)?),
            None => {
                let weights = path.with_extension("safetensors");
                self.weights()?.save(&weights)?;
                Err(TrainError::NoKerasForm { path: path.into(), weights })
            }
        }
    }

    /// Returns the compile settings as Keras' JSON: `optimizer`, `loss`, `metrics` and others. The learning rate is
    /// the current one. With several outputs, the settings are those of the first.
    ///
    /// # Errors
    /// Returns an error if a loss or metric is a closure, which cannot be saved.
    pub fn compile_config(&self) -> Result<Value, TrainError> {
        let config = self.updater.config();
        let mut optimizer =
            write_object(config).map_err(|reason| unsaved(format!("the optimizer: {reason}")))?;
        let given = optimizer["config"]["learning_rate"].as_f64();
        if given.is_some_and(|given| given as f32 != self.learning_rate() as f32) {
            optimizer["config"]["learning_rate"] = json!(self.learning_rate());
        }
        compile_config::write(optimizer, &self.heads[0]).map_err(unsaved)
    }

    /// Returns the optimizer with its original settings, the losses and the metrics, to compare runs.
    pub(super) fn original_compile_config(&self) -> Result<Value, TrainError> {
        let optimizer = write_object(self.updater.config());
        let optimizer = optimizer.map_err(|reason| unsaved(format!("the optimizer: {reason}")))?;
        let config = |head| compile_config::write(optimizer.clone(), head).map_err(unsaved);
        match &*self.heads {
            [head] => config(head),
            heads => heads.iter().map(config).collect(),
        }
    }

    /// Returns the file that [`save`](Self::save) writes. For a network that is not a `Sequential`, it holds the
    /// weights, but no layers.
    ///
    /// # Errors
    /// Returns an error if a loss or metric is a closure, or the device fails.
    pub fn to_file(&self) -> Result<KerasFile, TrainError> {
        let mut file = self.file()?;
        self.describe(&mut file)?.write(&mut file)?;
        Ok(file)
    }

    /// Returns a file with the weights of the network and, for a `Sequential`, its layers.
    pub(super) fn file(&self) -> Result<KerasFile, TrainError> {
        Ok(match self.network().sequential() {
            Some(network) => KerasFile::new(network)?,
            None => KerasFile::of_weights(&self.weights()?),
        })
    }

    /// Adds the compile settings and optimizer state to the file. Returns what Keras' format does not store.
    pub(super) fn describe(&self, file: &mut KerasFile) -> Result<Own, TrainError> {
        let config = self.updater.config();
        file.set_compile_config(self.compile_config()?);
        let mut state = self.updater.state(self.network())?;
        let arrays = file.arrays_mut();
        let mut slots = vec![integer(self.step)];
        if self.updater.learning_rate().is_constant() {
            slots.push(TensorData::new(vec![self.learning_rate() as f32], [0; 0]));
        }
        let weights = trained(self.network());
        for group in config.slots() {
            for (index, weight) in weights.iter().enumerate() {
                for name in &group {
                    let data = state.tensors.remove(&(index, (*name).to_owned()));
                    slots.push(data.unwrap_or_else(|| TensorData::zeros::<f32, _>(weight.shape.clone())));
                }
            }
        }
        let slots =
            slots.into_iter().enumerate().map(|(index, data)| (format!("{OPTIMIZER_VARS}/{index}"), data));
        arrays.extend(slots);
        let others = state.tensors.into_iter();
        arrays.extend(
            others.map(|((index, name), data)| (format!("{KINDLING_OPTIMIZER}/{index}/{name}"), data)),
        );
        let scalars = if config.slots().is_empty() { state.scalars } else { Default::default() };
        Ok(Own {
            seed: self.seed,
            epoch: self.epoch,
            preprocessing: self.preprocessing.clone(),
            optimizer: scalars.into_iter().map(|((index, name), value)| (index, name, value)).collect(),
            attachments: (*self.attachments).clone(),
            training: None,
        })
    }

    /// Restores everything except the weights from a file.
    pub(super) fn restore_all(&mut self, file: &KerasFile, own: Own) -> Result<(), TrainError> {
        if own.epoch > MOST_EPOCHS {
            let reason = format!("kindling.json: the epoch is {}, the maximum is {MOST_EPOCHS}", own.epoch);
            return Err(file.unusable(reason).into());
        }
        self.epoch = own.epoch;
        self.attachments = own.attachments.into();
        self.restore(file.arrays(), own.optimizer)
            .map_err(|reason| file.unusable(format!("model.weights.h5: {reason}")).into())
    }

    /// Restores the number of steps, the learning rate and the optimizer state from the arrays of a file.
    fn restore(&mut self, arrays: &Arrays, scalars: Vec<(usize, String, f64)>) -> Result<(), String> {
        let mut slots = Slots { arrays, next: 0 };
        let Some(step) = slots.whole_number()? else {
            return Err(format!(
                "{OPTIMIZER_VARS}/0, the number of steps, is missing: save the compiled model in Keras"
            ));
        };
        self.step = step;
        if self.updater.learning_rate().is_constant() {
            let rate = slots.number()?;
            if rate != self.learning_rate() as f32 {
                self.set_learning_rate(f64::from(rate)).map_err(|error| error.to_string())?;
            }
        }
        if step == 0 {
            // Discard the optimizer state of steps that this model has taken before.
            self.updater = self.updater.anew().map_err(|error| error.to_string())?;
        }
        let groups = self.updater.config().slots();
        if step == 0 && slots.count() == slots.next {
            // Keras creates the state of an optimizer at its first step.
            return Ok(());
        }
        let weights = trained(self.network());
        let mut state = State::default();
        for group in &groups {
            for (index, weight) in weights.iter().enumerate() {
                for name in group {
                    state.tensors.insert((index, (*name).to_owned()), slots.tensor(&weight.shape)?);
                }
                state.scalars.insert((index, "steps".into()), step as f64);
            }
        }
        slots.end()?;
        let in_place = self.updater.config().rule().is_some();
        for (path, data) in arrays.range(format!("{KINDLING_OPTIMIZER}/")..format!("{KINDLING_OPTIMIZER}0")) {
            let place = path[KINDLING_OPTIMIZER.len() + 1..].split_once('/');
            let place = place.and_then(|(index, name)| Some((index.parse::<usize>().ok()?, name.to_owned())));
            let place = place.filter(|(index, _)| *index < weights.len());
            let place = place.ok_or_else(|| format!("{path} belongs to no weight"))?;
            if state.tensors.contains_key(&place) {
                return Err(format!("{path} is also in {OPTIMIZER_VARS}"));
            }
            let weight = &weights[place.0].shape;
            let fits = data.shape() == weight || !in_place && is_reduced(data.shape(), weight);
            state.tensors.insert(place, checked(path, data, weight, fits)?);
        }
        for (index, name, value) in scalars {
            if index >= weights.len() {
                return Err(format!(
                    "kindling.json: the optimizer state {name} belongs to weight {index}, which does not exist"
                ));
            }
            if value.abs() > MOST_STEPS {
                return Err(format!(
                    "kindling.json: the optimizer state {name} is {value:e}, the maximum is {MOST_STEPS:e}"
                ));
            }
            state.scalars.insert((index, name), value);
        }
        if step == 0 || state.tensors.is_empty() && state.scalars.is_empty() {
            return Ok(());
        }
        let network = self.network.take().expect("the network is absent only during a training step");
        let restored = self.updater.set_state(&network, state);
        self.network = Some(network);
        restored.map_err(|error| error.to_string())
    }
}

/// Returns whether optimizer state has the shape of a weight after a reduction over some axes, as in Burn's Adafactor.
fn is_reduced(state: &Shape, weight: &Shape) -> bool {
    let mut axes = state.as_slice().iter().zip(weight.as_slice());
    state.num_dims() == weight.num_dims() && axes.all(|(state, weight)| *state == 1 || state == weight)
}

/// Checks optimizer state of a weight of this shape: all values are finite, and its shape `fits`.
fn checked(path: &str, data: &TensorData, weight: &Shape, fits: bool) -> Result<TensorData, String> {
    check_finite(path, data)?;
    match fits {
        true => Ok(data.clone()),
        false => Err(format!(
            "{path} has shape {:?}, but its weight has {:?}",
            data.shape().as_slice(),
            weight.as_slice()
        )),
    }
}

fn unsaved(reason: String) -> TrainError {
    TrainError::Mismatch(format!("the model cannot be saved: {reason}"))
}

/// Keras counts steps in 32 bits.
fn integer(step: u64) -> TensorData {
    match i32::try_from(step) {
        Ok(step) => TensorData::new(vec![step], [0; 0]),
        Err(_) => TensorData::new(vec![step as i64], [0; 0]),
    }
}

impl Model<SequentialNetwork> {
    /// Loads a compiled `Sequential` from a `.keras` file written by [`save`](Self::save) or Keras 3. The optimizer
    /// state is restored, so that training can continue. [`Predictor`](super::Predictor) also loads models that were
    /// not compiled.
    ///
    /// Custom layers, losses and other types are found by the name that `#[typetag::serde]` registers. The loading
    /// program must contain these types.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or is damaged, the model was not compiled, a layer or setting is not
    /// supported, or weights are missing, do not fit, or are not finite. The error names the location.
    pub fn load(path: impl AsRef<Path>, device: &Device) -> Result<Self, TrainError> {
        Self::from_file(&KerasFile::read(path)?, device)
    }

    /// Creates a model like [`load`](Self::load), from a file that is already in memory.
    ///
    /// # Errors
    /// See [`load`](Self::load).
    pub fn from_file(file: &KerasFile, device: &Device) -> Result<Self, TrainError> {
        let config = file.compile_config();
        if config.is_null() {
            let reason = "it was saved without compile settings: use Predictor::load, or compile it in Keras and save it again";
            return Err(file.unusable(reason).into());
        }
        let unusable = |reason: String| file.unusable(format!("config.json: {reason}"));
        let (optimizer, objective) = compile_config::read(config).map_err(unusable)?;
        let own = Own::of(file)?;
        let (network, preprocessing) = (file.network(device)?, own.preprocessing.clone());
        let mut model = Self::build(network, device, own.seed, optimizer, vec![objective], preprocessing)
            .map_err(|error| unusable(error.to_string()))?;
        model.restore_all(file, own)?;
        Ok(model)
    }
}

/// Keras' list of optimizer variables.
struct Slots<'a> {
    arrays: &'a Arrays,
    next: usize,
}

impl Slots<'_> {
    fn take(&mut self) -> Option<(String, &TensorData)> {
        let path = format!("{OPTIMIZER_VARS}/{}", self.next);
        self.next += 1;
        self.arrays.get(&path).map(|data| (path, data))
    }

    fn whole_number(&mut self) -> Result<Option<u64>, String> {
        let Some((path, data)) = self.take() else { return Ok(None) };
        let value = data.iter::<i64>().next().filter(|_| data.num_elements() == 1);
        let value = value.and_then(|value| u64::try_from(value).ok());
        value.map(Some).ok_or_else(|| format!("{path} is not a number of steps"))
    }

    fn number(&mut self) -> Result<f32, String> {
        let (path, data) =
            self.take().ok_or_else(|| format!("the learning rate is missing from {OPTIMIZER_VARS}"))?;
        check_finite(&path, data)?;
        match data.num_elements() {
            1 => Ok(data.iter::<f32>().next().unwrap_or_default()),
            count => Err(format!("{path}, the learning rate, has {count} values instead of 1")),
        }
    }

    fn tensor(&mut self, shape: &Shape) -> Result<TensorData, String> {
        let index = self.next;
        let (path, data) = self.take().ok_or_else(|| {
            format!(
                "{OPTIMIZER_VARS}/{index} is missing, the optimizer has more variables than the file: compile the model again in \
                 Keras and save it, or load it with Predictor::load"
            )
        })?;
        checked(&path, data, shape, data.shape() == shape)
    }

    fn count(&self) -> usize {
        self.arrays.keys().filter(|path| is_within(path, OPTIMIZER)).count()
    }

    fn end(&self) -> Result<(), String> {
        let count = self.count();
        match count <= self.next {
            true => Ok(()),
            false => {
                Err(format!("{OPTIMIZER_VARS} has {count} variables, but the optimizer has {}", self.next))
            }
        }
    }
}
