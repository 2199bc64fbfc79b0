//! Replays training runs recorded with Keras and compares the loss of every step, the final weights and the predictions.
//!
//! All compiled-in backends replay the runs, including the remote backend. Backends that do not run on the CPU replay only
//! small fixtures. `KINDLING_BACKEND` selects a single backend.
//!
//! A fixture is a safetensors file as described in `crates/e2e/fixtures/parity/README.md`; new ones need no code. Fixtures
//! are read from `KINDLING_PARITY_DIR`, or else from `crates/e2e/fixtures/parity` and, if it exists, `../shared/parity`.

use std::path::{Path, PathBuf};

use kindling::{
    activations::Activation,
    data::to_categorical,
    layers::Dense,
    losses::{
        BinaryCrossentropy, CategoricalCrossentropy, Loss, MeanSquaredError, SparseCategoricalCrossentropy,
    },
    models::{IntoPart, Part, Regularizer, Weights},
    optimizers::{Adam, Optimizer, RmsProp, Sgd},
    prelude::*,
};
use kindling_e2e::{Server, furthest, is_processor, root};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

#[derive(Deserialize)]
struct Spec {
    input_dim: usize,
    layers: Vec<LayerSpec>,
    loss: String,
    optimizer: OptimizerSpec,
    batch_size: usize,
    steps: usize,
}

#[derive(Deserialize)]
struct LayerSpec {
    units: usize,
    activation: String,
    l1: f64,
    l2: f64,
}

/// The optimizers by their Keras names, with their hyperparameters.
#[derive(Deserialize)]
#[serde(tag = "name", rename_all = "lowercase")]
enum OptimizerSpec {
    Sgd(Sgd),
    RmsProp(RmsProp),
    Adam(Adam),
}

impl Spec {
    fn loss(&self) -> Part<dyn Loss> {
        match self.loss.as_str() {
            "mse" => MeanSquaredError.into_part(),
            "binary_crossentropy" => BinaryCrossentropy::default().into_part(),
            "categorical_crossentropy" => CategoricalCrossentropy::default().into_part(),
            "sparse_categorical_crossentropy" => SparseCategoricalCrossentropy.into_part(),
            other => panic!("unknown loss {other}"),
        }
    }

    fn optimizer(&self) -> Part<dyn Optimizer> {
        match &self.optimizer {
            OptimizerSpec::Sgd(sgd) => sgd.clone().into_part(),
            OptimizerSpec::RmsProp(rmsprop) => rmsprop.clone().into_part(),
            OptimizerSpec::Adam(adam) => adam.clone().into_part(),
        }
    }
}

impl LayerSpec {
    fn activation(&self) -> Part<dyn Activation> {
        let written = serde_json::json!({"class_name": self.activation, "config": null});
        serde_json::from_value(written).unwrap()
    }
}

/// Tolerances for differences from Keras.
struct Tolerance {
    /// Of each step's loss; relative.
    loss: f64,
    /// Of the final weights; relative for values above 1.
    weights: f64,
    /// Relative for values above 1.
    predictions: f64,
}

impl Tolerance {
    /// Keras' own backends agree within 5e-7, except for two kinds of runs in which rounding errors move values across the kink
    /// of the ReLU or of the penalty: batches of one sample (1.3e-4), and multi-hot inputs with a penalty (1.3e-3).
    fn of(backend: &str, spec: &Spec, fixture: &Fixture) -> Self {
        let penalized = spec.layers.iter().any(|layer| layer.l1 + layer.l2 > 0.0);
        match () {
            () if spec.batch_size == 1 => Self { loss: 1e-3, weights: 1e-3, predictions: 1e-4 },
            // An RMSprop update is up to 3e-3, and a rounding error can flip its sign.
            () if penalized && fixture.has("tokens") => Self { loss: 5e-3, weights: 1e-2, predictions: 5e-3 },
            () if !is_processor(backend) => Self { loss: 1e-4, weights: 1e-3, predictions: 1e-4 },
            () => Self { loss: 1e-5, weights: 1e-3, predictions: 1e-4 },
        }
    }
}

