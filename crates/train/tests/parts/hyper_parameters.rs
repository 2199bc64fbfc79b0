//! Hyperparameters of optimizers are checked when a model is compiled.

use crate::common::{constant, numbers, parameters};
use burn::tensor::Device;
use kindling_models::{IntoPart, ModelError, Sequential, activations::Linear};
use kindling_train::{
    Compile, FitOptions, TrainError,
    losses::MeanSquaredError,
    optimizers::{Adam, AdamRule, Optimizer, RmsProp, RmsPropRule, Sgd},
};

fn compile(optimizer: impl IntoPart<dyn Optimizer>) -> Result<(), TrainError> {
    let network = Sequential::new(1).dense(1, Linear);
    network.compile(optimizer, MeanSquaredError, ()).on(&Device::flex()).map(|_| ())
}

fn rms_prop(rule: RmsPropRule) -> RmsProp {
    RmsProp { rule, ..RmsProp::default() }
}

fn adam(rule: AdamRule) -> Adam {
    Adam { rule, ..Adam::default() }
}

#[track_caller]
fn assert_refused(optimizer: impl IntoPart<dyn Optimizer>, argument: &str, given: f64) {
    match compile(optimizer) {
        Err(TrainError::Argument { name, value, .. }) => {
            assert_eq!((name, value), (argument, given.to_string()));
        }
        other => panic!("{argument} {given}: {other:?}"),
    }
}

#[test]
fn learning_rate_must_be_positive() {
    for rate in [0.0, -0.0, -0.001, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_refused(Sgd::new(rate), "learning_rate", rate);
        assert_refused(RmsProp::new(rate), "learning_rate", rate);
        assert_refused(Adam::new(rate), "learning_rate", rate);
        let error = constant(Sgd::default(), ()).set_learning_rate(rate).unwrap_err();
        assert!(error.to_string().starts_with(&format!("learning_rate is {rate}: ")), "{error}");
    }
}

#[test]
fn decay_rates_and_momentum_must_be_below_one() {
    for share in [1.0, 1.5, -0.1, f64::NAN, f64::INFINITY] {
        assert_refused(Sgd::default().momentum(share), "momentum", share);
        assert_refused(RmsProp::default().momentum(share), "momentum", share);
        assert_refused(RmsProp::default().rho(share), "rho", share);
        assert_refused(adam(AdamRule { beta_1: share, ..AdamRule::default() }), "beta_1", share);
        assert_refused(adam(AdamRule { beta_2: share, ..AdamRule::default() }), "beta_2", share);
    }
}

#[test]
fn epsilon_must_not_be_negative() {
    for epsilon in [-1e-7, f64::NAN, f64::INFINITY] {
        assert_refused(rms_prop(RmsPropRule { epsilon, ..RmsPropRule::default() }), "epsilon", epsilon);
        assert_refused(adam(AdamRule { epsilon, ..AdamRule::default() }), "epsilon", epsilon);
    }
}

#[test]
fn bounds_of_ranges_are_valid() {
    compile(Sgd::new(f64::from(f32::MIN_POSITIVE)).nesterov(true)).unwrap();
    compile(Sgd::default().momentum(0.999)).unwrap();
    compile(rms_prop(RmsPropRule { rho: 0.0, epsilon: 0.0, ..RmsPropRule::default() })).unwrap();
    compile(adam(AdamRule { beta_1: 0.0, beta_2: 0.0, epsilon: 0.0, amsgrad: false })).unwrap();
}

#[test]
fn invalid_learning_rate_does_not_replace_the_current_one() {
    let mut model = constant(Sgd::new(0.25), ());
    assert!(model.set_learning_rate(0.0).is_err());
    assert_eq!(model.learning_rate(), 0.25);
    // A valid rate is used from the next step on: the gradient of kernel and bias is (0 - 1) * 2, multiplied by 1/8.
    model.set_learning_rate(0.125).unwrap();
    model.fit(&numbers(&[1.0]), &FitOptions::new().batch_size(1)).unwrap();
    assert_eq!(parameters(&model.weights().unwrap()), [0.25, 0.25]);
}

#[test]
fn error_of_an_invalid_layer_names_the_layer() {
    let network = Sequential::new(1).dense(0, Linear);
    let error = network.compile(Sgd::default(), MeanSquaredError, ()).on(&Device::flex()).unwrap_err();
    assert!(matches!(error, TrainError::Model(ModelError::Layer { .. })));
    assert!(error.to_string().starts_with("layer dense: units is 0"), "{error}");
}
