//! The access of callbacks to the training run and its model.

use crate::common::{classifier, constant, floats, flowers, json, numbers, values};
use burn::tensor::TensorData;
use kindling_data::Samples;
use kindling_train::{
    Callback, FitOptions, History, Logs, TrainError, Training,
    callbacks::{LambdaCallback, LearningRateScheduler},
    metrics::Mae,
    optimizers::Sgd,
    schedules::PiecewiseConstantDecay,
};

/// Gradient descent with a learning rate that halves the error in each step.
fn halving() -> Sgd {
    Sgd::new(0.125)
}

#[test]
fn lambda_callback_borrows_and_is_called_at_every_event() {
    let (mut begun, mut epochs, mut batches, mut ends, mut ended) = (0, Vec::new(), 0, Vec::new(), 0);
    let mut callback = LambdaCallback::new()
        .on_train_begin(|_| {
            begun += 1;
            Ok(())
        })
        .on_epoch_begin(|training| {
            epochs.push(training.epoch);
            Ok(())
        })
        .on_batch_end(|_| {
            batches += 1;
            Ok(())
        })
        .on_epoch_end(|training| {
            ends.push(training.logs()?.require("loss")?);
            Ok(())
        })
        .on_train_end(|_| {
            ended += 1;
            Ok(())
        });
    let options = FitOptions::new().epochs(2).batch_size(1);
    let history =
        constant(halving(), ()).fit_with(&numbers(&[1.0; 3]), &options, &mut [&mut callback]).unwrap();
    drop(callback);
    assert_eq!((begun, epochs, batches, ended), (1, vec![0, 1], 6, 1));
    assert_eq!(ends, history.get("loss"));
}

#[test]
fn lambda_callback_can_stop_and_fail() {
    let options = FitOptions::new().epochs(5).batch_size(1);
    let mut stop = LambdaCallback::new().on_epoch_end(|training| {
        training.stop();
        Ok(())
    });
    let mut model = constant(halving(), ());
    assert_eq!(model.fit_with(&numbers(&[1.0]), &options, &mut [&mut stop]).unwrap().epochs(), 1);

    let mut fail = LambdaCallback::new().on_batch_end(|_| Err(TrainError::other("the disk is full")));
    let error = model.fit_with(&numbers(&[1.0]), &options, &mut [&mut fail]).unwrap_err();
    assert!(matches!(&error, TrainError::Callback { name, .. } if name == "LambdaCallback"), "{error:?}");
    assert_eq!(error.to_string(), "the callback LambdaCallback failed: the disk is full");
}

/// A callback that predicts, evaluates and records the step number after every step.
#[derive(Default)]
struct Look {
    samples: Option<Samples>,
    steps: Vec<(u64, usize, usize)>,
    predictions: Vec<TensorData>,
    evaluations: Vec<Logs>,
}

impl Callback for Look {
    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let (step, steps) = (training.step, training.steps);
        let model = training.model();
        self.steps.push((model.step(), step, steps));
        if let Some(samples) = &self.samples {
            self.predictions.push(model.predict(samples)?);
            self.evaluations.push(model.evaluate(samples)?);
        }
        Ok(())
    }
}

#[test]
fn callback_can_predict_evaluate_and_read_the_step() {
    let samples = numbers(&[1.0]);
    let mut look = Look { samples: Some(samples.clone()), ..Look::default() };
    let options = FitOptions::new().epochs(2).batch_size(1);
    let mut model = constant(halving(), [Mae]);
    model.fit_with(&numbers(&[1.0; 2]), &options, &mut [&mut look]).unwrap();
    // Steps of the model are counted over all epochs, steps of `Training` within an epoch.
    assert_eq!(look.steps, [(1, 1, 2), (2, 2, 2), (3, 1, 2), (4, 2, 2)]);
    let predictions: Vec<f32> = look.predictions.iter().flat_map(|data| values(data).to_vec()).collect();
    assert_eq!(predictions, [0.5, 0.75, 0.875, 0.9375]);
    let errors: Vec<f64> = look.evaluations.iter().map(|logs| logs.require("mae").unwrap()).collect();
    assert_eq!(errors, [0.5, 0.25, 0.125, 0.0625]);
    let losses: Vec<f64> = look.evaluations.iter().map(|logs| logs.require("loss").unwrap()).collect();
    assert_eq!(losses, [0.25, 0.0625, 0.015625, 0.00390625]);
    assert_eq!(look.predictions[3], model.predict(&samples).unwrap());
}

