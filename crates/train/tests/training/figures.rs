//! Losses and metrics of an epoch or evaluation are means over the samples, as in Keras.

use crate::common::{
    AtEpochEnd, Notes, assert_close, classifier, constant, data, floats, flowers, numbers, parameters,
    standstill, values,
};
use burn::{module::Module, tensor::Device};
use kindling_data::Samples;
use kindling_models::{
    Network, Pass, Regularizer, Sequential, Value, Weights,
    activations::{Activation, Linear, Relu, Softmax},
    layers::Dense,
};
use kindling_train::{
    Compile, FitOptions, Training,
    losses::{MeanSquaredError, SparseCategoricalCrossentropy},
    metrics::{Mae, Mse},
    optimizers::Sgd,
};

#[test]
fn shorter_last_batch_is_weighted_by_its_samples() {
    // The squares are 1, 4, 9, 16 and 100. The unweighted mean of batch means would be 38.3.
    for batch_size in 1..=5 {
        let mut model = constant(standstill(), (Mae, Mse));
        let options = FitOptions::new().batch_size(batch_size);
        let history = model.fit(&numbers(&[1.0, 2.0, 3.0, 4.0, 10.0]), &options).unwrap();
        let figures = ["loss", "mse", "mae"].map(|name| history.get(name)[0]);
        assert_close(&figures, &[26.0, 26.0, 4.0], 1e-5);
    }
}

#[test]
fn evaluation_in_several_batches_is_the_mean_over_samples() {
    // More samples than fit in one inference batch, with losses 0² to 999².
    let targets: Vec<f32> = (0..1000).map(|i| i as f32).collect();
    let logs = constant(standstill(), [Mae]).evaluate(&numbers(&targets)).unwrap();
    assert_close(&[logs.loss().unwrap(), logs.get("mae").unwrap()], &[332_833.5, 499.5], 0.05);
    assert_eq!(logs.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["loss", "mae"]);
    assert_eq!((logs.accuracy(), logs.get("accuracy")), (None, None));
}

#[test]
fn training_metrics_are_from_before_each_step_and_validation_from_after_the_epoch() {
    // A step halves the error: kernel and bias each change by a quarter of the error.
    let mut model = constant(Sgd::new(0.125), [Mae]);
    let samples = numbers(&[1.0]);
    let options = FitOptions::new().epochs(3).batch_size(1).validation_data(&samples);
    let history = model.fit(&samples, &options).unwrap();
    assert_eq!(history.get("loss"), [1.0, 0.25, 0.0625]);
    assert_eq!(history.get("val_loss"), [0.25, 0.0625, 0.015625]);
    assert_eq!(history.get("mae"), [1.0, 0.5, 0.25]);
    assert_eq!(history.get("val_mae"), [0.5, 0.25, 0.125]);
    assert_eq!(parameters(&model.weights().unwrap()), [0.4375, 0.4375]);
}

#[test]
fn validation_split_takes_the_last_samples_before_shuffling() {
    let targets: Vec<f32> = (1..=10).map(|i| i as f32).collect();
    let mut model = constant(standstill(), ());
    let options = FitOptions::new().epochs(3).batch_size(7).validation_split(0.3);
    let history = model.fit(&numbers(&targets), &options).unwrap();
    // The means of 1² to 7², and of 8², 9² and 10².
    assert_close(history.get("loss"), &[20.0; 3], 1e-5);
    assert_close(history.get("val_loss"), &[245.0 / 3.0; 3], 1e-4);
}

/// Keras: `split_at = floor(samples * (1.0 - validation_split))`.
#[test]
fn validation_split_leaves_the_same_number_of_samples_as_keras() {
    for (samples, share, training) in [
        (10, 0.3, 7),
        (10, 0.25, 7),
        (100, 0.1, 90),
        (3, 0.5, 1),
        (60, 1.0 / 3.0, 40),
        (25, 0.4, 15),
        (9, 1e-9, 8),
    ] {
        let steps = Notes::default();
        let seen = steps.clone();
        let mut count = AtEpochEnd(move |training: &mut Training| {
            seen.borrow_mut().push(training.steps);
            Ok(())
        });
        let options = FitOptions::new().batch_size(1).validation_split(share);
        let samples_of_one = numbers(&vec![1.0; samples]);
        constant(standstill(), ()).fit_with(&samples_of_one, &options, &mut [&mut count]).unwrap();
        assert_eq!(*steps.borrow(), [training], "{samples} samples, {share}");
    }
}

#[test]
fn only_the_training_loss_includes_penalties() {
    let kernel = Dense::new(1).kernel_regularizer(Regularizer::l2(0.5));
    let network = Sequential::new(1).layer(kernel);
    let mut model = network.compile(standstill(), MeanSquaredError, [Mse]).on(&Device::flex()).unwrap();
    model.set_weights(&crate::common::kernel_and_bias(2.0, -1.0)).unwrap();
    // Predictions are 1, errors -1 and 3; the penalty is 0.5 * 2².
    let samples = numbers(&[2.0, -2.0]);
    let options = FitOptions::new().batch_size(1).validation_data(&samples);
    let history = model.fit(&samples, &options).unwrap();
    let figures = ["loss", "mse", "val_loss", "val_mse"].map(|name| history.get(name)[0]);
    assert_eq!(figures, [7.0, 5.0, 5.0, 5.0]);
    assert_eq!(model.evaluate(&samples).unwrap().loss(), Some(5.0));
    assert_eq!(model.train_on_batch(&samples).unwrap().loss(), Some(7.0));
}

