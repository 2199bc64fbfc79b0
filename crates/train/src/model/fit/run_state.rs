//! The state of a training run in a checkpoint.

use std::path::PathBuf;

use kindling_models::{
    Network, Weights,
    keras_file::{KerasFile, paths::KINDLING_CALLBACKS},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{CallbackState, training_loop::Loop};
use crate::{
    Receipt, TrainError,
    model::{
        Logs, Model,
        history::Series,
        meter::{Fault, Meter, MeterState},
        save::Own,
    },
};

/// The requests of callbacks, which are carried out once all callbacks have been called for an event.
#[derive(Default)]
pub(super) struct Requests {
    pub save: Vec<PathBuf>,
    pub resume: Option<PathBuf>,
    pub receipt: bool,
}

/// The state of a run besides its model: all that is needed to resume it.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::model) struct RunState {
    /// Version of this crate. Other versions may give other results.
    version: String,
    /// The settings and data of the run, by name, for comparison when it is resumed.
    identity: Map<String, Value>,
    /// The epoch, counted from 0, and the number of steps completed in it.
    epoch: usize,
    step: usize,
    stopped: bool,
    history: Vec<Series>,
    epoch_seconds: Vec<f64>,
    /// The metrics of the current epoch so far, followed by values added by callbacks, and the duration.
    meter: Option<MeterState>,
    logs: Vec<Series>,
    seconds: f64,
    callbacks: Vec<SavedCallback>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    receipt: Option<Receipt>,
}

/// The state of a callback, with the name of the callback.
#[derive(Debug, Serialize, Deserialize)]
struct SavedCallback {
    name: String,
    values: Value,
}

/// The position from which a run is resumed.
pub(super) struct Resumed {
    pub epoch: usize,
    pub step: usize,
    pub meter: Option<Meter>,
    pub seconds: f64,
}

impl<N: Network> Loop<'_, '_, N> {
    /// Writes the requested checkpoints of the run after `step` steps of `epoch`. At the end of an epoch (`meter` is
    /// `None`), also adds an entry to the receipt, if one is kept.
    pub(super) fn save_requested(
        &mut self,
        epoch: usize,
        step: usize,
        meter: Option<&mut Meter>,
        seconds: &dyn Fn() -> f64,
    ) -> Result<Option<PathBuf>, TrainError> {
        let paths = std::mem::take(&mut self.requests.save);
        let logged = self.requests.receipt && meter.is_none();
        if paths.is_empty() && !logged {
            return Ok(None);
        }
        let mut file = self.model.file()?;
        let mut own = self.model.describe(&mut file)?;
        own.write(&mut file)?;
        if logged {
            let identity = self.identity(&file)?;
            let receipt = self.receipt.get_or_insert_with(|| Receipt::new(identity));
            receipt.add(epoch, &file, &self.history);
        }
        if paths.is_empty() {
            return Ok(None);
        }
        let state = self.state(&mut file, epoch, step, meter, seconds())?;
        own.training = Some(state);
        own.write(&mut file)?;
        for path in &paths {
            file.write(path)?;
            for callback in &mut self.callbacks {
                callback.on_checkpoint_saved(path).map_err(|error| error.of_callback(callback.name()))?;
            }
        }
        Ok(paths.into_iter().next_back())
    }

    /// Returns the state of the run. Adds the weights that callbacks keep to the file.
    fn state(
        &mut self,
        file: &mut KerasFile,
        epoch: usize,
        step: usize,
        meter: Option<&mut Meter>,
        seconds: f64,
    ) -> Result<RunState, TrainError> {
        let at = |fault: Fault| fault.at("", self.model.epoch());
        let meter = meter.map(Meter::state).transpose().map_err(at)?;
        let mut callbacks = Vec::new();
        for (index, callback) in self.callbacks[..self.with_state].iter().enumerate() {
            let CallbackState { values, weights } =
                callback.state().map_err(|error| error.of_callback(callback.name()))?;
            callbacks.push(SavedCallback { name: callback.name(), values });
            for (name, data) in weights.iter().flat_map(Weights::iter) {
                file.arrays_mut().insert(format!("{KINDLING_CALLBACKS}/{index}/{name}"), data.clone());
            }
        }
        Ok(RunState {
            version: env!("CARGO_PKG_VERSION").into(),
            identity: self.identity(file)?,
            epoch,
            step,
            stopped: self.stop,
            history: self.history.series(),
            epoch_seconds: self.history.epoch_seconds().to_vec(),
            meter,
            logs: self.logs.series(),
            seconds,
            callbacks,
            receipt: self.receipt.clone(),
        })
    }

