//! The two models, and the pairing of their layers.

use std::path::Path;

use kindling::{
    models::{
        SequentialNetwork, Weights,
        keras_file::{
            KerasFile,
            paths::{OPTIMIZER_VARS, is_within},
        },
    },
    prelude::{Device, Model, Predictor, TensorData},
};
use kindling_tools::model_file;
use serde_json::{Value, json};
use similar::{Algorithm, capture_diff_slices};

/// One of the two models.
pub struct Side {
    pub predictor: Predictor<SequentialNetwork>,
    /// The shape of a batch of inputs.
    pub input: Value,
    /// The Keras config of each layer, as this library writes it.
    pub layers: Vec<Value>,
    /// The Keras compile config; null for a model that was not compiled.
    pub compile: Value,
    /// The numbers of steps and epochs trained and the seed; null where the file does not contain them.
    pub training: Value,
    /// The optimizer state: paths in the file and arrays.
    pub optimizer: Vec<(String, TensorData)>,
    weights: Weights,
}

/// The indices of two corresponding layers; None where a model has no counterpart.
pub type Pair = [Option<usize>; 2];

impl Side {
    pub fn load(path: &Path, device: &Device) -> anyhow::Result<Self> {
        let file = KerasFile::read(model_file(path)?)?;
        // Both compile configs are normalized to this library's form, unless they contain an unsupported setting.
        let (predictor, compile) = match Model::from_file(&file, device) {
            Ok(model) => (model.predictor(), model.compile_config()?),
            Err(_) => (Predictor::from_file(&file, device)?, file.compile_config().clone()),
        };
        let optimizer = file.arrays().iter().filter(|(path, _)| is_within(path, OPTIMIZER_VARS));
        // Scalars are the number of steps and the learning rate, which are compared as settings.
        let optimizer = optimizer.filter(|(_, data)| !data.shape().is_empty());
        let optimizer = optimizer.map(|(path, data)| (path.clone(), data.clone())).collect();
        let mut config = serde_json::to_value(predictor.network().description())?;
        let mut layers = config["config"]["layers"].as_array_mut().map(std::mem::take).unwrap_or_default();
        // The first entry is Keras' InputLayer, which the network does not have.
        let input = layers.remove(0)["config"]["batch_shape"].take();
        let steps = file.arrays().get(&format!("{OPTIMIZER_VARS}/0"));
        let steps = steps.and_then(|steps| steps.iter::<i64>().next());
        let training = json!({"steps": steps, "epoch": file.own()["epoch"], "seed": file.own()["seed"]});
        let weights = Weights::of(predictor.network())?;
        Ok(Self { predictor, input, layers, compile, training, optimizer, weights })
    }

    /// Returns the name of a layer for display, with control characters escaped: the file is not trusted.
    pub fn name(&self, layer: usize) -> String {
        self.name_in_file(layer).escape_debug().to_string()
    }

    fn name_in_file(&self, layer: usize) -> &str {
        self.layers[layer]["config"]["name"].as_str().unwrap_or_default()
    }

    /// Returns the class of a layer.
    pub fn class(&self, layer: usize) -> &str {
        self.layers[layer]["class_name"].as_str().unwrap_or_default()
    }

    /// Returns the weights of a layer, with their names within the layer.
    pub fn weights(&self, layer: usize) -> Vec<(&str, &TensorData)> {
        let of_layer = |name| str::strip_prefix(name, self.name_in_file(layer))?.strip_prefix('.');
        self.weights.iter().filter_map(|(name, data)| Some((of_layer(name)?, data))).collect()
    }
}

/// Pairs the layers by a diff of their classes, so that an inserted or removed layer does not shift the following ones.
pub fn pairs(sides: &[Side; 2]) -> Vec<Pair> {
    let [first, second] = sides
        .each_ref()
        .map(|side| (0..side.layers.len()).map(|layer| side.class(layer).to_owned()).collect::<Vec<_>>());
    let zipped = |old: std::ops::Range<usize>, new: std::ops::Range<usize>| {
        (0..old.len().max(new.len()))
            .map(|index| [old.clone().nth(index), new.clone().nth(index)])
            .collect::<Vec<Pair>>()
    };
    let operations = capture_diff_slices(Algorithm::Myers, &first, &second);
    operations.iter().flat_map(|operation| zipped(operation.old_range(), operation.new_range())).collect()
}
