//! Conversion of a `Sequential` and its weights to and from the content of a `.keras` file.

use std::collections::{BTreeMap, HashMap, HashSet};

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{DType, Tensor, TensorData},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::{Value, json};

use super::{
    Arrays, object,
    paths::{KINDLING, LAYERS, OPTIMIZER, is_within},
};
use crate::{
    ModelError, Sequential, SequentialNetwork, Weights,
    part::snake_case,
    sequential::{Planned, Stacked, names, numbered, plan},
};

/// Reads the layers from `config.json`.
///
/// # Errors
/// Returns a message with the layer's name and class, and the unsupported value.
pub(super) fn read(config: &Value) -> Result<Sequential, String> {
    match object::class_name(config)? {
        "Sequential" => {}
        class => {
            return Err(format!(
                "it is a {class} model; only Sequential models are supported: rebuild it as a Sequential in Keras and \
                 save that, or save its weights as safetensors for a custom Burn module"
            ));
        }
    }
    let config = &config["config"];
    let layers = config["layers"].as_array().ok_or("it has no list of layers")?;
    let (input, layers) = match layers.split_first() {
        Some((first, others)) if first["class_name"] == "InputLayer" => (input_shape(first)?, others),
        _ => (shape(&config["build_input_shape"])?, layers.as_slice()),
    };
    let layers = layers.iter().map(read_layer).collect::<Result<Vec<_>, _>>()?;
    let mut stack = Sequential { input, layers };
    if config["trainable"] == false {
        stack = stack.frozen();
    }
    Ok(without_default_names(stack))
}

fn input_shape(layer: &Value) -> Result<Vec<usize>, String> {
    let config = &layer["config"];
    if config["sparse"] == true || config["ragged"] == true {
        return Err("layer input_layer (InputLayer): sparse and ragged inputs are not supported".into());
    }
    shape(&config["batch_shape"])
}

/// Returns the shape of one sample, from Keras' `[null, 28, 28]`.
fn shape(batch: &Value) -> Result<Vec<usize>, String> {
    let axes = batch.as_array().filter(|axes| !axes.is_empty());
    let axes = axes.ok_or("its input shape is not known: call the model once in Keras before saving it")?;
    let length = |axis: &Value| axis.as_u64().and_then(|length| usize::try_from(length).ok());
    axes[1..].iter().map(length).collect::<Option<Vec<_>>>().ok_or_else(|| {
        format!("its input has the shape {batch}; only the batch axis may have any length: give the others a length")
    })
}

fn read_layer(layer: &Value) -> Result<Stacked, String> {
    let class = object::class_name(layer)?;
    let name = layer["config"]["name"].as_str().map(str::to_owned);
    let place =
        |reason: String| format!("layer {} ({class}): {reason}", name.as_deref().unwrap_or("without a name"));
    let mut given = layer.clone();
    let mut trainable = true;
    if let Some(config) = given["config"].as_object_mut() {
        trainable = config.remove("trainable") != Some(Value::Bool(false));
    }
    let config = object::read_object(&given).map_err(place)?;
    Ok(Stacked { config, name, trainable })
}

/// Removes names that equal the default names.
fn without_default_names(stack: Sequential) -> Sequential {
    let mut unnamed = stack.clone();
    for layer in &mut unnamed.layers {
        let base = snake_case(layer.config.class_name());
        layer.name = layer.name.take().filter(|name| {
            let number = name.strip_prefix(&base).map(|rest| rest.strip_prefix('_').unwrap_or(rest));
            !number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
        });
    }
    match names(&unnamed.layers) {
        Ok(names) if names.iter().eq(stack.layers.iter().flat_map(|layer| &layer.name)) => unnamed,
        _ => stack,
    }
}

/// Returns `config.json` without its compile settings.
pub(super) fn write(stack: &Sequential) -> Result<Value, ModelError> {
    let plan = plan(stack)?;
    let batch = |shape: &[usize]| -> Value {
        let lengths = shape.iter().map(|length| json!(length));
        std::iter::once(Value::Null).chain(lengths).collect()
    };
    let input = json!({
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": {
            "batch_shape": batch(&stack.input),
            "dtype": if plan[0].stacked.config.ids_below().is_some() { "int32" } else { "float32" },
            "sparse": false,
            "name": "input_layer",
        },
        "registered_name": null,
    });
    let layer = |layer: &Planned| {
        let named = |reason: String| ModelError::Layer { layer: layer.name.clone(), reason };
        let mut written = object::write_object(&layer.stacked.config).map_err(named)?;
        written["config"]["name"] = json!(layer.name);
        written["config"]["trainable"] = json!(layer.stacked.trainable);
        written["config"]["dtype"] = json!("float32");
        written["build_config"] = json!({"input_shape": batch(&layer.input)});
        Ok(written)
    };
    let layers =
        std::iter::once(Ok(input)).chain(plan.iter().map(layer)).collect::<Result<Value, ModelError>>()?;
    Ok(json!({
        "module": "keras",
        "class_name": "Sequential",
        "config": {
            "name": "sequential",
            "trainable": true,
            "dtype": "float32",
            "layers": layers,
            "build_input_shape": batch(&stack.input),
        },
        "registered_name": null,
        "build_config": {"input_shape": batch(&stack.input)},
    }))
}

