//! Trainings of one problem by one protocol of evaluation.

use kindling::{
    data::DataError,
    prelude::{splits::Splitter, *},
    train::{CrossValidation, TrainError},
};

use crate::problem::Problem;

/// Everything that a training needs but its settings.
pub struct Laboratory {
    pub problem: Problem,
    pub splitter: Box<dyn Splitter + Sync>,
    /// Splits that it makes.
    pub splits: usize,
    pub device: Device,
    pub seed: u64,
    /// Before the search tries others.
    pub learning_rate: f64,
    /// Trainings that run side by side.
    pub jobs: usize,
}

impl Laboratory {
    /// Epochs without progress after which the validation loss counts as having turned: few samples are noisy, and
    /// are gone through often.
    pub fn patience(&self) -> usize {
        (self.problem.epochs / 10).max(3)
    }

    /// A network of these settings with fresh weights; `run` tells the splits' models apart.
    pub fn compile(&self, settings: &Settings, run: usize) -> Result<Model<SequentialNetwork>, TrainError> {
        let Problem { task, outputs, train, .. } = &self.problem;
        let optimizer = RmsProp { learning_rate: settings.learning_rate, ..RmsProp::default() };
        let network = settings.network(train.inputs()[0].sample_shape(), *outputs, task.activation());
        let seed = self.seed.wrapping_add(run as u64);
        network.compile(&self.device, seed, optimizer, task.loss(), [self.problem.metric()])
    }

    /// Both parts ready for the network; whatever is fitted is fitted to the training samples alone.
    pub fn prepared(&self, train: &Samples, other: &Samples) -> Result<(Samples, Samples), DataError> {
        if !self.problem.standardised {
            return Ok((train.clone(), other.clone()));
        }
        let scaler = StandardScaler::fit(&train.input())?;
        Ok((scaler.transform_samples(train)?, scaler.transform_samples(other)?))
    }

    /// How every training goes, but for its epochs.
    pub fn options(&self, epochs: usize) -> FitOptions {
        FitOptions::new().epochs(epochs).batch_size(self.problem.batch_size)
    }

    /// Trains on each split of the protocol; with `early` until the validation loss has turned, else to the end.
    ///
    /// Several splits are trained to the end in any case: their mean would end with the first that stops.
    pub fn validate(
        &self,
        settings: &Settings,
        early: bool,
        jobs: usize,
    ) -> Result<CrossValidation, TrainError> {
        cross_validate(&self.problem.train, &*self.splitter, jobs, |fold| {
            let (train, held_out) = self.prepared(&fold.train, &fold.validation)?;
            let mut model = self.compile(settings, fold.index)?;
            let mut options = self.options(self.problem.epochs).validation_data(&held_out);
            if early && self.splits == 1 {
                options = options.callback(EarlyStopping::new("val_loss").patience(self.patience()));
            }
            let history = model.fit(&train, options)?;
            Ok(FoldResult { history, score: model.evaluate(&held_out)? })
        })
    }

    /// What the best answer to nothing scores, in the mean over the splits.
    pub fn baseline(&self) -> Result<f64, TrainError> {
        let train = &self.problem.train;
        let splits = self.splitter.split(train)?;
        let scores = splits.iter().map(|split| {
            Ok(self.problem.baseline(&train.select(&split.train)?, &train.select(&split.validation)?)?.score)
        });
        Ok(scores.collect::<Result<Vec<f64>, TrainError>>()?.iter().sum::<f64>() / splits.len() as f64)
    }
}
