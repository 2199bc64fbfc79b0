//! What cannot be trained is refused before anything is trained, and the error names it.

mod common;

use burn::tensor::{Device, TensorData};
use common::{STANDSTILL, classes, classifier, constant, floats, flowers, numbers};
use kindling_data::{Column, Samples, to_categorical};
use kindling_models::{
    Activation::{Linear, Sigmoid, Softmax},
    Network, Sequential, SequentialNetwork,
};
use kindling_train::{
    Compile, FitOptions, Loss,
    Metric::{self, Accuracy},
    Model, TrainError,
};
use proptest::prelude::*;

/// The message of the error with which `fit` ends; the model's weights are the same after it.
#[track_caller]
fn refusal(model: &mut Model<impl Network>, samples: &Samples, options: FitOptions) -> String {
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

/// A layer of `units` for two features, with samples to go with it.
fn model(units: usize, activation: kindling_models::Activation, loss: Loss) -> Model<SequentialNetwork> {
    let network = Sequential::new(2).dense(units, activation);
    network.compile(&Device::flex(), 0, STANDSTILL, loss, [Accuracy]).unwrap()
}

fn features(targets: Column) -> Samples {
    Samples::new(floats(&vec![0.5; targets.len() * 2], [targets.len(), 2]), targets).unwrap()
}

fn one() -> FitOptions {
    FitOptions::new().batch_size(1)
}

#[test]
fn numbers_of_epochs_and_samples_a_step_are_above_zero() {
    let samples = flowers(10);
    assert_names(&refusal(&mut classifier(0), &samples, one().epochs(0)), &["epochs is 0", "at least 1"]);
    let message = refusal(&mut classifier(0), &samples, FitOptions::new().batch_size(0));
    assert_names(&message, &["batch_size is 0", "10"]);
}

#[test]
fn a_batch_holds_no_more_than_the_samples_there_are_to_train_on() {
    let samples = flowers(10);
    let batch = |size| FitOptions::new().batch_size(size);
    assert_names(&refusal(&mut classifier(0), &samples, batch(11)), &["batch_size is 11", "10"]);
    assert!(classifier(0).fit(&samples, batch(10)).is_ok());
    let message = refusal(&mut classifier(0), &samples, batch(9).validation_split(0.2));
    assert_names(&message, &["batch_size is 9", "8"]);
    assert!(classifier(0).fit(&samples, batch(8).validation_split(0.2)).is_ok());
}

#[test]
fn a_validation_split_is_a_share_that_leaves_something_on_both_sides() {
    for share in [0.0, 1.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
        let message = refusal(&mut classifier(0), &flowers(10), one().validation_split(share));
        assert_names(&message, &[&format!("validation_split is {share}: ")]);
    }
    refusal(&mut classifier(0), &flowers(10), one().validation_split(0.99));
    refusal(&mut classifier(0), &flowers(1), one().validation_split(0.5));
}

#[test]
fn no_samples_are_refused_by_every_method() {
    let empty = flowers(10).slice(10..20);
    let mut model = classifier(0);
    refusal(&mut model, &empty, one());
    assert_names(&refusal(&mut model, &flowers(10), one().validation_data(&empty)), &["no samples"]);
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
        assert_names(&refusal(&mut classifier(0), &samples, one()), &["[4]", shape]);
        let message = refusal(&mut classifier(0), &flowers(10), one().validation_data(&samples));
        assert_names(&message, &["[4]", shape]);
        assert!(classifier(0).predict(&samples).is_err() && classifier(0).evaluate(&samples).is_err());
    }
    assert!(classifier(0).fit(&square.reshape(4).unwrap(), one()).is_ok());
}

#[test]
fn one_feature_may_come_without_an_axis() {
    let samples = Samples::new(floats(&[1.0, 2.0], [2]), floats(&[1.0, 2.0], [2])).unwrap();
    let spelled_out = samples.clone().reshape(1).unwrap();
    let [given, expected] = [samples, spelled_out].map(|samples| constant(STANDSTILL, []).evaluate(&samples));
    assert_eq!(given.unwrap(), expected.unwrap());
}

#[test]
fn a_label_without_a_unit_is_named_with_its_sample() {
    for (labels, parts) in [
        ([0, 2, 3, 7], ["sample 2 is labelled 3", "0 to 2"]),
        ([0, -1, 3, 7], ["sample 1 is labelled -1", "0 to 2"]),
    ] {
        let mut model = model(3, Softmax, Loss::SparseCategoricalCrossentropy);
        assert_names(&refusal(&mut model, &features(classes(&labels)), one()), &parts);
        assert!(model.evaluate(&features(classes(&labels))).is_err());
    }
    let mut yes_or_no = model(1, Sigmoid, Loss::BinaryCrossentropy);
    let message = refusal(&mut yes_or_no, &features(classes(&[0, 1, 2])), one());
    assert_names(&message, &["sample 2 is labelled 2", "0 to 1"]);
    assert!(yes_or_no.fit(&features(classes(&[0, 1, 1])), one()).is_ok());
}

#[test]
fn any_integer_is_a_number_to_predict() {
    let mut model = model(1, Linear, Loss::MeanSquaredError);
    assert!(model.fit(&features(classes(&[-5, 40, 7])), one()).is_ok());
}

#[test]
fn class_indices_do_not_go_with_losses_of_several_values() {
    for loss in [
        Loss::MeanSquaredError,
        Loss::MeanAbsoluteError,
        Loss::CategoricalCrossentropy,
        Loss::BinaryCrossentropy,
    ] {
        let message = refusal(&mut model(3, Softmax, loss), &features(classes(&[0, 1, 2])), one());
        assert_names(&message, &[&format!("{loss:?}"), "3 values", "to_categorical"]);
    }
}