/// The locations of a network's weights in a file.
pub(super) struct Places {
    /// The path of each weight, in the order of the network's weights.
    pub weights: Vec<String>,
    /// The name of the object whose variables a group holds, by the group's path.
    pub groups: BTreeMap<String, String>,
    /// State that Keras expects and the network does not have: seeds, and the number of samples that `Normalization`
    /// has seen.
    pub others: Arrays,
    /// The paths of weights that are scalars in Keras and vectors of length 1 in kindling.
    scalars: HashSet<String>,
}

impl Places {
    pub fn of(network: &SequentialNetwork) -> Result<Self, ModelError> {
        let mut counts = HashMap::new();
        let mut places = Self {
            weights: Vec::new(),
            groups: BTreeMap::new(),
            others: Arrays::new(),
            scalars: HashSet::new(),
        };
        let layers = &network.description().layers;
        for ((layer, name), module) in layers.iter().zip(names(layers)?).zip(network.modules()) {
            let class = layer.config.class_name();
            // Keras numbers layers by class here and ignores their names.
            let base = format!("{LAYERS}/{}", numbered(&snake_case(class), &mut counts));
            places.groups.insert(format!("{base}/vars"), name);
            let group = match class {
                "SimpleRNN" | "LSTM" | "GRU" => {
                    let cell = format!("{base}/cell/vars");
                    places.groups.insert(cell.clone(), format!("{}_cell", snake_case(class)));
                    cell
                }
                _ => format!("{base}/vars"),
            };
            let mut counter = Counter(0);
            module.visit(&mut counter);
            places.weights.extend((0..counter.0).map(|index| format!("{group}/{index}")));
            match class {
                "Normalization" if counter.0 > 0 => {
                    let path = format!("{group}/{}", counter.0);
                    places.others.insert(path, TensorData::new(vec![0_i32], [0; 0]));
                    if written(layer)["config"]["axis"] == json!([]) {
                        places.scalars.extend((0..counter.0).map(|index| format!("{group}/{index}")));
                    }
                }
                "Dropout" | "GaussianNoise" if is_random(layer) => {
                    places.groups.insert(format!("{base}/seed_generator/vars"), "seed_generator".into());
                    let path = format!("{base}/seed_generator/vars/0");
                    places.others.insert(path, TensorData::new(vec![0_u32, 0], [2]));
                }
                _ => {}
            }
        }
        Ok(places)
    }

    /// Returns a file's arrays, given the network's weights.
    pub fn write(self, weights: &Weights) -> Arrays {
        let array = |(path, (_, data)): (&String, (&str, &TensorData))| match self.scalars.contains(path) {
            true => (path.clone(), reshaped(data, &[])),
            false => (path.clone(), data.clone()),
        };
        let mut arrays: Arrays = self.weights.iter().zip(weights.iter()).map(array).collect();
        arrays.extend(self.others);
        arrays
    }

    /// Returns the network's weights, given a file's arrays.
    ///
    /// # Errors
    /// Returns a message with the path of a weight that is missing, has values that are not finite, or belongs to no
    /// layer. Shapes are compared when the weights are loaded.
    pub fn read(&self, names: &[String], arrays: &Arrays) -> Result<Weights, String> {
        let weight = |(path, name): (&String, &String)| {
            let data = arrays.get(path).ok_or_else(|| format!("{path} ({name}) is missing"))?;
            check_finite(path, data).map_err(|reason| format!("{reason} ({name})"))?;
            match self.scalars.contains(path) && data.shape().is_empty() {
                true => Ok((name.clone(), reshaped(data, &[1]))),
                false => Ok((name.clone(), data.clone())),
            }
        };
        let weights = self.weights.iter().zip(names).map(weight).collect::<Result<Vec<_>, String>>()?;
        let own: HashSet<&String> = self.weights.iter().chain(self.others.keys()).collect();
        let known =
            |path: &String| own.contains(path) || is_within(path, OPTIMIZER) || is_within(path, KINDLING);
        match arrays.keys().find(|path| !known(path)) {
            Some(path) => Err(format!("{path} is in the file, but no layer has such a weight")),
            None => Ok(Weights::from_tensors(weights)),
        }
    }
}

/// Returns the layer's configuration in `serde`'s form.
fn written(layer: &Stacked) -> Value {
    serde_json::to_value(&layer.config).unwrap_or_default()
}

fn reshaped(data: &TensorData, shape: &[usize]) -> TensorData {
    let (bytes, _, dtype) = data.clone().into_parts();
    TensorData::from_bytes(bytes, shape, dtype)
}

/// Returns whether the layer draws random numbers. Keras saves a seed only for a layer that does.
fn is_random(layer: &Stacked) -> bool {
    let written = written(layer);
    ["rate", "stddev"].iter().any(|rate| written["config"][rate].as_f64().is_some_and(|rate| rate > 0.0))
}

/// Checks that all values are finite.
///
/// # Errors
/// Returns a message with the path and the index of the first value that is not finite.
pub fn check_finite(path: &str, data: &TensorData) -> Result<(), String> {
    if data.dtype() != DType::F32 {
        return Err(format!("{path} is {:?}: weights must be float32", data.dtype()));
    }
    match data.iter::<f32>().position(|value| !value.is_finite()) {
        Some(index) => Err(format!(
            "{path} has a value that is not finite at index {index}: the training diverged, lower the learning rate"
        )),
        None => Ok(()),
    }
}

/// Counts weights.
struct Counter(usize);

impl ModuleVisitor for Counter {
    fn visit_float<const D: usize>(&mut self, _: &Param<Tensor<D>>) {
        self.0 += 1;
    }
}

/// Serializes the stack as Keras' model configuration, the content of `config.json`.
impl Serialize for Sequential {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(self).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Sequential {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(&Value::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
