//! Invalid options and data are errors before training, with messages that name them.

use crate::common::{classes, classifier, constant, floats, flowers, numbers, standstill};
use burn::tensor::{Device, TensorData};
use kindling_data::{Column, Samples, to_categorical};
use kindling_models::{
    IntoPart, Network, Part, Sequential, SequentialNetwork,
    activations::{Activation, Linear, Sigmoid, Softmax},
};
use kindling_train::{
    Compile, FitOptions, Model, TrainError,
    losses::{
        BinaryCrossentropy, CategoricalCrossentropy, Ctc, Loss, MeanAbsoluteError, MeanSquaredError,
        SparseCategoricalCrossentropy,
    },
    metrics::{
        Accuracy, Auc, BinaryAccuracy, CategoricalAccuracy, Curve, F1Score, Mae, Metric, Mse, Precision,
        R2Score, SparseCategoricalAccuracy, SparseTopKCategoricalAccuracy, Summation,
        TopKCategoricalAccuracy, named,
    },
};
use proptest::prelude::*;

/// Returns the error message of `fit`, and checks that the weights have not changed.
#[track_caller]
fn refusal(model: &mut Model<impl Network>, samples: &Samples, options: &FitOptions) -> String {
    let before = model.weights().unwrap();
    let error = model.fit(samples, options).unwrap_err();
    assert_eq!(model.weights().unwrap(), before);
    assert!(matches!(error, TrainError::Argument { .. } | TrainError::Mismatch(_)), "{error:?}");
    error.to_string()
}

#[track_caller]
fn assert_names(message: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| message.contains(part)), "{parts:?} in {message:?}");
}

/// A model with a layer of `units` units, for [`features`].
fn model(
    units: usize,
    activation: impl IntoPart<dyn Activation>,
    loss: impl IntoPart<dyn Loss>,
) -> Model<SequentialNetwork> {
    let network = Sequential::new(2).dense(units, activation);
    network.compile(standstill(), loss, [Accuracy]).on(&Device::flex()).unwrap()
}

fn features(targets: Column) -> Samples {
    Samples::new(floats(&vec![0.5; targets.len() * 2], [targets.len(), 2]), targets).unwrap()
}

fn one() -> FitOptions {
    FitOptions::new().batch_size(1)
}

#[test]
fn epochs_batch_size_and_validation_freq_must_be_positive() {
    let samples = flowers(10);
    let refused = |options| refusal(&mut classifier(0), &samples, &options);
    assert_names(&refused(one().epochs(0)), &["epochs is 0", "give at least 1"]);
    assert_names(&refused(one().epochs(3).initial_epoch(3)), &["epochs is 3", "initial_epoch (3)"]);
    assert_names(&refused(FitOptions::new().batch_size(0)), &["batch_size is 0", "at least 1"]);
    assert_names(&refused(one().validation_freq(0)), &["validation_freq is 0", "at least 1"]);
}

#[test]
fn validation_split_must_leave_training_and_validation_samples() {
    for share in [0.0, 1.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
        let message = refusal(&mut classifier(0), &flowers(10), &one().validation_split(share));
        assert_names(&message, &[&format!("validation_split is {share}: ")]);
    }
    refusal(&mut classifier(0), &flowers(10), &one().validation_split(0.99));
    refusal(&mut classifier(0), &flowers(1), &one().validation_split(0.5));
}

#[test]
fn empty_samples_are_an_error_in_every_method() {
    let empty = flowers(10).slice(10..20);
    let mut model = classifier(0);
    refusal(&mut model, &empty, &one());
    assert_names(
        &refusal(&mut model, &flowers(10), &one().validation_data(&empty)),
        &["is empty (0 samples)"],
    );
    for message in [
        model.train_on_batch(&empty).unwrap_err(),
        model.evaluate(&empty).unwrap_err(),
        model.predict(&empty).unwrap_err(),
    ] {
        assert_names(&message.to_string(), &["is empty (0 samples)"]);
    }
}

#[test]
fn error_of_a_wrong_input_shape_names_both_shapes() {
    let narrow = Samples::new(floats(&[0.0; 6], [2, 3]), classes(&[0, 1])).unwrap();
    let square = Samples::new(floats(&[0.0; 8], [2, 2, 2]), classes(&[0, 1])).unwrap();
    for (samples, shape) in [(narrow, "[3]"), (square.clone(), "[2, 2]")] {
        assert_names(&refusal(&mut classifier(0), &samples, &one()), &["[4]", shape]);
        let message = refusal(&mut classifier(0), &flowers(10), &one().validation_data(&samples));
        assert_names(&message, &["[4]", shape]);
        assert!(classifier(0).predict(&samples).is_err() && classifier(0).evaluate(&samples).is_err());
    }
    assert!(classifier(0).fit(&square.reshape(4).unwrap(), &one()).is_ok());
}

