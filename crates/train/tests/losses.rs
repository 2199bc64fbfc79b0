//! Losses have Keras' values, and gradients that are right where exponentials overflow and kinks are.

mod common;

use burn::tensor::{Device, Int, Tensor, TensorData};
use common::{assert_close, data};
use kindling_models::Activation::{self, Elu, Linear, Relu, Sigmoid, Softmax, Tanh};
use kindling_train::{
    Loss::{
        self, BinaryCrossentropy, CategoricalCrossentropy, MeanAbsoluteError, MeanSquaredError,
        SparseCategoricalCrossentropy,
    },
    Target,
};
use proptest::prelude::*;

fn classes(labels: &[i32]) -> Target {
    Target::Classes(Tensor::<2, Int>::from_data(
        TensorData::new(labels.to_vec(), [labels.len(), 1]),
        &Device::flex(),
    ))
}

fn numbers(values: &[f32], shape: [usize; 2]) -> Target {
    Target::Values(Tensor::from_data(data(values, shape), &Device::flex()))
}

/// The loss of logits `[batch, units]`, and its gradient with regard to them.
fn measure(
    loss: Loss,
    activation: Activation,
    (logits, shape): (&[f32], [usize; 2]),
    target: Target,
) -> (f64, Vec<f64>) {
    let logits = Tensor::<2>::from_data(data(logits, shape), &Device::flex().autodiff()).require_grad();
    let mean = loss.mean(logits.clone(), activation, target);
    let gradients = mean.backward();
    let gradient = logits.grad(&gradients).unwrap().into_data();
    (f64::from(mean.into_scalar::<f32>()), gradient.iter().collect())
}

const LOGITS: (&[f32], [usize; 2]) = (&[2.0, -1.0, 0.5, -0.5, 3.0, 1.0, 0.0, 0.0, 0.0], [3, 3]);
const SHARES: (&[f32], [usize; 2]) = (&[0.7, 0.2, 0.1, 0.1, 0.3, 0.6, 0.2, 0.5, 0.3], [3, 3]);
const SEVERAL: (&[f32], [usize; 2]) = (&[1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0], [3, 3]);
const REAL: (&[f32], [usize; 2]) = (&[1.5, -1.0, 0.0, 0.0, 2.0, 4.0, 1.0, 0.0, -3.0], [3, 3]);

/// `keras.losses.*()(target, keras.activations.*(logits))`, on JAX.
#[test]
fn losses_have_keras_values() {
    let value = |loss, activation, target| [measure(loss, activation, LOGITS, target).0];
    for (activation, sparse, shares) in [(Softmax, 1.1643673, 1.2643672), (Sigmoid, 0.944766, 1.0309862)] {
        let labels = classes(&[0, 2, 1]);
        assert_close(&value(SparseCategoricalCrossentropy, activation, labels), &[sparse], 1e-6);
        let target = numbers(SHARES.0, SHARES.1);
        assert_close(&value(CategoricalCrossentropy, activation, target), &[shares], 1e-6);
    }
    for (activation, binary, squared, absolute) in [
        (Softmax, 0.54756296, 3.2974415, 1.2571063),
        (Sigmoid, 0.53662604, 3.0062997, 1.3005013),
        (Relu, 5.4301915, 2.388889, 1.1111112),
        (Linear, 5.4301915, 2.3055556, 1.0555556),
        (Tanh, 3.8315003, 2.474266, 1.1046627),
        (Elu, 5.4301915, 2.3100169, 1.0845944),
    ] {
        let several = numbers(SEVERAL.0, SEVERAL.1);
        assert_close(&value(BinaryCrossentropy, activation, several), &[binary], 2e-6);
        let real = || numbers(REAL.0, REAL.1);
        assert_close(&value(MeanSquaredError, activation, real()), &[squared], 1e-6);
        assert_close(&value(MeanAbsoluteError, activation, real()), &[absolute], 1e-6);
    }
}

