//! Callbacks are called at the turns of a run, in their order, and may end it.

mod common;

use std::{fs, path::Path};

use burn::tensor::Device;
use common::{AtEpochEnd, Notes, constant, kernel_and_bias, numbers, parameters, script};
use kindling_models::{Activation::Linear, Architecture, Sequential, Weights};
use kindling_train::{
    Callback, CsvLogger, FitOptions, LearningRateScheduler,
    Metric::Mae,
    ModelCheckpoint, Sgd, TrainError,
    callbacks::{Mode, Training},
};

const HALVING: Sgd = Sgd { learning_rate: 0.125, momentum: 0.0, nesterov: false };

fn epochs(epochs: usize) -> FitOptions {
    FitOptions::new().epochs(epochs).batch_size(1)
}

/// Notes every call down, and fails at one of them.
struct Recorder {
    name: &'static str,
    notes: Notes<String>,
    fail_at: &'static str,
}

impl Recorder {
    fn note(&self, turn: &str, training: &Training) -> Result<(), TrainError> {
        let Training { epoch, epochs, step, steps, .. } = training;
        self.notes.borrow_mut().push(format!("{} {turn} {epoch}/{epochs} {step}/{steps}", self.name));
        match turn == self.fail_at {
            true => Err(TrainError::Mismatch(format!("enough at {turn}"))),
            false => Ok(()),
        }
    }
}

impl Callback for Recorder {
    fn on_train_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.note("begin", training)
    }

    fn on_epoch_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.note("epoch", training)
    }

    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.note("batch", training)
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.note("epoch end", training)
    }

    fn on_train_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.note("end", training)
    }
}

#[test]
fn every_turn_is_called_for_each_callback_in_the_order_they_were_added() {
    let notes = Notes::default();
    let recorder = |name| Recorder { name, notes: notes.clone(), fail_at: "" };
    let options = FitOptions::new().epochs(2).batch_size(2).callback(recorder("a")).callback(recorder("b"));
    constant(HALVING, []).fit(&numbers(&[1.0; 3]), options).unwrap();
    let turns = [
        "begin 0/2 0/2",
        "epoch 0/2 0/2",
        "batch 0/2 1/2",
        "batch 0/2 2/2",
        "epoch end 0/2 2/2",
        "epoch 1/2 0/2",
        "batch 1/2 1/2",
        "batch 1/2 2/2",
        "epoch end 1/2 2/2",
        "end 1/2 2/2",
    ];
    let expected: Vec<String> =
        turns.iter().flat_map(|turn| ["a", "b"].map(|name| format!("{name} {turn}"))).collect();
    assert_eq!(*notes.borrow(), expected);
}

#[test]
fn an_error_at_any_turn_ends_the_run_and_leaves_a_model_that_works() {
    for (turn, calls) in [("begin", 1), ("epoch", 2), ("batch", 3), ("epoch end", 4), ("end", 5)] {
        let notes = Notes::default();
        let recorder = Recorder { name: "a", notes: notes.clone(), fail_at: turn };
        let mut model = constant(HALVING, []);
        let error = model.fit(&numbers(&[1.0]), epochs(1).callback(recorder)).unwrap_err();
        assert_eq!(error.to_string(), format!("enough at {turn}"));
        assert_eq!(notes.borrow().len(), calls, "nothing is called after {turn}");
        // What was learned before it stays.
        let steps = if calls < 3 { 0.0 } else { 1.0 };
        assert_eq!(parameters(&model.weights().unwrap()), [0.25 * steps; 2]);
        assert_eq!(model.fit(&numbers(&[1.0]), epochs(2)).unwrap().epochs(), 2);
    }
}

#[test]
fn a_callback_may_change_the_weights_but_not_their_shapes() {
    let reset =
        AtEpochEnd(|training: &mut Training| training.model().set_weights(&kernel_and_bias(0.0, 0.0)));
    let mut model = constant(HALVING, []);
    let history = model.fit(&numbers(&[1.0]), epochs(3).callback(reset)).unwrap();
    assert_eq!(history.get("loss"), [1.0; 3]);

    let wrong = Weights::of(&Sequential::new(2).dense(1, Linear).build(&Device::flex(), 0).unwrap()).unwrap();
    let exchange = AtEpochEnd(move |training: &mut Training| training.model().set_weights(&wrong));
    let error = model.fit(&numbers(&[1.0]), epochs(3).callback(exchange)).unwrap_err();
    assert!(error.to_string().contains("dense.kernel"), "{error}");
    assert_eq!(parameters(&model.weights().unwrap()), [0.25; 2]);
}

#[test]
fn a_stop_that_is_asked_for_in_the_middle_of_an_epoch_comes_after_it() {
    struct Stop;
    impl Callback for Stop {
        fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
            training.stop();
            Ok(())
        }
    }
    let notes = Notes::default();
    let recorder = Recorder { name: "a", notes: notes.clone(), fail_at: "" };
    let options = epochs(5).callback(Stop).callback(recorder);
    assert_eq!(constant(HALVING, []).fit(&numbers(&[1.0; 3]), options).unwrap().epochs(), 1);
    assert_eq!(notes.borrow().iter().filter(|note| note.starts_with("a batch")).count(), 3);
    assert_eq!(notes.borrow().last().unwrap(), "a end 0/5 3/3");
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
    let checkpoint = ModelCheckpoint::new(folder.path().join("{epoch}-of-3.safetensors"));
    let mut model = constant(HALVING, []);
    model.fit(&numbers(&[1.0]), epochs(3).callback(checkpoint)).unwrap();
    let names = ["1-of-3.safetensors", "2-of-3.safetensors", "3-of-3.safetensors"];
    assert_eq!(files(folder.path()), names);
    for (name, weight) in names.iter().zip([0.25, 0.375, 0.4375]) {
        let weights = Weights::read(folder.path().join(name)).unwrap();
        model.set_weights(&weights).unwrap();
        assert_eq!(parameters(&model.weights().unwrap()), [weight; 2]);
    }
}

