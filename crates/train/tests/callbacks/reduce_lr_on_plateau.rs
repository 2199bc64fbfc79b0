//! The learning rate is reduced after the same epochs as in Keras.

use crate::common::{constant, numbers, parameters, script};
use kindling_train::{
    Callback, FitOptions, History, TrainError,
    callbacks::ReduceLrOnPlateau,
    metrics::Direction,
    optimizers::Sgd,
    schedules::{CosineDecay, LearningRate},
};

const LOSSES: &[f64] = &[5.0, 4.0, 4.5, 4.2, 3.9, 4.0, 4.1, 4.2, 4.3, 3.89, 3.895, 3.9];

/// Trains with an initial learning rate of 1/8 while `val_loss` has these values. Returns the history and the last
/// rate.
fn run(figures: &'static [f64], mut reduce: ReduceLrOnPlateau) -> (History, f64) {
    let mut model = constant(Sgd::new(0.125), ());
    let options = FitOptions::new().epochs(figures.len()).batch_size(1);
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut script("val_loss", figures), &mut reduce];
    let history = model.fit_with(&numbers(&[1.0]), &options, callbacks).unwrap();
    (history, model.learning_rate())
}

/// Checks the learning rate of each epoch, and the one after the last epoch.
///
/// ```python
/// callback = keras.callbacks.ReduceLROnPlateau("val_loss", ...)
/// logs = {"val_loss": value}
/// callback.on_epoch_end(epoch, logs)
/// logs["learning_rate"]
/// ```
#[track_caller]
fn assert_rates(figures: &'static [f64], reduce: ReduceLrOnPlateau, rates: &[f64]) {
    let (history, last) = run(figures, reduce);
    let found = [history.get("learning_rate"), &[last]].concat();
    assert_eq!(found.len(), rates.len());
    let close = |(found, rate): (&f64, &f64)| (found - rate).abs() <= 1e-6 * rate;
    assert!(found.iter().zip(rates).all(close), "expected {rates:?}, got {found:?}");
}

fn halve() -> ReduceLrOnPlateau {
    ReduceLrOnPlateau::new("val_loss").factor(0.5)
}

/// Returns `1/8 * 0.5^halvings`.
fn halved<const N: usize>(halvings: [i32; N]) -> [f64; N] {
    halvings.map(|halvings| 0.125 * 0.5_f64.powi(halvings))
}

#[test]
fn rate_is_reduced_after_patience_epochs_without_improvement() {
    assert_rates(LOSSES, halve().patience(2), &halved([0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 4]));
    for patience in [0, 1] {
        let expected = halved([0, 0, 0, 1, 2, 2, 3, 4, 5, 6, 6, 7, 8]);
        assert_rates(LOSSES, halve().patience(patience), &expected);
    }
}

#[test]
fn epochs_of_the_cooldown_are_not_counted() {
    let expected = halved([0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4]);
    assert_rates(LOSSES, halve().patience(1).cooldown(2), &expected);
    let expected = halved([0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 4]);
    assert_rates(LOSSES, halve().patience(2).cooldown(1), &expected);
}

#[test]
fn rate_is_at_least_min_lr() {
    let reduce = ReduceLrOnPlateau::new("val_loss").patience(1).min_lr(0.01);
    let expected = [0.125, 0.125, 0.125, 0.0125, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01];
    assert_rates(LOSSES, reduce, &expected);
}

#[test]
fn improvements_exceed_min_delta() {
    let expected = halved([0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5]);
    assert_rates(LOSSES, halve().patience(2).min_delta(0.5), &expected);
    assert_rates(LOSSES, halve().patience(2).min_delta(-0.5), &expected);
    // The default is 0.0001.
    assert_rates(&[1.0, 0.9999, 0.9998, 0.9997], halve().patience(1), &halved([0, 0, 1, 1, 2]));
}

#[test]
fn the_direction_can_be_set() {
    let rising = &[0.5, 0.6, 0.6, 0.55, 0.7, 0.7, 0.7, 0.7];
    let expected = halved([0, 0, 0, 1, 2, 2, 3, 4, 5]);
    assert_rates(rising, halve().patience(1).mode(Direction::Max), &expected);
}

