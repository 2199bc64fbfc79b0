//! The network of section 3.6 on standardized samples.

use kindling::{
    experiments::{Devices, FoldResult, cross_validate},
    losses::MeanSquaredError,
    metrics::Mae,
    networks,
    optimizers::RmsProp,
    prelude::*,
    preprocessing::{StandardScaler, Transform},
    splits::Splitter,
};
use kindling_programs::cli::{CommonArgs, Run};

/// A trained network, with the scaler of its training samples.
pub struct Trained {
    scaler: StandardScaler,
    model: Model,
    history: History,
}

impl Trained {
    /// Trains on standardized samples.
    pub fn on(train: &Samples, device: &Device, seed: u64, epochs: usize) -> Result<Self, TrainError> {
        let scaler = StandardScaler::fit(&train.input())?;
        let network = networks::boston(scaler.mean().len());
        let compiling = network.compile(RmsProp::default(), MeanSquaredError, [Mae]);
        let mut model = compiling.seed(seed).on(device)?;
        let options = FitOptions::new().epochs(epochs).batch_size(16);
        let history = model.fit(&scaler.transform_samples(train)?, &options)?;
        Ok(Self { scaler, model, history })
    }

    pub fn evaluate(&self, samples: &Samples) -> Result<Logs, TrainError> {
        self.model.evaluate(&self.scaler.transform_samples(samples)?)
    }

    pub fn predict(&self, samples: &Samples) -> Result<TensorData, TrainError> {
        self.model.predict(&self.scaler.transform_samples(samples)?)
    }
}

/// Trains once for each split, and returns the mean absolute error on the held-out samples, averaged over the splits.
pub fn cross_validated(
    run: &Run<CommonArgs>,
    samples: &Samples,
    splitter: &dyn Splitter,
    epochs: usize,
) -> anyhow::Result<f64> {
    let devices = Devices::from(run.device()).jobs(2);
    let validation = cross_validate(samples, splitter, &devices, |fold, device| {
        let seed = run.seed().wrapping_add(fold.index as u64);
        let trained = Trained::on(&fold.train, device, seed, epochs)?;
        let score = trained.evaluate(&fold.validation)?;
        Ok(FoldResult { history: trained.history, score })
    })?;
    Ok(validation.mean("mae"))
}
