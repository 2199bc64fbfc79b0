//! The figures of a run: the fields of `result.json` as rows of a table.

use std::collections::BTreeMap;

use serde_json::Value;

/// Maximum number of figures of a run.
const MOST_FIGURES: usize = 150;

/// Maximum number of characters of a text.
const MOST_CHARACTERS: usize = 200;

/// Maximum length of a list that is shown.
const LONGEST_LIST: usize = 8;

/// The largest integer that JavaScript represents exactly.
const LARGEST_INTEGER: u64 = 1 << 53;

/// Figures by name: numbers, booleans and texts.
pub type Figures = BTreeMap<String, Value>;

/// Returns the figures of `result.json`. Fields of nested objects are prefixed with the object's name. Long lists and lists of
/// times are left out.
pub fn figures(result: &serde_json::Map<String, Value>) -> Figures {
    let mut figures = Figures::new();
    collect("", result, &mut figures);
    figures
}

/// Returns the text, shortened to a maximum length.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

fn collect(prefix: &str, object: &serde_json::Map<String, Value>, figures: &mut Figures) {
    for (name, value) in object {
        if figures.len() >= MOST_FIGURES {
            return;
        }
        let name = shortened(&format!("{prefix}{name}"));
        match value {
            // The recursion is bounded, because serde_json limits the depth of its input.
            Value::Object(inner) => collect(&format!("{name}: "), inner, figures),
            Value::Array(_) if name.ends_with("_seconds") => {}
            Value::Array(list) => figures.extend(short_list(list).map(|list| (name, list))),
            Value::Null => {}
            single => {
                figures.insert(name, exact(single));
            }
        }
    }
}

fn short_list(list: &[Value]) -> Option<Value> {
    let is_short = list.len() <= LONGEST_LIST && list.iter().all(Value::is_number);
    let rounded = |value: &Value| match value.as_f64() {
        Some(number) if !value.is_u64() && !value.is_i64() => format!("{number:.4}"),
        _ => value.to_string(),
    };
    is_short.then(|| Value::from(list.iter().map(rounded).collect::<Vec<_>>().join(", ")))
}

/// Returns a value that JavaScript reads without loss: large integers become text. Texts are shortened.
fn exact(value: &Value) -> Value {
    let is_large =
        value.as_u64().or(value.as_i64().map(i64::unsigned_abs)).is_some_and(|n| n > LARGEST_INTEGER);
    match value {
        Value::String(text) => shortened(text).into(),
        number if is_large => number.to_string().into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_flat_and_long_lists_are_left_out() {
        let result = json!({
            "seed": u64::MAX, "shape": [12000, 28, 28], "mae": [2.34567, 3.0], "epoch_seconds": [0.5], "curve": [0, 1, 2, 3, 4, 5, 6, 7, 8], "names": ["a"],
            "variants": {"4 units": {"parameters": 40029}}, "peak": null, "final": true, "text": "x".repeat(500),
        });
        let figures = figures(result.as_object().unwrap());
        let expected = json!({
            "seed": u64::MAX.to_string(), "shape": "12000, 28, 28", "mae": "2.3457, 3.0000", "final": true,
            "variants: 4 units: parameters": 40029, "text": format!("{}…", "x".repeat(200)),
        });
        assert_eq!(serde_json::to_value(figures).unwrap(), expected);
    }

    #[test]
    fn the_number_of_figures_is_limited() {
        let result: serde_json::Map<_, _> = (0..1000).map(|n| (n.to_string(), n.into())).collect();
        assert_eq!(figures(&result).len(), MOST_FIGURES);
    }
}
