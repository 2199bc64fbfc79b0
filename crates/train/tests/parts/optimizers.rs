//! Optimizers match Keras' optimizers of the same names.

use crate::common::{assert_close, data};
use burn::{
    optim::Optimizer as Rule,
    tensor::{Device, Tensor},
};
use kindling_models::{IntoPart, Part, Sequential, activations::Linear};
use kindling_train::{
    Compile, TrainError,
    losses::MeanSquaredError,
    optimizers::{Adam, AdamRule, AdamW, Clipping, Optimizer, RmsProp, RmsPropRule, Sgd, SgdRule},
};

/// Checks the weights after steps 1, 2 and 4 of minimizing `sum(a * (w - c)²)` from `[1, -2, 0.5, 3]`, with
/// `a = [1, 2, 0.5, 0.1]` and `c = [0.5, -1, 2, 0]`.
///
/// ```python
/// w = keras.Variable(np.float32([1, -2, 0.5, 3]))
/// for step in range(4): optimizer.apply([2 * a * (w - c)], [w])
/// ```
#[track_caller]
fn assert_steps<R: Rule>(rule: R, rate: f64, expected: [[f64; 4]; 3]) {
    let device = Device::flex();
    let tensor = |values: [f32; 4]| Tensor::<1>::from_data(data(&values, [4]), &device);
    let (slope, lowest) = (tensor([2.0, 4.0, 1.0, 0.2]), tensor([0.5, -1.0, 2.0, 0.0]));
    let (mut weight, mut state) = (tensor([1.0, -2.0, 0.5, 3.0]), None);
    let mut weights = Vec::new();
    for _ in 0..4 {
        let gradient = slope.clone() * (weight.clone() - lowest.clone());
        (weight, state) = rule.step(rate, weight, gradient, state);
        weights.push(weight.to_data().iter::<f64>().collect::<Vec<_>>());
    }
    for (given, expected) in [0, 1, 3].map(|step| &weights[step]).into_iter().zip(&expected) {
        assert_close(given, expected, 3e-6);
    }
}

#[test]
fn sgd_matches_keras() {
    let expected = [
        [0.9, -1.6, 0.65, 2.94],
        [0.82, -1.36, 0.78499997, 2.8812],
        [0.7048, -1.1295999, 1.01585, 2.7671044],
    ];
    assert_steps(SgdRule::default(), 0.1, expected);
    // Without momentum, `nesterov` has no effect.
    assert_steps(SgdRule { nesterov: true, ..SgdRule::default() }, 0.1, expected);
}

#[test]
fn sgd_with_momentum_matches_keras() {
    let expected = [
        [0.9, -1.6, 0.65, 2.94],
        [0.73, -1.0, 0.91999996, 2.8272],
        [0.34570003, -0.19, 1.6597999, 2.4734957],
    ];
    assert_steps(SgdRule { momentum: 0.9, ..SgdRule::default() }, 0.1, expected);
}

#[test]
fn sgd_with_nesterov_momentum_matches_keras() {
    let expected = [
        [0.81, -1.24, 0.785, 2.886],
        [0.6112, -0.7336, 1.1373501, 2.727732],
        [0.3375885, -0.6498986, 1.859168, 2.3116755],
    ];
    assert_steps(SgdRule { momentum: 0.9, nesterov: true }, 0.1, expected);
}

#[test]
fn rmsprop_matches_keras() {
    let expected = [
        [0.6837724, -1.6837723, 0.8162277, 2.6837726],
        [0.5695316, -1.4988706, 1.0184617, 2.4668212],
        [0.5077533, -1.2728249, 1.2985147, 2.1410577],
    ];
    assert_steps(RmsPropRule::default(), 0.1, expected);
    let expected = [
        [0.8709006, -1.8594544, 0.6355262, 2.8866107],
        [0.7770794, -1.7507915, 0.7436207, 2.7899396],
        [0.63574576, -1.5626527, 0.9352171, 2.6131828],
    ];
    assert_steps(RmsPropRule { rho: 0.5, epsilon: 0.1, ..RmsPropRule::default() }, 0.1, expected);
}

