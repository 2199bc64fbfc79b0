//! The curves of `history.json`.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context;
use serde_json::Value;

use super::figures::shortened;
use crate::files;

/// Maximum size of a `history.json` that is read, in bytes.
const LARGEST: u64 = 4 << 20;

/// Maximum number of curves of a run.
const MOST_CURVES: usize = 16;

/// Maximum number of points of a curve.
const MOST_POINTS: usize = 200;

/// A curve: pairs of epoch (from 1) and value. Values that are not finite are `None`.
pub type Curve = Vec<(usize, Option<f32>)>;

/// The curves of a training by Keras' names, and the best values of two of them.
#[derive(Debug, Default)]
pub struct History {
    /// At most 200 points of each curve.
    pub curves: BTreeMap<String, Curve>,
    /// The highest `val_accuracy` of all epochs.
    pub best_val_accuracy: Option<f64>,
    /// The lowest `val_loss` of all epochs.
    pub best_val_loss: Option<f64>,
}

impl History {
    /// Reads the history of a run. A run without a history has no curves.
    ///
    /// # Errors
    /// Returns an error if the file is not valid.
    pub fn read(run: &Path) -> anyhow::Result<Self> {
        let path = run.join("history.json");
        if !path.exists() {
            return Ok(Self::default());
        }
        let bytes = files::read(&path, LARGEST).context("cannot read history.json")?;
        let all: BTreeMap<String, Vec<Value>> =
            serde_json::from_slice(&bytes).context("history.json is not an object of lists of numbers")?;
        let values = |name: &str| all.get(name).into_iter().flatten().filter_map(Value::as_f64);
        Ok(Self {
            best_val_accuracy: values("val_accuracy").reduce(f64::max),
            best_val_loss: values("val_loss").reduce(f64::min),
            curves: all
                .iter()
                .take(MOST_CURVES)
                .map(|(name, values)| (shortened(name), thinned(values)))
                .collect(),
        })
    }
}

/// Returns evenly spaced values, including the first and the last.
fn thinned(values: &[Value]) -> Curve {
    let last = values.len().saturating_sub(1);
    let points = values.len().min(MOST_POINTS);
    let place = |point: usize| point * last / (points - 1).max(1);
    let number =
        |place: usize| values[place].as_f64().map(|value| value as f32).filter(|value| value.is_finite());
    (0..points).map(place).map(|place| (place + 1, number(place))).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn history(json: &str) -> anyhow::Result<History> {
        let run = tempfile::tempdir().unwrap();
        fs::write(run.path().join("history.json"), json).unwrap();
        History::read(run.path())
    }

    #[test]
    fn curves_keep_their_ends_and_gaps() {
        let long: Vec<String> = (0..1000).map(|epoch| epoch.to_string()).collect();
        let long = history(&format!("{{\"loss\": [{}]}}", long.join(","))).unwrap();
        let curve = &long.curves["loss"];
        assert_eq!((curve.len(), curve[0], curve[199]), (MOST_POINTS, (1, Some(0.0)), (1000, Some(999.0))));
        let short = history(r#"{"val_loss": [2.0, null, 1.5], "val_accuracy": [0.5], "loss": []}"#).unwrap();
        assert_eq!(short.curves["val_loss"], [(1, Some(2.0)), (2, None), (3, Some(1.5))]);
        assert_eq!((short.best_val_loss, short.best_val_accuracy), (Some(1.5), Some(0.5)));
        assert!(short.curves["loss"].is_empty());
        // Too large for an f32.
        assert_eq!(history(r#"{"loss": [1e300]}"#).unwrap().curves["loss"], [(1, None)]);
    }

    #[test]
    fn other_files_are_errors() {
        for json in ["", "[]", r#"{"loss": 1}"#, r#"{"loss": [1"#] {
            assert!(history(json).is_err(), "{json}");
        }
        assert!(History::read(Path::new("nonexistent")).unwrap().curves.is_empty());
    }
}
