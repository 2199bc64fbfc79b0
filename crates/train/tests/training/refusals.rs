//! Options and data that cannot be used are refused before training, with an error that names them.

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

/// The message of the error with which `fit` ends; the model's weights are the same after it.
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

/// A layer of `units` for the two features of [`features`].
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
fn numbers_of_epochs_samples_and_validations_are_above_zero() {
    let samples = flowers(10);
    let refused = |options| refusal(&mut classifier(0), &samples, &options);
    assert_names(&refused(one().epochs(0)), &["epochs is 0", "give at least 1"]);
    assert_names(&refused(one().epochs(3).initial_epoch(3)), &["epochs is 3", "initial_epoch (3)"]);
    assert_names(&refused(FitOptions::new().batch_size(0)), &["batch_size is 0", "at least 1"]);
    assert_names(&refused(one().validation_freq(0)), &["validation_freq is 0", "at least 1"]);
}

#[test]
fn a_validation_split_is_a_share_that_leaves_something_on_both_sides() {
    for share in [0.0, 1.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
        let message = refusal(&mut classifier(0), &flowers(10), &one().validation_split(share));
        assert_names(&message, &[&format!("validation_split is {share}: ")]);
    }
    refusal(&mut classifier(0), &flowers(10), &one().validation_split(0.99));
    refusal(&mut classifier(0), &flowers(1), &one().validation_split(0.5));
}

#[test]
fn no_samples_are_refused_by_every_method() {
    let empty = flowers(10).slice(10..20);
    let mut model = classifier(0);
    refusal(&mut model, &empty, &one());
    assert_names(&refusal(&mut model, &flowers(10), &one().validation_data(&empty)), &["no samples"]);
    for message in [
        model.train_on_batch(&empty).unwrap_err(),
        model.evaluate(&empty).unwrap_err(),
        model.predict(&empty).unwrap_err(),
    ] {
        assert_names(&message.to_string(), &["no samples"]);
    }
}

#[test]
fn inputs_of_another_shape_are_refused_with_both_shapes() {
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
fn one_feature_may_come_without_an_axis() {
    let samples = Samples::new(floats(&[1.0, 2.0], [2]), floats(&[1.0, 2.0], [2])).unwrap();
    let spelled_out = samples.clone().reshape(1).unwrap();
    let [given, expected] =
        [samples, spelled_out].map(|samples| constant(standstill(), ()).evaluate(&samples));
    assert_eq!(given.unwrap(), expected.unwrap());
}

#[test]
fn a_label_without_a_unit_is_named_with_its_sample() {
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
fn any_integer_is_a_number_to_predict_but_not_a_class() {
    let samples = features(classes(&[-5, 40, 7]));
    let network = Sequential::new(2).dense(1, Linear);
    let mut regression = network.compile(standstill(), MeanSquaredError, [Mae]).on(&Device::flex()).unwrap();
    assert!(regression.fit(&samples, &one()).is_ok());
    // Accuracy counts right classes, of which one unit tells two apart.
    let message = refusal(&mut model(1, Linear, MeanSquaredError), &samples, &one());
    assert_names(&message, &["sample 0 has label -5", "0 to 1"]);
}

#[test]
fn class_indices_do_not_go_with_losses_of_several_values() {
    for loss in losses_of_values() {
        let message = refusal(&mut model(3, Softmax, loss.clone()), &features(classes(&[0, 1, 2])), &one());
        assert_names(&message, &[loss.name(), "3 values", "to_categorical"]);
    }
}

#[test]
fn one_hot_targets_do_not_go_with_sparse_categorical_cross_entropy() {
    let one_hot = Column::floats(to_categorical(&[0, 1, 2], 3).unwrap()).unwrap();
    let message =
        refusal(&mut model(3, Softmax, SparseCategoricalCrossentropy), &features(one_hot.clone()), &one());
    assert_names(&message, &["SparseCategoricalCrossentropy", "CategoricalCrossentropy for one-hot"]);
    let mut model = model(3, Softmax, CategoricalCrossentropy::default());
    assert!(model.fit(&features(one_hot), &one()).is_ok());
}

#[test]
fn targets_are_as_wide_as_the_output() {
    let wide = floats(&[0.0; 6], [2, 3]);
    let message = refusal(&mut model(2, Linear, MeanSquaredError), &features(wide), &one());
    assert_names(&message, &["2 values", "have 3"]);
    let single = floats(&[0.0; 2], [2]);
    let message = refusal(&mut model(2, Linear, MeanSquaredError), &features(single), &one());
    assert_names(&message, &["2 values", "have 1"]);
}

#[test]
fn classes_of_several_steps_are_one_for_each_and_checked_one_by_one() {
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
fn a_single_unit_does_not_tell_classes_apart() {
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

    /// Whatever is given, `fit` returns; and what `fit` takes, the other methods take too.
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
        // Both refuse the same data. Other errors are about a figure that is not finite.
        let refused = |error: &TrainError| matches!(error, TrainError::Mismatch(_) | TrainError::Argument { .. });
        prop_assert_eq!(fitted.as_ref().is_err_and(refused), evaluated.as_ref().is_err_and(refused));
        prop_assert_eq!(model.predict(&samples).unwrap().shape().to_vec(), [count, units]);
    }
}

#[test]
fn after_a_refusal_the_model_trains() {
    let mut model = constant(standstill(), ());
    refusal(&mut model, &numbers(&[1.0]), &FitOptions::new().batch_size(0));
    assert_eq!(model.fit(&numbers(&[1.0]), &one()).unwrap().get("loss"), [1.0]);
}
