//! A request to end all trainings. A test program of its own, since the request is one of the whole program.

use std::sync::atomic::Ordering;

use burn::tensor::Device;
use kindling_data::{Column, Samples};
use kindling_models::{Sequential, activations::Linear};
use kindling_train::{
    Compile, FitOptions, Model, TrainError,
    callbacks::{BackupAndRestore, LambdaCallback, SaveFreq},
    interrupt,
    losses::MeanSquaredError,
    optimizers::Sgd,
};

/// The request may come at any moment: here, when the callback that saves has been called already.
#[test]
fn a_request_that_comes_late_ends_training_after_the_next_step_with_its_state() {
    let rows = Column::floats((0..8).map(|row| [row as f32 / 8.0]).collect::<Vec<_>>()).unwrap();
    let samples = Samples::new(rows, Column::floats(vec![1.0_f32; 8]).unwrap()).unwrap();
    let options = FitOptions::new().epochs(2).batch_size(2);
    for (at, name) in [(2, "checkpoint-0000-0000003.keras"), (4, "checkpoint-0001-0000000.keras")] {
        let folder = tempfile::tempdir().unwrap();
        let mut backup = BackupAndRestore::new(folder.path()).save_freq(SaveFreq::Interrupted);
        let mut request = LambdaCallback::new().on_batch_end(|training| {
            interrupt::flag().fetch_or(training.model().step() == at, Ordering::Relaxed);
            Ok(())
        });
        let network = Sequential::new(1).dense(1, Linear);
        let mut model: Model<_> =
            network.compile(Sgd::default(), MeanSquaredError, ()).on(&Device::flex()).unwrap();
        let error = model.fit_with(&samples, &options, &mut [&mut backup, &mut request]).unwrap_err();
        let TrainError::Interrupted { saved } = &error else { panic!("{error}") };
        assert_eq!(saved.as_deref(), Some(&*folder.path().join(name)));
        interrupt::flag().store(false, Ordering::Relaxed);
    }
}
