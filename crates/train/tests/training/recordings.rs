//! Replays of recorded training runs are bit-identical.

use burn::tensor::Device;
use kindling_data::Samples;
use kindling_models::{
    Sequential, SequentialNetwork, Weights,
    activations::{Relu, Softmax},
    layers::BatchNormalization,
};
use kindling_train::{
    Callback, Compile, FitOptions, History, Model, Recording, TrainError, Training,
    callbacks::{EarlyStopping, LambdaCallback, Recorder},
    losses::SparseCategoricalCrossentropy,
    metrics::Accuracy,
    optimizers::{Adam, Sgd},
};

use crate::common::{flowers, parameters, wide};

const EPOCHS: usize = 5;
const STEPS: u64 = 7;

fn samples() -> (Samples, FitOptions) {
    let weights: Vec<f32> = (0..100).map(|index| 0.5 + index as f32 / 100.0).collect();
    let train = flowers(100).with_sample_weight(weights).unwrap();
    (train, FitOptions::new().epochs(EPOCHS).batch_size(16).validation_split(0.01))
}

fn compiled() -> Model<SequentialNetwork> {
    let network = Sequential::new(4).dense(8, Relu).layer(BatchNormalization::default());
    let network = network.dropout(0.25).dense(3, Softmax);
    let compiling = network.compile(Adam::new(0.02), SparseCategoricalCrossentropy, [Accuracy]);
    compiling.seed(3).on(&Device::flex()).unwrap()
}

/// Trains. Returns the weights before each step and after the last one, and the history.
fn recorded(directory: &std::path::Path, budget: u64) -> (Vec<Weights>, History) {
    let (train, options) = samples();
    let mut model = compiled();
    let mut weights = vec![model.weights().unwrap()];
    let mut watch = LambdaCallback::new().on_batch_end(|training| {
        weights.push(training.model().weights()?);
        Ok(())
    });
    let mut recorder = Recorder::new(directory).budget(budget);
    let mut stopping = EarlyStopping::new("loss").patience(100);
    let history = model
        .fit_with(&train, &options, &mut [&mut recorder, &mut stopping, &mut Watch(&mut watch)])
        .unwrap();
    drop(watch);
    (weights, history)
}

/// A callback that only observes.
struct Watch<'a, 'b>(&'a mut LambdaCallback<'b>);

impl Callback for Watch<'_, '_> {
    fn observes(&self) -> bool {
        true
    }

    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.0.on_batch_end(training)
    }
}

#[test]
fn every_step_is_bit_identical() {
    let folder = tempfile::tempdir().unwrap();
    let (weights, _) = recorded(folder.path(), u64::MAX);
    assert_eq!(weights.len() as u64, EPOCHS as u64 * STEPS + 1);
    let recording = Recording::open(folder.path()).unwrap();
    assert!(recording.key_frames().eq(0..=EPOCHS));
    let (train, options) = samples();
    for (step, expected) in weights.iter().enumerate() {
        let mut model = compiled();
        let mut stopping = EarlyStopping::new("loss").patience(100);
        recording.at(step as u64, &mut model, &train, &options, &mut [&mut stopping]).unwrap();
        assert_eq!((model.step(), &model.weights().unwrap()), (step as u64, expected), "step {step}");
    }
    let mut beyond = EarlyStopping::new("loss").patience(100);
    let error = recording.at(STEPS * 9, &mut compiled(), &train, &options, &mut [&mut beyond]).unwrap_err();
    assert!(error.to_string().contains("step is 63: the run has fewer steps"), "{error}");
    // Early stopping does not only observe, so a run without it is another run.
    let error = recording.at(1, &mut compiled(), &train, &options, &mut []).unwrap_err().to_string();
    assert!(error.contains("callbacks is [] in this run"), "{error}");
}

