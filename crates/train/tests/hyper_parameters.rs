//! An optimizer's hyper-parameters are checked once, when a model is compiled, and never in the middle of training.

mod common;

use burn::tensor::Device;
use common::{constant, numbers, parameters};
use kindling_models::{Activation::Linear, ModelError, Sequential};
use kindling_train::{Adam, Compile, FitOptions, Loss, Optimizer, RmsProp, Sgd, TrainError};

fn compile(optimizer: impl Into<Optimizer>) -> Result<(), TrainError> {
    let network = Sequential::new(1).dense(1, Linear);
    network.compile(&Device::flex(), 0, optimizer, Loss::MeanSquaredError, []).map(|_| ())
}

#[track_caller]
fn assert_refused(optimizer: impl Into<Optimizer>, argument: &str, given: f64) {
    match compile(optimizer) {
        Err(TrainError::Argument { name, value, .. }) => {
            assert_eq!((name, value), (argument, given.to_string()));
        }
        other => panic!("{argument} {given}: {other:?}"),
    }
}

#[test]
fn a_learning_rate_is_a_number_above_zero() {
    for rate in [0.0, -0.0, -0.001, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_refused(Sgd { learning_rate: rate, ..Sgd::default() }, "learning_rate", rate);
        assert_refused(RmsProp { learning_rate: rate, ..RmsProp::default() }, "learning_rate", rate);
        assert_refused(Adam { learning_rate: rate, ..Adam::default() }, "learning_rate", rate);
        let error = constant(Sgd::default(), []).set_learning_rate(rate).unwrap_err();
        assert!(error.to_string().starts_with(&format!("learning_rate is {rate}: ")), "{error}");
    }
}

#[test]
fn a_share_kept_from_step_to_step_is_below_one() {
    for share in [1.0, 1.5, -0.1, f64::NAN, f64::INFINITY] {
        assert_refused(Sgd { momentum: share, ..Sgd::default() }, "momentum", share);
        assert_refused(RmsProp { momentum: share, ..RmsProp::default() }, "momentum", share);
        assert_refused(RmsProp { rho: share, ..RmsProp::default() }, "rho", share);
        assert_refused(Adam { beta_1: share, ..Adam::default() }, "beta_1", share);
        assert_refused(Adam { beta_2: share, ..Adam::default() }, "beta_2", share);
    }
}

#[test]
fn epsilon_is_not_negative() {
    for epsilon in [-1e-7, f64::NAN, f64::INFINITY] {
        assert_refused(RmsProp { epsilon, ..RmsProp::default() }, "epsilon", epsilon);
        assert_refused(Adam { epsilon, ..Adam::default() }, "epsilon", epsilon);
    }
}

#[test]
fn the_ends_of_each_range_are_taken() {
    compile(Sgd { learning_rate: f64::MIN_POSITIVE, momentum: 0.0, nesterov: true }).unwrap();
    compile(Sgd { momentum: 0.999, ..Sgd::default() }).unwrap();
    compile(RmsProp { rho: 0.0, epsilon: 0.0, ..RmsProp::default() }).unwrap();
    compile(Adam { beta_1: 0.0, beta_2: 0.0, epsilon: 0.0, ..Adam::default() }).unwrap();
}

#[test]
fn a_learning_rate_that_is_refused_leaves_the_one_before() {
    let mut model = constant(Sgd { learning_rate: 0.25, ..Sgd::default() }, []);
    assert!(model.set_learning_rate(0.0).is_err());
    assert_eq!(model.learning_rate(), 0.25);
    // It counts from the next step on: (0 - 1) * 2 for kernel and bias, of which an eighth is taken.
    model.set_learning_rate(0.125).unwrap();
    model.fit(&numbers(&[1.0]), FitOptions::new().batch_size(1)).unwrap();
    assert_eq!(parameters(&model.weights().unwrap()), [0.25, 0.25]);
}

#[test]
fn a_network_that_cannot_be_built_is_refused_by_compile_with_the_layer_named() {
    let network = Sequential::new(1).dense(0, Linear);
    let error = network.compile(&Device::flex(), 0, Sgd::default(), Loss::MeanSquaredError, []).unwrap_err();
    assert!(matches!(error, TrainError::Model(ModelError::Layer { .. })));
    assert!(error.to_string().starts_with("layer dense: units is 0"), "{error}");
}
