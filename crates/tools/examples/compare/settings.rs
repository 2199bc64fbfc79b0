//! Compares layers and compile settings.

use std::collections::BTreeSet;

use kindling::{
    layers::Layer,
    models::keras_file::{read_object, write_object},
};
use kindling_programs::cli;
use serde_json::Value;

use super::side::{Pair, Side};

/// Prints the settings of both models and returns whether they are equal.
pub fn print(sides: &[Side; 2], pairs: &[Pair]) -> bool {
    cli::print("\nSettings (layer settings at their defaults are omitted; ≠ marks differences)");
    let mut table = Table::default();
    let inputs = sides.each_ref().map(|side| &side.input);
    table.row(0, "input", inputs.map(|shape| Some(text(shape))), inputs[0] == inputs[1]);
    for pair in pairs {
        let layers = [0, 1].map(|side| pair[side].map(|layer| &sides[side].layers[layer]));
        let heads = [0, 1].map(|side| {
            let layer = pair[side]?;
            Some(format!("{} ({})", sides[side].name(layer), sides[side].class(layer)))
        });
        let classes = layers.map(|layer| layer.map(|layer| layer["class_name"].clone()));
        table.row(0, "layer", heads, classes[0] == classes[1]);
        table.settings(layers.map(|layer| layer.map(|layer| &layer["config"])), |key| {
            layers.iter().flatten().all(|layer| is_default(layer, key))
        });
    }
    let optimizers = sides.each_ref().map(|side| Some(&side.compile["optimizer"]));
    table.row(0, "optimizer", optimizers.map(|value| class(value?)), classes_agree(&optimizers));
    table.settings(optimizers.map(|value| value.map(|value| &value["config"])), |_| false);
    for name in ["loss", "metrics"] {
        let values = sides.each_ref().map(|side| &side.compile[name]);
        table.row(0, name, values.map(|value| Some(text(value))), values[0] == values[1]);
    }
    table.row(0, "training", [None, None], true);
    // Files that Keras wrote have no seed and no epoch: a missing value does not count as a difference.
    table.settings(sides.each_ref().map(|side| Some(&side.training)), |name| {
        sides.iter().any(|side| side.training[name].is_null())
    });
    table.print();
    table.rows.iter().all(|row| row.equal)
}

/// A table of settings with one column per model.
#[derive(Default)]
struct Table {
    rows: Vec<Row>,
}

struct Row {
    indent: usize,
    name: String,
    values: [String; 2],
    equal: bool,
}

impl Table {
    fn row(&mut self, indent: usize, name: &str, values: [Option<String>; 2], equal: bool) {
        let values = values.map(Option::unwrap_or_default);
        self.rows.push(Row { indent, name: name.into(), values, equal });
    }

    /// Adds a row for each setting that at least one model has, except for those that `left_out` selects.
    fn settings(&mut self, configs: [Option<&Value>; 2], left_out: impl Fn(&str) -> bool) {
        let keys =
            |config: &&Value| config.as_object().map(|config| config.keys().cloned().collect::<Vec<_>>());
        let names: BTreeSet<String> = configs.iter().flatten().filter_map(keys).flatten().collect();
        for name in names {
            let values = configs.map(|config| config.and_then(|config| config.get(&name)));
            let unset = values.iter().flatten().all(|value| value.is_null());
            if name != "name" && !unset && !left_out(&name) {
                self.row(2, &name, values.map(|value| value.map(text)), values[0] == values[1]);
            }
        }
    }

    fn print(&self) {
        let width = |of: fn(&Row) -> usize| self.rows.iter().map(of).max().unwrap_or(0);
        let names = width(|row| row.indent + row.name.chars().count());
        let values = width(|row| row.values[0].chars().count());
        for Row { indent, name, values: [first, second], equal } in &self.rows {
            let mark = if *equal { ' ' } else { '≠' };
            let line = format!(
                "{mark} {:indent$}{name:<width$}  {first:<values$}  {second}",
                "",
                width = names - indent
            );
            cli::print(format_args!("{}", line.trim_end()));
        }
    }
}

/// Returns whether a layer's setting has its default value.
fn is_default(layer: &Value, key: &str) -> bool {
    if let "trainable" | "dtype" = key {
        return layer["config"][key] != false;
    }
    let written = |left_out: &[&str]| {
        let mut layer = layer.clone();
        if let Some(config) = layer["config"].as_object_mut() {
            config.retain(|key, _| !left_out.contains(&key.as_str()));
        }
        write_object(&read_object::<dyn Layer>(&layer)?)
    };
    matches!((written(&["trainable"]), written(&["trainable", key])), (Ok(all), Ok(fewer)) if all == fewer)
}

fn class(object: &Value) -> Option<String> {
    object["class_name"].as_str().map(str::to_owned)
}

fn classes_agree(objects: &[Option<&Value>; 2]) -> bool {
    objects[0].and_then(class) == objects[1].and_then(class)
}

/// Formats a value like a constructor call in Keras: `L2(l2=0.001)`.
fn text(value: &Value) -> String {
    let list = |values: &[Value]| values.iter().map(text).collect::<Vec<_>>().join(", ");
    match value {
        Value::Null => "none".into(),
        Value::String(text) => text.escape_debug().to_string(),
        Value::Array(values) => format!("[{}]", list(values)),
        Value::Object(object) => {
            let arguments = object.get("config").and_then(Value::as_object);
            let arguments = arguments.into_iter().flatten().filter(|(_, value)| !value.is_null());
            let arguments: Vec<_> =
                arguments.map(|(name, value)| format!("{name}={}", text(value))).collect();
            match class(value) {
                Some(class) if arguments.is_empty() => class,
                Some(class) => format!("{class}({})", arguments.join(", ")),
                None => value.to_string(),
            }
        }
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(String::new, |number| format!("{:?}", number as f32))
        }
        other => other.to_string(),
    }
}
