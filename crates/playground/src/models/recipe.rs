//! A model of the book, from an earlier run or newly trained.

use std::path::Path;

use anyhow::{Context as _, ensure};
use kindling::{
    data::Source,
    models::SequentialNetwork,
    prelude::{Callback, FitOptions, Model, Network, Predictor, Samples, TrainError, Training},
};
use serde::Serialize;
use serde_json::Value;

use super::Context;

/// The model, data and training options of a program of the book.
#[derive(Debug)]
pub struct Recipe<'a> {
    /// Name of the program and of its run directory.
    pub example: &'static str,
    /// Name of the test metric.
    pub figure: &'static str,
    /// The model before training.
    pub model: Model,
    /// The training samples.
    pub train: &'a Samples,
    /// The test samples.
    pub test: &'a Samples,
    /// Epochs and batch size.
    pub options: FitOptions,
    /// The source of the samples.
    pub source: Source,
}

/// A model and its origin.
#[derive(Debug)]
pub struct Trained {
    /// The model, for predictions.
    pub predictor: Predictor,
    /// The origin.
    pub origin: Origin,
}

/// The origin of a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Origin {
    /// The file of an earlier run, or `None` if the model was trained at startup.
    pub file: Option<String>,
    /// The source of the data.
    pub data: Source,
    /// Name of the test metric.
    pub figure: &'static str,
    /// The metric's value on the test samples.
    pub test: f64,
    /// Number of test samples.
    pub test_samples: usize,
}

/// Relative tolerance between the repeated and the recorded test result, because rounding differs between processors.
const TOLERANCE: f64 = 1e-3;

impl Recipe<'_> {
    /// Loads the model of an earlier run, or trains it.
    ///
    /// # Errors
    /// Returns an error if the training fails.
    pub fn make(mut self, context: &Context, report: &dyn Fn(String)) -> anyhow::Result<Trained> {
        let directory = context.runs.join(self.example);
        let file = directory.join("model.keras");
        if file.is_file() {
            report(format!("testing {}", file.display()));
            match self.earlier(&directory, context) {
                Ok((model, test)) => {
                    return Ok(self.trained(&model, test, Some(file.display().to_string())));
                }
                Err(reason) => report(format!("{} is not used: {reason:#}", file.display())),
            }
        }
        let mut progress = Progress { report, figure: self.figure };
        let mut model = self.model;
        model.fit_with(self.train, &self.options, &mut [&mut progress])?;
        let test = model.evaluate(self.test)?.require(self.figure)?;
        self.model = model;
        Ok(self.trained(&self.model, test, None))
    }

    /// Loads the model of an earlier run and repeats its test.
    fn earlier(&self, directory: &Path, context: &Context) -> anyhow::Result<(Model, f64)> {
        let model = Model::load(directory.join("model.keras"), &context.device)?;
        let shape = |network: &SequentialNetwork| {
            let outputs = network.outputs().into_iter().map(|output| (output.shape, output.activation));
            (network.inputs(), outputs.collect::<Vec<_>>())
        };
        ensure!(
            shape(model.network()) == shape(self.model.network()),
            "its inputs or outputs differ from those of the program"
        );
        let result = std::fs::read_to_string(directory.join("result.json"))?;
        let result: Value = serde_json::from_str(&result)?;
        let name = format!("test_{}", self.figure);
        let recorded = result[&name].as_f64().with_context(|| format!("result.json has no {name}"))?;
        let test = model.evaluate(self.test)?.require(self.figure)?;
        ensure!(
            (test - recorded).abs() <= TOLERANCE * recorded.abs().max(1.0),
            "its {name} is {test:.4} on the data loaded here, but {recorded:.4} was recorded: use the --data and --data-dir of that run"
        );
        Ok((model, test))
    }

    fn trained(&self, model: &Model, test: f64, file: Option<String>) -> Trained {
        let origin =
            Origin { file, data: self.source, figure: self.figure, test, test_samples: self.test.len() };
        Trained { predictor: model.predictor(), origin }
    }
}

/// Reports the progress of a training.
struct Progress<'a> {
    report: &'a dyn Fn(String),
    figure: &'static str,
}

impl Callback for Progress<'_> {
    fn on_epoch_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if training.epoch == 0 {
            (self.report)(format!("training, epoch 1 of {}", training.epochs));
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let (epoch, epochs) = (training.epoch + 1, training.epochs);
        // Report at most about ten epochs.
        if epoch % epochs.div_ceil(10) == 0 {
            let value = training.logs()?.require(self.figure)?;
            (self.report)(format!("training, epoch {epoch} of {epochs}, {} {value:.4}", self.figure));
        }
        Ok(())
    }
}
