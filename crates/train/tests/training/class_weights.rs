//! Class weights, compared with Keras 3.15: `model.fit(x, y, class_weight={..})`.

use crate::common::{Running, assert_close, classes, constant, floats, flowers, parameters, softmax, wide};
use burn::tensor::Device;
use kindling_data::{Column, Samples, to_categorical};
use kindling_models::{Sequential, Weights, activations::Sigmoid};
use kindling_train::{
    Compile, FitOptions, TrainError,
    losses::{BinaryCrossentropy, CategoricalCrossentropy},
    metrics::Accuracy,
    optimizers::Sgd,
};

const WEIGHTS: [(i32, f64); 3] = [(0, 1.0), (1, 2.5), (2, 0.5)];

/// Two epochs in batches of 4, 4, and 2.
fn options() -> FitOptions {
    FitOptions::new().epochs(2).batch_size(4).shuffle(false)
}

/// Keras' running means at each step.
const STEPS: [f64; 6] = [2.307154655, 1.601488590, 1.418515205, 1.082388639, 0.854303539, 0.789015949];

#[test]
fn loss_of_each_step_matches_keras() {
    let (mut model, mut running) = (softmax(), Running::default());
    let options = options().class_weight(WEIGHTS);
    let history = model.fit_with(&flowers(10), &options, &mut [&mut running]).unwrap();
    assert_close(&running.0, &STEPS, 1e-6);
    assert_close(history.get("loss"), &[STEPS[2], STEPS[5]], 1e-6);
    assert_close(history.get("accuracy"), &[0.5, 0.8], 1e-6);
    // Keras' kernel and bias after six steps of SGD(0.5).
    let weights = [
        -0.171648249,
        -1.138192177,
        -0.565159440,
        -0.467392385,
        0.187930346,
        -0.470538020,
        -0.028133450,
        -0.365259349,
        0.768392801,
        0.214544982,
        1.105533600,
        0.179921329,
        -0.296424240,
        0.096764848,
        -0.050340623,
    ];
    assert_close(&wide(&parameters(&model.weights().unwrap())), &weights, 1e-6);
}

#[test]
fn class_weights_equal_sample_weights_by_class() {
    let samples = flowers(10);
    let of_class = |class: &i32| WEIGHTS[*class as usize].1 as f32;
    let weights: Vec<f32> = samples.classes().unwrap().iter().map(of_class).collect();
    let by_sample = samples.clone().with_sample_weight(weights).unwrap();
    // Shuffled, and as a view.
    for samples_and_weighted in
        [(samples.clone(), by_sample.clone()), (samples.slice(3..9), by_sample.slice(3..9))]
    {
        let (samples, by_sample) = samples_and_weighted;
        let (mut one, mut other) = (softmax(), softmax());
        let options = FitOptions::new().epochs(3).batch_size(4);
        let history = one.fit(&samples, &options.clone().class_weight(WEIGHTS)).unwrap();
        assert_eq!(history, other.fit(&by_sample, &options).unwrap());
        assert_eq!(one.weights().unwrap(), other.weights().unwrap());
    }
}

#[test]
fn one_hot_targets_are_supported() {
    let flowers = flowers(10);
    let one_hot = to_categorical(&flowers.classes().unwrap(), 3).unwrap();
    let samples = Samples::new(flowers.inputs()[0].clone(), Column::floats(one_hot).unwrap()).unwrap();
    let mut model = crate::common::softmax_with(CategoricalCrossentropy::default());
    let mut running = Running::default();
    model.fit_with(&samples, &options().class_weight(WEIGHTS), &mut [&mut running]).unwrap();
    assert_close(&running.0, &STEPS, 1e-6);
}

#[test]
fn binary_targets_are_supported() {
    let network = Sequential::new(4).dense(1, Sigmoid);
    let compiling = network.compile(Sgd::new(0.5), BinaryCrossentropy::default(), [Accuracy]);
    let mut model = compiling.on(&Device::flex()).unwrap();
    let weights = vec![
        ("dense.kernel".to_owned(), crate::common::data(&[0.5, -0.25, 0.125, 1.0], [4, 1])),
        ("dense.bias".to_owned(), crate::common::data(&[0.1], [1])),
    ];
    model.set_weights(&Weights::from_tensors(weights)).unwrap();
    let flowers = flowers(10);
    let first: Vec<i32> = flowers.classes().unwrap().iter().map(|class| i32::from(*class == 0)).collect();
    let zeros_and_ones: Vec<f32> = first.iter().map(|class| *class as f32).collect();
    // class_weight={1: 4.0}: a class that is not listed has weight 1.
    let steps = [0.825187743, 1.045203209, 0.933669448, 0.634436250, 0.888982832, 0.773898482];
    let start = model.weights().unwrap();
    for target in [classes(&first), Column::floats(zeros_and_ones).unwrap()] {
        model.set_weights(&start).unwrap();
        let samples = Samples::new(flowers.inputs()[0].clone(), target).unwrap();
        let mut running = Running::default();
        model.fit_with(&samples, &options().class_weight([(1, 4.0)]), &mut [&mut running]).unwrap();
        assert_close(&running.0, &steps, 1e-6);
    }
}

