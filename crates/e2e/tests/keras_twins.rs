//! Loads models saved by Keras, continues their training, and compares every step with Keras.
//!
//! A case consists of `NAME.keras`, `NAME.mid.keras` and `NAME.safetensors`, as described in
//! `crates/e2e/fixtures/twins/README.md`; new ones need no code. Cases are read from `KINDLING_TWINS_DIR`, or else from
//! `crates/e2e/fixtures/twins` and, if it exists, `../shared/twins`. All compiled-in local backends replay the cases; those
//! that do not run on the CPU replay only small ones. `KINDLING_BACKEND` selects a single backend.

use std::{collections::BTreeMap, path::PathBuf};

use kindling::{models::SequentialNetwork, prelude::*};
use kindling_e2e::{furthest, is_processor, root};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

#[derive(Deserialize)]
struct Spec {
    batch_size: usize,
    steps: usize,
    mid: usize,
    class_weight: Option<BTreeMap<String, f32>>,
    evaluate: BTreeMap<String, f64>,
}

/// Tolerances for differences from Keras; relative for values above 1.
struct Tolerance {
    /// Of each step's loss; always relative.
    loss: f64,
    weights: f64,
    predictions: f64,
    metrics: f64,
}

impl Tolerance {
    /// Recurrent, convolutional and batch normalization layers sum in a different order than XLA, so they get larger tolerances.
    fn of(backend: &str, model: &Model<SequentialNetwork>) -> Self {
        let summary = model.summary();
        let long = ["RNN", "LSTM", "GRU", "Conv", "BatchNorm"].iter().any(|class| summary.contains(class));
        match long || !is_processor(backend) {
            true => Self { loss: 1e-4, weights: 1e-3, predictions: 1e-4, metrics: 1e-4 },
            false => Self { loss: 1e-5, weights: 1e-3, predictions: 1e-5, metrics: 1e-5 },
        }
    }
}