#[test]
fn a_checkpoint_of_the_best_is_written_over_by_a_better_one_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("best.safetensors");
    let figures: &[f64] = &[3.0, 2.0, 2.5, 2.0];
    let run = |checkpoint: ModelCheckpoint| {
        let options = epochs(4).callback(script("val_loss", figures)).callback(checkpoint);
        constant(HALVING, []).fit(&numbers(&[1.0]), options).unwrap();
        let network = Sequential::new(1).dense(1, Linear).build(&Device::flex(), 0).unwrap();
        parameters(&Weights::of(&Weights::read(&path).unwrap().load_into(network).unwrap()).unwrap())
    };
    // The second epoch's, not the fourth's, which is as good.
    assert_eq!(run(ModelCheckpoint::new(&path).save_best_only("val_loss")), [0.375; 2]);
    assert_eq!(run(ModelCheckpoint::new(&path).save_best_only("val_loss").mode(Mode::Max)), [0.25; 2]);
    assert_eq!(files(folder.path()), ["best.safetensors"]);
}

#[test]
fn a_checkpoint_that_cannot_be_written_or_watched_ends_the_run() {
    let folder = tempfile::tempdir().unwrap();
    // A file stands where the folder should be.
    let blocked = folder.path().join("file/weights");
    fs::write(folder.path().join("file"), "").unwrap();
    let fit =
        |checkpoint| constant(HALVING, []).fit(&numbers(&[1.0]), epochs(2).callback(checkpoint)).unwrap_err();
    let error = fit(ModelCheckpoint::new(&blocked)).to_string();
    assert!(error.contains(&blocked.display().to_string()), "{error}");
    let error = fit(ModelCheckpoint::new(folder.path().join("w")).save_best_only("val_accuracy")).to_string();
    assert!(error.contains("ModelCheckpoint") && error.contains("val_accuracy"), "{error}");
    assert_eq!(files(folder.path()), ["file"]);
}

#[test]
fn a_csv_log_holds_each_epoch_as_soon_as_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.csv");
    fs::write(&path, "left over from another run\n".repeat(9)).unwrap();
    let seen = Notes::default();
    let (notes, log) = (seen.clone(), path.clone());
    let peek = AtEpochEnd(move |_: &mut Training| {
        notes.borrow_mut().push(fs::read_to_string(&log).unwrap().lines().count());
        Ok(())
    });
    let samples = numbers(&[1.0]);
    let options = epochs(3).validation_data(&samples).callback(CsvLogger::new(&path)).callback(peek);
    let history = constant(HALVING, [Mae]).fit(&samples, options).unwrap();
    assert_eq!(*seen.borrow(), [2, 3, 4]);
    let exported = folder.path().join("history.csv");
    history.save_csv(&exported).unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), fs::read_to_string(exported).unwrap());

    let nowhere = CsvLogger::new(folder.path().join("history.csv/log.csv"));
    let error = constant(HALVING, []).fit(&samples, epochs(1).callback(nowhere)).unwrap_err();
    assert!(error.to_string().contains("history.csv/log.csv"), "{error}");
}

#[test]
fn a_schedule_sets_the_rate_of_each_epoch_and_the_history_tells_it() {
    let asked = Notes::default();
    let notes = asked.clone();
    let schedule = LearningRateScheduler::new(move |epoch, rate| {
        notes.borrow_mut().push((epoch, rate));
        if epoch == 0 { rate } else { rate * 2.0 }
    });
    let mut model = constant(HALVING, []);
    let history = model.fit(&numbers(&[1.0]), epochs(3).callback(schedule)).unwrap();
    assert_eq!(*asked.borrow(), [(0, 0.125), (1, 0.125), (2, 0.25)]);
    assert_eq!(history.get("learning_rate"), [0.125, 0.25, 0.5]);
    // The error is halved by a rate of 1/8, gone with 1/4.
    assert_eq!(history.get("loss"), [1.0, 0.25, 0.0]);
    assert_eq!(model.learning_rate(), 0.5, "the last rate stays, as in Keras");
}

#[test]
fn a_schedule_that_gives_no_usable_rate_ends_the_run_before_its_epoch() {
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let schedule =
            LearningRateScheduler::new(move |epoch, before| if epoch == 0 { before } else { rate });
        let mut model = constant(HALVING, []);
        let error = model.fit(&numbers(&[1.0]), epochs(3).callback(schedule)).unwrap_err();
        assert!(error.to_string().starts_with(&format!("learning_rate is {rate}: ")), "{error}");
        assert_eq!(parameters(&model.weights().unwrap()), [0.25; 2], "one epoch was trained");
    }
}
