//! Saving and loading models with built-in and custom losses, metrics, layers and other types.

use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use crate::common::{numbers, parameters};
use crate::parts::{BurnAdamW, Halved, Lion, Logarithm, Powers, Within, model, samples};
use burn::tensor::{Device, TensorData};
use kindling_data::{Samples, preprocessing::StandardScaler};
use kindling_models::{
    ModelError, Regularizer, Sequential, SequentialNetwork,
    activations::{Linear, Relu, Sigmoid, Softmax},
    keras_file::KerasFile,
    layers::Dense,
};
use kindling_train::{
    Compile, Compiling, FitOptions, Model, Objective, TrainError,
    losses::{
        self, BinaryCrossentropy, CategoricalCrossentropy, MeanSquaredError, SparseCategoricalCrossentropy,
    },
    metrics::{Accuracy, Mae, TopKCategoricalAccuracy},
    optimizers::{Adam, AdamW, RmsProp, Sgd},
    schedules::LearningRate,
};
use tempfile::TempDir;
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

fn options() -> FitOptions {
    FitOptions::new().epochs(2).batch_size(8)
}

fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.keras");
    (folder, path)
}

fn reloaded(model: &Model<SequentialNetwork>) -> Model<SequentialNetwork> {
    let (_folder, path) = file();
    model.save(&path).unwrap();
    Model::load(&path, &Device::flex()).unwrap()
}

#[test]
fn custom_types_are_loaded() {
    let samples = samples();
    let mut trained = model(3);
    trained.fit(&samples, &options()).unwrap();
    let mut loaded = reloaded(&trained);
    assert_eq!(
        loaded.weights().unwrap().iter().collect::<Vec<_>>(),
        trained.weights().unwrap().iter().collect::<Vec<_>>()
    );
    assert_eq!(loaded.predict(&samples).unwrap(), trained.predict(&samples).unwrap());
    // Evaluation uses the loss, the metric and the preprocessing.
    assert_eq!(loaded.evaluate(&samples).unwrap(), trained.evaluate(&samples).unwrap());
    assert_eq!(loaded.summary(), trained.summary());
    assert_eq!((loaded.seed(), loaded.step(), loaded.epoch()), (3, 16, 2));
    assert_eq!(format!("{:?}", loaded.preprocessing()), "Some(Logarithm)");
    // The schedule continues at the current step.
    let rate = |step: u64| 0.01 * 0.5_f64.powi((step / 10) as i32);
    assert_eq!((trained.learning_rate(), loaded.learning_rate()), (rate(16), rate(16)));
    loaded.fit(&samples, &options()).unwrap();
    assert_eq!(loaded.learning_rate(), rate(32));
}

/// Checks that a model that is saved and loaded between two runs equals one that is not.
#[track_caller]
fn assert_continues(mut compiled: Model<SequentialNetwork>, samples: &Samples) {
    compiled.fit(samples, &options()).unwrap();
    let mut loaded = reloaded(&compiled);
    assert_eq!(loaded.learning_rate(), compiled.learning_rate());
    assert_eq!(loaded.fit(samples, &options()).unwrap(), compiled.fit(samples, &options()).unwrap());
    assert_eq!(
        parameters(&loaded.weights().unwrap()),
        parameters(&compiled.weights().unwrap()),
        "the optimizers differ"
    );
}