#[test]
fn one_hot_targets_do_not_go_with_sparse_categorical_cross_entropy() {
    let one_hot = Column::floats(to_categorical(&[0, 1, 2], 3).unwrap()).unwrap();
    let message = refusal(
        &mut model(3, Softmax, Loss::SparseCategoricalCrossentropy),
        &features(one_hot.clone()),
        one(),
    );
    assert_names(&message, &["SparseCategoricalCrossentropy", "CategoricalCrossentropy for one-hot"]);
    assert!(model(3, Softmax, Loss::CategoricalCrossentropy).fit(&features(one_hot), one()).is_ok());
}

#[test]
fn targets_are_as_wide_as_the_output() {
    let wide = floats(&[0.0; 6], [2, 3]);
    let message = refusal(&mut model(2, Linear, Loss::MeanSquaredError), &features(wide), one());
    assert_names(&message, &["2 values", "have 3"]);
    let single = floats(&[0.0; 2], [2]);
    let message = refusal(&mut model(2, Linear, Loss::MeanSquaredError), &features(single), one());
    assert_names(&message, &["2 values", "have 1"]);
}

#[test]
fn classes_of_several_steps_are_one_for_each_and_checked_one_by_one() {
    let network = Sequential::new([3, 2]).dense(4, Softmax);
    let loss = Loss::SparseCategoricalCrossentropy;
    let mut model = network.compile(&Device::flex(), 0, STANDSTILL, loss, [Accuracy]).unwrap();
    let samples = |labels: Column| Samples::new(floats(&[0.5; 12], [2, 3, 2]), labels).unwrap();
    let ids = |labels: &[i32]| {
        samples(Column::ids(TensorData::new(labels.to_vec(), [2, labels.len() / 2])).unwrap())
    };
    assert!(model.fit(&ids(&[0, 1, 2, 3, 0, 1]), one()).is_ok());
    let message = refusal(&mut model, &ids(&[0, 1, 2, 3, 4, 1]), one());
    assert_names(&message, &["sample 1 is labelled 4", "0 to 3"]);
    for targets in [ids(&[0, 1, 2, 3]), samples(classes(&[0, 1]))] {
        assert_names(&refusal(&mut model, &targets, one()), &["each of 3 steps", "Column::ids"]);
    }
}

#[test]
fn a_single_unit_does_not_tell_classes_apart() {
    let labels = features(classes(&[0, 1]));
    let message = refusal(&mut model(1, Sigmoid, Loss::SparseCategoricalCrossentropy), &labels, one());
    assert_names(&message, &["SparseCategoricalCrossentropy", "BinaryCrossentropy"]);
    let network = Sequential::new(2).dense(1, Sigmoid);
    let metrics = [Metric::TopK(1)];
    let mut model =
        network.compile(&Device::flex(), 0, STANDSTILL, Loss::BinaryCrossentropy, metrics).unwrap();
    assert_names(&refusal(&mut model, &labels, one()), &["TopK"]);
}

#[test]
fn validation_targets_are_checked_before_training() {
    let mut model = model(3, Softmax, Loss::SparseCategoricalCrossentropy);
    let bad = features(classes(&[0, 9]));
    let message = refusal(&mut model, &features(classes(&[0, 1])), one().validation_data(&bad));
    assert_names(&message, &["sample 1 is labelled 9"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is given, `fit` returns; and what `fit` takes, the other methods take too.
    #[test]
    fn no_combination_of_network_loss_metric_and_targets_panics(
        units in 1_usize..4, width in 0_usize..4, labels in prop::collection::vec(-1_i32..4, 1..5),
        loss in prop_oneof![
            Just(Loss::SparseCategoricalCrossentropy), Just(Loss::CategoricalCrossentropy),
            Just(Loss::BinaryCrossentropy), Just(Loss::MeanSquaredError), Just(Loss::MeanAbsoluteError),
            Just(Loss::Ctc),
        ],
        metric in prop_oneof![
            Just(Metric::Accuracy), Just(Metric::BinaryAccuracy), Just(Metric::CategoricalAccuracy),
            Just(Metric::SparseCategoricalAccuracy), (0_usize..9).prop_map(Metric::TopK), Just(Metric::Mae),
            Just(Metric::Mse),
        ],
        activation in prop_oneof![Just(Linear), Just(Sigmoid), Just(Softmax)],
    ) {
        let count = labels.len();
        let targets = match width {
            0 => classes(&labels),
            width => Column::floats(TensorData::new(vec![0.5_f32; count * width], [count, width])).unwrap(),
        };
        let network = Sequential::new(2).dense(units, activation);
        let mut model = network.compile(&Device::flex(), 0, STANDSTILL, loss, [metric]).unwrap();
        let samples = features(targets);
        let fitted = model.fit(&samples, one());
        let evaluated = model.evaluate(&samples);
        // Where training fails, it is for what the data are, not for a number that came out of it.
        let refused = matches!(fitted, Err(TrainError::Mismatch(_)));
        prop_assert_eq!(refused, matches!(evaluated, Err(TrainError::Mismatch(_))));
        prop_assert_eq!(model.predict(&samples).unwrap().shape().to_vec(), [count, units]);
    }
}

#[test]
fn after_a_refusal_the_model_trains() {
    let mut model = constant(STANDSTILL, []);
    refusal(&mut model, &numbers(&[1.0]), FitOptions::new().batch_size(2));
    assert_eq!(model.fit(&numbers(&[1.0]), one()).unwrap().get("loss"), [1.0]);
}
