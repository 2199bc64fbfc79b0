//! Conversion between parts and Keras' JSON objects.
//!
//! The fields of a built-in part are Keras' arguments, so one conversion works for all parts. Keras writes
//! `{"module": "keras.layers", "class_name": "Dense", "config": {"units": 8, "activation": "relu", ..}, ..}` where
//! `serde` writes `{"class_name": "Dense", "config": {"units": 8, "activation": {"class_name": "relu", ..}, ..}}`. An
//! argument that a part does not have is accepted only if its value does not affect the result.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Part;

/// Reads a part from Keras' object.
///
/// # Errors
/// Returns a message with the class or argument that is not supported, and the remedy.
pub fn read_object<T: ?Sized + Serialize>(object: &Value) -> Result<Part<T>, String>
where
    Box<T>: for<'de> Deserialize<'de>,
{
    let class = class_name(object)?;
    let module = object["module"].as_str().unwrap_or_default();
    if module_of(class).is_some() && !module.is_empty() && !module.starts_with("keras") {
        return Err(format!(
            "the class {class} of the module {module} is not Keras' {class}: use Keras' class"
        ));
    }
    let given = match &object["config"] {
        Value::Object(config) => config.clone(),
        Value::Null => Map::new(),
        other => return Err(format!("the config of {class} is {other}: it must be an object")),
    };
    let config = given.iter().map(|(key, value)| Ok((key.clone(), read_value(key, value)?)));
    let config: Map<String, Value> = config.collect::<Result<_, String>>()?;
    let part = deserialize(class, Value::Object(config.clone())).map_err(|error| match error {
        Problem::Unknown(unknown) if unknown == class && !module.starts_with("keras") => format!(
            "the class {class} is not known: compile the custom class into the program that loads the file, under this \
             name"
        ),
        Problem::Unknown(unknown) if unknown == class => format!("the class {class} is not supported"),
        Problem::Unknown(unknown) => format!("{class}: {unknown} is not supported"),
        Problem::Other(reason) => format!("{class}: {reason}"),
    })?;
    let written = serde_json::to_value(&part).map_err(|error| format!("{class}: {error}"))?;
    let known = written["config"].as_object();
    let ignored = config.iter().filter(|(key, _)| !known.is_some_and(|known| known.contains_key(*key)));
    for (key, value) in ignored {
        if !changes_nothing(key, value) {
            return Err(format!(
                "{class} has {key} = {value}, which is not supported: leave it at its default in Keras, and save the model again"
            ));
        }
    }
    Ok(part)
}

/// The reason why a part could not be read.
enum Problem {
    /// The class of the part, or of one of its arguments, is not known.
    Unknown(String),
    Other(String),
}

fn deserialize<T: ?Sized>(class: &str, config: Value) -> Result<Part<T>, Problem>
where
    Box<T>: for<'de> Deserialize<'de>,
{
    let read = |config: Value| serde_json::from_value(json!({"class_name": class, "config": config}));
    let error = match read(config) {
        Ok(part) => return Ok(part),
        Err(error) => error.to_string(),
    };
    match error.strip_prefix("unknown variant") {
        Some(rest) => Err(Problem::Unknown(rest.split('`').nth(1).unwrap_or(class).to_owned())),
        // A part without arguments.
        None => read(Value::Null).map_err(|_| Problem::Other(error)),
    }
}

/// Returns the class name of Keras' object.
///
/// # Errors
/// Returns a message if there is none.
pub fn class_name(object: &Value) -> Result<&str, String> {
    object["class_name"].as_str().ok_or_else(|| format!("{} has no class_name", shortened(object)))
}

/// Returns the beginning of a value's JSON.
fn shortened(value: &Value) -> String {
    let json = value.to_string();
    match json.char_indices().nth(60) {
        Some((end, _)) => format!("{}..", &json[..end]),
        None => json,
    }
}

/// Converts the value of an argument from Keras' form.
fn read_value(key: &str, value: &Value) -> Result<Value, String> {
    let unsupported = || format!("{key} is {}, which is not supported", shortened(value));
    match key {
        _ if key.ends_with("activation") => match value {
            Value::Null => Ok(json!({"class_name": "linear", "config": null})),
            Value::String(name) => Ok(json!({"class_name": name, "config": null})),
            _ if is_own(value) => Ok(own(value)),
            _ => Err(format!("{}: use a separate activation layer", unsupported())),
        },
        _ if key.ends_with("initializer") && value.is_string() => {
            Ok(json!({"class_name": value, "config": null}))
        }
        _ if key.ends_with("initializer") || key == "learning_rate" && value.is_object() => {
            let class = class_name(value)?;
            if is_own(value) {
                return Ok(own(value));
            }
            let config = value["config"].as_object().cloned().unwrap_or_default();
            let config: Map<String, Value> =
                config.into_iter().filter(|(key, value)| !changes_nothing(key, value)).collect();
            // Without arguments, as `serde` writes a unit struct.
            let config = if config.is_empty() { Value::Null } else { Value::Object(config) };
            Ok(json!({"class_name": class, "config": config}))
        }
        _ if key.ends_with("regularizer") && value.is_object() => {
            let number = |key: &str| value["config"][key].as_f64().unwrap_or(0.0);
            match class_name(value)? {
                "L1" | "L2" | "L1L2" => Ok(json!({"l1": number("l1"), "l2": number("l2")})),
                _ => Err(format!("{}: use L1, L2 or L1L2", unsupported())),
            }
        }
        _ if key.ends_with("regularizer") && value.is_null() => Ok(json!({"l1": 0.0, "l2": 0.0})),
        _ => Ok(value.clone()),
    }
}

