//! Losses match Keras. Their gradients are correct where exponentials would overflow and at kinks.

use crate::common::assert_close;
use burn::tensor::{Device, Int, Tensor, TensorData};
use kindling_models::{
    IntoPart, Part, Value,
    activations::{Activation, Elu, Linear, Relu, Sigmoid, Softmax, Tanh},
};
use kindling_train::losses::{
    BinaryCrossentropy, CategoricalCrossentropy, Hinge, Huber, KlDivergence, LogCosh, Loss,
    MeanAbsoluteError, MeanSquaredError, Output, Poisson, SparseCategoricalCrossentropy, Target,
};
use proptest::prelude::*;

fn data(values: &[f32], shape: [usize; 2]) -> TensorData {
    TensorData::new(values.to_vec(), shape)
}

fn classes(labels: &[i32]) -> Value {
    let data = TensorData::new(labels.to_vec(), [labels.len(), 1]);
    Tensor::<2, Int>::from_data(data, &Device::flex()).into()
}

fn numbers(values: &[f32], shape: [usize; 2]) -> Value {
    Tensor::<2>::from_data(data(values, shape), &Device::flex()).into()
}

/// Returns the mean loss of logits, `[batch, units]`, and its gradient.
fn measure(
    loss: impl IntoPart<dyn Loss>,
    activation: impl IntoPart<dyn Activation>,
    (logits, shape): (&[f32], [usize; 2]),
    target: Value,
) -> (f64, Vec<f64>) {
    let logits = Tensor::<2>::from_data(data(logits, shape), &Device::flex().autodiff()).require_grad();
    let output = Output::new(logits.clone(), activation);
    let target = Target::new(target, &output).unwrap();
    let mean = loss.into_part().per_sample(&output, &target).mean();
    let gradients = mean.backward();
    let gradient = logits.grad(&gradients).unwrap().into_data();
    (f64::from(mean.into_scalar::<f32>()), gradient.iter().collect())
}

fn part(activation: impl IntoPart<dyn Activation>) -> Part<dyn Activation> {
    activation.into_part()
}

fn categorical() -> CategoricalCrossentropy {
    CategoricalCrossentropy::default()
}

fn binary() -> BinaryCrossentropy {
    BinaryCrossentropy::default()
}

const LOGITS: (&[f32], [usize; 2]) = (&[2.0, -1.0, 0.5, -0.5, 3.0, 1.0, 0.0, 0.0, 0.0], [3, 3]);
const SHARES: (&[f32], [usize; 2]) = (&[0.7, 0.2, 0.1, 0.1, 0.3, 0.6, 0.2, 0.5, 0.3], [3, 3]);
const SEVERAL: (&[f32], [usize; 2]) = (&[1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0], [3, 3]);
const REAL: (&[f32], [usize; 2]) = (&[1.5, -1.0, 0.0, 0.0, 2.0, 4.0, 1.0, 0.0, -3.0], [3, 3]);

/// `keras.losses.*()(target, keras.activations.*(logits))`, on JAX.
#[test]
fn losses_match_keras() {
    let categories = [(part(Softmax), 1.1643673, 1.2643672), (part(Sigmoid), 0.944766, 1.0309862)];
    for (activation, sparse, shares) in categories {
        let labels = classes(&[0, 2, 1]);
        let (given, _) = measure(SparseCategoricalCrossentropy, activation.clone(), LOGITS, labels);
        assert_close(&[given], &[sparse], 1e-6);
        let target = numbers(SHARES.0, SHARES.1);
        assert_close(&[measure(categorical(), activation, LOGITS, target).0], &[shares], 1e-6);
    }
    for (activation, crossentropy, squared, absolute) in [
        (part(Softmax), 0.54756296, 3.2974415, 1.2571063),
        (part(Sigmoid), 0.53662604, 3.0062997, 1.3005013),
        (part(Relu), 5.4301915, 2.388889, 1.1111112),
        (part(Linear), 5.4301915, 2.3055556, 1.0555556),
        (part(Tanh), 3.8315003, 2.474266, 1.1046627),
        (part(Elu), 5.4301915, 2.3100169, 1.0845944),
    ] {
        let several = numbers(SEVERAL.0, SEVERAL.1);
        assert_close(&[measure(binary(), activation.clone(), LOGITS, several).0], &[crossentropy], 2e-6);
        let real = || numbers(REAL.0, REAL.1);
        let (given, _) = measure(MeanSquaredError, activation.clone(), LOGITS, real());
        assert_close(&[given], &[squared], 1e-6);
        let (given, _) = measure(MeanAbsoluteError, activation, LOGITS, real());
        assert_close(&[given], &[absolute], 1e-6);
    }
}

