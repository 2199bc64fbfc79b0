//! Interrupted and resumed runs are bit-identical to uninterrupted ones.

use std::path::Path;

use burn::{
    module::Module,
    nn::{Dropout, DropoutConfig, Linear, LinearConfig},
    tensor::Device,
};
use kindling_data::{Column, Samples};
use kindling_models::{
    Init, InputSpec, IntoPart, ModelError, Network, OutputSpec, Part, Pass, Sequential, SequentialNetwork,
    Value,
    activations::{Relu, Softmax},
    layers::BatchNormalization,
};
use kindling_train::{
    Callback, Compile, FitOptions, History, Model, TrainError, Training,
    callbacks::{
        BackupAndRestore, CsvLogger, EarlyStopping, LearningRateScheduler, ModelCheckpoint,
        ReduceLrOnPlateau, SaveFreq,
    },
    losses::SparseCategoricalCrossentropy,
    metrics::{Accuracy, F1Score},
    optimizers::{Adam, AdamW, Optimizer, RmsProp, Sgd},
    schedules::CosineDecay,
};

use crate::common::flowers;

/// A callback that ends training after a number of steps, like a crash.
struct Crash {
    after: Option<u64>,
}

impl Callback for Crash {
    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        match self.after {
            Some(step) if training.model().step() == step => Err(TrainError::other("crash")),
            _ => Ok(()),
        }
    }
}

const EPOCHS: usize = 4;
/// Number of steps per epoch. The last one has fewer samples.
const STEPS: u64 = 7;

fn samples() -> (Samples, FitOptions) {
    let samples = flowers(120);
    let weights: Vec<f32> = (0..100).map(|index| 0.5 + index as f32 / 100.0).collect();
    let train = samples.slice(0..100).with_sample_weight(weights).unwrap();
    let validation = samples.slice(100..120);
    let options = FitOptions::new().epochs(EPOCHS).batch_size(16).validation_data(&validation);
    (train, options)
}

fn network() -> Sequential {
    Sequential::new(4).dense(8, Relu).layer(BatchNormalization::default()).dropout(0.25).dense(3, Softmax)
}

fn compiled(network: &Sequential, optimizer: Part<dyn Optimizer>) -> Model<SequentialNetwork> {
    let metrics = (Accuracy, F1Score::macro_average());
    let compiling = network.clone().compile(optimizer, SparseCategoricalCrossentropy, metrics);
    compiling.seed(3).on(&Device::flex()).unwrap()
}

/// The results of a run: its history, the file of its model, and the files of callbacks.
type Left = (History, Vec<u8>, Vec<u8>, Vec<u8>);

/// Trains with all callbacks that have state.
fn train(
    model: &mut Model<SequentialNetwork>,
    folder: &Path,
    freq: SaveFreq,
    crash: Option<u64>,
) -> Result<Left, TrainError> {
    let (train, options) = samples();
    let mut backup = BackupAndRestore::new(folder.join("checkpoints")).save_freq(freq).keep(2);
    let mut stopping = EarlyStopping::new("val_loss").patience(2).restore_best_weights(true);
    let mut reduce = ReduceLrOnPlateau::new("loss").patience(1).min_delta(10.0);
    let mut best = ModelCheckpoint::new(folder.join("best.safetensors")).save_best_only("val_accuracy");
    let mut log = CsvLogger::new(folder.join("log.csv"));
    let mut crash = Crash { after: crash };
    let constant = model.set_learning_rate(model.learning_rate()).is_ok();
    let mut callbacks: Vec<&mut dyn Callback> =
        vec![&mut backup, &mut stopping, &mut best, &mut log, &mut crash];
    if constant {
        callbacks.push(&mut reduce);
    }
    let history = model.fit_with(&train, &options, &mut callbacks)?;
    let file = |name: &str| std::fs::read(folder.join(name)).unwrap();
    model.save(folder.join("model.keras"))?;
    Ok((history, file("model.keras"), file("best.safetensors"), file("log.csv")))
}