#[test]
fn optimizers_are_loaded_with_all_options() {
    let samples = samples();
    let halved = || Halved::new(0.02, 3);
    let compiled = |compiling: Compiling<'static, SequentialNetwork>| {
        compiling.preprocessing(Logarithm::new()).seed(1).on(&Device::flex()).unwrap()
    };
    let stack = || Sequential::new(4).dense(6, Relu).dropout(0.25).dense(1, Linear);
    for clipping in [None, Some("clipnorm"), Some("global_clipnorm"), Some("clipvalue")] {
        macro_rules! clipped {
            ($optimizer:expr) => {
                match clipping {
                    None => $optimizer,
                    Some("clipnorm") => $optimizer.clipnorm(0.1),
                    Some("global_clipnorm") => $optimizer.global_clipnorm(0.1),
                    Some(_) => $optimizer.clipvalue(0.01),
                }
            };
        }
        let sgd = clipped!(Sgd::new(0.01).momentum(0.9).nesterov(true));
        assert_continues(compiled(stack().compile(sgd, MeanSquaredError, ())), &samples);
        let rms_prop = clipped!(RmsProp::new(halved()).rho(0.8).momentum(0.5).weight_decay(0.01));
        assert_continues(compiled(stack().compile(rms_prop, MeanSquaredError, ())), &samples);
        let adam = clipped!(Adam::new(halved()));
        assert_continues(compiled(stack().compile(adam, MeanSquaredError, ())), &samples);
        let adam_w = clipped!(AdamW::new(0.01).weight_decay(0.1));
        assert_continues(compiled(stack().compile(adam_w, MeanSquaredError, ())), &samples);
    }
    let own = BurnAdamW { learning_rate: 0.01 };
    assert_continues(compiled(stack().compile(own, Powers::new(3.0), ())), &samples);
    let own = Lion { learning_rate: 0.001.into() };
    assert_continues(compiled(stack().compile(own, Powers::new(3.0), [Within::new(0.5)])), &samples);
}

#[test]
fn objectives_are_loaded_with_all_options() {
    let flowers = crate::common::flowers(30);
    let one_hot = flowers.to_categorical(3).unwrap();
    let stack = || Sequential::new(4).dense(6, Relu).dense(3, Softmax);
    let smoothed = CategoricalCrossentropy::label_smoothing(0.3);
    let compiled = stack()
        .compile(Sgd::new(0.1), smoothed, (Accuracy, TopKCategoricalAccuracy::new(2), Mae))
        .on(&Device::flex())
        .unwrap();
    assert_eq!(reloaded(&compiled).evaluate(&one_hot).unwrap(), compiled.evaluate(&one_hot).unwrap());
    let objective =
        Objective::new(SparseCategoricalCrossentropy).weight(0.25).metrics([TopKCategoricalAccuracy::new(1)]);
    let compiled = stack()
        .compile(Sgd::new(0.1), MeanSquaredError, ())
        .objectives([objective])
        .on(&Device::flex())
        .unwrap();
    assert_continues(compiled, &flowers);
    let smoothed = BinaryCrossentropy::label_smoothing(0.5);
    let network = Sequential::new(1)
        .layer(Dense::new(1).activation(Sigmoid).kernel_regularizer(Regularizer::l1_l2(0.1, 0.2)));
    let compiled = network.compile(Sgd::new(0.1), smoothed, ()).on(&Device::flex()).unwrap();
    assert_continues(compiled, &numbers(&[1.0, 0.0, 1.0]));
}

#[test]
fn round_trip_of_fitted_preprocessing_is_lossless() {
    let samples = samples();
    let scaler = StandardScaler::fit(&samples.input()).unwrap();
    let stack = Sequential::new(4).dense(6, Relu).dense(1, Linear);
    let compiling = stack.compile(Adam::new(0.01), MeanSquaredError, [Mae]).preprocessing(scaler);
    let mut model = compiling.on(&Device::flex()).unwrap();
    model.fit(&samples, &options()).unwrap();
    let loaded = reloaded(&model);
    assert_eq!(loaded.predict(&samples).unwrap(), model.predict(&samples).unwrap());
    assert_eq!(loaded.evaluate(&samples).unwrap(), model.evaluate(&samples).unwrap());
}

#[track_caller]
fn refused(model: &Model<SequentialNetwork>, parts: &[&str]) {
    let (folder, path) = file();
    let message = model.save(&path).unwrap_err().to_string();
    assert!(parts.iter().all(|part| message.contains(part)), "{parts:?} in {message:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a file was written");
}