#[test]
fn model_can_go_back_to_an_earlier_step() {
    let folder = tempfile::tempdir().unwrap();
    let (weights, _) = recorded(folder.path(), u64::MAX);
    let recording = Recording::open(folder.path()).unwrap();
    let (train, options) = samples();
    let mut model = compiled();
    for step in [EPOCHS as u64 * STEPS, STEPS + 2, 1, 0, 2] {
        let mut stopping = EarlyStopping::new("loss").patience(100);
        recording.at(step, &mut model, &train, &options, &mut [&mut stopping]).unwrap();
        assert!(model.weights().unwrap() == weights[step as usize], "step {step}");
    }
}

/// Steps are counted from epoch 0 of the run, whatever the model was trained on before.
#[test]
fn last_step_is_reached_with_an_initial_epoch_and_earlier_steps() {
    let (train, options) = samples();
    for (earlier, initial_epoch) in [(0, 2), (1, 0), (1, 2)] {
        let folder = tempfile::tempdir().unwrap();
        let options = options.clone().initial_epoch(initial_epoch);
        let mut model = compiled();
        for _ in 0..earlier {
            model.train_on_batch(&train).unwrap();
        }
        model.fit_with(&train, &options, &mut [&mut Recorder::new(folder.path())]).unwrap();
        let recording = Recording::open(folder.path()).unwrap();
        let [first, last] = [initial_epoch, EPOCHS].map(|epoch| epoch as u64 * STEPS);
        for step in [first, last - 1, last] {
            let mut replayed = compiled();
            recording.at(step, &mut replayed, &train, &options, &mut []).unwrap();
            assert_eq!(replayed.step(), earlier + step - first);
            assert_eq!(step == last, replayed.weights().unwrap() == model.weights().unwrap());
        }
        let error = recording.at(last + 1, &mut compiled(), &train, &options, &mut []).unwrap_err();
        assert!(error.to_string().contains("the run has fewer steps"), "{error}");
    }
}

#[test]
fn run_replaces_the_recording_of_an_earlier_run() {
    let folder = tempfile::tempdir().unwrap();
    let (train, options) = samples();
    for (initial_epoch, epochs, frames) in [(0, 5, 0..=5), (3, 4, 3..=4)] {
        let options = options.clone().initial_epoch(initial_epoch).epochs(epochs);
        compiled().fit_with(&train, &options, &mut [&mut Recorder::new(folder.path())]).unwrap();
        assert!(Recording::open(folder.path()).unwrap().key_frames().eq(frames));
    }
}

#[test]
fn several_steps_are_visited_in_one_pass() {
    let folder = tempfile::tempdir().unwrap();
    let (weights, whole) = recorded(folder.path(), u64::MAX);
    let recording = Recording::open(folder.path()).unwrap();
    let (train, options) = samples();
    let visit = |steps: &[u64]| {
        let (mut seen, mut stopping) = (Vec::new(), EarlyStopping::new("loss").patience(100));
        let visited =
            recording.visit(steps, &mut compiled(), &train, &options, &mut [&mut stopping], &mut |model| {
                seen.push((model.step(), model.weights()?));
                Ok(())
            });
        (seen, visited)
    };
    let last = EPOCHS as u64 * STEPS;
    // The last step is beyond the end of the run.
    let steps = [0, 1, 5, STEPS, 2 * STEPS - 1, last, last + 9];
    let (seen, history) = visit(&steps);
    assert_eq!(history.unwrap().get("loss"), whole.get("loss"));
    let expected: Vec<_> = steps[..6].iter().map(|step| (*step, weights[*step as usize].clone())).collect();
    assert!(seen == expected, "{:?}", seen.iter().map(|(step, _)| step).collect::<Vec<_>>());
    assert_eq!(visit(&[last]).0, [(last, weights[last as usize].clone())]);
    let error = visit(&[3, 3]).1.unwrap_err().to_string();
    assert!(error.contains("increasing order"), "{error}");
}

