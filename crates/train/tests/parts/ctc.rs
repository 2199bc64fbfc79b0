//! The CTC loss: values, gradients, errors and decoding.

use crate::common::assert_close;
use burn::tensor::{Device, Int, Tensor, TensorData};
use kindling_data::{Column, Samples};
use kindling_models::{
    IntoPart, Part, Sequential, SequentialNetwork, Value,
    activations::{Activation, Linear, Relu, Softmax},
    layers::Lstm,
};
use kindling_train::{
    Compile, FitOptions, Model, TrainError,
    losses::{Ctc, Loss, Output, Target, ctc_decode},
    metrics::{Accuracy, IntoMetrics},
    optimizers::{Adam, Sgd},
};
use proptest::prelude::*;

fn data(values: &[f32], shape: impl Into<Vec<usize>>) -> TensorData {
    TensorData::new(values.to_vec(), shape.into())
}

fn floats(values: &[f32], shape: impl Into<Vec<usize>>) -> Column {
    Column::floats(data(values, shape)).unwrap()
}

fn part(activation: impl IntoPart<dyn Activation>) -> Part<dyn Activation> {
    activation.into_part()
}

fn labels(values: &[i32], shape: [usize; 2]) -> Value {
    Tensor::<2, Int>::from_data(TensorData::new(values.to_vec(), shape), &Device::flex()).into()
}

/// Returns the mean loss of logits, `[batch, steps, classes]`, and its gradient.
fn measure(
    logits: &[f32],
    shape: [usize; 3],
    activation: impl IntoPart<dyn Activation>,
    target: Value,
) -> (f64, Vec<f64>) {
    let logits = Tensor::<3>::from_data(data(logits, shape), &Device::flex().autodiff()).require_grad();
    let output = Output::new(logits.clone(), activation);
    let loss = Ctc.per_sample(&output, &Target::unaligned(target, &output)).mean();
    let gradients = loss.backward();
    let gradient = logits.grad(&gradients).unwrap().into_data();
    (f64::from(loss.into_scalar::<f32>()), gradient.iter().collect())
}

/// Logits of two samples: four steps of the blank and two labels.
const FIRST: [f32; 12] = [2.0, -1.0, 0.5, 0.0, 1.0, -0.5, 1.0, 0.5, 0.25, -1.0, 0.0, 2.0];
const SECOND: [f32; 12] = [0.1, 0.2, 0.3, 1.5, -0.5, 0.0, 0.0, 2.0, 1.0, 0.5, 0.5, -1.0];

/// Expected values: `keras.losses.CTC()`, Keras 3.15 on JAX.
#[test]
fn loss_matches_keras() {
    for (logits, target, expected) in [
        (FIRST, [1, 2, 0], 0.7057084),
        (FIRST, [1, 2, 1], 4.242036),
        (SECOND, [1, 1, 0], 1.8399909),
        (SECOND, [2, 0, 0], 2.7814186),
    ] {
        for activation in [part(Linear), part(Softmax)] {
            let (loss, _) = measure(&logits, [1, 4, 3], activation, labels(&target, [1, 3]));
            assert_close(&[loss], &[expected], 2e-6);
        }
    }
    let both = [FIRST, SECOND].concat();
    let (mean, _) = measure(&both, [2, 4, 3], Softmax, labels(&[1, 2, 0, 1, 1, 0], [2, 3]));
    assert_close(&[mean], &[1.2728496], 2e-6);
}

#[test]
fn loss_sums_over_all_alignments_with_two_steps() {
    // The probabilities of the blank and one label are 0.25 and 0.75, then 0.5 and 0.5. The label is only in the
    // first step, only in the second, or in both: 0.75 * 0.5 + 0.25 * 0.5 + 0.75 * 0.5.
    let logits = [0.25_f32.ln(), 0.75_f32.ln(), 0.0, 0.0];
    let (loss, _) = measure(&logits, [1, 2, 2], Softmax, labels(&[1], [1, 1]));
    assert_close(&[loss], &[-(0.875_f64.ln())], 1e-6);
    // Without labels, both steps are blank.
    let (loss, _) = measure(&logits, [1, 2, 2], Softmax, labels(&[0], [1, 1]));
    assert_close(&[loss], &[-(0.125_f64.ln())], 1e-6);
}

