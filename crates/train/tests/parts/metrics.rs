//! Metrics match Keras, including ties, and are exact over the batches of an epoch.

use crate::common::assert_close;
use burn::tensor::{Device, Int, Tensor, TensorData};
use kindling_data::{Column, Samples};
use kindling_models::{
    IntoPart, Part, Sequential, Value,
    activations::{Activation, Linear, Sigmoid, Softmax},
};
use kindling_train::{
    Compile, FitOptions, TrainError,
    losses::{BinaryCrossentropy, Huber, LogCosh, MeanSquaredError, Output, Target},
    metrics::{
        Accuracy, Auc, BinaryAccuracy, CategoricalAccuracy, Curve, F1Score, IntoMetrics, Mae, Metric, Mse,
        Precision, R2Score, Recall, RootMeanSquaredError, SparseCategoricalAccuracy,
        SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy, from_loss, named,
    },
    optimizers::Sgd,
};
use proptest::prelude::*;

fn classes(labels: &[i32]) -> Value {
    let data = TensorData::new(labels.to_vec(), [labels.len(), 1]);
    Tensor::<2, Int>::from_data(data, &Device::flex()).into()
}

fn numbers(values: &[f32], shape: [usize; 2]) -> Value {
    Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &Device::flex()).into()
}

fn one_hot(labels: &[i32], units: i32) -> Value {
    let rows: Vec<f32> =
        labels.iter().flat_map(|label| (0..units).map(move |unit| f32::from(unit == *label))).collect();
    numbers(&rows, [labels.len(), units as usize])
}

/// Returns the value over one batch.
fn figure(
    metric: impl IntoPart<dyn Metric>,
    activation: impl IntoPart<dyn Activation>,
    (logits, shape): (&[f32], [usize; 2]),
    target: Value,
) -> f64 {
    let output = Output::new(numbers(logits, shape), activation);
    let target = Target::new(target, &output).unwrap();
    let metric = metric.into_part();
    let totals: Vec<f64> = metric.sums(&output, &target).into_data().iter().collect();
    metric.figure(&totals, shape[0] as f64)
}

/// Predictions with ties for the maximum, between all classes, and without ties.
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
fn first_class_wins_ties() {
    let accuracy = |labels: &[i32]| {
        let sparse = [Accuracy.into_part(), SparseCategoricalAccuracy.into_part()]
            .map(|metric: Part<dyn Metric>| figure(metric, Linear, SCORES, classes(labels)));
        let dense = [Accuracy.into_part(), CategoricalAccuracy.into_part()]
            .map(|metric: Part<dyn Metric>| figure(metric, Linear, SCORES, one_hot(labels, 4)));
        assert!(sparse == dense && sparse[0] == sparse[1], "{sparse:?} {dense:?}");
        sparse[0]
    };
    assert_eq!(accuracy(&[1, 0, 0, 3, 0]), 1.0);
    assert_eq!(accuracy(&[1, 1, 3, 3, 0]), 0.6);
    assert_eq!(accuracy(&[2, 1, 3, 0, 1]), 0.0);
}

/// `keras.metrics.(Sparse)TopKCategoricalAccuracy(k)`: all classes that tie with the k-th are counted.
#[test]
fn top_k_counts_ties_like_keras_and_k_may_exceed_the_classes() {
    let labels = [2, 1, 3, 0, 1];
    for (k, expected) in [(1, 0.4), (2, 0.8), (3, 0.8), (4, 1.0), (5, 1.0), (1000, 1.0)] {
        let metrics: [Part<dyn Metric>; 2] =
            [TopKCategoricalAccuracy::new(k).into_part(), SparseTopKCategoricalAccuracy::new(k).into_part()];
        for metric in metrics {
            let sparse = figure(metric.clone(), Softmax, SCORES, classes(&labels));
            let dense = figure(metric, Softmax, SCORES, one_hot(&labels, 4));
            assert_close(&[sparse, dense], &[expected; 2], 1e-7);
        }
    }
}