#[test]
fn saving_closures_is_an_error_that_names_them() {
    let network = || Sequential::new(1).dense(1, Linear);
    let cubic = || losses::from_fn("cubic", |predicted, target| (predicted - target).abs().powi_scalar(3));
    let model = network().compile(Sgd::new(0.1), cubic(), ()).on(&Device::flex()).unwrap();
    refused(
        &model,
        &["the model cannot be saved", "the loss cubic is a closure", "implement Loss for a type"],
    );
    let falling = || LearningRate::from_fn(|step| 0.1 / (1 + step) as f64);
    let schedule =
        ["the model cannot be saved", "the learning rate is a closure", "implement Schedule for a type"];
    refused(
        &network().compile(Sgd::new(falling()), MeanSquaredError, ()).on(&Device::flex()).unwrap(),
        &schedule,
    );
    refused(
        &network().compile(Adam::new(falling()), MeanSquaredError, ()).on(&Device::flex()).unwrap(),
        &schedule,
    );
    let own = Lion { learning_rate: falling() };
    refused(&network().compile(own, MeanSquaredError, ()).on(&Device::flex()).unwrap(), &schedule);
    // The weights of such models can still be saved.
    let (_folder, path) = file();
    model.weights().unwrap().save(&path).unwrap();
    let error = Model::load(&path, &Device::flex()).unwrap_err();
    assert!(matches!(error, TrainError::Model(ModelError::KerasFile { .. })));
    assert!(error.to_string().contains("it is not a .keras file"), "{error}");
}

/// Copies an archive, with a change of each entry.
fn rewritten(from: &Path, to: &Path, change: impl Fn(Vec<u8>) -> Vec<u8>) {
    let mut archive = ZipArchive::new(File::open(from).unwrap()).unwrap();
    let mut copy = ZipWriter::new(File::create(to).unwrap());
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let (name, mut bytes) = (entry.name().unwrap().to_string(), Vec::new());
        entry.read_to_end(&mut bytes).unwrap();
        copy.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))
            .unwrap();
        copy.write_all(&change(bytes)).unwrap();
    }
    copy.finish().unwrap();
}

#[test]
fn error_names_a_type_that_is_not_in_the_program() {
    let (_folder, path) = file();
    model(0).save(&path).unwrap();
    for name in ["Scaled", "Swish", "Alternating", "Lion", "Halved", "Powers", "Within", "Logarithm"] {
        // All names are in uncompressed entries. Their checksums are updated.
        let written = format!("\"{name}\"");
        let unknown = format!("\"{}\"", "X".repeat(name.len()));
        let (_other_folder, other) = file();
        rewritten(&path, &other, |bytes| {
            String::from_utf8(bytes)
                .map_or_else(|error| error.into_bytes(), |json| json.replace(&written, &unknown).into())
        });
        let message = Model::load(&other, &Device::flex()).unwrap_err().to_string();
        assert!(message.contains("model.keras cannot be loaded"), "{name}: {message}");
        assert!(message.contains(&"X".repeat(name.len())), "{name}: {message}");
    }
}

#[test]
fn same_seed_gives_the_same_file() {
    let bytes = || {
        let (_folder, path) = file();
        let mut model = model(5);
        model.fit(&samples(), &options()).unwrap();
        model.save(&path).unwrap();
        std::fs::read(path).unwrap()
    };
    assert!(bytes() == bytes());
}

/// Burn's Lion keeps a momentum for each weight, under `kindling/optimizer`.
#[test]
fn damaged_optimizer_state_is_an_error() {
    let samples = samples();
    let (_folder, path) = file();
    let stack = Sequential::new(4).dense(6, Relu).dense(1, Linear);
    let lion = Lion { learning_rate: 0.001.into() };
    let mut trained = stack.compile(lion, MeanSquaredError, ()).on(&Device::flex()).unwrap();
    trained.fit(&samples, &options()).unwrap();
    trained.save(&path).unwrap();
    let intact = KerasFile::read(&path).unwrap();
    let name = "kindling/optimizer/0/momentum";
    assert_eq!(intact.arrays()[name].shape().as_slice(), [4, 6]);
    let not_finite = TensorData::new([&[0.0; 23][..], &[f32::NAN]].concat(), [4, 6]);
    for (data, problem) in [
        (TensorData::zeros::<f32, _>([4, 5]), "[4, 5]"),
        (TensorData::zeros::<f32, _>([24]), "[24]"),
        (TensorData::zeros::<f32, _>([6, 4]), "[6, 4]"),
        (not_finite, "not finite at index 23"),
    ] {
        let mut damaged = intact.clone();
        damaged.arrays_mut().insert(name.into(), data);
        damaged.write(&path).unwrap();
        let error = Model::load(&path, &Device::flex()).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(problem), "{error}");
    }
}
