//! Schedules match Keras' schedules of the same names.

use crate::common::{constant, numbers};
use kindling_models::Part;
use kindling_train::{
    FitOptions,
    optimizers::{Adam, Optimizer, Sgd},
    schedules::{
        CosineDecay, ExponentialDecay, LearningRate, PiecewiseConstantDecay, PolynomialDecay, Schedule,
    },
};

/// Compares rates with `float(schedule(step))` of Keras 3.15. As Keras computes in `float32`, the tolerance is 1e-6
/// times the highest rate of the schedule.
#[track_caller]
fn assert_rates(schedule: impl Schedule, highest: f64, expected: &[(u64, f64)]) {
    for (step, rate) in expected {
        let found = schedule.rate(*step);
        assert!((found - rate).abs() <= 1e-6 * highest, "step {step}: expected {rate}, got {found}");
    }
}

#[test]
fn exponential_decay_matches_keras() {
    let schedule = ExponentialDecay::new(0.1, 1000, 0.96);
    let expected = [
        (0, 0.1),
        (1, 0.09999592),
        (999, 0.09600391),
        (1000, 0.096),
        (1001, 0.095996074),
        (12345, 0.060414094),
        (50000, 0.012988565),
    ];
    assert_rates(schedule, 0.1, &expected);
    let expected = [(0, 0.01), (3, 0.0074299714), (6, 0.005520447), (7, 0.005), (8, 0.004528618)];
    assert_rates(ExponentialDecay::new(0.01, 7, 0.5), 0.01, &expected);
}

#[test]
fn staircase_changes_after_every_decay_steps() {
    let schedule = ExponentialDecay::new(0.1, 1000, 0.96).staircase(true);
    let expected = [
        (0, 0.1),
        (1, 0.1),
        (999, 0.1),
        (1000, 0.096),
        (1001, 0.096),
        (1999, 0.096),
        (2000, 0.09216),
        (50000, 0.012988565),
        (99999, 0.0017573212),
    ];
    assert_rates(schedule, 0.1, &expected);
}

#[test]
fn cosine_decay_matches_keras() {
    let expected = [
        (0, 0.1),
        (1, 0.09999975),
        (250, 0.08535534),
        (500, 0.049999997),
        (750, 0.014644662),
        (990, 2.4673343e-05),
        (999, 2.4735928e-07),
        (1000, 0.0),
        (1001, 0.0),
        (5000, 0.0),
    ];
    assert_rates(CosineDecay::new(0.1, 1000), 0.1, &expected);
    let expected = [
        (0, 0.1),
        (1, 0.099997535),
        (37, 0.09666418),
        (150, 0.054999996),
        (299, 0.010002468),
        (300, 0.010000001),
        (301, 0.010000001),
        (10000, 0.010000001),
    ];
    assert_rates(CosineDecay::new(0.1, 300).alpha(0.1), 0.1, &expected);
}

#[test]
fn warm_up_rises_to_its_target() {
    let expected = [
        (0, 0.0),
        (1, 0.001),
        (50, 0.05),
        (99, 0.099),
        (100, 0.1),
        (101, 0.099999696),
        (550, 0.049999997),
        (900, 0.0030153662),
        (999, 3.0398368e-07),
        (1000, 0.0),
        (1001, 0.0),
    ];
    assert_rates(CosineDecay::new(0.0, 900).warmup(0.1, 100), 0.1, &expected);
    let expected = [
        (0, 0.02),
        (1, 0.060000002),
        (6, 0.26),
        (7, 0.3),
        (8, 0.29976323),
        (32, 0.17999999),
        (56, 0.060236797),
        (57, 0.060000002),
        (58, 0.060000002),
        (100, 0.060000002),
    ];
    assert_rates(CosineDecay::new(0.02, 50).alpha(0.2).warmup(0.3, 7), 0.3, &expected);
    // A warm-up of 0 steps starts at its target. Warm-up steps without a target have no effect.
    let expected = [(0, 0.3), (1, 0.29970402), (25, 0.14999999), (50, 0.0)];
    assert_rates(CosineDecay::new(0.02, 50).warmup(0.3, 0), 0.3, &expected);
    let expected = [(0, 0.02), (4, 0.01968583), (5, 0.019510563), (25, 0.009999999), (50, 0.0)];
    assert_rates(CosineDecay { warmup_steps: 5, ..CosineDecay::new(0.02, 50) }, 0.02, &expected);
}

#[test]
fn piecewise_constant_decay_changes_after_its_boundaries() {
    let expected =
        [(0, 1.0), (99, 1.0), (100, 1.0), (101, 0.5), (109, 0.5), (110, 0.5), (111, 0.1), (1000, 0.1)];
    assert_rates(PiecewiseConstantDecay::new([100, 110], [1.0, 0.5, 0.1]), 0.0, &expected);
}

