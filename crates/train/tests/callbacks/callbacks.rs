//! The order of callback events, and callbacks that end a run.

use crate::common::{AtEpochEnd, Notes, constant, kernel_and_bias, numbers, parameters};
use burn::tensor::Device;
use kindling_models::{Sequential, Weights, activations::Linear};
use kindling_train::{
    Callback, Compile, FitOptions, TrainError, Training, losses::MeanSquaredError, optimizers::Sgd,
};

/// Gradient descent with a learning rate that halves the error in each step.
fn halving() -> Sgd {
    Sgd::new(0.125)
}

fn epochs(epochs: usize) -> FitOptions {
    FitOptions::new().epochs(epochs).batch_size(1)
}

/// A callback that records every event, and fails at one of them.
struct Recorder {
    name: &'static str,
    notes: Notes<String>,
    fail_at: &'static str,
}

impl Recorder {
    fn note(&self, event: &str, training: &Training) -> Result<(), TrainError> {
        let Training { epoch, epochs, step, steps, .. } = training;
        self.notes.borrow_mut().push(format!("{} {event} {epoch}/{epochs} {step}/{steps}", self.name));
        match event == self.fail_at {
            true => Err(TrainError::Mismatch(format!("enough at {event}"))),
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
fn events_are_called_for_each_callback_in_order() {
    let notes = Notes::default();
    let recorder = |name| Recorder { name, notes: notes.clone(), fail_at: "" };
    let options = FitOptions::new().epochs(2).batch_size(2);
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut recorder("a"), &mut recorder("b")];
    constant(halving(), ()).fit_with(&numbers(&[1.0; 3]), &options, callbacks).unwrap();
    let events = [
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
        events.iter().flat_map(|event| ["a", "b"].map(|name| format!("{name} {event}"))).collect();
    assert_eq!(*notes.borrow(), expected);
}

#[test]
fn error_at_any_event_ends_the_run_and_the_model_stays_usable() {
    for (event, calls) in [("begin", 1), ("epoch", 2), ("batch", 3), ("epoch end", 4), ("end", 5)] {
        let notes = Notes::default();
        let mut recorder = Recorder { name: "a", notes: notes.clone(), fail_at: event };
        let mut model = constant(halving(), ());
        let error = model.fit_with(&numbers(&[1.0]), &epochs(1), &mut [&mut recorder]).unwrap_err();
        assert!(matches!(&error, TrainError::Callback { name, .. } if name == "Recorder"), "{error:?}");
        assert_eq!(error.to_string(), format!("the callback Recorder failed: enough at {event}"));
        assert_eq!(notes.borrow().len(), calls, "an event was called after {event}");
        // Earlier updates of the weights are kept.
        let steps = if calls < 3 { 0.0 } else { 1.0 };
        assert_eq!(parameters(&model.weights().unwrap()), [0.25 * steps; 2]);
        assert_eq!(model.fit(&numbers(&[1.0]), &epochs(2)).unwrap().epochs(), 2);
    }
}

#[test]
fn callback_can_change_weights_but_not_their_shapes() {
    let mut reset =
        AtEpochEnd(|training: &mut Training| training.model().set_weights(&kernel_and_bias(0.0, 0.0)));
    let mut model = constant(halving(), ());
    let history = model.fit_with(&numbers(&[1.0]), &epochs(3), &mut [&mut reset]).unwrap();
    assert_eq!(history.get("loss"), [1.0; 3]);

    let other = Sequential::new(2).dense(1, Linear).compile(halving(), MeanSquaredError, ());
    let wrong: Weights = other.on(&Device::flex()).unwrap().weights().unwrap();
    let mut exchange = AtEpochEnd(move |training: &mut Training| training.model().set_weights(&wrong));
    let error = model.fit_with(&numbers(&[1.0]), &epochs(3), &mut [&mut exchange]).unwrap_err();
    assert!(error.to_string().contains("dense.kernel"), "{error}");
    assert_eq!(parameters(&model.weights().unwrap()), [0.25; 2]);
}

#[test]
fn stop_within_an_epoch_takes_effect_after_the_epoch() {
    struct Stop;
    impl Callback for Stop {
        fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
            training.stop();
            Ok(())
        }
    }
    let notes = Notes::default();
    let mut recorder = Recorder { name: "a", notes: notes.clone(), fail_at: "" };
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut Stop, &mut recorder];
    let history = constant(halving(), ()).fit_with(&numbers(&[1.0; 3]), &epochs(5), callbacks).unwrap();
    assert_eq!(history.epochs(), 1);
    assert_eq!(notes.borrow().iter().filter(|note| note.starts_with("a batch")).count(), 3);
    assert_eq!(notes.borrow().last().unwrap(), "a end 0/5 3/3");
}
