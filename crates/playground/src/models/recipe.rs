//! A model of the book: from an earlier run, or trained.

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

/// How a program of the book makes its model.
#[derive(Debug)]
pub struct Recipe<'a> {
    /// The name of the program and of its directory of results.
    pub example: &'static str,
    /// The metric of the test.
    pub figure: &'static str,
    /// The model before training.
    pub model: Model,
    /// The training samples.
    pub train: &'a Samples,
    /// The test samples.
    pub test: &'a Samples,
    /// Epochs and batch size.
    pub options: FitOptions,
    /// Where the samples come from.
    pub source: Source,
}

/// A model, and where it comes from.
#[derive(Debug)]
pub struct Trained {
    /// The model, for predictions.
    pub predictor: Predictor,
    /// The origin of the model.
    pub origin: Origin,
}

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Origin {
    /// The file of an earlier run; none if it was trained at the start.
    pub file: Option<String>,
    /// Where its data comes from.
    pub data: Source,
    /// The metric of the test.
    pub figure: &'static str,
    /// The metric's value on the test samples.
    pub test: f64,
    /// The number of test samples.
    pub test_samples: usize,
}

/// Tolerance between the repeated and the recorded test result: sums differ between processors.
const TOLERANCE: f64 = 1e-3;

impl Recipe<'_> {
    /// Returns the model.
    ///
    /// # Errors
    /// If the training fails.
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
            "its inputs or outputs are not those of the program"
        );
        let result = std::fs::read_to_string(directory.join("result.json"))?;
        let result: Value = serde_json::from_str(&result)?;
        let name = format!("test_{}", self.figure);
        let recorded = result[&name].as_f64().with_context(|| format!("result.json has no {name}"))?;
        let test = model.evaluate(self.test)?.require(self.figure)?;
        ensure!(
            (test - recorded).abs() <= TOLERANCE * recorded.abs().max(1.0),
            "its recorded {name} is {recorded:.4}, but {test:.4} on the data loaded here: give --data and --data-dir as in that run"
        );
        Ok((model, test))
    }

    fn trained(&self, model: &Model, test: f64, file: Option<String>) -> Trained {
        let origin =
            Origin { file, data: self.source, figure: self.figure, test, test_samples: self.test.len() };
        Trained { predictor: model.predictor(), origin }
    }
}

/// Reports each epoch.
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
        // Many short epochs would flood the terminal.
        if epoch % epochs.div_ceil(10) == 0 {
            let value = training.logs()?.require(self.figure)?;
            (self.report)(format!("training, epoch {epoch} of {epochs}, {} {value:.4}", self.figure));
        }
        Ok(())
    }
}
