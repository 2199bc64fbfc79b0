//! Models in files.

use std::path::Path;

use burn::tensor::Device;
use kindling_data::preprocessing::Transform;
use kindling_models::{Init, Network, Part, Sequential, SequentialNetwork, Weights, part::check_unique};
use serde::{Deserialize, Serialize};

use super::{Model, Objective};
use crate::{TrainError, optimizers::Optimizer};

/// What a file says of a model beside its weights.
#[derive(Serialize, Deserialize)]
struct Description {
    network: Sequential,
    optimizer: Part<dyn Optimizer>,
    objectives: Vec<Objective>,
    preprocessing: Option<Part<dyn Transform>>,
    seed: u64,
}

/// The remedy for a part that is not found by its name.
const OWN_PARTS: &str = "a part of your own must be compiled into the program that loads it";

/// Checks that a part has a name of its own.
fn check_name<T: ?Sized + Serialize>(kind: &str, name: &str, part: &Part<T>) -> Result<(), TrainError>
where
    Box<T>: for<'de> Deserialize<'de>,
{
    check_unique(part).map_err(|reason| TrainError::Mismatch(format!("the {kind} {name}: {reason}")))
}

impl<N: Network> Model<N> {
    /// Checks that each part has a name of its own, so that it is found when the model is loaded.
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

    /// Saves the model as a safetensors file: its weights under their names and, for a [`Sequential`], its layers,
    /// optimizer, losses, metrics and preprocessing as JSON in the metadata. The optimizer's state is not saved. A
    /// network that is another Burn module is saved as weights alone, for [`Model::set_weights`].
    ///
    /// # Errors
    /// When the file cannot be written, or a part cannot be saved because it is a closure.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), TrainError> {
        let weights = self.weights()?;
        let weights = match self.network().sequential() {
            Some(network) => weights.with_description(self.description(network)?),
            None => weights,
        };
        Ok(weights.save(path)?)
    }

    fn description(&self, network: &Sequential) -> Result<String, TrainError> {
        let description = Description {
            network: network.clone(),
            optimizer: self.updater.config().clone(),
            objectives: self.heads.iter().map(|head| head.objective.clone()).collect(),
            preprocessing: self.preprocessing.clone(),
            seed: self.seed,
        };
        let json = serde_json::to_string(&description);
        json.map_err(|error| TrainError::Mismatch(format!("the model cannot be saved: {error}")))
    }
}

impl Model<SequentialNetwork> {
    /// Loads a model that [`save`](Self::save) wrote. Layers, losses and other parts of one's own are found by the name
    /// that their `#[typetag::serde]` registers: the program that loads must contain the types.
    ///
    /// # Errors
    /// When the file cannot be read, holds weights alone, names a part that the program does not contain, or its weights
    /// do not fit its layers.
    pub fn load(path: impl AsRef<Path>, device: &Device) -> Result<Self, TrainError> {
        let path = path.as_ref();
        let weights = Weights::read(path)?;
        let unusable = |reason: String| TrainError::Unusable { path: path.into(), reason };
        let json = weights.description().ok_or_else(|| {
            unusable(
                "it holds weights alone; build the network and use Model::set_weights(&Weights::read(path)?)"
                    .into(),
            )
        })?;
        let description: Description =
            serde_json::from_str(json).map_err(|error| unusable(format!("{error}; {OWN_PARTS}")))?;
        let Description { network, optimizer, objectives, preprocessing, seed } = description;
        let network = Init::build(device, seed, |init| network.build(init))?;
        let mut model = Self::build(network, device, seed, optimizer, objectives, preprocessing)?;
        model.set_weights(&weights)?;
        Ok(model)
    }
}