#[test]
fn single_feature_needs_no_axis() {
    let samples = Samples::new(floats(&[1.0, 2.0], [2]), floats(&[1.0, 2.0], [2])).unwrap();
    let spelled_out = samples.clone().reshape(1).unwrap();
    let [given, expected] =
        [samples, spelled_out].map(|samples| constant(standstill(), ()).evaluate(&samples));
    assert_eq!(given.unwrap(), expected.unwrap());
}

#[test]
fn error_names_a_label_out_of_range_and_its_sample() {
    for (labels, parts) in [
        ([0, 2, 3, 7], ["sample 2 has label 3", "0 to 2"]),
        ([0, -1, 3, 7], ["sample 1 has label -1", "0 to 2"]),
    ] {
        let mut model = model(3, Softmax, SparseCategoricalCrossentropy);
        assert_names(&refusal(&mut model, &features(classes(&labels)), &one()), &parts);
        assert!(model.evaluate(&features(classes(&labels))).is_err());
    }
    let mut yes_or_no = model(1, Sigmoid, BinaryCrossentropy::default());
    let message = refusal(&mut yes_or_no, &features(classes(&[0, 1, 2])), &one());
    assert_names(&message, &["sample 2 has label 2", "0 to 1"]);
    assert!(yes_or_no.fit(&features(classes(&[0, 1, 1])), &one()).is_ok());
}

#[test]
fn regression_accepts_any_integer_but_accuracy_does_not() {
    let samples = features(classes(&[-5, 40, 7]));
    let network = Sequential::new(2).dense(1, Linear);
    let mut regression = network.compile(standstill(), MeanSquaredError, [Mae]).on(&Device::flex()).unwrap();
    assert!(regression.fit(&samples, &one()).is_ok());
    // With one unit, accuracy needs the classes 0 and 1.
    let message = refusal(&mut model(1, Linear, MeanSquaredError), &samples, &one());
    assert_names(&message, &["sample 0 has label -5", "0 to 1"]);
}

#[test]
fn class_indices_are_errors_for_losses_of_several_values() {
    for loss in losses_of_values() {
        let message = refusal(&mut model(3, Softmax, loss.clone()), &features(classes(&[0, 1, 2])), &one());
        assert_names(&message, &[loss.name(), "3 values", "to_categorical"]);
    }
}

#[test]
fn one_hot_targets_are_errors_for_sparse_categorical_cross_entropy() {
    let one_hot = Column::floats(to_categorical(&[0, 1, 2], 3).unwrap()).unwrap();
    let message =
        refusal(&mut model(3, Softmax, SparseCategoricalCrossentropy), &features(one_hot.clone()), &one());
    assert_names(&message, &["SparseCategoricalCrossentropy", "CategoricalCrossentropy for one-hot"]);
    let mut model = model(3, Softmax, CategoricalCrossentropy::default());
    assert!(model.fit(&features(one_hot), &one()).is_ok());
}

#[test]
fn width_of_targets_must_equal_the_output() {
    let wide = floats(&[0.0; 6], [2, 3]);
    let message = refusal(&mut model(2, Linear, MeanSquaredError), &features(wide), &one());
    assert_names(&message, &["2 values", "have 3"]);
    let single = floats(&[0.0; 2], [2]);
    let message = refusal(&mut model(2, Linear, MeanSquaredError), &features(single), &one());
    assert_names(&message, &["2 values", "have 1"]);
}

#[test]
fn sequences_need_one_valid_label_per_step() {
    let network = Sequential::new([3, 2]).dense(4, Softmax);
    let compiling = network.compile(standstill(), SparseCategoricalCrossentropy, [Accuracy]);
    let mut model = compiling.on(&Device::flex()).unwrap();
    let samples = |labels: Column| Samples::new(floats(&[0.5; 12], [2, 3, 2]), labels).unwrap();
    let labels = |labels: &[i32]| samples(Column::labels((labels.to_vec(), [2, labels.len() / 2])).unwrap());
    assert!(model.fit(&labels(&[0, 1, 2, 3, 0, 1]), &one()).is_ok());
    let message = refusal(&mut model, &labels(&[0, 1, 2, 3, 4, 1]), &one());
    assert_names(&message, &["sample 1 has label 4", "0 to 3"]);
    for targets in [labels(&[0, 1, 2, 3]), samples(classes(&[0, 1]))] {
        assert_names(&refusal(&mut model, &targets, &one()), &["each of 3 steps", "Column::labels"]);
    }
}