#[test]
fn probability_of_exactly_one_half_is_negative() {
    let probabilities: (&[f32], _) = (&[0.5, 0.50001, 0.2, 0.9], [4, 1]);
    let metrics: [Part<dyn Metric>; 2] = [Accuracy.into_part(), BinaryAccuracy.into_part()];
    for metric in metrics {
        let figure = |activation: Part<dyn Activation>, logits, target| {
            figure(metric.clone(), activation, logits, target)
        };
        assert_eq!(figure(Linear.into_part(), probabilities, classes(&[1, 1, 0, 0])), 0.5);
        assert_eq!(figure(Linear.into_part(), probabilities, numbers(&[1.0, 1.0, 0.0, 0.0], [4, 1])), 0.5);
        // The sigmoid of logit 0 is one half.
        assert_eq!(
            figure(Sigmoid.into_part(), (&[0.0, 0.1, -3.0, 9.0], [4, 1]), classes(&[1, 1, 0, 0])),
            0.5
        );
    }
}

#[test]
fn binary_accuracy_of_several_units_is_the_fraction_of_correct_values() {
    let several =
        [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0];
    let doubled: Vec<f32> = SCORES.0.iter().map(|score| score * 2.0).collect();
    let share = figure(BinaryAccuracy, Linear, (&doubled, SCORES.1), numbers(&several, SCORES.1));
    assert_close(&[share], &[0.55], 1e-7);
}

/// `keras.metrics.BinaryAccuracy(threshold)`, on JAX. A threshold of 0 is for logits; a logit of 0 is negative.
#[test]
fn binary_accuracy_with_another_threshold_matches_keras() {
    let shares: (&[f32], _) = (&[0.9, 0.5, 0.4, 0.8, 0.1, 0.7, 0.2, 0.51], [8, 1]);
    let targets = || classes(&[1, 1, 1, 0, 0, 1, 0, 1]);
    for (threshold, expected) in [(0.0, 0.625), (0.3, 0.875), (0.45, 0.75), (0.5, 0.625)] {
        assert_eq!(figure(BinaryAccuracy::new(threshold), Linear, shares, targets()), expected);
    }
    let logits: (&[f32], _) = (&[0.0, 0.1, -3.0, 9.0], [4, 1]);
    assert_eq!(figure(BinaryAccuracy::new(0.0), Linear, logits, classes(&[1, 1, 0, 0])), 0.5);
    let json = r#"{"class_name": "BinaryAccuracy", "config": {}}"#;
    assert_eq!(serde_json::from_str::<Part<dyn Metric>>(json).unwrap(), BinaryAccuracy.into_part());
}

#[test]
fn errors_are_means_over_samples_and_units() {
    let predictions: (&[f32], _) = (&[1.5, 2.0, 1.0, -3.0, 0.0, 0.0], [3, 2]);
    let target = || numbers(&[1.0, 2.0, 0.0, -1.0, 3.0, 0.5], [3, 2]);
    assert_close(&[figure(Mae, Linear, predictions, target())], &[7.0 / 6.0], 1e-6);
    assert_close(&[figure(Mse, Linear, predictions, target())], &[14.5 / 6.0], 1e-6);
    // Errors are computed after the activation: sigmoid(0) is 0.5.
    assert_eq!(figure(Mae, Sigmoid, (&[0.0], [1, 1]), numbers(&[2.0], [1, 1])), 1.5);
}

#[test]
fn metrics_are_reported_with_keras_names() {
    let metrics = (
        Accuracy,
        BinaryAccuracy,
        CategoricalAccuracy,
        SparseCategoricalAccuracy,
        TopKCategoricalAccuracy::new(5),
        SparseTopKCategoricalAccuracy::new(5),
        Mae,
        Mse,
    );
    let more = (
        Precision::default(),
        Recall::default(),
        Auc::default(),
        F1Score::micro(),
        RootMeanSquaredError,
        R2Score,
        from_loss(LogCosh),
        named("rmse", RootMeanSquaredError),
    );
    let names: Vec<String> =
        metrics.into_metrics().iter().chain(&more.into_metrics()).map(|metric| metric.name()).collect();
    let expected = [
        "accuracy",
        "binary_accuracy",
        "categorical_accuracy",
        "sparse_categorical_accuracy",
        "top_k_categorical_accuracy",
        "sparse_top_k_categorical_accuracy",
        "mae",
        "mse",
        "precision",
        "recall",
        "auc",
        "f1_score",
        "root_mean_squared_error",
        "r2_score",
        "log_cosh",
        "rmse",
    ];
    assert_eq!(names, expected);
}

