//! Loads models written by the book's programs in Keras, evaluates them, predicts with them, and continues their training.
//!
//! `KINDLING_KERAS_PYTHON` names a Python interpreter with Keras 3, JAX and safetensors; the tests are skipped if it is not
//! set. They use the full data sets in `../shared/data` if that directory exists, and otherwise the bundled samples.

use std::{ffi::OsString, path::Path, process::Command};

use kindling::{
    data::{DataChoice, Kind, Source, SplitOptions, TextOptions},
    layers::Layer,
    losses::MeanSquaredError,
    metrics::Accuracy,
    models::Part,
    optimizers::Adam,
    prelude::*,
    preprocessing::{StandardScaler, Transform},
};
use kindling_e2e::{Program, full_data, furthest, json, root};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::Deserialize;

/// Number of training steps on both sides, and samples per step.
const STEPS: usize = 3;
const BATCH_SIZE: usize = 32;

#[derive(Deserialize)]
struct Figures {
    keras: String,
    evaluate: std::collections::BTreeMap<String, f64>,
    predict: Vec<f32>,
    losses: Vec<f64>,
}

#[test]
fn keras_evaluates_and_trains_saved_models() {
    let Some(python) = python() else { return };
    let full = full_data();
    let options = match &full {
        Some(folder) => DataOptions::from_env().choice(DataChoice::Full).dir(folder),
        None => DataOptions::from_env().choice(DataChoice::Bundled),
    };
    for (program, arguments, test) in [
        ("ch02_mnist", &["--epochs", "2"][..], mnist_test(&options)),
        ("ch03_imdb", &["--final"], imdb_test(&options)),
        ("ch03_reuters", &["--final"], reuters_test(&options)),
        ("ch03_boston", &["--final"], boston_test(&options)),
    ] {
        let out = tempfile::tempdir().unwrap();
        let mut command = Program(program).command();
        command.args(["--quiet", "--out"]).arg(out.path()).args(arguments);
        match &full {
            Some(folder) => command.args(["--data", "full", "--data-dir"]).arg(folder),
            None => command.args(["--data", "bundled"]),
        };
        command.assert().success();

        let (model, data) = (out.path().join("model.keras"), out.path().join("data.safetensors"));
        let again = out.path().join("again.keras");
        write(&test, &data);
        let mut keras = Command::new(&python);
        keras.arg(root().join("crates/e2e/tests/keras_opens.py")).args([&model, &data]);
        let output = keras.args([STEPS.to_string(), BATCH_SIZE.to_string()]).arg(&again).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let keras: Figures = serde_json::from_slice(&output.stdout).unwrap();

        // Compares with the metrics in result.json, with a relative tolerance of 5e-5.
        let result = json(&out.path().join("result.json"));
        let mut figures = Vec::new();
        for (name, keras) in &keras.evaluate {
            let own = result[format!("test_{name}")].as_f64().unwrap();
            assert!((own - keras).abs() < 5e-5 * keras.abs(), "{program}: {name} is {own}, in Keras {keras}");
            figures.push(format!("{name} {own:.6} and {keras:.6}"));
        }
        let mut model = Model::load(&model, &Device::flex()).unwrap();
        let predictions = model.predict(&test.slice(0..BATCH_SIZE)).unwrap();
        let predictions_apart = furthest(predictions.as_slice::<f32>().unwrap(), &keras.predict);
        assert!(predictions_apart < 1e-5, "{program}: predictions differ by {predictions_apart:.1e}");
        let mut losses_apart: f64 = 0.0;
        for (step, keras) in keras.losses.iter().enumerate() {
            let batch = test.slice(step * BATCH_SIZE..(step + 1) * BATCH_SIZE);
            let own = model.train_on_batch(&batch).unwrap().require("loss").unwrap();
            losses_apart = losses_apart.max((own - keras).abs() / keras.abs());
        }
        assert!(losses_apart < 1e-5, "{program}: losses differ by {losses_apart:.1e}");
        let weights_apart = largest_difference(&model, &Model::load(&again, &Device::flex()).unwrap());
        assert!(weights_apart < 1e-3, "{program}: weights differ by {weights_apart:.1e}");
        println!(
            "{program}: test {}; maximum differences from Keras {}: predictions {predictions_apart:.1e}, losses \
             {losses_apart:.1e}, weights {weights_apart:.1e}",
            figures.join(", "),
            keras.keras
        );
    }
}

fn largest_difference(own: &Model, keras: &Model) -> f64 {
    let (own, keras) = (own.weights().unwrap(), keras.weights().unwrap());
    let apart = own.iter().zip(keras.iter()).map(|((name, own), (same, keras))| {
        assert_eq!(name, same);
        furthest(own.as_slice::<f32>().unwrap(), keras.as_slice::<f32>().unwrap())
    });
    apart.fold(0.0, f64::max)
}

#[derive(Deserialize)]
struct LayerCase {
    layer: Part<dyn Layer>,
    input: Vec<usize>,
}