/// Returns the labels of a path, which has one class per step.
fn collapse(path: &[usize]) -> Vec<usize> {
    let mut labels = path.to_vec();
    labels.dedup();
    labels.retain(|label| *label > 0);
    labels
}

/// Computes the loss of four steps of three classes, and its gradient, by enumerating all 81 paths.
fn enumerate(logits: &[f32], wanted: &[usize]) -> (f64, Vec<f64>) {
    let probabilities: Vec<f64> = logits
        .chunks(3)
        .flat_map(|step| {
            let sum: f64 = step.iter().map(|logit| f64::from(*logit).exp()).sum();
            step.iter().map(move |logit| f64::from(*logit).exp() / sum)
        })
        .collect();
    let (mut total, mut passing) = (0.0, vec![0.0; 12]);
    for number in 0..81 {
        let path = [number / 27, number / 9 % 3, number / 3 % 3, number % 3];
        if collapse(&path) == wanted {
            let places = || path.iter().enumerate().map(|(step, class)| step * 3 + class);
            let probability: f64 = places().map(|place| probabilities[place]).product();
            total += probability;
            places().for_each(|place| passing[place] += probability);
        }
    }
    // Equation 16 of Graves: the probability of each class minus the fraction of the paths through it.
    let gradient = probabilities.iter().zip(passing).map(|(own, passing)| own - passing / total).collect();
    (-total.ln(), gradient)
}

#[test]
fn recurrent_layer_learns_labels_of_different_lengths() {
    let network = Sequential::new([4, 3]).layer(Lstm::new(8).return_sequences(true)).dense(3, Softmax);
    let mut model = network.compile(Adam::new(0.05), Ctc, ()).seed(1).on(&Device::flex()).unwrap();
    let inputs = floats(&[FIRST, SECOND].concat(), [2, 4, 3]);
    let targets = Column::labels(TensorData::new(vec![1, 2, 1, 2, 0, 0], [2, 3])).unwrap();
    let samples = Samples::new(inputs, targets).unwrap();
    let history = model.fit(&samples, &FitOptions::new().epochs(60)).unwrap();
    assert!(history.get("loss").last() < Some(&0.05), "{history}");
    assert_eq!(ctc_decode(&model.predict(&samples).unwrap()).unwrap(), [vec![1, 2, 1], vec![2]]);
}

#[test]
fn decoding_merges_repeats_and_removes_blanks() {
    let path = [1, 1, 0, 1, 2, 2, 0, 0, 0, 2, 1, 0];
    let one_hot: Vec<f32> =
        path.iter().flat_map(|class| (0..3).map(move |unit| f32::from(u8::from(unit == *class)))).collect();
    assert_eq!(ctc_decode(&data(&one_hot, [1, 12, 3])).unwrap(), [[1, 1, 2, 2, 1]]);
    assert_eq!(ctc_decode(&data(&one_hot, [3, 4, 3])).unwrap(), [vec![1, 1], vec![2], vec![2, 1]]);
    // The first class, the blank, wins ties.
    assert_eq!(ctc_decode(&data(&[0.5, 0.5], [1, 1, 2])).unwrap(), [[0; 0]]);
}

#[test]
fn decoding_predictions_of_another_shape_is_an_error() {
    for shape in [vec![12], vec![4, 3], vec![2, 2, 3, 1], vec![12, 1, 0]] {
        let count = shape.iter().product();
        let error = ctc_decode(&data(&vec![0.0; count], shape.clone())).unwrap_err().to_string();
        assert!(
            error.contains(&format!("{shape:?}")) && error.contains("[samples, steps, classes]"),
            "{error}"
        );
    }
    assert!(ctc_decode(&TensorData::new(vec![1_i32, 0], [1, 1, 2])).is_err());
}

/// Gradient descent with a learning rate so small that no weight changes.
fn standstill() -> Sgd {
    Sgd::new(1e-38)
}

fn reader(metrics: impl IntoMetrics) -> Model<SequentialNetwork> {
    let network = Sequential::new([4, 2]).dense(3, Softmax);
    network.compile(standstill(), Ctc, metrics).on(&Device::flex()).unwrap()
}

/// Two samples with four steps and these labels.
fn labelled(labels: &[i32]) -> Samples {
    let labels = Column::labels(TensorData::new(labels.to_vec(), [2, labels.len() / 2])).unwrap();
    Samples::new(floats(&[0.5; 16], [2, 4, 2]), labels).unwrap()
}