fn assert_resumes(network: &Sequential, optimizer: impl IntoPart<dyn Optimizer>, freq: SaveFreq) {
    let optimizer = optimizer.into_part();
    let folder = tempfile::tempdir().unwrap();
    let whole = train(&mut compiled(network, optimizer.clone()), folder.path(), freq, None).unwrap();
    for crash in [1, STEPS - 1, STEPS, STEPS + 3, 2 * STEPS + 1] {
        let folder = tempfile::tempdir().unwrap();
        let crashed = train(&mut compiled(network, optimizer.clone()), folder.path(), freq, Some(crash));
        assert!(crashed.unwrap_err().to_string().contains("Crash failed: crash"));
        let mut model = compiled(network, optimizer.clone());
        let resumed = train(&mut model, folder.path(), freq, None).unwrap();
        assert!(whole == resumed, "{:?}, crash at step {crash}:\n{}\n{}", freq, whole.0, resumed.0);
        assert_eq!(model.epoch(), whole.0.epochs());
        let left = BackupAndRestore::checkpoints(folder.path().join("checkpoints")).unwrap();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn all_optimizers_resume_with_their_state() {
    let optimizers: [Part<dyn Optimizer>; 7] = [
        RmsProp::new(0.01).into_part(),
        RmsProp::new(0.01).momentum(0.5).into_part(),
        Adam::new(0.01).into_part(),
        AdamW::new(0.01).into_part(),
        Sgd::new(0.1).into_part(),
        Sgd::new(0.1).momentum(0.9).nesterov(true).into_part(),
        Sgd::new(0.1).momentum(0.9).clipnorm(0.5).into_part(),
    ];
    for optimizer in optimizers {
        assert_resumes(&network(), optimizer, SaveFreq::Steps(1));
    }
}

#[test]
fn runs_with_kernel_steps_and_schedules_resume() {
    let plain = Sequential::new(4).dense(8, Relu).dropout(0.25).dense(3, Softmax);
    assert_resumes(&plain, RmsProp::new(0.01), SaveFreq::Steps(3));
    assert_resumes(&plain, Adam::new(CosineDecay::new(0.05, 28)), SaveFreq::Steps(2));
    assert_resumes(&plain, Sgd::new(0.1).momentum(0.9), SaveFreq::Epochs(1));
    assert_resumes(&plain, RmsProp::new(0.01), SaveFreq::Epochs(2));
}

#[test]
fn runs_with_pending_sparse_updates_resume() {
    let texts: Vec<Vec<u32>> =
        (0..60_u32).map(|text| (0..5).map(|word| (text * 7 + word * word * 11) % 300).collect()).collect();
    let labels: Vec<i32> = (0..60).map(|text| text % 2).collect();
    let samples =
        Samples::new(Column::multi_hot(&texts, 300).unwrap(), Column::classes(labels).unwrap()).unwrap();
    let fit = |folder: &Path, crash| {
        let network = Sequential::new(300).dense(4, Relu).dense(2, Softmax);
        let compiling = network.compile(RmsProp::new(0.01), SparseCategoricalCrossentropy, [Accuracy]);
        let mut model = compiling.seed(1).on(&Device::flex()).unwrap();
        let mut backup = BackupAndRestore::new(folder).save_freq(SaveFreq::Steps(2));
        let mut crash = Crash { after: crash };
        let options = FitOptions::new().epochs(3).batch_size(8);
        let history = model.fit_with(&samples, &options, &mut [&mut backup, &mut crash])?;
        Ok::<_, TrainError>((history, model.weights()?))
    };
    let folder = tempfile::tempdir().unwrap();
    let whole = fit(folder.path(), None).unwrap();
    for crash in [3, 8, 13] {
        let folder = tempfile::tempdir().unwrap();
        fit(folder.path(), Some(crash)).unwrap_err();
        assert!(fit(folder.path(), None).unwrap() == whole, "crash at step {crash}");
    }
}

/// A custom module with a layer that uses the random number generator of the backend.
#[derive(Module, Debug)]
struct Own {
    hidden: Linear,
    dropout: Dropout,
    output: Linear,
}

impl Network for Own {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([4])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("class", [3]).activation(Softmax)]
    }

    fn forward(&self, mut inputs: Vec<Value>, _: &Pass) -> Result<Vec<Value>, ModelError> {
        let hidden = self.dropout.forward(self.hidden.forward(inputs.swap_remove(0).tensor::<2>()?));
        Ok(vec![self.output.forward(hidden).into()])
    }
}