#[test]
fn rmsprop_with_momentum_matches_keras() {
    let expected = [
        [0.6837724, -1.6837723, 0.8162277, 2.6837726],
        [0.28492677, -1.2142657, 1.3030667, 2.1822166],
        [0.057508767, -0.37424368, 2.382198, 0.9065062],
    ];
    assert_steps(RmsPropRule { momentum: 0.9, ..RmsPropRule::default() }, 0.1, expected);
}

#[test]
fn centered_rmsprop_matches_keras() {
    let expected = [
        [0.66666687, -1.6666667, 0.83333325, 2.6666672],
        [0.55293494, -1.4655677, 1.0556967, 2.4265246],
        [0.5036573, -1.2204261, 1.3761622, 2.0415287],
    ];
    assert_steps(RmsPropRule { centered: true, ..RmsPropRule::default() }, 0.1, expected);
}

#[test]
fn centered_rmsprop_with_momentum_matches_keras() {
    let expected = [
        [0.66666687, -1.6666667, 0.83333325, 2.6666672],
        [0.2529351, -1.1655678, 1.3556967, 2.1265252],
        [0.042075947, -0.31007624, 2.4980986, 0.7235101],
    ];
    assert_steps(RmsPropRule { momentum: 0.9, centered: true, ..RmsPropRule::default() }, 0.1, expected);
}

#[test]
fn adam_matches_keras() {
    let expected = [
        [0.900001, -1.9000008, 0.5999991, 2.9000013],
        [0.8011896, -1.8004141, 0.69975895, 2.8001053],
        [0.612919, -1.6039423, 0.8977976, 2.600918],
    ];
    assert_steps(AdamRule::default(), 0.1, expected);
    let expected = [
        [0.9030653, -1.9007844, 0.5979353, 2.9050066],
        [0.80904233, -1.802979, 0.69538736, 2.8091965],
        [0.6436492, -1.6163827, 0.885306, 2.6186273],
    ];
    assert_steps(AdamRule { beta_1: 0.5, beta_2: 0.9, epsilon: 0.01, ..AdamRule::default() }, 0.1, expected);
}

#[test]
fn amsgrad_with_growing_mean_squares_equals_adam() {
    let expected = [
        [0.900001, -1.9000008, 0.5999991, 2.9000013],
        [0.8011896, -1.8004141, 0.69975895, 2.8001053],
        [0.612919, -1.6039423, 0.8977976, 2.600918],
    ];
    assert_steps(AdamRule { amsgrad: true, ..AdamRule::default() }, 0.1, expected);
}

#[test]
fn amsgrad_with_shrinking_gradients_matches_keras() {
    // Gradients shrink, so from the third step on, the maximum of the mean square is not the current one.
    let expected = [
        [0.90000004, -1.9, 0.59999996, 2.9],
        [0.79736674, -1.7986255, 0.7009246, 2.7995346],
        [0.61398023, -1.5955522, 0.9051918, 2.5960612],
    ];
    assert_steps(AdamRule { beta_2: 0.5, amsgrad: true, ..AdamRule::default() }, 0.1, expected);
    let expected = [
        [0.90000004, -1.9, 0.59999996, 2.9],
        [0.79736674, -1.7986255, 0.7009246, 2.7995346],
        [0.5722052, -1.5871884, 0.90820765, 2.5960612],
    ];
    assert_steps(AdamRule { beta_2: 0.5, ..AdamRule::default() }, 0.1, expected);
}

/// `keras.optimizers.*().get_config()`.
#[test]
fn defaults_match_keras() {
    let (clipping, weight_decay) =
        (Clipping { clipnorm: None, global_clipnorm: None, clipvalue: None }, None);
    let sgd = Sgd {
        learning_rate: 0.01.into(),
        rule: SgdRule { momentum: 0.0, nesterov: false },
        clipping,
        weight_decay,
    };
    let rmsprop = RmsProp {
        learning_rate: 0.001.into(),
        rule: RmsPropRule { rho: 0.9, momentum: 0.0, epsilon: 1e-7, centered: false },
        clipping,
        weight_decay,
    };
    let rule = AdamRule { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, amsgrad: false };
    let adam = Adam { learning_rate: 0.001.into(), rule, clipping, weight_decay };
    let adam_w = AdamW { learning_rate: 0.001.into(), rule, clipping, weight_decay: Some(0.004) };
    let defaults = (Sgd::default(), RmsProp::default(), Adam::default(), AdamW::default());
    assert_eq!(defaults, (sgd, rmsprop, adam, adam_w));
}