#[test]
fn metrics_are_saved_with_keras_names() {
    let metrics = (
        Precision::new(0.3).class_id(1),
        Recall::default().top_k(2),
        Auc::new(Curve::Pr).num_thresholds(50),
        F1Score::macro_average(),
        RootMeanSquaredError,
        R2Score,
        from_loss(Huber::new(0.5)),
    );
    let metrics = metrics.into_metrics();
    let more = (
        BinaryAccuracy::new(0.3),
        TopKCategoricalAccuracy::new(2),
        SparseTopKCategoricalAccuracy::new(2),
        Mae,
        Mse,
        named("rmse", RootMeanSquaredError),
    );
    let names = [
        "Precision",
        "Recall",
        "AUC",
        "F1Score",
        "RootMeanSquaredError",
        "R2Score",
        "from_loss",
        "BinaryAccuracy",
        "TopKCategoricalAccuracy",
        "SparseTopKCategoricalAccuracy",
        "MeanAbsoluteError",
        "MeanSquaredError",
        "named",
    ];
    let all: Vec<Part<dyn Metric>> = metrics.iter().cloned().chain(more.into_metrics()).collect();
    assert_eq!(all.len(), names.len());
    for (metric, name) in all.iter().zip(names) {
        let json = serde_json::to_value(metric).unwrap();
        assert_eq!(json["class_name"], name);
        assert_eq!(serde_json::from_value::<Part<dyn Metric>>(json).unwrap(), *metric);
    }
    let json = serde_json::to_value(&metrics[2]).unwrap();
    let config = serde_json::json!({
        "num_thresholds": 50,
        "curve": "PR",
        "summation_method": "interpolation",
        "multi_label": false,
        "from_logits": false,
    });
    assert_eq!(json["config"], config);
    let json = serde_json::to_value(&metrics[0]).unwrap();
    assert_eq!(json["config"], serde_json::json!({"thresholds": 0.3, "top_k": null, "class_id": 1}));
}

/// Samples with eight predictions, for a network that returns its input, in sequences of this number of steps.
fn eight(predictions: &[f32; 8], steps: usize, targets: Column) -> Samples {
    let inputs = Column::floats((predictions.to_vec(), [8 / steps, steps, 1])).unwrap();
    Samples::new(inputs, targets).unwrap()
}

/// Returns the metrics of a network that returns its input: of an epoch with batches of 3, 3 and 2 samples, and of an
/// evaluation in one batch.
fn reported(
    metrics: impl IntoMetrics + Clone,
    samples: &Samples,
) -> Result<[Vec<(String, f64)>; 2], TrainError> {
    let network = Sequential::new(samples.inputs()[0].sample_shape().to_vec()).activation(Linear);
    let mut model = network.compile(Sgd::new(0.1), MeanSquaredError, metrics).on(&Device::flex())?;
    let history = model.fit(samples, &FitOptions::new().epochs(1).batch_size(3))?;
    let epoch = history.iter().map(|(name, figures)| (name.to_owned(), figures[0])).collect();
    let whole = model.evaluate(samples)?;
    Ok([epoch, whole.iter().map(|(name, figure)| (name.to_owned(), figure)).collect()])
}

#[track_caller]
fn assert_reported(metrics: impl IntoMetrics + Clone, samples: &Samples, expected: &[(&str, f64)]) {
    for figures in reported(metrics, samples).unwrap() {
        let names: Vec<&str> = figures.iter().skip(1).map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, expected.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let figures: Vec<f64> = figures.iter().skip(1).map(|(_, figure)| *figure).collect();
        let expected: Vec<f64> = expected.iter().map(|(_, figure)| *figure).collect();
        assert_close(&figures, &expected, 3e-7);
    }
}

