//! Values that are infinite or not a number end training, with an error that names the epoch and step.

use crate::common::{classes, classifier, constant, floats, flowers, kernel_and_bias, numbers};
use burn::{
    config::Config,
    tensor::{Device, Tensor},
};
use kindling_data::Samples;
use kindling_models::{
    IntoPart, Part, Sequential, SequentialNetwork,
    activations::{Activation, Elu, Linear, Relu, Sigmoid, Softmax, Tanh},
};
use kindling_train::{
    Compile, FitOptions, Model, NotFiniteAction, NotFiniteCause, TrainError,
    losses::{Loss, MeanAbsoluteError, Output, SparseCategoricalCrossentropy, Target},
    metrics::Mse,
    optimizers::Sgd,
};
use proptest::prelude::*;

fn slow() -> Sgd {
    Sgd::new(1e-6)
}

/// Returns the name, value, epoch and step of the error.
#[track_caller]
fn not_finite<T: std::fmt::Debug>(result: Result<T, TrainError>) -> (String, String, usize, usize) {
    match result {
        Err(TrainError::NotFinite { name, value, epoch, step, .. }) => (name, value.to_string(), epoch, step),
        other => panic!("{other:?}"),
    }
}

fn found(name: &str, value: &str, epoch: usize, step: usize) -> (String, String, usize, usize) {
    (name.into(), value.into(), epoch, step)
}

/// Samples of ones, with one bad value.
fn with_a_bad_sample(samples: usize, position: usize, bad: f32) -> Samples {
    let mut targets = vec![1.0; samples];
    targets[position] = bad;
    numbers(&targets)
}

fn options() -> FitOptions {
    FitOptions::new().epochs(2).batch_size(2).shuffle(false)
}

#[test]
fn bad_sample_ends_training_at_its_step() {
    for (bad, value) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (1e20, "inf")] {
        let result = constant(slow(), ()).fit(&with_a_bad_sample(10, 7, bad), &options());
        assert_eq!(not_finite(result), found("loss", value, 1, 4));
    }
}

#[test]
fn error_message_has_a_remedy() {
    let result = constant(slow(), ()).fit(&with_a_bad_sample(10, 7, f32::NAN), &options());
    let message = result.unwrap_err().to_string();
    assert!(
        message.starts_with("the loss is NaN at step 4 of epoch 1: lower the learning rate"),
        "{message}"
    );
}

#[test]
fn error_names_the_bad_value_of_the_data() {
    let message = |result: Result<_, TrainError>| -> String { result.unwrap_err().to_string() };
    let of_training = constant(slow(), ()).fit(&with_a_bad_sample(10, 7, f32::NAN), &options());
    let error = message(of_training);
    assert!(error.contains("; value 0 of the target of sample 7 is NaN (counted from 0)"), "{error}");
    let validation = with_a_bad_sample(600, 599, f32::INFINITY);
    let fitted = constant(slow(), ()).fit(&numbers(&[1.0; 4]), &options().validation_data(&validation));
    let error = message(fitted);
    assert!(error.contains("val_loss") && error.contains("of the target of sample 599 is inf"), "{error}");
    let inputs = floats(&[0.5, 1.0, 1.0, f32::NAN], [2, 2]);
    let samples = Samples::new(inputs, classes(&[0, 1])).unwrap();
    let network = Sequential::new(2).dense(2, Softmax);
    let mut model = network.compile(slow(), SparseCategoricalCrossentropy, ()).on(&Device::flex()).unwrap();
    let error = message(model.fit(&samples, &options()));
    assert!(error.contains("; feature 1 of sample 1 is NaN"), "{error}");
    // Large but finite values are not reported as the cause.
    let error = message(constant(slow(), ()).fit(&with_a_bad_sample(10, 7, 1e20), &options()));
    assert!(error.ends_with("in the data"), "{error}");
}

#[test]
fn too_high_learning_rate_ends_training() {
    // Each step multiplies the error by 1 - 4e6. Its square is 1, 1.6e13, 2.6e26, and then exceeds the maximum of
    // f32, 3.4e38.
    let options = FitOptions::new().epochs(9).batch_size(1);
    let result = constant(Sgd::new(1e6), ()).fit(&numbers(&[1.0]), &options);
    let (name, value, epoch, step) = not_finite(result);
    assert_eq!((name.as_str(), value.as_str(), step), ("loss", "inf", 1));
    assert_eq!(epoch, 4);
}