    /// Resumes from the file that a callback has requested, if any.
    pub(super) fn resume_requested(&mut self) -> Result<Option<Resumed>, TrainError> {
        let Some(path) = self.requests.resume.take() else { return Ok(None) };
        let file = KerasFile::read(&path)?;
        let refused = |reason: String| TrainError::Checkpoint { path: path.clone(), reason };
        let own = Own::of(&file)?;
        let Some(state) = own.training.as_ref() else {
            return Err(refused("it contains a model, but not the state of a training run".into()));
        };
        if state.version != env!("CARGO_PKG_VERSION") {
            let version = &state.version;
            return Err(refused(format!(
                "it was written by version {version}, but this is version {}, which may give other results",
                env!("CARGO_PKG_VERSION")
            )));
        }
        let identity = self.identity(&self.model.file()?)?;
        if let Some(difference) = difference("", &identity.into(), &state.identity.clone().into()) {
            return Err(refused(difference));
        }
        if state.history.iter().any(|series| series.values.len() != state.epoch_seconds.len())
            || state.step > self.steps
            // The current epoch has already been counted.
            || (state.meter.is_some() && own.epoch == 0)
        {
            return Err(refused("kindling.json is inconsistent".into()));
        }
        if state.epoch > self.epochs.end {
            let (done, wanted) = (state.epoch, self.epochs.end);
            return Err(refused(format!(
                "it has {done} epochs, but only {wanted} are requested: request at least {done}"
            )));
        }
        // Match callbacks by name: those that only observe may have been added or removed.
        let mut saved: Vec<_> = state.callbacks.iter().enumerate().collect();
        for callback in &mut self.callbacks[..self.with_state] {
            let Some(place) = saved.iter().position(|(_, saved)| saved.name == callback.name()) else {
                continue;
            };
            let (index, SavedCallback { values, .. }) = saved.remove(place);
            let prefix = format!("{KINDLING_CALLBACKS}/{index}/");
            let weights = file
                .arrays()
                .iter()
                .filter_map(|(path, data)| Some((path.strip_prefix(&prefix)?.to_owned(), data.clone())));
            let weights: Vec<_> = weights.collect();
            let weights = (!weights.is_empty()).then(|| Weights::from_tensors(weights));
            callback
                .set_state(CallbackState { values: values.clone(), weights })
                .map_err(|error| refused(format!("the state of {}: {error}", callback.name())))?;
        }
        self.history.restore(&state.history, &state.epoch_seconds);
        self.logs = Logs::of(&state.logs);
        self.stop = state.stopped;
        self.receipt = state.receipt.clone().filter(|_| self.requests.receipt);
        let meter = match &state.meter {
            Some(meter) => Some(
                Meter::resumed(self.model.heads(), meter)
                    .ok_or_else(|| refused("kindling.json has other metrics than the model".into()))?,
            ),
            None => None,
        };
        let (epoch, step, seconds) = (state.epoch, state.step, state.seconds);
        self.model.take_up(&file, own)?;
        Ok(Some(Resumed { epoch, step, meter, seconds }))
    }

    /// Returns the settings and data of this run, by name.
    fn identity(&mut self, file: &KerasFile) -> Result<Map<String, Value>, TrainError> {
        if self.data.is_none() {
            self.data = Some((self.fingerprints)()?);
        }
        let callbacks = self.callbacks[..self.with_state].iter().filter(|callback| !callback.observes());
        let callbacks = callbacks.map(|callback| callback.name());
        let mut identity = self.options.clone();
        identity.insert("seed".into(), self.model.seed().into());
        identity.insert("network".into(), file.network_config().clone());
        identity.insert("compile".into(), self.model.original_compile_config()?);
        identity.insert("callbacks".into(), callbacks.collect());
        identity.extend(self.data.clone().unwrap_or_default());
        Ok(identity)
    }
}

/// Describes the first difference between the settings of this run (`here`) and those in the file (`there`).
pub(crate) fn difference(path: &str, here: &Value, there: &Value) -> Option<String> {
    let inner = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (here, there) {
        _ if here == there => None,
        (Value::String(here), Value::String(there)) if path.ends_with("_data") => {
            let short = |hash: &str| hash.chars().take(12).collect::<String>();
            let (here, there) = (short(here), short(there));
            Some(format!("{path} differs: its SHA-256 is {here} in this run and {there} in the file"))
        }
        (Value::Object(own), Value::Object(other)) => {
            let names = own.keys().chain(other.keys().filter(|name| !own.contains_key(*name)));
            let value = |map: &Map<String, Value>, name| map.get(name).cloned().unwrap_or_default();
            let mut found =
                names.map(|name: &String| difference(&inner(name), &value(own, name), &value(other, name)));
            found.find_map(|found| found)
        }
        (Value::Array(own), Value::Array(other)) if own.len() == other.len() => {
            let mut pairs = own.iter().zip(other).enumerate();
            pairs.find_map(|(index, (own, other))| difference(&inner(&index.to_string()), own, other))
        }
        _ => Some(format!("{path} is {here} in this run and {there} in the file")),
    }
}

impl<N: Network> Model<N> {
    /// Loads the weights and optimizer state from a checkpoint.
    fn take_up(&mut self, file: &KerasFile, own: Own) -> Result<(), TrainError> {
        let weights = match self.network().sequential() {
            Some(_) => Weights::of(&file.network(self.device())?)?,
            None => file.weights(),
        };
        self.set_weights(&weights)?;
        self.restore_all(file, own)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn difference_names_the_path_of_the_first_difference() {
        let here = json!({"batch_size": 32, "compile": {"optimizer": {"config": {"learning_rate": 0.1}}}});
        let there = json!({"batch_size": 32, "compile": {"optimizer": {"config": {"learning_rate": 0.2}}}});
        assert_eq!(difference("", &here, &here), None);
        assert_eq!(
            difference("", &here, &there).unwrap(),
            "compile.optimizer.config.learning_rate is 0.1 in this run and 0.2 in the file"
        );
        assert_eq!(
            difference("", &json!({"a": [1, 2]}), &json!({"a": [1, 3]})).unwrap(),
            "a.1 is 2 in this run and 3 in the file"
        );
        assert_eq!(
            difference("", &json!({}), &json!({"a": 1})).unwrap(),
            "a is null in this run and 1 in the file"
        );
    }
}