fn own(folder: &Path, crash: Option<u64>) -> Result<(History, kindling_models::Weights), TrainError> {
    let build = |init: &mut Init| {
        let linear = |inputs, units| LinearConfig::new(inputs, units).init(init.device());
        Ok(Own { hidden: linear(4, 8), dropout: DropoutConfig::new(0.25).init(), output: linear(8, 3) })
    };
    let compiling = Model::new(build, Adam::new(0.01), SparseCategoricalCrossentropy, [Accuracy]);
    let mut model = compiling.seed(5).on(&Device::flex())?;
    let (train, options) = samples();
    let mut backup = BackupAndRestore::new(folder).save_freq(SaveFreq::Steps(1));
    let history = model.fit_with(&train, &options, &mut [&mut backup, &mut Crash { after: crash }])?;
    Ok((history, model.weights()?))
}

#[test]
fn runs_of_custom_modules_resume() {
    let folder = tempfile::tempdir().unwrap();
    let whole = own(folder.path(), None).unwrap();
    for crash in [2, STEPS, 2 * STEPS + 3] {
        let folder = tempfile::tempdir().unwrap();
        own(folder.path(), Some(crash)).unwrap_err();
        assert!(own(folder.path(), None).unwrap() == whole, "crash at step {crash}");
    }
}

/// Trains two of three epochs. Returns the error of resuming another run from the checkpoint.
fn refusal(
    change: impl Fn(Samples) -> Samples,
    options: impl Fn(FitOptions) -> FitOptions,
    network: Sequential,
    optimizer: impl IntoPart<dyn Optimizer>,
    seed: u64,
) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (train, given) = samples();
    let backup = || BackupAndRestore::new(folder.path()).delete_checkpoint(false);
    let mut model = compiled(&self::network(), Adam::new(0.01).into_part());
    model.fit_with(&train, &given.clone().epochs(2), &mut [&mut backup()]).unwrap();
    let compiling = network
        .compile(optimizer, SparseCategoricalCrossentropy, (Accuracy, F1Score::macro_average()))
        .seed(seed);
    let mut other = compiling.on(&Device::flex()).unwrap();
    let before = other.weights().unwrap();
    let fitted = other.fit_with(&change(train), &options(given.epochs(3)), &mut [&mut backup()]);
    match fitted {
        Ok(_) => "resumed".into(),
        Err(error) => {
            assert_eq!(other.weights().unwrap(), before, "the error has changed the weights");
            error.to_string()
        }
    }
}

#[test]
fn error_names_the_difference_from_another_run() {
    let adam = || Adam::new(0.01);
    let same = |options| options;
    let whole = |samples| samples;
    assert_eq!(refusal(whole, same, network(), adam(), 3), "resumed");
    let cases = [
        (
            refusal(|samples| samples.slice(0..99), same, network(), adam(), 3),
            "training_data differs: its SHA-256 is ",
        ),
        (
            refusal(whole, |options| options.batch_size(20), network(), adam(), 3),
            "batch_size is 20 in this run and 16",
        ),
        (refusal(whole, |options| options.shuffle(false), network(), adam(), 3), "shuffle is false"),
        (refusal(whole, |options| options.validation_split(0.2), network(), adam(), 3), "_data differs"),
        (
            refusal(whole, |options| options.epochs(1), network(), adam(), 3),
            "it has 2 epochs, but only 1 are requested",
        ),
        (refusal(whole, same, network(), Adam::new(0.02), 3), "learning_rate is 0.02 in this run and 0.01"),
        (refusal(whole, same, network(), Sgd::new(0.01), 3), "compile.optimizer"),
        (refusal(whole, same, network(), adam(), 4), "seed is 4 in this run and 3"),
        (
            refusal(whole, same, Sequential::new(4).dense(9, Relu).dense(3, Softmax), adam(), 3),
            "network.layers",
        ),
    ];
    for (error, expected) in cases {
        assert!(error.contains(expected) && error.contains("checkpoint-0002-0000000.keras"), "{error}");
    }
}