#[test]
fn inspecting_the_model_does_not_change_training() {
    let train = |look: bool| {
        let samples = look.then(|| flowers(20));
        let mut look = Look { samples, ..Look::default() };
        let mut model = classifier(3);
        let options = FitOptions::new().epochs(3).batch_size(16).validation_split(0.25);
        let history = model.fit_with(&flowers(60), &options, &mut [&mut look]).unwrap();
        (json(&history), model.weights().unwrap())
    };
    assert_eq!(train(true), train(false));
}

/// A callback that reads the logs after every `every`-th step.
struct Reader {
    every: usize,
    read: Vec<(usize, Logs)>,
}

impl Callback for Reader {
    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let step = training.epoch * training.steps + training.step;
        if step.is_multiple_of(self.every) {
            self.read.push((step, training.logs()?.clone()));
        }
        Ok(())
    }
}

#[test]
fn logs_within_an_epoch_depend_only_on_the_step() {
    let train = |every| {
        let mut reader = Reader { every, read: Vec::new() };
        let options = FitOptions::new().epochs(3).batch_size(4).validation_split(0.25);
        let history = classifier(3).fit_with(&flowers(60), &options, &mut [&mut reader]).unwrap();
        (reader.read, history)
    };
    let (every, history) = train(1);
    assert_eq!(train(1), (every.clone(), history.clone()), "two runs have different logs");
    assert_eq!(every.len(), 36);
    let epoch_end = every[11].1.require("loss").unwrap();
    assert_eq!(epoch_end, history.get("loss")[0], "the last values must be those of the epoch");
    for frequency in [5, 7, usize::MAX] {
        let (some, other): (_, History) = train(frequency);
        let expected: Vec<_> = every.iter().filter(|(step, _)| step % frequency == 0).cloned().collect();
        assert_eq!(some, expected, "values depend on earlier reads");
        assert_eq!(json(&other), json(&history), "reading has changed the history");
    }
}

#[test]
fn logs_are_means_over_the_samples_so_far() {
    let inputs = floats(&[1.0; 5], [5, 1]);
    let samples = Samples::new(inputs, floats(&[1.0, 1.0, 1.0, 1.0, 4.0], [5])).unwrap();
    let mut reader = Reader { every: 1, read: Vec::new() };
    let options = FitOptions::new().batch_size(2).shuffle(false);
    let still = Sgd::new(1e-38);
    constant(still, [Mae]).fit_with(&samples, &options, &mut [&mut reader]).unwrap();
    let read = |name| reader.read.iter().map(|(_, logs)| logs.require(name).unwrap()).collect::<Vec<_>>();
    assert_eq!(read("loss"), [1.0, 1.0, (4.0 + 16.0) / 5.0]);
    assert_eq!(read("mae"), [1.0, 1.0, 8.0 / 5.0]);
}

#[test]
fn a_non_finite_loss_is_the_same_error_with_or_without_a_callback_that_reads_it() {
    let samples = numbers(&[1.0, 1.0, f32::NAN, 1.0]);
    let options = FitOptions::new().batch_size(1).shuffle(false);
    for every in [1, usize::MAX] {
        let mut reader = Reader { every, read: Vec::new() };
        let error = constant(halving(), ()).fit_with(&samples, &options, &mut [&mut reader]).unwrap_err();
        assert!(matches!(error, TrainError::NotFinite { epoch: 1, step: 3, .. }), "{error:?}");
    }
}

#[test]
fn callback_can_read_the_rate_of_a_schedule() {
    let mut rates = Vec::new();
    let mut note = LambdaCallback::new().on_batch_end(|training| {
        rates.push(training.model().learning_rate());
        Ok(())
    });
    let schedule = PiecewiseConstantDecay::new([1, 2], [0.5, 0.25, 0.125]);
    let options = FitOptions::new().epochs(4).batch_size(1);
    constant(Sgd::new(schedule), ()).fit_with(&numbers(&[1.0]), &options, &mut [&mut note]).unwrap();
    drop(note);
    assert_eq!(rates, [0.5, 0.25, 0.125, 0.125], "expected the rates of the next steps");
}

#[test]
fn callbacks_share_the_logs_of_an_epoch() {
    let mut seen = Vec::new();
    let mut scheduler = LearningRateScheduler::new(|_, rate| rate / 2.0);
    let mut note = LambdaCallback::new().on_epoch_end(|training| {
        seen.push(training.logs()?.require("learning_rate")?);
        training.log("mine", 7.0);
        Ok(())
    });
    let options = FitOptions::new().epochs(2).batch_size(1);
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut scheduler, &mut note];
    let history = constant(halving(), ()).fit_with(&numbers(&[1.0]), &options, callbacks).unwrap();
    drop(note);
    assert_eq!(seen, [0.0625, 0.03125]);
    assert_eq!(history.get("mine"), [7.0, 7.0]);
}