#[test]
fn class_indices_of_one_unit_are_numbers() {
    let logits: (&[f32], _) = (&[2.0, -1.0, 0.0, 0.3], [4, 1]);
    let (binary, _) = measure(binary(), Sigmoid, logits, classes(&[1, 1, 0, 0]));
    assert_close(&[binary], &[0.7469231], 1e-6);
    // ((2 - 1)² + (-1 - 1)² + 0² + 0.3²) / 4
    let (squared, _) = measure(MeanSquaredError, Linear, logits, classes(&[1, 1, 0, 0]));
    assert_close(&[squared], &[1.2725], 1e-6);
}

#[test]
fn cross_entropies_of_extreme_logits_are_finite_with_full_gradients() {
    let logits: (&[f32], _) = (&[1e4, -1e4, 0.0], [1, 3]);
    for (class, loss, gradient) in
        [(0, 0.0, [0.0, 0.0, 0.0]), (1, 2e4, [1.0, -1.0, 0.0]), (2, 1e4, [1.0, 0.0, -1.0])]
    {
        let expected = (loss, gradient.to_vec());
        assert_eq!(measure(SparseCategoricalCrossentropy, Softmax, logits, classes(&[class])), expected);
        let one_hot: Vec<f32> = (0..3).map(|unit| f32::from(unit == class)).collect();
        assert_eq!(measure(categorical(), Softmax, logits, numbers(&one_hot, [1, 3])), expected);
    }
    for (logit, target, loss, gradient) in [
        (1e4, 1.0, 0.0, 0.0),
        (1e4, 0.0, 1e4, 1.0),
        (-1e4, 0.0, 0.0, 0.0),
        (-1e4, 1.0, 1e4, -1.0),
        (f32::MAX, 1.0, 0.0, 0.0),
        (f32::MIN, 0.0, 0.0, 0.0),
    ] {
        let given = measure(binary(), Sigmoid, (&[logit], [1, 1]), numbers(&[target], [1, 1]));
        assert_eq!(given, (loss, vec![gradient]), "logit {logit}, target {target}");
    }
}

#[test]
fn gradient_of_binary_cross_entropy_at_logit_0_is_half_minus_the_target() {
    for (logit, target) in [(0.0, 0.0), (0.0, 1.0), (-0.0, 0.0), (-0.0, 1.0), (0.0, 0.25)] {
        let (loss, gradient) = measure(binary(), Sigmoid, (&[logit], [1, 1]), numbers(&[target], [1, 1]));
        assert_close(&[loss], &[2_f64.ln()], 1e-7);
        assert_close(&gradient, &[0.5 - f64::from(target)], 1e-7);
    }
}

/// Keras' epsilon is 1e-7; `1 - 1e-7` is `1 - 1.1920929e-7` in `f32`.
#[test]
fn outputs_of_other_activations_are_clipped() {
    for (probability, target, expected) in [
        (0.0, 1.0, 16.118095),
        (1.0, 0.0, 15.942385),
        (0.0, 0.0, 1.1920929e-7),
        (1.0, 1.0, 1.1920929e-7),
        (-3.0, 1.0, 16.118095),
        (2.0, 0.0, 15.942385),
    ] {
        let (loss, gradient) =
            measure(binary(), Linear, (&[probability], [1, 1]), numbers(&[target], [1, 1]));
        assert_close(&[loss], &[expected], 2e-6);
        if !(0.0..=1.0).contains(&probability) {
            assert_eq!(gradient, [0.0], "a clipped prediction has a gradient");
        }
    }
    let shares: (&[f32], _) = (&[0.0, 1.0, 0.0], [1, 3]);
    let loss = |class| measure(SparseCategoricalCrossentropy, Linear, shares, classes(&[class])).0;
    assert_close(&[loss(0), loss(1), loss(2)], &[16.118095, 1.1920929e-7, 16.118095], 2e-6);
}

#[test]
fn outputs_are_normalized_for_categorical_cross_entropy() {
    // -(log(0.2) + log(1 / 4)) / 2
    let logits: (&[f32], _) = (&[0.2, 0.3, 0.5, 2.0, 1.0, 1.0], [2, 3]);
    let (loss, _) = measure(SparseCategoricalCrossentropy, Linear, logits, classes(&[0, 1]));
    assert_close(&[loss], &[1.4978661], 1e-6);
}