#[test]
fn polynomial_decay_matches_keras() {
    let expected = [
        (0, 0.1),
        (1, 0.099900104),
        (500, 0.05005),
        (999, 0.00019989871),
        (1000, 1e-4),
        (1001, 1e-4),
        (9999, 1e-4),
    ];
    assert_rates(PolynomialDecay::new(0.1, 1000), 0.1, &expected);
    let expected =
        [(0, 0.1), (1, 0.099954985), (500, 0.07363961), (999, 0.012846031), (1000, 0.01), (1001, 0.01)];
    assert_rates(PolynomialDecay::new(0.1, 1000).end_learning_rate(0.01).power(0.5), 0.1, &expected);
}

#[test]
fn cycle_restarts_the_decay_at_multiples() {
    let schedule = PolynomialDecay::new(0.1, 10).end_learning_rate(0.001).power(2.0).cycle(true);
    let expected = [
        (0, 0.1),
        (1, 0.08119),
        (5, 0.02575),
        (9, 0.0019900005),
        (10, 0.001),
        (11, 0.021047499),
        (15, 0.0071875),
        (19, 0.0012475002),
        (20, 0.001),
        (21, 0.0099100005),
        (25, 0.0037500006),
        (35, 0.002546875),
    ];
    assert_rates(schedule, 0.1, &expected);
}

/// `keras.optimizers.schedules.serialize(schedule)`.
#[test]
fn schedules_deserialize_from_keras_json() {
    let read = |json: &str| serde_json::from_str::<Part<dyn Schedule>>(json).unwrap();
    let part = |schedule: LearningRate| serde_json::to_value(schedule).unwrap();
    let cosine = r#"{"module": "keras.optimizers.schedules", "class_name": "CosineDecay", "config":
        {"initial_learning_rate": 0.0, "decay_steps": 900, "alpha": 0.0, "name": "CosineDecay",
        "warmup_target": 0.1, "warmup_steps": 100}, "registered_name": null}"#;
    let cases: [(&str, LearningRate); 4] = [
        (cosine, CosineDecay::new(0.0, 900).warmup(0.1, 100).into()),
        (
            r#"{"class_name": "ExponentialDecay", "config":
                {"initial_learning_rate": 0.1, "decay_steps": 1000, "decay_rate": 0.96, "staircase": true}}"#,
            ExponentialDecay::new(0.1, 1000, 0.96).staircase(true).into(),
        ),
        (
            r#"{"class_name": "PiecewiseConstantDecay", "config":
                {"boundaries": [100, 110], "values": [1.0, 0.5, 0.1], "name": "PiecewiseConstant"}}"#,
            PiecewiseConstantDecay::new([100, 110], [1.0, 0.5, 0.1]).into(),
        ),
        (
            r#"{"class_name": "PolynomialDecay", "config": {"initial_learning_rate": 0.1, "decay_steps": 1000}}"#,
            PolynomialDecay::new(0.1, 1000).into(),
        ),
    ];
    for (json, schedule) in cases {
        assert_eq!(serde_json::to_value(read(json)).unwrap(), part(schedule));
    }
}

#[test]
fn numbers_of_steps_deserialize_from_floats() {
    let read = |json: &str| serde_json::from_str::<CosineDecay>(json);
    let json =
        r#"{"initial_learning_rate": 0.0, "decay_steps": 900.0, "warmup_target": 0.1, "warmup_steps": 1e2}"#;
    assert_eq!(read(json).unwrap(), CosineDecay::new(0.0, 900).warmup(0.1, 100));
    let piecewise = serde_json::from_str(r#"{"boundaries": [100.0, 110], "values": [1.0, 0.5, 0.1]}"#);
    assert_eq!(piecewise.ok(), Some(PiecewiseConstantDecay::new([100, 110], [1.0, 0.5, 0.1])));
    for steps in ["0.5", "-1"] {
        let error =
            read(&format!(r#"{{"initial_learning_rate": 0.1, "decay_steps": {steps}}}"#)).unwrap_err();
        assert!(error.to_string().contains(&format!("{steps} is not a number of steps")), "{error}");
    }
}

#[test]
fn schedule_is_saved_with_its_optimizer() {
    let adam = Adam::new(CosineDecay::new(0.0, 900).warmup(0.1, 100)).clipnorm(1.0);
    let json = serde_json::to_string(&adam).unwrap();
    assert_eq!(serde_json::from_str::<Adam>(&json).unwrap(), adam);
    let closure = Adam::new(LearningRate::from_fn(|_| 0.1));
    let error = serde_json::to_string(&closure).unwrap_err().to_string();
    assert!(error.contains("closure") && error.contains("Schedule"), "{error}");
}

#[test]
fn rate_of_a_step_uses_the_number_of_previous_steps() {
    // A step with a rate of 1/4 removes the error. With a rate of 0, the error does not change.
    let schedule = PiecewiseConstantDecay::new([1], [0.0, 0.25]);
    let mut model = constant(Sgd::new(schedule), ());
    let history = model.fit(&numbers(&[1.0]), &FitOptions::new().epochs(4).batch_size(1)).unwrap();
    assert_eq!(history.get("loss"), [1.0, 1.0, 1.0, 0.0]);
    assert_eq!(model.learning_rate(), 0.25);
    let optimizer: &dyn Optimizer = &Sgd::new(0.5);
    assert_eq!(optimizer.learning_rate(), LearningRate::from(0.5));
}