#[test]
fn classes_of_one_unit_are_the_numbers_0_and_1() {
    let logits: (&[f32], _) = (&[2.0, -1.0, 0.0, 0.3], [4, 1]);
    let (binary, _) = measure(BinaryCrossentropy, Sigmoid, logits, classes(&[1, 1, 0, 0]));
    assert_close(&[binary], &[0.7469231], 1e-6);
    // ((2 - 1)² + (-1 - 1)² + 0² + 0.3²) / 4
    let (squared, _) = measure(MeanSquaredError, Linear, logits, classes(&[1, 1, 0, 0]));
    assert_close(&[squared], &[1.2725], 1e-6);
}

#[test]
fn cross_entropies_of_extreme_logits_are_finite_and_pull_with_full_force() {
    let logits: (&[f32], _) = (&[1e4, -1e4, 0.0], [1, 3]);
    for (class, loss, gradient) in
        [(0, 0.0, [0.0, 0.0, 0.0]), (1, 2e4, [1.0, -1.0, 0.0]), (2, 1e4, [1.0, 0.0, -1.0])]
    {
        let expected = (loss, gradient.to_vec());
        assert_eq!(measure(SparseCategoricalCrossentropy, Softmax, logits, classes(&[class])), expected);
        let one_hot: Vec<f32> = (0..3).map(|unit| f32::from(unit == class)).collect();
        assert_eq!(measure(CategoricalCrossentropy, Softmax, logits, numbers(&one_hot, [1, 3])), expected);
    }
    for (logit, target, loss, gradient) in [
        (1e4, 1.0, 0.0, 0.0),
        (1e4, 0.0, 1e4, 1.0),
        (-1e4, 0.0, 0.0, 0.0),
        (-1e4, 1.0, 1e4, -1.0),
        (f32::MAX, 1.0, 0.0, 0.0),
        (f32::MIN, 0.0, 0.0, 0.0),
    ] {
        let given = measure(BinaryCrossentropy, Sigmoid, (&[logit], [1, 1]), numbers(&[target], [1, 1]));
        assert_eq!(given, (loss, vec![gradient]), "logit {logit}, target {target}");
    }
}

#[test]
fn binary_cross_entropy_at_logit_0_pulls_by_half_less_the_target() {
    for (logit, target) in [(0.0, 0.0), (0.0, 1.0), (-0.0, 0.0), (-0.0, 1.0), (0.0, 0.25)] {
        let (loss, gradient) =
            measure(BinaryCrossentropy, Sigmoid, (&[logit], [1, 1]), numbers(&[target], [1, 1]));
        assert_close(&[loss], &[2_f64.ln()], 1e-7);
        assert_close(&gradient, &[0.5 - f64::from(target)], 1e-7);
    }
}

/// Keras' epsilon is 1e-7; `1 - 1e-7` is `1 - 1.1920929e-7` in `f32`.
#[test]
fn probabilities_that_are_not_from_sigmoid_or_softmax_are_clipped() {
    for (probability, target, expected) in [
        (0.0, 1.0, 16.118095),
        (1.0, 0.0, 15.942385),
        (0.0, 0.0, 1.1920929e-7),
        (1.0, 1.0, 1.1920929e-7),
        (-3.0, 1.0, 16.118095),
        (2.0, 0.0, 15.942385),
    ] {
        let (loss, gradient) =
            measure(BinaryCrossentropy, Linear, (&[probability], [1, 1]), numbers(&[target], [1, 1]));
        assert_close(&[loss], &[expected], 2e-6);
        if !(0.0..=1.0).contains(&probability) {
            assert_eq!(gradient, [0.0], "nothing pulls beyond the clip");
        }
    }
    let shares: (&[f32], _) = (&[0.0, 1.0, 0.0], [1, 3]);
    let loss = |class| measure(SparseCategoricalCrossentropy, Linear, shares, classes(&[class])).0;
    assert_close(&[loss(0), loss(1), loss(2)], &[16.118095, 1.1920929e-7, 16.118095], 2e-6);
}