#[test]
fn batch_returns_the_samples_of_a_step() {
    let folder = tempfile::tempdir().unwrap();
    let (weights, _) = recorded(folder.path(), u64::MAX);
    let recording = Recording::open(folder.path()).unwrap();
    let (train, options) = samples();
    for step in [0, 3, STEPS - 1, STEPS, 3 * STEPS + 2] {
        let mut model = compiled();
        let mut stopping = EarlyStopping::new("loss").patience(100);
        recording.at(step, &mut model, &train, &options, &mut [&mut stopping]).unwrap();
        let batch = model.batch(&train, &options, step).unwrap();
        assert_eq!(batch.len(), if step % STEPS == STEPS - 1 { 3 } else { 16 });
        model.train_on_batch(&batch).unwrap();
        assert_eq!(model.weights().unwrap(), weights[step as usize + 1], "step {step}");
    }
}

#[test]
fn budget_keeps_the_first_key_frame_and_fewer_others() {
    let folder = tempfile::tempdir().unwrap();
    let (weights, _) = recorded(folder.path(), 1);
    let recording = Recording::open(folder.path()).unwrap();
    let frames: Vec<usize> = recording.key_frames().collect();
    assert!(frames[0] == 0 && frames.len() <= 3, "{frames:?}");
    let (train, options) = samples();
    for step in [1, 2 * STEPS + 5, EPOCHS as u64 * STEPS] {
        let mut model = compiled();
        let mut stopping = EarlyStopping::new("loss").patience(100);
        recording.at(step, &mut model, &train, &options, &mut [&mut stopping]).unwrap();
        assert_eq!(model.weights().unwrap(), weights[step as usize]);
    }
}

#[test]
fn fork_equals_a_run_with_the_change() {
    let folder = tempfile::tempdir().unwrap();
    let (_, whole) = recorded(folder.path(), u64::MAX);
    let recording = Recording::open(folder.path()).unwrap();
    let (train, options) = samples();
    let stopping = || EarlyStopping::new("loss").patience(100);
    let step = 2 * STEPS + 3;
    let mut forked = compiled();
    let history = recording
        .fork(step, &mut forked, &train, &options, &mut [&mut stopping()], &mut |model| {
            model.set_learning_rate(0.1)
        })
        .unwrap();
    let mut expected = compiled();
    let mut change = LambdaCallback::new().on_batch_end(|training| match training.model().step() {
        at if at == step => training.model().set_learning_rate(0.1),
        _ => Ok(()),
    });
    let same = expected.fit_with(&train, &options, &mut [&mut stopping(), &mut change]).unwrap();
    assert_eq!((&history, forked.weights().unwrap()), (&same, expected.weights().unwrap()));
    assert_eq!(history.get("loss")[..2], whole.get("loss")[..2]);
    assert_ne!(history.get("loss")[2], whole.get("loss")[2]);
}

#[test]
fn error_names_a_directory_without_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let error = Recording::open(folder.path().join("none")).unwrap_err().to_string();
    assert!(error.contains("none contains no recording"), "{error}");
}

#[test]
fn gradients_equal_the_update_of_gradient_descent() {
    let network = Sequential::new(4).dense(8, Relu).dense(3, Softmax);
    let rate = 0.5;
    let compiling = network.compile(Sgd::new(rate), SparseCategoricalCrossentropy, [Accuracy]);
    let mut model = compiling.seed(1).on(&Device::flex()).unwrap();
    let samples = flowers(32);
    let (before, gradients) = (model.weights().unwrap(), model.gradients(&samples).unwrap());
    assert!(before.iter().map(|(name, _)| name).eq(gradients.iter().map(|(name, _)| name)));
    model.train_on_batch(&samples).unwrap();
    let stepped =
        parameters(&before).into_iter().zip(parameters(&gradients)).map(|(w, g)| w - rate as f32 * g);
    let stepped: Vec<f32> = stepped.collect();
    crate::common::assert_close(&wide(&stepped), &wide(&parameters(&model.weights().unwrap())), 1e-6);
}

#[test]
fn mean_of_losses_equals_the_evaluated_loss() {
    let model = compiled();
    let samples = flowers(600);
    let losses = model.losses(&samples).unwrap();
    let mean = losses.iter().map(|loss| f64::from(*loss)).sum::<f64>() / 600.0;
    let loss = model.evaluate(&samples).unwrap().require("loss").unwrap();
    assert!(losses.len() == 600 && (mean - loss).abs() < 1e-6, "{mean} {loss}");
}
