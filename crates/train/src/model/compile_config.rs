//! Keras' `compile_config`: optimizer, loss and metrics in a `.keras` file.

use kindling_models::{
    IntoPart, Part,
    keras_file::{LOSSES, METRICS, class_name, read_object, write_class, write_object},
    part::snake_case,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Objective, meter::directions, objective::Head};
use crate::{
    losses::Loss,
    metrics::{Accuracy, Metric, from_loss, from_loss_per_batch, named},
    optimizers::Optimizer,
};

/// Names that Keras accepts for losses, besides class names in snake case.
const LOSS_NAMES: &[(&str, &str)] = &[
    ("mse", "MeanSquaredError"),
    ("mae", "MeanAbsoluteError"),
    ("bce", "BinaryCrossentropy"),
    ("kld", "KLDivergence"),
    ("kullback_leibler_divergence", "KLDivergence"),
    ("logcosh", "LogCosh"),
    ("log_cosh_error", "LogCosh"),
    ("huber_loss", "Huber"),
];
/// Names that Keras accepts for metrics, besides class names in snake case.
const METRIC_NAMES: &[(&str, &str)] =
    &[("mse", "MeanSquaredError"), ("mae", "MeanAbsoluteError"), ("rmse", "RootMeanSquaredError")];

/// Reads optimizer, loss, loss weight and metrics.
///
/// # Errors
/// Returns a message that names the unsupported setting and the remedy.
pub(super) fn read(config: &Value) -> Result<(Part<dyn Optimizer>, Objective), String> {
    if !is_empty(&config["weighted_metrics"]) {
        return Err("weighted_metrics are not supported: compile with metrics instead".into());
    }
    let optimizer = read_object(&config["optimizer"]).map_err(|reason| format!("optimizer: {reason}"))?;
    let loss = read_loss(only("loss", &config["loss"])?).map_err(|reason| format!("loss: {reason}"))?;
    let weight = match only("loss_weights", &config["loss_weights"])? {
        Value::Null => 1.0,
        weight => weight.as_f64().ok_or_else(|| format!("loss_weights is {weight}: it must be a number"))?,
    };
    let mut list = &config["metrics"];
    // Keras nests the metrics per output; there is one output.
    while let Some([Value::Array(_)]) = list.as_array().map(Vec::as_slice) {
        list = &list[0];
    }
    let metrics = match list {
        Value::Null => Vec::new(),
        Value::Array(metrics) => {
            let read = |metric| read_metric(metric).map_err(|reason| format!("metrics: {reason}"));
            metrics.iter().map(read).collect::<Result<_, _>>()?
        }
        other => return Err(format!("metrics is {other}: only a list for one output is supported")),
    };
    Ok((optimizer, Objective::new(loss).weight(weight).metrics(metrics)))
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// Returns the setting of the only output.
fn only<'a>(key: &str, value: &'a Value) -> Result<&'a Value, String> {
    match value {
        Value::Array(values) if values.len() == 1 => Ok(&values[0]),
        Value::Array(_) => Err(format!("{key} is {value}: only one, for a single output, is supported")),
        value => Ok(value),
    }
}

fn read_loss(loss: &Value) -> Result<Part<dyn Loss>, String> {
    match function_name(loss) {
        Some(name) => default_of(loss_class(name).ok_or_else(|| {
            format!("{name:?} is not supported: compile with a supported loss, or with a custom one")
        })?),
        None if loss.is_null() => Err("it is missing: compile the model with a loss".into()),
        None => read_object(loss),
    }
}

/// Returns the name of a function that was given by name or as a Python function.
fn function_name(value: &Value) -> Option<&str> {
    match value["class_name"] == "function" {
        true => value["config"].as_str(),
        false => value.as_str(),
    }
}

/// Returns the class that a name stands for: an alias, the class itself, or the class in snake case.
fn class_of(
    name: &str,
    aliases: &[(&'static str, &'static str)],
    classes: &[&'static str],
) -> Option<&'static str> {
    let alias = aliases.iter().find(|(alias, _)| *alias == name || alias.to_uppercase() == name);
    let class = || classes.iter().find(|class| **class == name || snake_case(class) == name).copied();
    alias.map(|(_, class)| *class).or_else(class)
}

fn loss_class(name: &str) -> Option<&'static str> {
    class_of(name, LOSS_NAMES, LOSSES)
}