#[test]
fn outputs_that_do_not_add_up_to_one_are_scaled_for_categorical_cross_entropy() {
    // -(log(0.2) + log(1 / 4)) / 2
    let logits: (&[f32], _) = (&[0.2, 0.3, 0.5, 2.0, 1.0, 1.0], [2, 3]);
    let (loss, _) = measure(SparseCategoricalCrossentropy, Linear, logits, classes(&[0, 1]));
    assert_close(&[loss], &[1.4978661], 1e-6);
}

#[test]
fn errors_pull_by_their_size_or_their_sign() {
    let logits: (&[f32], _) = (&[3.0, -1.0, 0.5, 2.0], [2, 2]);
    let target = || numbers(&[1.0, 1.0, 0.5, 4.0], [2, 2]);
    assert_eq!(measure(MeanSquaredError, Linear, logits, target()), (3.0, vec![1.0, -1.0, 0.0, -1.0]));
    assert_eq!(measure(MeanAbsoluteError, Linear, logits, target()), (1.5, vec![0.25, -0.25, 0.0, -0.25]));
}

#[test]
fn losses_are_written_under_keras_names() {
    let names = [
        (SparseCategoricalCrossentropy, "sparse_categorical_crossentropy"),
        (CategoricalCrossentropy, "categorical_crossentropy"),
        (BinaryCrossentropy, "binary_crossentropy"),
        (MeanSquaredError, "mean_squared_error"),
        (MeanAbsoluteError, "mean_absolute_error"),
    ];
    for (loss, name) in names {
        assert_eq!(serde_json::to_string(&loss).unwrap(), format!("\"{name}\""));
    }
    let short = ["\"mse\"", "\"mae\""].map(|name| serde_json::from_str::<Loss>(name).unwrap());
    assert_eq!(short, [MeanSquaredError, MeanAbsoluteError]);
}

proptest! {
    #[test]
    fn binary_cross_entropy_is_the_formula_in_double_precision(logit in -60.0_f32..60.0, target in 0.0_f32..=1.0) {
        let (loss, gradient) =
            measure(BinaryCrossentropy, Sigmoid, (&[logit], [1, 1]), numbers(&[target], [1, 1]));
        let (x, t) = (f64::from(logit), f64::from(target));
        let expected = x.max(0.0) - x * t + (-x.abs()).exp().ln_1p();
        prop_assert!((loss - expected).abs() <= 1e-6 * expected.max(1.0), "{} for {}", loss, expected);
        let slope = 1.0 / (1.0 + (-x).exp()) - t;
        prop_assert!((gradient[0] - slope).abs() <= 1e-6, "{} for {}", gradient[0], slope);
    }

    #[test]
    fn categorical_cross_entropy_is_the_formula_in_double_precision(
        logits in prop::collection::vec(-40.0_f32..40.0, 4), class in 0_usize..4,
    ) {
        let one_hot: Vec<f32> = (0..4).map(|unit| f32::from(unit == class)).collect();
        let target = || [classes(&[class as i32]), numbers(&one_hot, [1, 4])];
        let exponentials: Vec<f64> = logits.iter().map(|logit| f64::from(*logit).exp()).collect();
        let sum: f64 = exponentials.iter().sum();
        let expected = sum.ln() - f64::from(logits[class]);
        for (loss, target) in [SparseCategoricalCrossentropy, CategoricalCrossentropy].into_iter().zip(target()) {
            let (given, gradient) = measure(loss, Softmax, (&logits, [1, 4]), target);
            prop_assert!((given - expected).abs() <= 1e-5, "{} for {}", given, expected);
            for unit in 0..4 {
                let slope = exponentials[unit] / sum - f64::from(one_hot[unit]);
                prop_assert!((gradient[unit] - slope).abs() <= 1e-6, "{} for {}", gradient[unit], slope);
            }
        }
    }
}
