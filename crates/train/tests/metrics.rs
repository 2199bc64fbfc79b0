//! Metrics have Keras' values, ties included.

mod common;

use burn::tensor::{Device, Int, Tensor, TensorData};
use common::{assert_close, data};
use kindling_models::Activation::{self, Linear, Sigmoid, Softmax};
use kindling_train::{
    Metric::{
        self, Accuracy, BinaryAccuracy, CategoricalAccuracy, Mae, Mse, SparseCategoricalAccuracy, TopK,
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

fn one_hot(labels: &[i32], units: i32) -> Target {
    let rows: Vec<f32> =
        labels.iter().flat_map(|label| (0..units).map(move |unit| f32::from(unit == *label))).collect();
    numbers(&rows, [labels.len(), units as usize])
}

/// The mean over the samples.
fn mean(
    metric: Metric,
    activation: Activation,
    (logits, shape): (&[f32], [usize; 2]),
    target: Target,
) -> f64 {
    let sum = metric.sum(Tensor::from_data(data(logits, shape), &Device::flex()), activation, target);
    f64::from(sum.into_scalar::<f32>()) / shape[0] as f64
}

/// With ties for the first place, for all places, and none.
const SCORES: (&[f32], [usize; 2]) = (
    &[
        0.1, 0.5, 0.2, 0.2, //
        0.3, 0.3, 0.2, 0.2, //
        0.25, 0.25, 0.25, 0.25, //
        0.1, 0.2, 0.3, 0.4, //
        0.4, 0.3, 0.2, 0.1,
    ],
    [5, 4],
);

#[test]
fn of_several_likeliest_classes_the_first_is_the_answer() {
    let accuracy = |labels: &[i32]| {
        let sparse = [Accuracy, SparseCategoricalAccuracy].map(|m| mean(m, Linear, SCORES, classes(labels)));
        let dense = [Accuracy, CategoricalAccuracy].map(|m| mean(m, Linear, SCORES, one_hot(labels, 4)));
        assert!(sparse == dense && sparse[0] == sparse[1], "{sparse:?} {dense:?}");
        sparse[0]
    };
    assert_eq!(accuracy(&[1, 0, 0, 3, 0]), 1.0);
    assert_eq!(accuracy(&[1, 1, 3, 3, 0]), 0.6);
    assert_eq!(accuracy(&[2, 1, 3, 0, 1]), 0.0);
}

/// `keras.metrics.(Sparse)TopKCategoricalAccuracy(k)`: all that tie for the last place are among the likeliest.
#[test]
fn top_k_counts_ties_as_keras_does_and_k_may_exceed_the_classes() {
    let labels = [2, 1, 3, 0, 1];
    for (k, expected) in [(1, 0.4), (2, 0.8), (3, 0.8), (4, 1.0), (5, 1.0), (1000, 1.0)] {
        assert_close(&[mean(TopK(k), Softmax, SCORES, classes(&labels))], &[expected], 1e-7);
        assert_close(&[mean(TopK(k), Softmax, SCORES, one_hot(&labels, 4))], &[expected], 1e-7);
    }
}

#[test]
fn a_probability_of_exactly_one_half_is_a_no() {
    let probabilities: (&[f32], _) = (&[0.5, 0.50001, 0.2, 0.9], [4, 1]);
    for metric in [Accuracy, BinaryAccuracy] {
        assert_eq!(mean(metric, Linear, probabilities, classes(&[1, 1, 0, 0])), 0.5);
        assert_eq!(mean(metric, Linear, probabilities, numbers(&[1.0, 1.0, 0.0, 0.0], [4, 1])), 0.5);
        // Before the activation, one half is 0.
        assert_eq!(mean(metric, Sigmoid, (&[0.0, 0.1, -3.0, 9.0], [4, 1]), classes(&[1, 1, 0, 0])), 0.5);
    }
}

#[test]
fn binary_accuracy_of_several_units_is_the_share_of_right_values() {
    let several =
        [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0];
    let doubled: Vec<f32> = SCORES.0.iter().map(|score| score * 2.0).collect();
    let share = mean(BinaryAccuracy, Linear, (&doubled, SCORES.1), numbers(&several, SCORES.1));
    assert_close(&[share], &[0.55], 1e-7);
}

#[test]
fn errors_are_means_over_samples_and_units() {
    let predictions: (&[f32], _) = (&[1.5, 2.0, 1.0, -3.0, 0.0, 0.0], [3, 2]);
    let target = || numbers(&[1.0, 2.0, 0.0, -1.0, 3.0, 0.5], [3, 2]);
    assert_close(&[mean(Mae, Linear, predictions, target())], &[7.0 / 6.0], 1e-6);
    assert_close(&[mean(Mse, Linear, predictions, target())], &[14.5 / 6.0], 1e-6);
    // The activation counts: sigmoid(0) is 0.5.
    assert_eq!(mean(Mae, Sigmoid, (&[0.0], [1, 1]), numbers(&[2.0], [1, 1])), 1.5);
}

#[test]
fn metrics_are_reported_under_keras_names() {
    let named = [
        (Accuracy, "accuracy"),
        (BinaryAccuracy, "binary_accuracy"),
        (CategoricalAccuracy, "categorical_accuracy"),
        (SparseCategoricalAccuracy, "sparse_categorical_accuracy"),
        (TopK(5), "top_k_categorical_accuracy"),
        (Mae, "mae"),
        (Mse, "mse"),
    ];
    for (metric, name) in named {
        assert_eq!(metric.name(), name);
    }
}

proptest! {
    /// Keras: `1 + sum(predictions > prediction of the target) <= k`.
    #[test]
    fn top_k_is_the_rank_of_the_targets_score(
        scores in prop::collection::vec((-3_i32..3).prop_map(|score| score as f32), 30), k in 1_usize..8,
        labels in prop::collection::vec(0_i32..6, 5),
    ) {
        let right = scores.chunks(6).zip(&labels).filter(|(row, label)| {
            row.iter().filter(|score| **score > row[**label as usize]).count() < k
        });
        let expected = right.count() as f64 / 5.0;
        let given = mean(TopK(k), Linear, (&scores, [5, 6]), classes(&labels));
        prop_assert!((given - expected).abs() < 1e-9, "{} for {}", given, expected);
    }

    #[test]
    fn top_1_without_ties_is_accuracy(
        scores in prop::sample::subsequence((0..60).map(|i| i as f32).collect::<Vec<_>>(), 20).prop_shuffle(),
        labels in prop::collection::vec(0_i32..4, 5),
    ) {
        let given = [TopK(1), Accuracy].map(|metric| mean(metric, Linear, (&scores, [5, 4]), classes(&labels)));
        prop_assert_eq!(given[0], given[1]);
    }
}