/// Returns whether the class of an object does not exist in Keras or is not supported.
fn is_own(object: &Value) -> bool {
    object["class_name"].as_str().is_some_and(|class| module_of(class).is_none())
}

/// Returns the object as `serde` writes it.
fn own(object: &Value) -> Value {
    json!({"class_name": object["class_name"], "config": object["config"]})
}

/// Returns whether an argument that the part does not have has a value without effect.
fn changes_nothing(key: &str, value: &Value) -> bool {
    let is = |number: f64| value.as_f64() == Some(number);
    match key {
        "name" | "seed" | "unroll" | "ema_momentum" | "renorm_momentum" | "synchronized" => true,
        "dtype" => value == "float32" || value["config"]["name"] == "float32",
        "trainable" => value == true,
        "data_format" => value == "channels_last",
        "fill_value" => is(0.0),
        "reduction" => value == "sum_over_batch_size",
        "axis" => is(-1.0) || *value == json!([-1]),
        "groups" => is(1.0),
        "dropout" | "recurrent_dropout" | "num_regressors" => is(0.0),
        _ if key.ends_with("regularizer") => *value == json!({"l1": 0.0, "l2": 0.0}),
        _ => value.is_null() || value == false,
    }
}

/// Writes a part as Keras' object. A custom part is written as a class of the module `kindling`.
///
/// # Errors
/// Returns a message if the part cannot be serialized, such as a closure.
pub fn write_object<T: ?Sized + Serialize>(part: &Part<T>) -> Result<Value, String> {
    let written = serde_json::to_value(part).map_err(|error| error.to_string())?;
    Ok(write_class(&written))
}

/// Converts a part from `serde`'s form to Keras' object.
pub fn write_class(written: &Value) -> Value {
    let class = written["class_name"].as_str().unwrap_or_default();
    let (module, registered) = match module_of(class) {
        Some(module) => (module, Value::Null),
        None => ("kindling", json!(class)),
    };
    let config = match &written["config"] {
        Value::Object(config) => {
            config.iter().map(|(key, value)| (key.clone(), write_value(key, value))).collect()
        }
        Value::Null if registered.is_null() => json!({}),
        other => other.clone(),
    };
    json!({"module": module, "class_name": class, "config": config, "registered_name": registered})
}

/// Converts the value of an argument to Keras' form.
fn write_value(key: &str, value: &Value) -> Value {
    match key {
        _ if key.ends_with("activation") && value["config"].is_null() => value["class_name"].clone(),
        _ if key.ends_with("activation") || key.ends_with("initializer") => write_class(value),
        "learning_rate" if value.is_object() => write_class(value),
        _ if key.ends_with("regularizer") => {
            let (l1, l2) = (value["l1"].as_f64().unwrap_or(0.0), value["l2"].as_f64().unwrap_or(0.0));
            let regularizer = |class: &str, config: Value| {
                let module = "keras.regularizers";
                json!({"module": module, "class_name": class, "config": config, "registered_name": null})
            };
            match (l1 != 0.0, l2 != 0.0) {
                (false, false) => Value::Null,
                (true, false) => regularizer("L1", json!({"l1": l1})),
                (false, true) => regularizer("L2", json!({"l2": l2})),
                (true, true) => regularizer("L1L2", json!({"l1": l1, "l2": l2})),
            }
        }
        _ => value.clone(),
    }
}

/// Returns Keras' module of a supported class.
fn module_of(class: &str) -> Option<&'static str> {
    let modules = [
        ("keras.layers", LAYERS),
        ("keras.initializers", INITIALIZERS),
        ("keras.optimizers", OPTIMIZERS),
        ("keras.optimizers.schedules", SCHEDULES),
        ("keras.losses", LOSSES),
        ("keras.metrics", METRICS),
    ];
    modules.into_iter().find(|(_, classes)| classes.contains(&class)).map(|(module, _)| module)
}

const LAYERS: &[&str] = &[
    "InputLayer",
    "Dense",
    "Activation",
    "ReLU",
    "LeakyReLU",
    "ELU",
    "Softmax",
    "Dropout",
    "GaussianNoise",
    "RandomFlip",
    "RandomTranslation",
    "Flatten",
    "Reshape",
    "Rescaling",
    "Normalization",
    "Embedding",
    "SimpleRNN",
    "LSTM",
    "GRU",
    "Conv1D",
    "Conv2D",
    "MaxPooling1D",
    "MaxPooling2D",
    "AveragePooling1D",
    "AveragePooling2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "BatchNormalization",
    "LayerNormalization",
];
const INITIALIZERS: &[&str] = &[
    "Zeros",
    "Ones",
    "Constant",
    "RandomUniform",
    "RandomNormal",
    "TruncatedNormal",
    "GlorotUniform",
    "GlorotNormal",
    "HeUniform",
    "HeNormal",
    "LecunUniform",
    "LecunNormal",
    "VarianceScaling",
    "Orthogonal",
    "Identity",
];
const OPTIMIZERS: &[&str] = &["SGD", "RMSprop", "Adam", "AdamW"];
const SCHEDULES: &[&str] = &["ExponentialDecay", "CosineDecay", "PiecewiseConstantDecay", "PolynomialDecay"];
/// The supported losses.
pub const LOSSES: &[&str] = &[
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "MeanSquaredError",
    "MeanAbsoluteError",
    "Huber",
    "LogCosh",
    "Poisson",
    "KLDivergence",
    "Hinge",
    "CTC",
];
/// The supported metrics. Two of them are losses as well; `module_of` returns the module of the loss.
pub const METRICS: &[&str] = &[
    "MeanSquaredError",
    "MeanAbsoluteError",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "Precision",
    "Recall",
    "AUC",
    "F1Score",
    "RootMeanSquaredError",
    "R2Score",
];