#[test]
fn categorical_losses_need_several_units() {
    let labels = features(classes(&[0, 1]));
    let message = refusal(&mut model(1, Sigmoid, SparseCategoricalCrossentropy), &labels, &one());
    assert_names(&message, &["SparseCategoricalCrossentropy", "BinaryCrossentropy"]);
    let network = Sequential::new(2).dense(1, Sigmoid);
    let compiling =
        network.compile(standstill(), BinaryCrossentropy::default(), [TopKCategoricalAccuracy::new(1)]);
    let mut model = compiling.on(&Device::flex()).unwrap();
    assert_names(&refusal(&mut model, &labels, &one()), &["TopKCategoricalAccuracy"]);
}

#[test]
fn validation_targets_are_checked_before_training() {
    let mut model = model(3, Softmax, SparseCategoricalCrossentropy);
    let bad = features(classes(&[0, 9]));
    let message = refusal(&mut model, &features(classes(&[0, 1])), &one().validation_data(&bad));
    assert_names(&message, &["sample 1 has label 9"]);
}

fn losses_of_values() -> Vec<Part<dyn Loss>> {
    vec![
        MeanSquaredError.into_part(),
        MeanAbsoluteError.into_part(),
        CategoricalCrossentropy::default().into_part(),
        BinaryCrossentropy::default().into_part(),
    ]
}

fn losses() -> Vec<Part<dyn Loss>> {
    let others: Vec<Part<dyn Loss>> = vec![
        SparseCategoricalCrossentropy.into_part(),
        SparseCategoricalCrossentropy.from_logits(true).into_part(),
        CategoricalCrossentropy::default().from_logits(true).into_part(),
        BinaryCrossentropy::default().from_logits(true).into_part(),
        Ctc.into_part(),
    ];
    [losses_of_values(), others].concat()
}

fn metrics() -> Vec<Part<dyn Metric>> {
    let others: Vec<Part<dyn Metric>> = vec![
        Accuracy.into_part(),
        BinaryAccuracy.into_part(),
        CategoricalAccuracy.into_part(),
        SparseCategoricalAccuracy.into_part(),
        Mae.into_part(),
        Mse.into_part(),
        R2Score::variance_weighted().into_part(),
        R2Score { class_aggregation: None }.into_part(),
        F1Score::default().into_part(),
        F1Score::weighted().into_part(),
        BinaryAccuracy::new(f64::NAN).into_part(),
        Auc::new(Curve::PrGain).num_thresholds(1).multi_label(true).into_part(),
        Auc::new(Curve::Pr).summation(Summation::Majoring).multi_label(true).from_logits(true).into_part(),
        named("", SparseTopKCategoricalAccuracy::new(2)),
        named("loss", Precision::default().top_k(2)),
    ];
    (0..9).map(|k| TopKCategoricalAccuracy::new(k).into_part()).chain(others).collect()
}

fn activations() -> Vec<Part<dyn Activation>> {
    vec![Linear.into_part(), Sigmoid.into_part(), Softmax.into_part()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// `fit` never panics, and the other methods accept the same samples as `fit`.
    #[test]
    fn no_combination_of_network_loss_metric_and_targets_panics(
        units in 1_usize..4, width in 0_usize..4, labels in prop::collection::vec(-1_i32..4, 1..5),
        loss in prop::sample::select(losses()),
        metric in prop::sample::select(metrics()),
        activation in prop::sample::select(activations()),
    ) {
        let count = labels.len();
        let targets = match width {
            0 => classes(&labels),
            width => Column::floats(TensorData::new(vec![0.5_f32; count * width], [count, width])).unwrap(),
        };
        let network = Sequential::new(2).dense(units, activation);
        let mut model = network.compile(standstill(), loss, [metric]).on(&Device::flex()).unwrap();
        let samples = features(targets);
        let fitted = model.fit(&samples, &one());
        let evaluated = model.evaluate(&samples);
        // Both return errors for the same data. Other errors are about values that are not finite.
        let refused = |error: &TrainError| matches!(error, TrainError::Mismatch(_) | TrainError::Argument { .. });
        prop_assert_eq!(fitted.as_ref().is_err_and(refused), evaluated.as_ref().is_err_and(refused));
        prop_assert_eq!(model.predict(&samples).unwrap().shape().to_vec(), [count, units]);
    }
}

#[test]
fn model_can_be_trained_after_an_error() {
    let mut model = constant(standstill(), ());
    refusal(&mut model, &numbers(&[1.0]), &FitOptions::new().batch_size(0));
    assert_eq!(model.fit(&numbers(&[1.0]), &one()).unwrap().get("loss"), [1.0]);
}
