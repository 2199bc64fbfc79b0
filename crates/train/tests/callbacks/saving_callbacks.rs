//! Callbacks that write files or change the learning rate after each epoch.

use std::{fs, path::Path};

use crate::common::{AtEpochEnd, Notes, constant, numbers, parameters, script};
use burn::tensor::Device;
use kindling_models::{Init, Sequential, Weights, activations::Linear};
use kindling_train::{
    Callback, FitOptions, Training,
    callbacks::{CsvLogger, LearningRateScheduler, ModelCheckpoint},
    metrics::{Direction, Mae},
    optimizers::Sgd,
    schedules::LearningRate,
};

/// Gradient descent with a learning rate that halves the error in each step.
fn halving() -> Sgd {
    Sgd::new(0.125)
}

fn epochs(epochs: usize) -> FitOptions {
    FitOptions::new().epochs(epochs).batch_size(1)
}

fn files(folder: &Path) -> Vec<String> {
    let entries =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

#[test]
fn a_checkpoint_is_written_after_each_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let mut checkpoint = ModelCheckpoint::new(folder.path().join("{epoch}-of-3.safetensors"));
    let mut model = constant(halving(), ());
    model.fit_with(&numbers(&[1.0]), &epochs(3), &mut [&mut checkpoint]).unwrap();
    let names = ["1-of-3.safetensors", "2-of-3.safetensors", "3-of-3.safetensors"];
    assert_eq!(files(folder.path()), names);
    for (name, weight) in names.iter().zip([0.25, 0.375, 0.4375]) {
        let weights = Weights::read(folder.path().join(name)).unwrap();
        model.set_weights(&weights).unwrap();
        assert_eq!(parameters(&model.weights().unwrap()), [weight; 2]);
    }
}

#[test]
fn best_checkpoint_is_overwritten_only_by_a_better_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("best.safetensors");
    let figures: &[f64] = &[3.0, 2.0, 2.5, 2.0];
    let run = |mut checkpoint: ModelCheckpoint| {
        let callbacks: &mut [&mut dyn Callback] = &mut [&mut script("val_loss", figures), &mut checkpoint];
        constant(halving(), ()).fit_with(&numbers(&[1.0]), &epochs(4), callbacks).unwrap();
        let network = Sequential::new(1).dense(1, Linear);
        let network = Init::build(&Device::flex(), 0, |init| network.build(init)).unwrap();
        parameters(&Weights::of(&Weights::read(&path).unwrap().load_into(network).unwrap()).unwrap())
    };
    // The weights of the second epoch, not those of the fourth, which has the same value.
    assert_eq!(run(ModelCheckpoint::new(&path).save_best_only("val_loss")), [0.375; 2]);
    assert_eq!(run(ModelCheckpoint::new(&path).save_best_only("val_loss").mode(Direction::Max)), [0.25; 2]);
    assert_eq!(files(folder.path()), ["best.safetensors"]);
}

#[test]
fn invalid_path_or_metric_of_a_checkpoint_ends_the_run() {
    let folder = tempfile::tempdir().unwrap();
    // There is a file in place of the directory.
    let blocked = folder.path().join("file/weights");
    fs::write(folder.path().join("file"), "").unwrap();
    let fit = |mut checkpoint: ModelCheckpoint| {
        let mut model = constant(halving(), ());
        model.fit_with(&numbers(&[1.0]), &epochs(2), &mut [&mut checkpoint]).unwrap_err()
    };
    let error = fit(ModelCheckpoint::new(&blocked)).to_string();
    assert!(error.contains(&blocked.display().to_string()), "{error}");
    let error = fit(ModelCheckpoint::new(folder.path().join("w")).save_best_only("val_accuracy")).to_string();
    assert!(error.contains("ModelCheckpoint") && error.contains("val_accuracy"), "{error}");
    assert_eq!(files(folder.path()), ["file"]);
}