#[test]
fn recorded_runs_match_keras() {
    let files = fixtures();
    assert!(!files.is_empty(), "no fixtures found");
    let chosen = std::env::var(backend::VARIABLE).ok();
    let names = chosen.map_or_else(|| backend::compiled_in().map(String::from).collect(), |name| vec![name]);
    for name in names {
        let server = (name == "remote").then(|| Server::start("flex"));
        let name = server.as_ref().map_or(name, |server| server.backend());
        let device = backend::device(&name).unwrap();
        for path in &files {
            let small = path.metadata().unwrap().len() < SMALL;
            if small || is_processor(&name) {
                replay(&name, &device, path);
            } else {
                println!("{name}: skipped large fixture {}", path.display());
            }
        }
    }
}

/// Maximum size of a small fixture in bytes. Software GPUs and remote devices are many times slower than CPU backends.
const SMALL: u64 = 32 * 1024;

/// The representation of a fixture's inputs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Dense,
    /// Sparse multi-hot vectors (fixtures with tokens only).
    MultiHot,
}

fn fixtures() -> Vec<PathBuf> {
    let folders = match std::env::var_os("KINDLING_PARITY_DIR") {
        Some(folder) => vec![PathBuf::from(folder)],
        None => vec![root().join("crates/e2e/fixtures/parity"), root().join("../shared/parity")],
    };
    let mut files = Vec::<PathBuf>::new();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            println!("skipped: {} does not exist", folder.display());
            continue;
        };
        files.extend(
            entries
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| path.extension().is_some_and(|extension| extension == "safetensors")),
        );
    }
    // Both directories contain the small fixtures.
    files.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
    files.dedup_by_key(|path| path.file_name().map(ToOwned::to_owned));
    files
}

fn replay(backend: &str, device: &Device, path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    let fixture = Fixture(SafeTensors::deserialize(&bytes).unwrap());
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let spec: Spec = serde_json::from_str(&metadata.metadata().as_ref().unwrap()["spec"]).unwrap();

    let forms: &[Form] = if fixture.has("tokens") { &[Form::MultiHot, Form::Dense] } else { &[Form::Dense] };
    for form in forms {
        replay_as(backend, device, *form, path, &fixture, &spec);
    }
}

fn replay_as(backend: &str, device: &Device, form: Form, path: &Path, fixture: &Fixture, spec: &Spec) {
    let network = spec.layers.iter().fold(Sequential::new(spec.input_dim), |network, layer| {
        let dense = Dense::new(layer.units).activation(layer.activation());
        network.layer(dense.kernel_regularizer(Regularizer::l1_l2(layer.l1, layer.l2)))
    });
    let mut model = network.compile(spec.optimizer(), spec.loss(), ()).on(device).unwrap();
    model.set_weights(&fixture.weights("init", spec.layers.len())).unwrap();

    let samples = fixture.samples(spec, form);
    let batches = samples.len().div_ceil(spec.batch_size);
    let expected = fixture.floats("loss");
    assert_eq!(expected.len(), spec.steps);
    let mut worst: f64 = 0.0;
    let tolerance = Tolerance::of(backend, spec, fixture);
    for (step, keras) in expected.iter().enumerate() {
        let start = step % batches * spec.batch_size;
        let batch = samples.slice(start..start + spec.batch_size);
        let loss = model.train_on_batch(&batch).unwrap().require("loss").unwrap();
        let difference = (loss - f64::from(*keras)).abs() / f64::from(*keras).abs();
        worst = worst.max(difference);
        assert!(
            difference <= tolerance.loss,
            "{backend}, {}: step {step}: loss {loss}, Keras {}, relative difference {difference:e}",
            path.display(),
            keras
        );
    }

    let mut weights_apart: f64 = 0.0;
    for ((name, own), (_, keras)) in
        model.weights().unwrap().iter().zip(fixture.weights("final", spec.layers.len()).iter())
    {
        let apart = furthest(own.as_slice::<f32>().unwrap(), keras.as_slice::<f32>().unwrap());
        weights_apart = weights_apart.max(apart);
        assert!(
            apart <= tolerance.weights,
            "{backend}, {}: final {name}: difference {apart:e}",
            path.display()
        );
    }

    let keras = fixture.floats("predict");
    let rows = keras.len() / spec.layers.last().unwrap().units;
    let own = model.predict(&samples.slice(0..rows)).unwrap();
    let apart = furthest(own.as_slice::<f32>().unwrap(), &keras);
    assert!(
        apart <= tolerance.predictions,
        "{backend}, {}: predictions: difference {apart:e}",
        path.display()
    );
    println!(
        "{backend}, {:<24} {form:?}, {} steps, maximum differences: loss {worst:.1e}, weights {weights_apart:.1e}, predictions {apart:.1e}",
        path.file_stem().unwrap().to_string_lossy(),
        spec.steps,
    );
}