/// Returns an object of this class with Keras' defaults.
fn default_of<T: ?Sized + Serialize>(class: &str) -> Result<Part<T>, String>
where
    Box<T>: for<'de> Deserialize<'de>,
{
    read_object(&json!({"class_name": class, "config": {}}))
}

fn read_metric(metric: &Value) -> Result<Part<dyn Metric>, String> {
    if let Some(name) = function_name(metric) {
        let part = match class_of(name, METRIC_NAMES, METRICS) {
            Some(class) => default_of(class)?,
            None if ["accuracy", "acc"].contains(&name.to_lowercase().as_str()) => Accuracy.into_part(),
            None => match loss_class(name) {
                Some(class) => from_loss(default_of::<dyn Loss>(class)?),
                None => return Err(format!("{name:?} is not supported: compile with a supported metric")),
            },
        };
        return Ok(with_name(part, name));
    }
    let class = class_name(metric)?;
    let mut object = metric.clone();
    let name = object["config"]["name"].as_str().map(str::to_owned);
    if class == "LogCoshError" {
        object["class_name"] = json!("LogCosh");
    }
    let is_loss = object["class_name"].as_str().and_then(loss_class).is_some();
    let part = match metric["module"].as_str() {
        Some(module) if is_loss && module.ends_with("losses") => {
            from_loss_per_batch(read_object::<dyn Loss>(&object)?)
        }
        _ if is_loss && !METRICS.contains(&class) => from_loss(read_object::<dyn Loss>(&object)?),
        _ => read_object(&object)?,
    };
    Ok(match name {
        Some(name) => with_name(part, &name),
        None => part,
    })
}

fn with_name(part: Part<dyn Metric>, name: &str) -> Part<dyn Metric> {
    if part.name() == name { part } else { named(name, part) }
}

/// Returns `compile_config`.
///
/// # Errors
/// Returns an error if a loss or metric is a closure, which cannot be saved.
pub(super) fn write(optimizer: Value, head: &Head) -> Result<Value, String> {
    let Objective { loss, weight, metrics } = &head.objective;
    // The names used in histories; the first is the loss.
    let names = directions(std::slice::from_ref(head)).into_iter().skip(1);
    let metrics = metrics.iter().zip(names).map(|(metric, (name, _))| {
        let written = serde_json::to_value(metric).map_err(|error| format!("the metric {name}: {error}"))?;
        Ok(write_metric(&written, &name, loss.name(), head))
    });
    let metrics = metrics.collect::<Result<Value, String>>()?;
    Ok(json!({
        "optimizer": optimizer,
        "loss": write_object(loss).map_err(|reason| format!("the loss: {reason}"))?,
        "loss_weights": if *weight == 1.0 { Value::Null } else { json!([weight]) },
        "metrics": metrics,
        "weighted_metrics": null,
        "run_eagerly": false,
        "steps_per_execution": 1,
        "jit_compile": "auto",
    }))
}

/// Converts a metric serialized by `serde` to Keras' format.
fn write_metric(written: &Value, name: &str, loss: &str, head: &Head) -> Value {
    let config = &written["config"];
    let mut object = match written["class_name"].as_str() {
        Some("named") => return write_metric(&config["metric"], name, loss, head),
        Some("from_loss") => write_class(&config["loss"]),
        _ => write_class(written),
    };
    if written["class_name"] == "from_loss" && config["per_batch"] != true {
        // Keras has no Huber metric.
        if object["class_name"] != "Huber" && object["module"] == "keras.losses" {
            object["module"] = json!("keras.metrics");
        }
        if object["class_name"] == "LogCosh" {
            object["class_name"] = json!("LogCoshError");
        }
    }
    if object["class_name"] == "Accuracy" {
        if ["accuracy", "acc"].contains(&name) {
            return json!(name);
        }
        let units = head.output.shape.last().copied().unwrap_or(1);
        let class = match loss {
            _ if units == 1 => "BinaryAccuracy",
            "SparseCategoricalCrossentropy" => "SparseCategoricalAccuracy",
            _ => "CategoricalAccuracy",
        };
        object =
            json!({"module": "keras.metrics", "class_name": class, "config": {}, "registered_name": null});
    }
    // Keras has both a loss and a metric of these names.
    if object["class_name"] == "MeanSquaredError" || object["class_name"] == "MeanAbsoluteError" {
        object["module"] = json!("keras.metrics");
    }
    object["config"]["name"] = json!(name);
    object
}