#[test]
fn epochs_are_counted_over_all_calls_of_fit() {
    let mut model = constant(slow(), ());
    model.fit(&numbers(&[1.0; 4]), &options()).unwrap();
    let result = model.fit(&with_a_bad_sample(10, 0, f32::NAN), &options());
    assert_eq!(not_finite(result), found("loss", "NaN", 3, 1));
}

#[test]
fn error_of_validation_has_the_prefix_val() {
    let validation = with_a_bad_sample(600, 599, f32::NAN);
    let result = constant(slow(), ()).fit(&numbers(&[1.0; 4]), &options().validation_data(&validation));
    let (name, value, epoch, _) = not_finite(result);
    assert_eq!((name.as_str(), value.as_str(), epoch), ("val_loss", "NaN", 1));
}

#[test]
fn metrics_are_checked() {
    // The absolute error is finite, but its square is not.
    let network = Sequential::new(1).dense(1, Linear);
    let mut model = network.compile(slow(), MeanAbsoluteError, [Mse]).on(&Device::flex()).unwrap();
    assert_eq!(not_finite(model.fit(&numbers(&[1e20]), &options().batch_size(1))), found("mse", "inf", 1, 1));
}

#[test]
fn single_steps_and_evaluations_are_checked() {
    let bad = with_a_bad_sample(4, 2, f32::NAN);
    let (name, value, ..) = not_finite(constant(slow(), ()).train_on_batch(&bad));
    assert_eq!((name.as_str(), value.as_str()), ("loss", "NaN"));
    let (name, value, ..) = not_finite(constant(slow(), ()).evaluate(&bad));
    assert_eq!((name.as_str(), value.as_str()), ("loss", "NaN"));
}