struct Fixture<'a>(SafeTensors<'a>);

impl Fixture<'_> {
    fn has(&self, name: &str) -> bool {
        self.0.tensor(name).is_ok()
    }

    fn shape(&self, name: &str) -> Vec<usize> {
        self.0.tensor(name).unwrap().shape().to_vec()
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        let tensor = self.0.tensor(name).unwrap();
        assert_eq!(tensor.dtype(), Dtype::F32, "{name}");
        tensor.data().chunks_exact(4).map(|value| f32::from_le_bytes(value.try_into().unwrap())).collect()
    }

    fn integers(&self, name: &str) -> Vec<i32> {
        let tensor = self.0.tensor(name).unwrap();
        assert_eq!(tensor.dtype(), Dtype::I32, "{name}");
        tensor.data().chunks_exact(4).map(|value| i32::from_le_bytes(value.try_into().unwrap())).collect()
    }

    /// Returns the kernels and biases under the names of this library.
    fn weights(&self, when: &str, layers: usize) -> Weights {
        let named = (0..layers).flat_map(|layer| {
            let dense = if layer == 0 { "dense".into() } else { format!("dense_{layer}") };
            ["kernel", "bias"].map(|part| {
                let name = format!("{when}.{layer}.{part}");
                (format!("{dense}.{part}"), TensorData::new(self.floats(&name), self.shape(&name)))
            })
        });
        Weights::from_tensors(named.collect())
    }

    fn samples(&self, spec: &Spec, form: Form) -> Samples {
        let x = if self.has("x_u8") {
            let pixels = self.0.tensor("x_u8").unwrap().data().to_vec();
            Column::pixels(TensorData::new(pixels, self.shape("x_u8"))).unwrap()
        } else if self.has("tokens") {
            self.multi_hot(spec.input_dim, form)
        } else {
            Column::floats(TensorData::new(self.floats("x"), self.shape("x"))).unwrap()
        };
        let units = spec.layers.last().unwrap().units;
        let y = match (spec.loss.as_str(), self.0.tensor("y").unwrap().dtype()) {
            ("categorical_crossentropy", _) => {
                let classes = self.integers("y");
                Column::floats(to_categorical(&classes, units).unwrap()).unwrap()
            }
            (_, Dtype::I32) => Column::classes(TensorData::new(self.integers("y"), self.shape("y"))).unwrap(),
            _ => Column::floats(TensorData::new(self.floats("y"), self.shape("y"))).unwrap(),
        };
        Samples::new(x, y).unwrap()
    }

    fn multi_hot(&self, dimension: usize, form: Form) -> Column {
        let tokens: Vec<u32> = self.integers("tokens").iter().map(|token| *token as u32).collect();
        let offsets = self.integers("offsets");
        let texts = offsets.windows(2).map(|bounds| &tokens[bounds[0] as usize..bounds[1] as usize]);
        let hot = Column::multi_hot(texts, dimension).unwrap();
        match form {
            Form::MultiHot => hot,
            Form::Dense => Column::floats(hot.data()).unwrap(),
        }
    }
}