#[track_caller]
fn assert_refused(result: Result<impl Sized, TrainError>, parts: &[&str]) {
    let Err(TrainError::Mismatch(message)) = result else { panic!("expected an error") };
    assert!(parts.iter().all(|part| message.contains(part)), "{parts:?} in {message:?}");
}

#[test]
fn error_of_invalid_labels_names_the_sample() {
    let fit = |labels: &[i32]| reader(()).fit(&labelled(labels), &FitOptions::new());
    assert_refused(fit(&[1, 2, 1, 3]), &["sample 1 has label 3", "classes 1 to 2"]);
    assert_refused(fit(&[-1, 0, 1, 0]), &["sample 0 has label -1"]);
    assert_refused(fit(&[1, 0, 0, 2]), &["sample 1 has labels after a 0", "from 1"]);
    assert_refused(
        fit(&[1, 2, 1, 2, 1, 1, 2, 0, 0, 0]),
        &["sample 0 has 5 labels", "5 steps", "the output has 4"],
    );
    let repeats = fit(&[1, 2, 1, 2, 1, 1, 1, 0]);
    assert_refused(repeats, &["sample 1 has 3 labels, 2 of them equal", "5 steps", "the output has 4"]);
    // Four labels in four steps, and no labels.
    assert!(fit(&[1, 2, 1, 2, 0, 0, 0, 0]).is_ok());
}

#[test]
fn incompatible_targets_outputs_and_metrics_are_errors() {
    let numbers = Samples::new(floats(&[0.5; 8], [1, 4, 2]), floats(&[1.0, 2.0], [1, 2])).unwrap();
    assert_refused(reader(()).evaluate(&numbers), &["integer labels", "Column::labels"]);
    let with_metric = reader([Accuracy]).evaluate(&labelled(&[1, 2]));
    assert_refused(with_metric, &["CTC", "accuracy", "compile without metrics"]);

    let flat = Sequential::new([4, 2]).flatten().dense(3, Softmax);
    let model = flat.compile(standstill(), Ctc, ()).on(&Device::flex()).unwrap();
    assert_refused(model.evaluate(&labelled(&[1, 2])), &["[steps, classes]", "the network has [3]"]);
}

#[test]
fn other_activations_are_applied_before_the_softmax() {
    let positive: Vec<f32> = FIRST.iter().map(|logit| logit.max(0.0)).collect();
    let [given, expected] = [(&FIRST[..], part(Relu)), (&positive[..], part(Linear))]
        .map(|(logits, activation)| measure(logits, [1, 4, 3], activation, labels(&[1, 2], [1, 2])).0);
    assert_close(&[given], &[expected], 1e-6);
}

#[test]
fn serialized_name_is_that_of_keras() {
    let loss: Part<dyn Loss> = Ctc.into_part();
    assert_eq!(loss.name(), "CTC");
    let json = serde_json::to_value(&loss).unwrap();
    assert_eq!(json["class_name"], "CTC");
    assert_eq!(serde_json::from_value::<Part<dyn Loss>>(json).unwrap(), loss);
}

proptest! {
    #[test]
    fn loss_and_gradient_equal_the_enumeration_of_all_paths(
        logits in prop::collection::vec(-6.0_f32..6.0, 12),
        wanted in prop_oneof![
            Just(vec![]), Just(vec![1]), Just(vec![1, 2]), Just(vec![2, 2]), Just(vec![1, 2, 1]),
            Just(vec![1, 1, 2]), Just(vec![2, 1, 2, 1]),
        ],
    ) {
        let mut filled: Vec<i32> = wanted.iter().map(|label| *label as i32).collect();
        filled.resize(4, 0);
        let (loss, gradient) = measure(&logits, [1, 4, 3], Softmax, labels(&filled, [1, 4]));
        let (expected, slopes) = enumerate(&logits, &wanted);
        prop_assert!((loss - expected).abs() <= 1e-5 * expected.max(1.0), "{}, expected {}", loss, expected);
        for (given, expected) in gradient.iter().zip(&slopes) {
            prop_assert!((given - expected).abs() <= 1e-4, "{:?}, expected {:?}", gradient, slopes);
        }
    }
}
