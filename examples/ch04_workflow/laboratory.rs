//! Trainings on one problem with one evaluation protocol.

use kindling::{
    callbacks::EarlyStopping,
    data::DataError,
    experiments::{CrossValidation, Devices, FoldResult, cross_validate},
    models::SequentialNetwork,
    optimizers::RmsProp,
    prelude::*,
    preprocessing::{StandardScaler, Transform},
    splits::Splitter,
};

use kindling_programs::cli::{CheckpointArgs, Run, TrainingArgs};

use crate::{problem::Problem, settings::Settings};

/// Everything that a training needs except its settings.
pub struct Laboratory<'a> {
    pub run: &'a Run<TrainingArgs>,
    pub checkpoints: &'a CheckpointArgs,
    pub problem: Problem,
    pub splitter: Box<dyn Splitter + Sync>,
    /// Number of splits that it makes.
    pub splits: usize,
    /// Devices for training the splits and the trials of the search.
    pub devices: Devices,
    /// Learning rate before the search tries others.
    pub learning_rate: f64,
}

impl Laboratory<'_> {
    /// Returns the patience: the number of epochs without progress after which the network counts as overfitting. It grows with
    /// the number of epochs, because the loss on few samples is noisy.
    pub fn patience(&self) -> usize {
        (self.problem.epochs / 10).max(3)
    }

    /// Compiles a network with these settings and new weights. `run` is added to the seed, so that the models of the splits
    /// differ.
    pub fn compile(
        &self,
        settings: &Settings,
        run: usize,
        device: &Device,
    ) -> Result<Model<SequentialNetwork>, TrainError> {
        let Problem { task, outputs, train, .. } = &self.problem;
        let network = settings.network(train.inputs()[0].sample_shape(), *outputs, task.activation());
        network
            .compile(RmsProp::new(settings.learning_rate), task.loss(), [self.problem.metric()])
            .seed(self.run.seed().wrapping_add(run as u64))
            .on(device)
    }

    /// Returns both parts preprocessed for the network. Preprocessing is fitted to the training samples only.
    pub fn prepared(&self, train: &Samples, other: &Samples) -> Result<(Samples, Samples), DataError> {
        if !self.problem.standardized {
            return Ok((train.clone(), other.clone()));
        }
        let scaler = StandardScaler::fit(&train.input())?;
        Ok((scaler.transform_samples(train)?, scaler.transform_samples(other)?))
    }

    /// Returns the options of every training.
    pub fn options(&self, epochs: usize) -> FitOptions {
        FitOptions::new().epochs(epochs).batch_size(self.problem.batch_size)
    }

    /// Trains on each split of the protocol, with early stopping if `early`.
    ///
    /// With several splits, all epochs are trained: the mean curve would end with the first training that stops.
    pub fn validate(
        &self,
        settings: &Settings,
        early: bool,
        devices: &Devices,
    ) -> Result<CrossValidation, TrainError> {
        cross_validate(&self.problem.train, &*self.splitter, devices, |fold, device| {
            let (train, held_out) = self.prepared(&fold.train, &fold.validation)?;
            let mut model = self.compile(settings, fold.index, device)?;
            let options = self.options(self.problem.epochs).validation_data(&held_out);
            let mut stopping = EarlyStopping::new("val_loss").patience(self.patience());
            let early = early && self.splits == 1;
            let protocol = if early { "early" } else { "whole" };
            let name = format!("{settings}, {protocol}, {}", fold.index);
            let mut backup = self.run.backup(self.checkpoints, &name);
            let history = match early {
                true => model.fit_with(&train, &options, &mut [&mut stopping, &mut backup])?,
                false => model.fit_with(&train, &options, &mut [&mut backup])?,
            };
            Ok(FoldResult { history, score: model.evaluate(&held_out)? })
        })
    }

    /// Returns the score of the naive baseline, averaged over the splits.
    pub fn baseline(&self) -> Result<f64, TrainError> {
        let train = &self.problem.train;
        let folds = train.split(&*self.splitter)?;
        let scores = folds.iter().map(|fold| Ok(self.problem.baseline(&fold.train, &fold.validation)?.score));
        Ok(scores.collect::<Result<Vec<f64>, TrainError>>()?.iter().sum::<f64>() / folds.len() as f64)
    }
}