#[test]
fn activations_propagate_nan() {
    let inputs = floats(&[0.5, f32::NAN, 1.0, 2.0], [2, 2]);
    let samples = Samples::new(inputs, classes(&[0, 1])).unwrap();
    let activations: [Part<dyn Activation>; 6] = [
        Linear.into_part(),
        Relu.into_part(),
        Elu.into_part(),
        Tanh.into_part(),
        Sigmoid.into_part(),
        Softmax.into_part(),
    ];
    for activation in activations {
        let network = Sequential::new(2).dense(3, activation.clone()).dense(2, Softmax);
        let compiling = network.compile(slow(), SparseCategoricalCrossentropy, ());
        let mut model = compiling.on(&Device::flex()).unwrap();
        let options = FitOptions::new().batch_size(1).shuffle(false);
        assert_eq!(not_finite(model.fit(&samples, &options)), found("loss", "NaN", 1, 1), "{activation:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Losses are read back only occasionally, but the step in the error is exact.
    #[test]
    fn error_has_the_step_of_the_first_bad_sample(samples in 1_usize..300, first: prop::sample::Index, more: bool) {
        let position = first.index(samples);
        let mut targets = vec![1.0; samples];
        targets[position] = f32::NAN;
        if more {
            targets[samples - 1] = f32::NAN;
        }
        let options = FitOptions::new().batch_size(1).shuffle(false);
        let result = constant(slow(), ()).fit(&numbers(&targets), &options);
        prop_assert_eq!(not_finite(result), found("loss", "NaN", 1, position + 1));
    }
}

/// The square root of the error.
#[derive(Config, Debug)]
struct Root {}

#[typetag::serde]
impl Loss for Root {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        output.per_sample((output.predictions() - target.values()).abs().sqrt())
    }
}

/// A model that initially predicts 0. The square root of the error is finite at 0, but its gradient is not.
fn roots(learning_rate: f64) -> Model<SequentialNetwork> {
    let network = Sequential::new(1).dense(1, Linear);
    let compiling = network.compile(Sgd::new(learning_rate), Root {}, ());
    let mut model = compiling.on(&Device::flex()).unwrap();
    model.set_weights(&kernel_and_bias(0.0, 0.0)).unwrap();
    model
}

fn one_by_one() -> FitOptions {
    FitOptions::new().batch_size(1).shuffle(false)
}

#[test]
fn weight_that_is_not_finite_after_the_last_step_is_an_error() {
    let error = roots(0.1).fit(&numbers(&[0.0]), &one_by_one());
    assert_eq!(not_finite(error), found("weight dense.kernel", "NaN", 1, 1));
}

#[test]
fn error_names_the_weight_of_a_gradient_that_is_not_finite() {
    let options = one_by_one().check_numerics(NotFiniteAction::Stop);
    let mut model = roots(0.1);
    let error = model.fit(&numbers(&[0.0, 1.0]), &options).unwrap_err();
    let TrainError::NotFinite { ref name, epoch: 1, step: 1, cause: Some(ref cause), .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(name, "gradient");
    let NotFiniteCause::Gradient { name, index: 0, value } = &**cause else { panic!("{cause:?}") };
    assert!(name == "dense.bias" && value.is_nan(), "{cause:?}");
    assert!(error.to_string().ends_with("; value 0 of the gradient of dense.bias is NaN"), "{error}");
    assert_eq!(
        model.weights().unwrap().iter().map(|(_, data)| data.iter::<f32>().sum::<f32>()).sum::<f32>(),
        0.0
    );
}

#[test]
fn steps_without_a_finite_gradient_are_skipped() {
    let samples = numbers(&[0.0, 1.0, 1.0, 1.0]);
    let options = one_by_one().check_numerics(NotFiniteAction::SkipStep);
    let history = roots(1e-3).fit(&samples, &options.clone().epochs(2)).unwrap();
    assert_eq!(history.get("skipped_steps"), [1.0, 0.0]);
    // The other steps are the same as without the sample.
    let mut model = roots(1e-3);
    let others = model.fit(&numbers(&[1.0, 1.0, 1.0]), &options).unwrap();
    assert_eq!(history.get("loss")[0], others.get("loss")[0]);

    let samples = with_a_bad_sample(10, 7, f32::NAN);
    let mut model = constant(slow(), ());
    let options = FitOptions::new().epochs(2).batch_size(2).shuffle(false);
    let history = model.fit(&samples, &options.check_numerics(NotFiniteAction::SkipStep)).unwrap();
    assert_eq!(history.get("skipped_steps"), [1.0, 1.0]);
    assert!(history.get("loss").iter().all(|loss| loss.is_finite()));
}

#[test]
fn step_without_a_finite_gradient_can_lower_the_learning_rate() {
    let mut model = roots(1e-3);
    let options = one_by_one().check_numerics(NotFiniteAction::LowerLearningRate(0.25));
    let history = model.fit(&numbers(&[0.0, 1.0]), &options).unwrap();
    assert_eq!(history.get("skipped_steps"), [1.0]);
    assert!((model.learning_rate() - 0.25e-3).abs() < 1e-9, "{}", model.learning_rate());
    let options = one_by_one().check_numerics(NotFiniteAction::LowerLearningRate(1.0));
    let error = model.fit(&numbers(&[1.0]), &options).unwrap_err().to_string();
    assert!(error.contains("factor is 1: give a number above 0 and below 1"), "{error}");
}

#[test]
fn epoch_of_skipped_steps_ends_training() {
    let options = one_by_one().check_numerics(NotFiniteAction::SkipStep);
    let error = roots(0.1).fit(&numbers(&[0.0, 0.0]), &options);
    assert_eq!(not_finite(error), found("gradient", "NaN", 1, 2));
}

#[test]
fn checks_do_not_change_results() {
    let (samples, options) = (flowers(30), FitOptions::new().epochs(2).batch_size(8));
    let plain = classifier(3).fit(&samples, &options).unwrap();
    let checked = classifier(3).fit(&samples, &options.check_numerics(NotFiniteAction::Stop)).unwrap();
    for (plain, checked) in plain.get("loss").iter().zip(checked.get("loss")) {
        assert!((plain - checked).abs() < 1e-5, "{plain} {checked}");
    }
    assert_eq!(checked.get("skipped_steps"), [0.0, 0.0]);
}