#[test]
fn csv_log_has_each_epoch_as_soon_as_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.csv");
    fs::write(&path, "rows of an earlier run\n".repeat(9)).unwrap();
    let seen = Notes::default();
    let (notes, log) = (seen.clone(), path.clone());
    let mut peek = AtEpochEnd(move |_: &mut Training| {
        notes.borrow_mut().push(fs::read_to_string(&log).unwrap().lines().count());
        Ok(())
    });
    let samples = numbers(&[1.0]);
    let options = epochs(3).validation_data(&samples);
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut CsvLogger::new(&path), &mut peek];
    let history = constant(halving(), [Mae]).fit_with(&samples, &options, callbacks).unwrap();
    assert_eq!(*seen.borrow(), [2, 3, 4]);
    let exported = folder.path().join("history.csv");
    history.save_csv(&exported).unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), fs::read_to_string(exported).unwrap());

    let mut nowhere = CsvLogger::new(folder.path().join("history.csv/log.csv"));
    let error = constant(halving(), ()).fit_with(&samples, &epochs(1), &mut [&mut nowhere]).unwrap_err();
    assert!(error.to_string().starts_with("the callback CsvLogger failed: "), "{error}");
    assert!(error.to_string().contains("history.csv/log.csv"), "{error}");
}

/// `keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.7)` with `SGD(0.3)`.
#[test]
fn rates_of_a_scheduler_are_rounded_as_in_keras() {
    let mut model = constant(Sgd::new(0.3), ());
    let mut schedule = LearningRateScheduler::new(|_, rate| rate * 0.7);
    let history = model.fit_with(&numbers(&[1.0]), &epochs(4), &mut [&mut schedule]).unwrap();
    let expected = [0.21000000834465027, 0.1469999998807907, 0.10289999842643738, 0.07203000038862228];
    assert_eq!(history.get("learning_rate"), expected);
}

#[test]
fn a_scheduler_sets_the_rate_of_each_epoch_and_logs_it() {
    let mut asked = Vec::new();
    let mut schedule = LearningRateScheduler::new(|epoch, rate| {
        asked.push((epoch, rate));
        if epoch == 0 { rate } else { rate * 2.0 }
    });
    let mut model = constant(halving(), ());
    let history = model.fit_with(&numbers(&[1.0]), &epochs(3), &mut [&mut schedule]).unwrap();
    assert_eq!(asked, [(0, 0.125), (1, 0.125), (2, 0.25)]);
    assert_eq!(history.get("learning_rate"), [0.125, 0.25, 0.5]);
    // A rate of 1/8 halves the error, and a rate of 1/4 removes it.
    assert_eq!(history.get("loss"), [1.0, 0.25, 0.0]);
    assert_eq!(model.learning_rate(), 0.5, "the last rate must be kept, as in Keras");
}

#[test]
fn invalid_rate_of_a_scheduler_ends_the_run_before_the_epoch() {
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let mut schedule =
            LearningRateScheduler::new(move |epoch, before| if epoch == 0 { before } else { rate });
        let mut model = constant(halving(), ());
        let error = model.fit_with(&numbers(&[1.0]), &epochs(3), &mut [&mut schedule]).unwrap_err();
        let start = format!("the callback LearningRateScheduler failed: learning_rate is {rate}: ");
        assert!(error.to_string().starts_with(&start), "{error}");
        assert_eq!(parameters(&model.weights().unwrap()), [0.25; 2], "expected the weights after one epoch");
    }
}

#[test]
fn scheduler_with_an_optimizer_schedule_is_an_error() {
    let mut schedule = LearningRateScheduler::new(|_, rate| rate);
    let mut model = constant(Sgd::new(LearningRate::from_fn(|_| 0.125)), ());
    let error = model.fit_with(&numbers(&[1.0]), &epochs(1), &mut [&mut schedule]).unwrap_err();
    assert!(error.to_string().contains("follows the schedule <closure>"), "{error}");
    assert_eq!(parameters(&model.weights().unwrap()), [0.0; 2]);
}