#[test]
fn penalty_changes_the_weights_in_training() {
    let kernel = Dense::new(1).kernel_regularizer(Regularizer::l1_l2(0.5, 0.25));
    let network = Sequential::new(1).layer(kernel);
    let mut model = network.compile(Sgd::new(0.5), MeanSquaredError, ()).on(&Device::flex()).unwrap();
    model.set_weights(&crate::common::kernel_and_bias(2.0, -1.0)).unwrap();
    // The prediction is exact, so only the penalty has a gradient. The kernel decreases by 0.5 * (0.5 * 1 + 2 * 0.25
    // * 2).
    model.train_on_batch(&numbers(&[1.0])).unwrap();
    assert_eq!(parameters(&model.weights().unwrap()), [1.25, -1.0]);
}

#[test]
fn predictions_include_the_last_activation() {
    let network = Sequential::new(2).dense(2, Relu).dense(2, Softmax);
    let compiling = network.compile(standstill(), SparseCategoricalCrossentropy, ());
    let mut model = compiling.on(&Device::flex()).unwrap();
    let weights = [
        ("dense.kernel", data(&[1.0, -1.0, 2.0, 0.5], [2, 2])),
        ("dense.bias", data(&[0.0, 1.0], [2])),
        ("dense_1.kernel", data(&[1.0, 0.0, 0.0, 2.0], [2, 2])),
        ("dense_1.bias", data(&[-1.0, 0.0], [2])),
    ];
    let weights = weights.map(|(name, data)| (name.to_owned(), data));
    model.set_weights(&Weights::from_tensors(weights.into())).unwrap();
    // Hidden: relu([1 + 2, -1 + 0.5 + 1]) and relu([-2, 0.5]); logits [2, 1] and [-1, 1].
    let inputs = floats(&[1.0, 1.0, 0.0, -1.0], [2, 2]);
    let predictions = model.predict(&Samples::inputs_only(inputs)).unwrap();
    assert_eq!(predictions.shape().to_vec(), [2, 2]);
    let given: Vec<f64> = predictions.iter().collect();
    assert_close(&given, &[0.7310586, 0.26894142, 0.11920292, 0.880797], 1e-6);
}

#[test]
fn predictions_of_many_samples_are_in_order() {
    let mut model = classifier(3);
    let samples = flowers(1100);
    model.fit(&samples, &FitOptions::new().batch_size(100)).unwrap();
    let predictions = model.predict(&samples).unwrap();
    let batch = samples.batch(&(0..1100).collect::<Vec<_>>());
    let input = Value::from_array(batch.inputs[0].clone(), model.device()).unwrap();
    let logits = model.network().valid().forward(vec![input], &Pass::inference()).unwrap().swap_remove(0);
    let by_hand = Softmax.apply(logits).flatten().into_data();
    assert_eq!(predictions.shape().to_vec(), [1100, 3]);
    for (given, expected) in values(&predictions).iter().zip(values(&by_hand)) {
        assert!((given - expected).abs() < 1e-6, "expected {expected}, got {given}");
    }
    // The same one by one, as views of the samples.
    for sample in [0, 511, 512, 1099] {
        let alone = model.predict(&samples.slice(sample..sample + 1)).unwrap();
        let row = &values(&predictions)[sample * 3..sample * 3 + 3];
        assert!(values(&alone).iter().zip(row).all(|(a, b)| (a - b).abs() < 1e-6), "{sample}");
    }
}

#[test]
fn evaluation_and_prediction_do_not_change_the_model() {
    let samples = flowers(50);
    let [mut watched, mut alone] = [5, 5].map(classifier);
    for _ in 0..2 {
        watched.evaluate(&samples).unwrap();
        watched.predict(&samples).unwrap();
        let options = || FitOptions::new().batch_size(20);
        let history = watched.fit(&samples, &options().validation_data(&samples)).unwrap();
        assert_eq!(history.get("loss"), alone.fit(&samples, &options()).unwrap().get("loss"));
    }
    assert_eq!(watched.weights().unwrap(), alone.weights().unwrap());
}

#[test]
fn dropout_is_active_only_in_training() {
    let network = Sequential::new(64).dropout(0.5).dense(1, Linear);
    let device = Device::flex();
    let compile = || network.compile(standstill(), MeanSquaredError, ()).seed(11).on(&device).unwrap();
    let input: Vec<f32> = (0..64).map(|i| (i as f32).sin()).collect();
    let samples = Samples::new(floats(&input, [1, 64]), floats(&[0.0], [1])).unwrap();
    let loss = |pass: Pass| {
        let input = Value::from_data(data(&input, [1, 64]), &device).unwrap();
        let output = compile().network().valid().forward(vec![input], &pass).unwrap().swap_remove(0);
        output.flatten().into_scalar::<f32>().powi(2)
    };
    let mut model = compile();
    let plain = loss(Pass::inference());
    for step in 0..3 {
        let dropped = loss(Pass::training(11, step));
        assert_ne!(dropped, plain);
        assert_close(&[model.train_on_batch(&samples).unwrap().loss().unwrap()], &[dropped.into()], 1e-6);
        assert_close(&[model.evaluate(&samples).unwrap().loss().unwrap()], &[plain.into()], 1e-6);
        let predicted = model.predict(&samples).unwrap();
        assert_close(&[values(&predicted)[0].powi(2).into()], &[plain.into()], 1e-6);
    }
}
