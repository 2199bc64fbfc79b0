//! Early stopping stops at the epochs at which Keras' callback does, and puts back the weights that it would.

mod common;

use common::{AtEpochEnd, Notes, constant, numbers, parameters, script};
use kindling_train::{
    EarlyStopping, FitOptions, Sgd, TrainError,
    callbacks::{Mode, Training},
};

/// Each step halves the error, so every epoch ends with weights of its own.
const HALVING: Sgd = Sgd { learning_rate: 0.125, momentum: 0.0, nesterov: false };

const LOSSES: &[f64] = &[5.0, 4.0, 4.5, 4.2, 3.9, 4.0, 4.1, 4.2, 4.3];
const ACCURACIES: &[f64] = &[0.5, 0.6, 0.6, 0.55, 0.7, 0.7, 0.7, 0.7];

/// The number of epochs that are trained while `name` takes these values, and the epoch, from 0, whose weights the
/// model has in the end.
fn run(name: &'static str, figures: &'static [f64], stopping: EarlyStopping) -> (usize, usize) {
    let notes = Notes::default();
    let written = notes.clone();
    let note = AtEpochEnd(move |training: &mut Training| {
        written.borrow_mut().push(parameters(&training.model().weights().unwrap()));
        Ok(())
    });
    let options =
        FitOptions::new().epochs(figures.len()).batch_size(1).callback(script(name, figures)).callback(note);
    let mut model = constant(HALVING, []);
    let history = model.fit(&numbers(&[1.0]), options.callback(stopping)).unwrap();
    assert_eq!(history.get(name), &figures[..history.epochs()], "the last epoch is part of the history");
    let last = parameters(&model.weights().unwrap());
    (history.epochs(), notes.borrow().iter().position(|weights| *weights == last).unwrap())
}

fn on_loss() -> EarlyStopping {
    EarlyStopping::new("val_loss").restore_best_weights(true)
}

/// Recorded with `keras.callbacks.EarlyStopping(..., restore_best_weights=True)` on the same figures.
#[test]
fn it_stops_after_so_many_epochs_without_progress_as_keras_does() {
    for (patience, expected) in [(0, (3, 1)), (1, (3, 1)), (2, (4, 1)), (3, (8, 4)), (9, (9, 4))] {
        assert_eq!(run("val_loss", LOSSES, on_loss().patience(patience)), expected, "patience {patience}");
    }
    for (patience, expected) in [(0, (3, 1)), (1, (3, 1)), (2, (4, 1)), (3, (8, 4)), (4, (8, 4))] {
        let stopping = EarlyStopping::new("val_accuracy").restore_best_weights(true).patience(patience);
        assert_eq!(run("val_accuracy", ACCURACIES, stopping), expected, "patience {patience}");
    }
}

#[test]
fn progress_is_more_than_min_delta_whatever_its_sign() {
    assert_eq!(run("val_loss", LOSSES, on_loss().patience(2).min_delta(0.5)), (4, 1));
    assert_eq!(run("val_loss", LOSSES, on_loss().patience(3).min_delta(-0.5)), (5, 1));
    assert_eq!(run("val_loss", LOSSES, on_loss().patience(4).min_delta(1.5)), (5, 0));
}

#[test]
fn the_direction_can_be_told() {
    assert_eq!(run("val_loss", LOSSES, on_loss().patience(2).mode(Mode::Max)), (3, 0));
    let falling = EarlyStopping::new("val_accuracy").restore_best_weights(true).mode(Mode::Min);
    assert_eq!(run("val_accuracy", ACCURACIES, falling), (2, 0));
    let score = EarlyStopping::new("score").restore_best_weights(true).patience(2);
    assert_eq!(run("score", LOSSES, score), (4, 1), "a figure of any other name is to fall");
}

#[test]
fn weights_stay_as_they_are_unless_the_best_are_asked_for() {
    assert_eq!(run("val_loss", LOSSES, EarlyStopping::new("val_loss").patience(2)), (4, 3));
    assert_eq!(run("val_loss", LOSSES, EarlyStopping::new("val_loss").patience(9)), (9, 8));
}

#[test]
fn it_watches_what_the_run_itself_reports() {
    // Halving errors squared: progress by more than 0.05 ends with the third epoch.
    let samples = numbers(&[1.0]);
    for (monitor, epochs) in [("loss", 4), ("val_loss", 3)] {
        let stopping = EarlyStopping::new(monitor).min_delta(0.05).patience(1);
        let options = FitOptions::new().epochs(20).batch_size(1).validation_data(&samples).callback(stopping);
        let history = constant(HALVING, []).fit(&samples, options).unwrap();
        assert_eq!(history.epochs(), epochs, "{history}");
    }
}

#[test]
fn a_figure_that_is_not_reported_is_named_with_those_that_are() {
    let options = FitOptions::new().batch_size(1).callback(EarlyStopping::new("val_loss"));
    let error = constant(HALVING, []).fit(&numbers(&[1.0]), options).unwrap_err();
    assert!(matches!(error, TrainError::Mismatch(_)));
    let message = error.to_string();
    assert!(
        ["EarlyStopping", "val_loss", "one of loss"].iter().all(|part| message.contains(part)),
        "{message}"
    );
}

#[test]
fn after_a_stop_the_model_can_be_trained_again() {
    let samples = numbers(&[1.0]);
    let mut model = constant(HALVING, []);
    let options = || {
        let stopping = EarlyStopping::new("watched").patience(1);
        FitOptions::new()
            .epochs(3)
            .batch_size(1)
            .callback(script("watched", &[1.0, 2.0, 3.0]))
            .callback(stopping)
    };
    let epochs = [0, 1].map(|_| model.fit(&samples, options()).unwrap().epochs());
    assert_eq!(epochs, [2, 2]);
}