/// Covers every layer class with its options, after one training step.
#[test]
fn keras_predicts_with_every_layer() {
    let Some(python) = python() else { return };
    let cases = root().join("crates/models/tests/fixtures/keras_layers.json");
    let cases: Vec<LayerCase> = serde_json::from_reader(std::fs::File::open(cases).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut expected = Vec::new();
    for (index, LayerCase { layer, input }) in cases.iter().enumerate() {
        let class = layer.class_name();
        let compiling = Sequential::new(input.clone()).layer(layer.clone()).compile(
            Adam::new(0.01),
            MeanSquaredError,
            [] as [Accuracy; 0],
        );
        let mut model = compiling.on(&Device::flex()).unwrap_or_else(|error| panic!("{class}: {error}"));
        let spec = model.network().inputs().swap_remove(0);
        let shape = [&[2], input.as_slice()].concat();
        let count: usize = shape.iter().product();
        let waves =
            TensorData::new((0..count).map(|place| (place as f32 * 1.7).sin()).collect(), shape.clone());
        let ids = |below: usize| {
            TensorData::new((0..count).map(|place| (place * 7 % below) as i32).collect(), shape.clone())
        };
        let x =
            spec.ids_below.map_or_else(|| Column::floats(waves), |below| Column::ids(ids(below))).unwrap();
        let samples = Samples::inputs_only(x.clone());
        let zeros = model.predict(&samples).unwrap().shape().clone();
        let y = Column::floats(TensorData::zeros::<f32, _>(zeros)).unwrap();
        model.train_on_batch(&Samples::new(x, y).unwrap()).unwrap_or_else(|error| panic!("{class}: {error}"));
        let name = format!("{index:02}_{class}");
        model.save(folder.path().join(&name).with_extension("keras")).unwrap();
        write(&samples, &folder.path().join(&name).with_extension("safetensors"));
        let own = model.predict(&samples).unwrap();
        expected.push((name, samples, own));
    }
    let mut keras = Command::new(&python);
    let output =
        keras.arg(root().join("crates/e2e/tests/keras_opens_layers.py")).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (name, samples, own) in expected {
        let predicted =
            std::fs::read(folder.path().join(&name).with_extension("predicted.safetensors")).unwrap();
        let predicted = SafeTensors::deserialize(&predicted).unwrap();
        let predicted = predicted.tensor("predicted").unwrap();
        assert_eq!(predicted.shape(), own.shape().as_slice(), "{name}");
        let predicted: Vec<f32> =
            predicted.data().chunks(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect();
        let own = own.as_slice::<f32>().unwrap();
        let apart = furthest(own, &predicted);
        assert!(apart < 1e-5, "{name}: predictions differ by {apart:.1e}");
        let again = Model::load(folder.path().join(&name).with_extension("again.keras"), &Device::flex());
        let again = again.unwrap_or_else(|error| panic!("{error}")).predict(&samples).unwrap();
        assert_eq!(again.as_slice::<f32>().unwrap(), own, "{name}");
    }
    println!("{} layers", cases.len());
}

/// Returns the Python interpreter with Keras. If none is set, prints that the test is skipped and returns None.
fn python() -> Option<OsString> {
    let python = std::env::var_os("KINDLING_KERAS_PYTHON");
    if python.is_none() {
        println!("skipped: KINDLING_KERAS_PYTHON is not set");
    }
    python
}

/// Writes inputs and targets (if any) as safetensors; multi-hot vectors as bytes.
fn write(samples: &Samples, path: &Path) {
    let hot = samples.inputs()[0].kind() == Kind::MultiHot;
    let mut x: Vec<u8> = Vec::new();
    for start in (0..samples.len()).step_by(1000) {
        let part = samples.slice(start..samples.len().min(start + 1000)).input();
        match hot {
            true => x.extend(part.iter::<f32>().map(|value| value as u8)),
            false => x.extend(part.iter::<f32>().flat_map(f32::to_le_bytes)),
        }
    }
    let shape = |column: &Column| [&[column.len()], column.sample_shape()].concat();
    let dtype = if hot { Dtype::U8 } else { Dtype::F32 };
    let y: Vec<u8> =
        samples.targets().iter().flat_map(|y| y.data().convert::<f32>().into_bytes().to_vec()).collect();
    let mut tensors = vec![("x", TensorView::new(dtype, shape(&samples.inputs()[0]), &x).unwrap())];
    for target in samples.targets() {
        tensors.push(("y", TensorView::new(Dtype::F32, shape(target), &y).unwrap()));
    }
    safetensors::serialize_to_file(tensors, None, path).unwrap();
}

fn mnist_test(options: &DataOptions) -> Samples {
    mnist::load(options).unwrap().test.reshape(784).unwrap()
}

fn imdb_test(options: &DataOptions) -> Samples {
    let imdb = imdb::load(&TextOptions::new().num_words(10_000), options).unwrap();
    assert!(matches!(imdb.source, Source::Dir | Source::Synthetic));
    imdb.test.multi_hot(10_000).unwrap()
}

fn reuters_test(options: &DataOptions) -> Samples {
    let reuters = reuters::load(&TextOptions::new().num_words(10_000), options).unwrap();
    reuters.test.multi_hot(10_000).unwrap()
}

fn boston_test(options: &DataOptions) -> Samples {
    let boston = boston_housing::load(&SplitOptions::new(), options).unwrap();
    let scaler = StandardScaler::fit(&boston.train.input()).unwrap();
    scaler.transform_samples(&boston.test).unwrap()
}
