//! Keras' `compile_config`: optimizer, loss and metrics in a `.keras` file.

use kindling_models::{
    IntoPart, Part,
    keras_file::{class_name, read_object, write_object},
    part::snake_case,
};
use serde_json::{Value, json};

use super::{Objective, objective::Head};
use crate::{
    losses::Loss,
    metrics::{Accuracy, Metric, from_loss, from_loss_per_batch, named},
    optimizers::Optimizer,
};

/// Names that Keras takes for losses, beside class names in snake case.
const LOSSES: &[(&str, &str)] = &[
    ("mse", "MeanSquaredError"),
    ("mae", "MeanAbsoluteError"),
    ("bce", "BinaryCrossentropy"),
    ("kld", "KLDivergence"),
    ("kullback_leibler_divergence", "KLDivergence"),
    ("logcosh", "LogCosh"),
    ("log_cosh_error", "LogCosh"),
    ("huber_loss", "Huber"),
];
/// Names that Keras takes for metrics, beside class names in snake case.
const METRICS: &[(&str, &str)] =
    &[("mse", "MeanSquaredError"), ("mae", "MeanAbsoluteError"), ("rmse", "RootMeanSquaredError")];

/// Reads optimizer, loss, loss weight and metrics.
///
/// # Errors
/// The setting that is not supported, and the remedy.
pub(super) fn read(config: &Value) -> Result<(Part<dyn Optimizer>, Objective), String> {
    for key in ["weighted_metrics"] {
        if !is_empty(&config[key]) {
            return Err(format!("{key} are not supported: compile with metrics instead"));
        }
    }
    let optimizer = read_object(&config["optimizer"]).map_err(|reason| format!("optimizer: {reason}"))?;
    let loss = read_loss(only("loss", &config["loss"])?).map_err(|reason| format!("loss: {reason}"))?;
    let weight = match only("loss_weights", &config["loss_weights"])? {
        Value::Null => 1.0,
        weight => weight.as_f64().ok_or_else(|| format!("loss_weights is {weight}; it must be a number"))?,
    };
    let mut list = &config["metrics"];
    // A list for each of one output.
    while let Some([Value::Array(_)]) = list.as_array().map(Vec::as_slice) {
        list = &list[0];
    }
    let metrics = match list {
        Value::Null => Vec::new(),
        Value::Array(metrics) => {
            let read = |metric| read_metric(metric).map_err(|reason| format!("metrics: {reason}"));
            metrics.iter().map(read).collect::<Result<_, _>>()?
        }
        other => return Err(format!("metrics is {other}; only a list for one output is supported")),
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
        Value::Array(_) => Err(format!("{key} is {value}; there must be one for the only output")),
        value => Ok(value),
    }
}

fn read_loss(loss: &Value) -> Result<Part<dyn Loss>, String> {
    match function_name(loss) {
        Some(name) => loss_of_name(name).unwrap_or_else(|| {
            Err(format!("{name:?} is not supported: compile with a loss that is, or with one of your own"))
        }),
        None if loss.is_null() => Err("there is none: compile the model with a loss".into()),
        None => read_object(loss),
    }
}

/// Returns the name of a function: of one that was given by name, or as a Python function.
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

fn loss_of_name(name: &str) -> Option<Result<Part<dyn Loss>, String>> {
    const CLASSES: &[&str] = &[
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
    class_of(name, LOSSES, CLASSES).map(|class| read_object(&json!({"class_name": class, "config": {}})))
}

fn read_metric(metric: &Value) -> Result<Part<dyn Metric>, String> {
    const CLASSES: &[&str] = &[
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
    if let Some(name) = function_name(metric) {
        let part = match class_of(name, METRICS, CLASSES) {
            Some(class) => read_object(&json!({"class_name": class, "config": {}}))?,
            None if ["accuracy", "acc"].contains(&name.to_lowercase().as_str()) => Accuracy.into_part(),
            None => match loss_of_name(name) {
                Some(loss) => from_loss(loss?),
                None => return Err(format!("{name:?} is not supported: compile with a metric that is")),
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
    let is_loss = object["class_name"].as_str().and_then(loss_of_name).is_some();
    let part = match metric["module"].as_str() {
        Some(module) if is_loss && module.ends_with("losses") => {
            from_loss_per_batch(read_object::<dyn Loss>(&object)?)
        }
        _ if is_loss && !CLASSES.contains(&class) => from_loss(read_object::<dyn Loss>(&object)?),
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
/// If a part cannot be saved because it is a closure.
pub(super) fn write(optimizer: Value, head: &Head) -> Result<Value, String> {
    let Objective { loss, weight, metrics } = &head.objective;
    let mut names = Vec::<String>::new();
    let metrics = metrics.iter().map(|metric| {
        // Names that occur again are numbered, as in histories.
        let plain = metric.name();
        let again = names.iter().filter(|name| **name == plain).count();
        names.push(plain.clone());
        let name = if again == 0 { plain } else { format!("{plain}_{again}") };
        write_metric(metric, &name, loss.name(), head)
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

fn write_metric(metric: &Part<dyn Metric>, name: &str, loss: &str, head: &Head) -> Result<Value, String> {
    let problem = |reason: String| format!("the metric {name}: {reason}");
    let mut object = write_object(metric).map_err(problem)?;
    if object["class_name"] == "named" {
        let inner: Part<dyn Metric> = serde_json::from_value(object["config"]["metric"].clone())
            .map_err(|error| problem(error.to_string()))?;
        return write_metric(&inner, name, loss, head);
    }
    if object["class_name"] == "from_loss" {
        let inner: Part<dyn Loss> = serde_json::from_value(object["config"]["loss"].clone())
            .map_err(|error| problem(error.to_string()))?;
        let per_batch = object["config"]["per_batch"] == true;
        object = write_object(&inner).map_err(problem)?;
        // Huber has no metric of its own in Keras.
        if !per_batch && object["class_name"] != "Huber" && object["module"] == "keras.losses" {
            object["module"] = json!("keras.metrics");
        }
        if !per_batch && object["class_name"] == "LogCosh" {
            object["class_name"] = json!("LogCoshError");
        }
    }
    if object["class_name"] == "Accuracy" {
        if ["accuracy", "acc"].contains(&name) {
            return Ok(json!(name));
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
    // Keras files these two under losses too.
    if object["class_name"] == "MeanSquaredError" || object["class_name"] == "MeanAbsoluteError" {
        object["module"] = json!("keras.metrics");
    }
    object["config"]["name"] = json!(name);
    Ok(object)
}