#[test]
fn validation_samples_are_not_weighted() {
    let options = options().class_weight(WEIGHTS).validation_split(0.4);
    let history = softmax().fit(&flowers(10), &options).unwrap();
    assert_close(history.get("loss"), &[1.919276595, 0.819679916], 1e-6);
    assert_close(history.get("val_loss"), &[1.149941683, 1.152766466], 1e-6);
    assert_close(history.get("val_accuracy"), &[0.5, 0.25], 1e-6);
}

#[test]
fn class_with_weight_zero_is_not_trained_on() {
    let samples = flowers(10);
    let of_class_0: Vec<usize> = (0..10).filter(|sample| samples.classes().unwrap()[*sample] == 0).collect();
    let mut model = softmax();
    let before = model.weights().unwrap();
    let only = samples.select(&of_class_0).unwrap();
    let history = model.fit(&only, &options().class_weight([(0, 0.0)])).unwrap();
    assert_eq!(history.get("loss"), [0.0, 0.0]);
    assert_eq!(model.weights().unwrap(), before);
}

#[test]
fn invalid_class_weights_are_errors_before_training() {
    let mut model = softmax();
    let before = model.weights().unwrap();
    let mut refused = |samples: &Samples, weights: &[(i32, f64)], parts: &[&str]| {
        let error = model.fit(samples, &options().class_weight(weights.iter().copied())).unwrap_err();
        assert!(matches!(error, TrainError::Argument { .. } | TrainError::Mismatch(_)), "{error:?}");
        let message = error.to_string();
        assert!(parts.iter().all(|part| message.contains(part)), "{parts:?} in {message:?}");
        assert_eq!((model.weights().unwrap(), model.step()), (before.clone(), 0));
    };
    let samples = flowers(10);
    refused(&samples, &[(0, 1.0), (3, 2.0)], &["a class of class_weight is 3", "no training sample"]);
    refused(&samples, &[(-1, 1.0)], &["a class of class_weight is -1"]);
    refused(&samples, &[(0, 1.0), (1, -0.5)], &["class_weight is -0.5", "class 1"]);
    refused(&samples, &[(2, f64::NAN)], &["class_weight is NaN", "class 2"]);
    refused(&samples, &[(2, f64::INFINITY)], &["class_weight is inf", "class 2"]);
    let both = samples.clone().with_sample_weight(vec![1.0; 10]).unwrap();
    refused(&both, &[(0, 2.0)], &["class_weight and sample weights are both set"]);
    refused(&Samples::inputs_only(samples.inputs()[0].clone()), &[(0, 2.0)], &["target"]);
}

#[test]
fn targets_without_classes_are_errors() {
    let targets = [
        (floats(&[1.0, 0.25, 3.5], [3]), "sample 1 has target [0.25]"),
        (floats(&[0.0, f32::NAN, 1.0], [3]), "sample 1 has target [NaN]"),
        (floats(&[0.0, 1.0, 0.5, 2.5, 1.0, 0.0], [3, 2]), "sample 1 has target [0.5, 2.5]"),
        (floats(&[1.0; 6], [3, 2, 1]), "Floats of shape [2, 1] per sample"),
    ];
    for (target, part) in targets {
        let samples = Samples::new(floats(&[1.0; 3], [3, 1]), target).unwrap();
        let mut model = constant(Sgd::new(0.125), ());
        let error = model.fit(&samples, &options().class_weight([(1, 2.0)])).unwrap_err().to_string();
        assert!(
            error.starts_with("class_weight needs a class for each sample") && error.contains(part),
            "{error}"
        );
        assert_eq!(parameters(&model.weights().unwrap()), [0.0, 0.0]);
    }
}

#[test]
fn several_targets_are_an_error() {
    let target = || floats(&[1.0; 3], [3]);
    let samples = Samples::with_columns(vec![floats(&[1.0; 3], [3, 1])], vec![target(), target()]).unwrap();
    let error = constant(Sgd::new(0.125), ()).fit(&samples, &options().class_weight([(1, 2.0)])).unwrap_err();
    assert!(error.to_string().contains("one target, but the samples have 2: use sample weights"), "{error}");
}