fn part(optimizer: impl Optimizer) -> Part<dyn Optimizer> {
    optimizer.into_part()
}

#[test]
fn optimizer_deserializes_from_its_name_and_non_default_arguments() {
    let read = |name: &str, config: &str| {
        let json = format!(r#"{{"class_name": "{name}", "config": {config}}}"#);
        serde_json::from_str::<Part<dyn Optimizer>>(&json).unwrap()
    };
    assert_eq!(read("SGD", "{}"), part(Sgd::default()));
    assert_eq!(read("RMSprop", r#"{"rho": 0.5}"#), part(RmsProp::default().rho(0.5)));
    assert_eq!(
        read("Adam", r#"{"learning_rate": 0.25, "clipnorm": 1.0}"#),
        part(Adam::new(0.25).clipnorm(1.0))
    );
    assert_eq!(read("AdamW", r#"{"weight_decay": 0.5}"#), part(AdamW::default().weight_decay(0.5)));
    let rule = AdamRule { amsgrad: true, ..AdamRule::default() };
    let adam = part(Adam { rule, ..Adam::new(0.25).global_clipnorm(2.0) });
    let json = serde_json::to_string(&adam).unwrap();
    assert_eq!(serde_json::from_str::<Part<dyn Optimizer>>(&json).unwrap(), adam);
    assert_eq!(adam.learning_rate(), 0.25.into());
}

#[test]
fn invalid_arguments_are_errors_in_compile() {
    #[track_caller]
    fn assert_refused(optimizer: impl IntoPart<dyn Optimizer>, name: &str, value: &str) {
        let compiling = Sequential::new(1).dense(1, Linear).compile(optimizer, MeanSquaredError, ());
        let error = compiling.on(&Device::flex()).unwrap_err();
        assert!(matches!(error, TrainError::Argument { .. }), "{error:?}");
        let (start, message) = (format!("{name} is {value}: give "), error.to_string());
        assert!(message.starts_with(&start) || message.contains("set only one of them"), "{message}");
        assert!(message.starts_with(&format!("{name} is {value}: ")), "{message}");
    }
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_refused(Sgd::new(rate), "learning_rate", &rate.to_string());
    }
    for share in [1.0, -0.5, f64::NAN] {
        let value = share.to_string();
        assert_refused(Sgd::default().momentum(share), "momentum", &value);
        assert_refused(RmsProp::default().rho(share), "rho", &value);
        assert_refused(RmsProp::default().momentum(share), "momentum", &value);
        let adam = |rule| Adam { rule, ..Adam::default() };
        assert_refused(adam(AdamRule { beta_1: share, ..AdamRule::default() }), "beta_1", &value);
        assert_refused(adam(AdamRule { beta_2: share, ..AdamRule::default() }), "beta_2", &value);
    }
    let rule = AdamRule { epsilon: -1.0, ..AdamRule::default() };
    assert_refused(AdamW { rule, ..AdamW::default() }, "epsilon", "-1");
    let rule = RmsPropRule { epsilon: f64::NAN, ..RmsPropRule::default() };
    assert_refused(RmsProp { rule, ..RmsProp::default() }, "epsilon", "NaN");
    for bound in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let value = bound.to_string();
        assert_refused(Adam::default().clipnorm(bound), "clipnorm", &value);
        assert_refused(Sgd::default().global_clipnorm(bound), "global_clipnorm", &value);
        assert_refused(RmsProp::default().clipvalue(bound), "clipvalue", &value);
    }
    for decay in [-0.1, f64::NAN, f64::INFINITY] {
        assert_refused(AdamW::default().weight_decay(decay), "weight_decay", &decay.to_string());
    }
    // At most one kind of clipping may be set, as in Keras.
    assert_refused(Adam::default().clipnorm(1.0).clipvalue(0.5), "clipvalue", "0.5");
    assert_refused(Adam::default().clipnorm(1.0).global_clipnorm(2.0), "global_clipnorm", "2");
}
