//! Invalid schedules are errors before training, with messages that name the schedule.

use crate::common::{constant, numbers};
use burn::{config::Config, tensor::Device};
use kindling_models::{Sequential, activations::Linear};
use kindling_train::{
    Compile, FitOptions, TrainError,
    callbacks::EarlyStopping,
    losses::MeanSquaredError,
    optimizers::Sgd,
    schedules::{
        CosineDecay, ExponentialDecay, LearningRate, PiecewiseConstantDecay, PolynomialDecay, Schedule,
    },
};

/// Returns the error of compiling a model with this schedule.
#[track_caller]
fn refused_by_compile(schedule: impl Schedule) -> String {
    let compiling = Sequential::new(1).dense(1, Linear).compile(Sgd::new(schedule), MeanSquaredError, ());
    compiling.on(&Device::flex()).unwrap_err().to_string()
}

#[test]
fn invalid_arguments_are_errors_in_compile() {
    let give_steps = "is 0: give at least 1";
    assert_eq!(
        refused_by_compile(ExponentialDecay::new(0.1, 0, 0.96)),
        format!("decay_steps of ExponentialDecay {give_steps}")
    );
    assert_eq!(
        refused_by_compile(CosineDecay::new(0.1, 0)),
        format!("decay_steps of CosineDecay {give_steps}")
    );
    assert_eq!(
        refused_by_compile(PolynomialDecay::new(0.1, 0)),
        format!("decay_steps of PolynomialDecay {give_steps}")
    );
    let give = "give a finite number of at least 0";
    for (message, name) in [
        (
            refused_by_compile(ExponentialDecay::new(-0.1, 1, 0.96)),
            "initial_learning_rate of ExponentialDecay is -0.1",
        ),
        (
            refused_by_compile(ExponentialDecay::new(0.1, 1, f64::NAN)),
            "decay_rate of ExponentialDecay is NaN",
        ),
        (refused_by_compile(CosineDecay::new(0.1, 1).warmup(-1.0, 2)), "warmup_target of CosineDecay is -1"),
        (refused_by_compile(CosineDecay::new(0.1, 1).alpha(-0.5)), "alpha of CosineDecay is -0.5"),
        (
            refused_by_compile(PolynomialDecay::new(0.1, 1).end_learning_rate(f64::INFINITY)),
            "end_learning_rate of PolynomialDecay is inf",
        ),
        (
            refused_by_compile(PiecewiseConstantDecay::new([1], [0.1, -0.1])),
            "a value of PiecewiseConstantDecay is -0.1",
        ),
    ] {
        assert_eq!(message, format!("{name}: {give}"));
    }
}

#[test]
fn invalid_boundaries_are_errors() {
    assert_eq!(
        refused_by_compile(PiecewiseConstantDecay::new([100, 110], [0.1, 0.2])),
        "PiecewiseConstantDecay has 2 boundaries and 2 values: give one more value than boundaries"
    );
    for boundaries in [[5, 5], [5, 4]] {
        let message = refused_by_compile(PiecewiseConstantDecay::new(boundaries, [0.1, 0.2, 0.3]));
        let expected = format!("PiecewiseConstantDecay has the boundary 5 before {}: give", boundaries[1]);
        assert!(message.starts_with(&expected), "{message}");
    }
}

/// A custom schedule that returns an invalid rate at one step.
#[derive(Config, Debug)]
struct Faulty {
    at: u64,
    returns: f64,
}

#[typetag::serde]
impl Schedule for Faulty {
    fn rate(&self, step: u64) -> f64 {
        if step == self.at { self.returns } else { 0.125 }
    }
}

#[test]
fn invalid_rate_is_an_error_before_training() {
    let samples = numbers(&[1.0; 3]);
    let options = FitOptions::new().epochs(2).batch_size(1);
    for (returns, value) in [(f64::NAN, "NaN"), (-1.0, "-1"), (f64::INFINITY, "inf")] {
        let closure = LearningRate::from_fn(move |step| if step == 5 { returns } else { 0.125 });
        let cases = [(LearningRate::from(Faulty::new(5, returns)), "Faulty {"), (closure, "<closure>")];
        for (rate, name) in cases {
            let mut model = constant(Sgd::new(rate), ());
            let before = model.weights().unwrap();
            let error = model.fit(&samples, &options).unwrap_err();
            assert!(matches!(error, TrainError::Mismatch(_)), "{error:?}");
            let message = error.to_string();
            assert!(message.contains(name), "{message}");
            assert!(message.contains(&format!("returns {value} for step 5: ")), "{message}");
            assert_eq!(model.weights().unwrap(), before, "the weights have changed");
            // Earlier steps are valid, and steps are counted over all calls of fit.
            model.fit(&samples, &FitOptions::new().batch_size(1)).unwrap();
            assert!(model.fit(&samples, &FitOptions::new().batch_size(1)).is_err());
            model.train_on_batch(&samples).unwrap();
            model.train_on_batch(&samples).unwrap();
            let message = model.train_on_batch(&samples).unwrap_err().to_string();
            assert!(message.contains("for step 5: "), "{message}");
        }
    }
}

#[test]
fn huge_number_of_epochs_does_not_delay_training() {
    let samples = numbers(&[1.0; 3]);
    let rates: [LearningRate; 2] = [CosineDecay::new(0.125, 10).into(), LearningRate::from_fn(|_| 0.125)];
    for rate in rates {
        let mut model = constant(Sgd::new(rate), ());
        let mut stopping = EarlyStopping::new("loss").patience(2).min_delta(1.0);
        let options = FitOptions::new().epochs(usize::MAX).batch_size(1);
        let history = model.fit_with(&samples, &options, &mut [&mut stopping]).unwrap();
        assert_eq!(history.epochs(), 3);
    }
}

/// Rates of distant steps are checked before their epoch.
#[test]
fn invalid_rate_in_a_late_epoch_is_an_error_before_its_epoch() {
    const BAD: u64 = 70_001;
    let mut model =
        constant(Sgd::new(LearningRate::from_fn(|step| if step == BAD { f64::NAN } else { 0.0 })), ());
    let options = FitOptions::new().epochs(70_010).batch_size(2);
    let error = model.fit(&numbers(&[1.0; 3]), &options).unwrap_err().to_string();
    assert!(error.contains("returns NaN for step 70001: "), "{error}");
    assert_eq!(model.step(), BAD - 1);
}

/// Rates are applied as `f32`.
#[test]
fn rates_beyond_the_range_of_f32_are_errors() {
    for rate in [1e39, 1e-50, -1e-50] {
        let compiling = Sequential::new(1).dense(1, Linear).compile(Sgd::new(rate), MeanSquaredError, ());
        let error = compiling.on(&Device::flex()).unwrap_err().to_string();
        assert!(error.starts_with("learning_rate is "), "{error}");
        let mut model = constant(Sgd::new(0.125), ());
        assert!(model.set_learning_rate(rate).is_err());
        assert_eq!(model.learning_rate(), 0.125);
    }
    let message = refused_by_compile(Faulty::new(0, 1e39));
    assert!(message.contains(" for step 0: "), "{message}");
    // A schedule may decay to 0.
    constant(Sgd::new(ExponentialDecay::new(1e-30, 1, 1e-30)), ()).train_on_batch(&numbers(&[1.0])).unwrap();
}