#[test]
fn gradients_of_errors_are_their_size_or_sign() {
    let logits: (&[f32], _) = (&[3.0, -1.0, 0.5, 2.0], [2, 2]);
    let target = || numbers(&[1.0, 1.0, 0.5, 4.0], [2, 2]);
    assert_eq!(measure(MeanSquaredError, Linear, logits, target()), (3.0, vec![1.0, -1.0, 0.0, -1.0]));
    // At an error of 0, the gradient of the absolute error is that of a target above the prediction, as in JAX.
    assert_eq!(measure(MeanAbsoluteError, Linear, logits, target()), (1.5, vec![0.25, -0.25, -0.25, -0.25]));
}

#[test]
fn losses_are_saved_with_keras_names() {
    let names: [(Part<dyn Loss>, &str); 10] = [
        (SparseCategoricalCrossentropy.into_part(), "SparseCategoricalCrossentropy"),
        (categorical().into_part(), "CategoricalCrossentropy"),
        (binary().into_part(), "BinaryCrossentropy"),
        (MeanSquaredError.into_part(), "MeanSquaredError"),
        (MeanAbsoluteError.into_part(), "MeanAbsoluteError"),
        (Huber::new(0.5).into_part(), "Huber"),
        (LogCosh.into_part(), "LogCosh"),
        (KlDivergence.into_part(), "KLDivergence"),
        (Poisson.into_part(), "Poisson"),
        (Hinge.into_part(), "Hinge"),
    ];
    for (loss, name) in names {
        let json = serde_json::to_value(&loss).unwrap();
        assert_eq!((json["class_name"].as_str(), loss.name()), (Some(name), name));
        assert_eq!(serde_json::from_value::<Part<dyn Loss>>(json).unwrap(), loss);
    }
}

#[test]
fn missing_arguments_in_a_file_have_defaults() {
    let read = |json: &str| serde_json::from_str::<Part<dyn Loss>>(json).unwrap();
    assert_eq!(read(r#"{"class_name": "Huber", "config": {}}"#), Huber::new(1.0).into_part());
    assert_eq!(read(r#"{"class_name": "BinaryCrossentropy", "config": {}}"#), binary().into_part());
}

proptest! {
    #[test]
    fn binary_cross_entropy_equals_the_formula_in_f64(logit in -60.0_f32..60.0, target in 0.0_f32..=1.0) {
        let (loss, gradient) =
            measure(binary(), Sigmoid, (&[logit], [1, 1]), numbers(&[target], [1, 1]));
        let (x, t) = (f64::from(logit), f64::from(target));
        let expected = x.max(0.0) - x * t + (-x.abs()).exp().ln_1p();
        prop_assert!((loss - expected).abs() <= 1e-6 * expected.max(1.0), "{}, expected {}", loss, expected);
        let slope = 1.0 / (1.0 + (-x).exp()) - t;
        prop_assert!((gradient[0] - slope).abs() <= 1e-6, "{}, expected {}", gradient[0], slope);
    }

    #[test]
    fn categorical_cross_entropy_equals_the_formula_in_f64(
        logits in prop::collection::vec(-40.0_f32..40.0, 4), class in 0_usize..4,
    ) {
        let one_hot: Vec<f32> = (0..4).map(|unit| f32::from(unit == class)).collect();
        let target = || [classes(&[class as i32]), numbers(&one_hot, [1, 4])];
        let exponentials: Vec<f64> = logits.iter().map(|logit| f64::from(*logit).exp()).collect();
        let sum: f64 = exponentials.iter().sum();
        let expected = sum.ln() - f64::from(logits[class]);
        let losses: [Part<dyn Loss>; 2] = [SparseCategoricalCrossentropy.into_part(), categorical().into_part()];
        for (loss, target) in losses.into_iter().zip(target()) {
            let (given, gradient) = measure(loss, Softmax, (&logits, [1, 4]), target);
            prop_assert!((given - expected).abs() <= 1e-5, "{}, expected {}", given, expected);
            for unit in 0..4 {
                let slope = exponentials[unit] / sum - f64::from(one_hot[unit]);
                prop_assert!((gradient[unit] - slope).abs() <= 1e-6, "{}, expected {}", gradient[unit], slope);
            }
        }
    }
}
