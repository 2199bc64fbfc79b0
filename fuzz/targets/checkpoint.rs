//! `BackupAndRestore` with the checkpoint of an earlier run, which is the input: the training goes on from it, or refuses it.

#![no_main]

use burn::tensor::Device;
use kindling_data::{Column, Samples};
use kindling_fuzz::{archive, on_file, seeds};
use kindling_models::{
    Sequential,
    activations::{Linear, Relu},
};
use kindling_train::{
    Callback, Compile, FitOptions, History, TrainError,
    callbacks::{BackupAndRestore, EarlyStopping, ReduceLrOnPlateau, SaveFreq},
    losses::{Huber, MeanSquaredError},
    metrics::{R2Score, from_loss},
    optimizers::Adam,
};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fn train(backup: BackupAndRestore) -> Result<History, TrainError> {
    let numbers = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    let samples = Samples::new(Column::floats(numbers)?, Column::floats([1.0, 2.0, 3.0])?)?;
    let network = Sequential::new(2).dense(2, Relu).dense(1, Linear);
    let metrics = (from_loss(Huber::new(2.0)), R2Score::default());
    let mut model = network.compile(Adam::new(0.1), MeanSquaredError, metrics).on(&Device::flex())?;
    let (mut stopping, mut reduce) = (EarlyStopping::new("loss"), ReduceLrOnPlateau::new("loss"));
    stopping = stopping.patience(2).restore_best_weights(true);
    let mut backup = backup.delete_checkpoint(false);
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut backup, &mut stopping, &mut reduce];
    model.fit_with(&samples, &FitOptions::new().epochs(3).batch_size(2), callbacks)
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    archive::mutate(data, size, max_size, seed)
});

fuzz_target!(
    init: seeds(|folder| drop(train(BackupAndRestore::new(folder).save_freq(SaveFreq::Steps(1)).keep(9)).unwrap())),
    |bytes: &[u8]| on_file("checkpoint-0001-0000001.keras", bytes, |path| {
        let _ = train(BackupAndRestore::new(path.parent().unwrap()).save_freq(SaveFreq::Never));
    })
);