/// `keras.metrics.*()` over all eight samples, on JAX. Means over batches would be different.
#[test]
fn classification_metrics_are_exact_over_the_epoch_and_duplicate_names_are_numbered() {
    let predictions = [0.9, 0.5, 0.4, 0.8, 0.1, 0.7, 0.2, 0.51];
    let targets = vec![1, 1, 1, 0, 0, 1, 0, 1];
    let classes = Column::classes(targets.clone()).unwrap();
    let steps = Column::labels((targets, [4, 2])).unwrap();
    let metrics = (
        Precision::default(),
        Precision::new(0.3),
        Recall::default(),
        Auc::default(),
        Auc::new(Curve::Pr),
        F1Score::macro_average().threshold(0.5),
        from_loss(BinaryCrossentropy::default()),
    );
    let expected = [
        ("precision", 0.75),
        ("precision_1", 5.0 / 6.0),
        ("recall", 0.6),
        ("auc", 0.73333333),
        ("auc_1", 0.78027755),
        ("f1_score", 0.66666663),
        ("binary_crossentropy", 0.58534497),
    ];
    assert_reported(metrics.clone(), &eight(&predictions, 1, classes), &expected);
    assert_reported(metrics, &eight(&predictions, 2, steps), &expected);
}

#[test]
fn regression_metrics_are_exact_over_the_epoch() {
    let predictions = [1.0, -0.5, 0.5, 0.25, 2.5, 3.0, 1.5, 0.0];
    let targets = vec![1.5_f32, -1.0, 0.0, 0.0, 2.0, 4.0, 1.0, 0.0];
    let (one, two) = (Column::floats(&targets).unwrap(), Column::floats((targets, [4, 2])).unwrap());
    let metrics = (RootMeanSquaredError, R2Score, from_loss(Huber::new(0.5)));
    // The errors are five times 0.5, and 0.25, 1 and 0. The sum of the squared deviations of the targets from their
    // mean is 17.21875.
    let expected = [
        ("root_mean_squared_error", (2.3125_f64 / 8.0).sqrt()),
        ("r2_score", 1.0 - 2.3125 / 17.21875),
        ("huber", (5.0 * 0.125 + 0.03125 + 0.375) / 8.0),
    ];
    assert_reported(metrics.clone(), &eight(&predictions, 1, one), &expected);
    assert_reported(metrics, &eight(&predictions, 2, two), &expected);
}

#[test]
fn incompatible_targets_are_errors_before_training() {
    let samples = eight(&[0.5; 8], 1, Column::floats(vec![0.5_f32; 8]).unwrap());
    let error = reported([Precision::default()], &samples).unwrap_err().to_string();
    assert!(error.contains("Precision needs targets of 0 and 1, but sample 0 has 0.5"), "{error}");
    let error = reported([from_loss(Huber::new(-1.0))], &samples).unwrap_err().to_string();
    assert!(error.contains("delta of Huber is -1"), "{error}");
}

proptest! {
    /// Keras: `1 + sum(predictions > prediction of the target) <= k`.
    #[test]
    fn top_k_equals_the_rank_of_the_target(
        scores in prop::collection::vec((-3_i32..3).prop_map(|score| score as f32), 30), k in 1_usize..8,
        labels in prop::collection::vec(0_i32..6, 5),
    ) {
        let right = scores.chunks(6).zip(&labels).filter(|(row, label)| {
            row.iter().filter(|score| **score > row[**label as usize]).count() < k
        });
        let expected = right.count() as f64 / 5.0;
        let given = figure(TopKCategoricalAccuracy::new(k), Linear, (&scores, [5, 6]), classes(&labels));
        prop_assert!((given - expected).abs() < 1e-9, "{}, expected {}", given, expected);
    }

    #[test]
    fn top_1_without_ties_is_accuracy(
        scores in prop::sample::subsequence((0..60).map(|i| i as f32).collect::<Vec<_>>(), 20).prop_shuffle(),
        labels in prop::collection::vec(0_i32..4, 5),
    ) {
        let given = [TopKCategoricalAccuracy::new(1).into_part(), Accuracy.into_part()]
            .map(|metric: Part<dyn Metric>| figure(metric, Linear, (&scores, [5, 4]), classes(&labels)));
        prop_assert_eq!(given[0], given[1]);
    }
}