#[test]
fn keras_models_continue_training_as_in_keras() {
    let cases = cases();
    assert!(!cases.is_empty(), "no cases found");
    let chosen = std::env::var(backend::VARIABLE).ok();
    // The remote backend forwards to another backend; `keras_parity.rs` and `remote.rs` test the transport.
    let local = || backend::compiled_in().filter(|name| *name != "remote").map(String::from).collect();
    let names = chosen.map_or_else(local, |name| vec![name]);
    let mut failures = Vec::new();
    for name in names {
        let device = backend::device(&name).unwrap();
        for case in &cases {
            let size = case.with_extension("safetensors").metadata().map_or(0, |metadata| metadata.len());
            if size >= SMALL && !is_processor(&name) {
                println!("{name}: skipped large case {}", case.display());
                continue;
            }
            let case = Case::read(case);
            for (file, start) in [("keras", 0), ("mid.keras", case.spec.mid)] {
                match case.replay(&name, &device, file, start) {
                    Ok(line) => println!("{name:<8} {line}"),
                    Err(problem) => {
                        failures.push(format!("{name}, {}.{file}: {problem}", case.path.display()))
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Maximum size of a small case in bytes. Software GPUs are many times slower than CPU backends.
const SMALL: u64 = 7 * 1024 + 512;

/// Returns the paths of all cases, without an extension.
fn cases() -> Vec<PathBuf> {
    let folders = match std::env::var_os("KINDLING_TWINS_DIR") {
        Some(folder) => vec![PathBuf::from(folder)],
        None => vec![root().join("crates/e2e/fixtures/twins"), root().join("../shared/twins")],
    };
    let mut cases = BTreeMap::new();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            println!("skipped: {} does not exist", folder.display());
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|extension| extension == "safetensors") {
                // Both directories contain the committed cases.
                cases.entry(path.file_name().map(ToOwned::to_owned)).or_insert(path.with_extension(""));
            }
        }
    }
    cases.into_values().collect()
}

struct Case {
    path: PathBuf,
    bytes: Vec<u8>,
    spec: Spec,
}

impl Case {
    fn read(path: &std::path::Path) -> Self {
        let bytes = std::fs::read(path.with_extension("safetensors")).unwrap();
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        let spec = serde_json::from_str(&metadata.metadata().as_ref().unwrap()["spec"]).unwrap();
        Self { path: path.into(), bytes, spec }
    }

    /// Trains from step `start` and compares losses, final weights, predictions and metrics with Keras.
    fn replay(&self, backend: &str, device: &Device, file: &str, start: usize) -> Result<String, String> {
        let mut model =
            Model::load(self.path.with_extension(file), device).map_err(|error| error.to_string())?;
        let tolerance = Tolerance::of(backend, &model);
        let (plain, weighted) = self.samples();
        let batches = plain.len().div_ceil(self.spec.batch_size);
        let losses = self.floats("loss").ok_or("there is no tensor loss")?;
        let mut worst: f64 = 0.0;
        for (step, keras) in losses.iter().enumerate().take(self.spec.steps).skip(start) {
            let first = step % batches * self.spec.batch_size;
            let batch = weighted.slice(first..(first + self.spec.batch_size).min(weighted.len()));
            let own = model.train_on_batch(&batch).map_err(|error| format!("step {step}: {error}"))?;
            let (own, keras) = (own.require("loss").unwrap(), f64::from(*keras));
            let apart = (own - keras).abs() / keras.abs();
            worst = worst.max(apart);
            if apart.is_nan() || apart > tolerance.loss {
                return Err(format!(
                    "step {step}: loss {own}, Keras {keras}, relative difference {apart:.1e}"
                ));
            }
        }

        let weights = model.weights().unwrap();
        let mut weights_apart: f64 = 0.0;
        let tensors = self.tensors();
        for name in tensors.names() {
            let Some((layer, index)) = name.strip_prefix("final.").and_then(|name| name.rsplit_once('.'))
            else {
                continue;
            };
            // The sample count of Normalization, which does not affect predictions.
            let is_count = index == "2" && weights.iter().any(|(own, _)| own == format!("{layer}.variance"));
            let Some(keras) = self.floats(name).filter(|_| !is_count) else { continue };
            let prefix = format!("{layer}.");
            let mut of_layer = weights.iter().filter(|(own, _)| own.starts_with(&prefix));
            let (own_name, own) =
                of_layer.nth(index.parse().unwrap()).ok_or(format!("{name} has no counterpart"))?;
            let apart = furthest(own.as_slice::<f32>().unwrap(), &keras);
            weights_apart = weights_apart.max(apart);
            if apart > tolerance.weights {
                return Err(format!("{own_name} differs by {apart:.1e} after the last step"));
            }
        }

        let keras = self.floats("predict").ok_or("there is no tensor predict")?;
        let rows = tensors.tensor("predict").unwrap().shape()[0];
        let own = model.predict(&plain.slice(0..rows)).map_err(|error| error.to_string())?;
        let predictions_apart = furthest(own.as_slice::<f32>().unwrap(), &keras);
        if predictions_apart > tolerance.predictions {
            return Err(format!("predictions differ by {predictions_apart:.1e}"));
        }

        let logs = model.evaluate(&plain).map_err(|error| error.to_string())?;
        let mut figures_apart: f64 = 0.0;
        for (name, keras) in &self.spec.evaluate {
            let mut own = logs.require(name).map_err(|error| error.to_string())?;
            // Keras includes the weight penalties in the loss of an evaluation.
            if name == "loss" {
                own += model.penalty().unwrap();
            }
            let apart = (own - keras).abs() / keras.abs().max(1.0);
            figures_apart = figures_apart.max(apart);
            let tolerance = if name.contains("auc") { 1e-4 } else { tolerance.metrics };
            if apart.is_nan() || apart > tolerance {
                return Err(format!("evaluate: {name} is {own}, Keras {keras}"));
            }
        }
        let name = format!("{}.{file}", self.path.file_name().unwrap().to_string_lossy());
        Ok(format!(
            "{name:<46} {} steps, maximum differences: loss {worst:.1e}, weights {weights_apart:.1e}, predictions \
             {predictions_apart:.1e}, metrics {figures_apart:.1e}",
            self.spec.steps - start
        ))
    }

    /// Returns the samples without weights, and with sample and class weights.
    fn samples(&self) -> (Samples, Samples) {
        let shape = |name: &str| self.tensors().tensor(name).unwrap().shape().to_vec();
        let inputs = match (self.floats("x"), self.integers("x")) {
            (Some(x), _) => Column::floats((x, shape("x"))).unwrap(),
            (_, Some(x)) => Column::ids((x, shape("x"))).unwrap(),
            _ => panic!("x is neither F32 nor I32"),
        };
        let y_shape = shape("y");
        let (targets, classes): (Column, Vec<f32>) = match (self.floats("y"), self.integers("y")) {
            (Some(y), _) => (Column::floats((y.clone(), y_shape.clone())).unwrap(), y),
            (_, Some(y)) => {
                let classes = y.iter().map(|class| *class as f32).collect();
                let one_per_sample = y.len() == y_shape[0];
                let column =
                    if one_per_sample { Column::classes(y) } else { Column::labels((y, y_shape.clone())) };
                (column.unwrap(), classes)
            }
            _ => panic!("y is neither F32 nor I32"),
        };
        let plain = Samples::new(inputs, targets).unwrap();
        let mut weights = self.floats("sample_weight");
        if let Some(of_class) = &self.spec.class_weight {
            let width = classes.len() / plain.len();
            let class = |row: &[f32]| match row {
                [class] => *class as usize,
                shares => (0..shares.len()).max_by(|a, b| shares[*a].total_cmp(&shares[*b])).unwrap(),
            };
            let of_row = |row: &[f32]| of_class.get(&class(row).to_string()).copied().unwrap_or(1.0);
            let own: Vec<f32> = classes.chunks(width).map(of_row).collect();
            weights = Some(match weights {
                Some(given) => given.iter().zip(own).map(|(given, own)| given * own).collect(),
                None => own,
            });
        }
        let weighted = match weights {
            Some(weights) => plain.clone().with_sample_weight(weights).unwrap(),
            None => plain.clone(),
        };
        (plain, weighted)
    }

    fn tensors(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.bytes).unwrap()
    }

    fn bytes_of(&self, name: &str, dtype: Dtype) -> Option<Vec<[u8; 4]>> {
        let tensors = self.tensors();
        let tensor = tensors.tensor(name).ok().filter(|tensor| tensor.dtype() == dtype)?;
        Some(tensor.data().chunks_exact(4).map(|value| value.try_into().unwrap()).collect())
    }

    fn floats(&self, name: &str) -> Option<Vec<f32>> {
        Some(self.bytes_of(name, Dtype::F32)?.into_iter().map(f32::from_le_bytes).collect())
    }

    fn integers(&self, name: &str) -> Option<Vec<i32>> {
        Some(self.bytes_of(name, Dtype::I32)?.into_iter().map(i32::from_le_bytes).collect())
    }
}