#[test]
fn run_without_restore_replaces_earlier_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let (train, options) = samples();
    let names = || {
        let paths = BackupAndRestore::checkpoints(folder.path()).unwrap();
        paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let backup = || BackupAndRestore::new(folder.path()).delete_checkpoint(false).keep(2);
    let mut model = compiled(&network(), Adam::new(0.01).into_part());
    model.fit_with(&train, &options.clone().epochs(3), &mut [&mut backup()]).unwrap();
    assert_eq!(names(), ["checkpoint-0002-0000000.keras", "checkpoint-0003-0000000.keras"]);
    // The latest checkpoint can be loaded as a model.
    let loaded = Model::load(folder.path().join("checkpoint-0003-0000000.keras"), &Device::flex()).unwrap();
    assert_eq!(loaded.weights().unwrap(), model.weights().unwrap());

    let mut crashed = compiled(&network(), Adam::new(0.01).into_part());
    let mut crash = Crash { after: Some(1) };
    let fitted = crashed.fit_with(&train, &options, &mut [&mut backup().restore(false), &mut crash]);
    fitted.unwrap_err();
    assert_eq!(names().len(), 2, "earlier checkpoints must be kept until there is a new one");
    let mut again = compiled(&network(), Adam::new(0.01).into_part());
    let history =
        again.fit_with(&train, &options.clone().epochs(1), &mut [&mut backup().restore(false)]).unwrap();
    assert_eq!((history.epochs(), names()), (1, vec!["checkpoint-0001-0000000.keras".to_owned()]));
}

#[test]
fn runs_with_a_learning_rate_scheduler_resume() {
    let fit = |folder: &Path, crash| {
        let (train, options) = samples();
        let mut model = compiled(&network(), Sgd::new(0.1).into_part());
        let mut backup = BackupAndRestore::new(folder).save_freq(SaveFreq::Steps(1));
        let mut scheduler =
            LearningRateScheduler::new(|epoch, rate| if epoch == 0 { rate } else { rate * 0.7 });
        let mut crash = Crash { after: crash };
        let history = model.fit_with(&train, &options, &mut [&mut backup, &mut scheduler, &mut crash])?;
        Ok::<_, TrainError>((history, model.weights()?))
    };
    let folder = tempfile::tempdir().unwrap();
    let whole = fit(folder.path(), None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fit(folder.path(), Some(STEPS + 2)).unwrap_err();
    assert!(fit(folder.path(), None).unwrap() == whole);
}

#[test]
fn error_names_a_damaged_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint-0001-0000000.keras");
    let (train, options) = samples();
    let fit = || {
        let mut model = compiled(&network(), Adam::new(0.01).into_part());
        let mut backup = BackupAndRestore::new(folder.path());
        model.fit_with(&train, &options, &mut [&mut backup]).unwrap_err().to_string()
    };
    std::fs::write(&path, b"PK\x03\x04 and nothing else").unwrap();
    assert!(fit().contains("checkpoint-0001-0000000.keras"), "{}", fit());
    compiled(&network(), Adam::new(0.01).into_part()).save(&path).unwrap();
    assert!(fit().contains("but not the state of a training run"), "{}", fit());
    assert!(path.exists());
}