#[test]
fn defaults_match_keras() {
    let expected = [[0.125; 11].as_slice(), &[0.0125; 2]].concat();
    assert_rates(&[1.0; 12], ReduceLrOnPlateau::new("val_loss"), &expected);
}

#[test]
fn reduced_rate_is_used_in_training() {
    let mut reduce = ReduceLrOnPlateau::new("watched").factor(0.5).patience(1).mode(Direction::Min);
    let mut model = constant(Sgd::new(0.5), ());
    let options = FitOptions::new().epochs(4).batch_size(1);
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut script("watched", &[1.0; 4]), &mut reduce];
    let history = model.fit_with(&numbers(&[1.0]), &options, callbacks).unwrap();
    assert_eq!(history.get("learning_rate"), [0.5, 0.5, 0.25, 0.125]);
    // A rate of 1/2 flips the sign of the error, and a rate of 1/4 removes it.
    assert_eq!(history.get("loss"), [1.0, 1.0, 1.0, 0.0]);
}

/// ```python
/// model.compile(keras.optimizers.SGD(0.1), "mse")
/// model.fit(.., callbacks=[keras.callbacks.ReduceLROnPlateau("loss", factor=0.1, patience=1)])
/// history.history["learning_rate"]
/// ```
#[test]
fn rates_are_rounded_as_in_keras() {
    let mut reduce = ReduceLrOnPlateau::new("val_loss").factor(0.1).patience(1);
    let mut model = constant(Sgd::new(0.1), ());
    let options = FitOptions::new().epochs(6).batch_size(1);
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut script("val_loss", &[1.0; 6]), &mut reduce];
    let history = model.fit_with(&numbers(&[1.0]), &options, callbacks).unwrap();
    let expected = [
        0.10000000149011612,
        0.10000000149011612,
        0.009999999776482582,
        0.0009999999310821295,
        9.99999901978299e-05,
        9.99999883788405e-06,
    ];
    assert_eq!(history.get("learning_rate"), expected);
}

#[test]
fn second_run_starts_with_a_new_state() {
    let samples = numbers(&[1.0]);
    let mut reduce = halve().patience(2);
    let mut model = constant(Sgd::new(0.125), ());
    for rate in [0.125, 0.0625] {
        let options = FitOptions::new().epochs(3).batch_size(1);
        let callbacks: &mut [&mut dyn Callback] = &mut [&mut script("val_loss", &[1.0; 3]), &mut reduce];
        let history = model.fit_with(&samples, &options, callbacks).unwrap();
        assert_eq!(history.get("learning_rate"), [rate; 3]);
    }
}

#[track_caller]
fn refused(rate: impl Into<LearningRate>, mut reduce: ReduceLrOnPlateau) -> String {
    let mut model = constant(Sgd::new(rate), ());
    let options = FitOptions::new().epochs(3).batch_size(1);
    let error = model.fit_with(&numbers(&[1.0]), &options, &mut [&mut reduce]).unwrap_err();
    assert!(matches!(error, TrainError::Callback { .. }), "{error:?}");
    assert_eq!(parameters(&model.weights().unwrap()), [0.0; 2], "the weights have changed");
    error.to_string()
}

#[test]
fn schedule_is_an_error_before_training() {
    let message = refused(CosineDecay::new(0.1, 100), ReduceLrOnPlateau::new("loss"));
    let start = "the callback ReduceLrOnPlateau failed: the learning rate follows the schedule CosineDecay";
    assert!(message.starts_with(start), "{message}");
}

#[test]
fn invalid_arguments_are_errors_before_training() {
    for factor in [0.0, 1.0, -0.5, f64::NAN] {
        let message = refused(0.125, ReduceLrOnPlateau::new("loss").factor(factor));
        let start = format!("the callback ReduceLrOnPlateau failed: factor is {factor}: ");
        assert!(message.starts_with(&start), "{message}");
    }
    for min_lr in [-1.0, f64::NAN, f64::INFINITY] {
        let message = refused(0.125, ReduceLrOnPlateau::new("loss").min_lr(min_lr));
        assert!(message.contains(&format!("min_lr is {min_lr}: ")), "{message}");
    }
}
