//! Networks that grow until one beats the baseline and overfits: then it has enough capacity, and needs regularization.

use kindling::{
    experiments::{Trial, turning_point},
    losses::Task,
    metrics::{Best, Direction},
    plots::Chart,
    prelude::*,
};
use serde_json::{Value, json};

use crate::{laboratory::Laboratory, settings::Settings, steps::Steps};

/// Layers and units of the first network.
pub const SMALL: (usize, usize) = (1, 4);

/// A network without dropout or penalties, and its learning curves.
pub struct Size {
    pub trial: Trial<Settings>,
    training_loss: Vec<f64>,
    validation_loss: Vec<f64>,
    /// The measure of success where the validation loss is lowest.
    measure: f64,
    beats_baseline: bool,
    /// The last epoch before the validation loss rises, counted from 1.
    turning_point: Option<usize>,
}

impl Size {
    /// Trains a network with the given number of hidden layers and units.
    pub fn measured(
        laboratory: &Laboratory,
        (layers, units): (usize, usize),
        baseline: f64,
    ) -> Result<Self, TrainError> {
        let learning_rate = laboratory.learning_rate;
        let settings = Settings { layers, units, dropout: 0.0, l2: 0.0, learning_rate };
        let validation = laboratory.validate(&settings, false, &laboratory.devices)?;
        let problem = &laboratory.problem;
        let [training_loss, validation_loss] =
            ["loss", "val_loss"].map(|figure| validation.mean_curve(figure));
        let score = Best::of(&validation_loss, Direction::Min);
        let measures = validation.mean_curve(&format!("val_{}", problem.metric().name()));
        let at_lowest = score.and_then(|best| measures.get(best.epoch - 1).copied());
        let measure = at_lowest.unwrap_or(f64::NAN);
        let beats_baseline =
            if problem.task == Task::Regression { measure < baseline } else { measure > baseline };
        let turning_point = turning_point(&training_loss, &validation_loss, laboratory.patience());
        let trial = Trial { settings, score };
        Ok(Self { trial, training_loss, validation_loss, measure, beats_baseline, turning_point })
    }

    /// Returns a line such as `2 x 64 units: validation accuracy 0.9410, beats the baseline`.
    pub fn against_baseline(&self, laboratory: &Laboratory) -> String {
        let metric = laboratory.problem.metric().name();
        let verdict = if self.beats_baseline { "beats" } else { "does not beat" };
        format!("{}: validation {metric} {:.4}, {verdict} the baseline", self.name(), self.measure)
    }

    /// Returns the entry for `result.json`.
    pub fn json(&self) -> Value {
        json!({
            "settings": self.trial.settings,
            "score": self.trial.score,
            "validation_measure": self.measure,
            "beats_baseline": self.beats_baseline,
            "turning_point": self.turning_point,
        })
    }

    /// Returns whether a network has enough capacity: it beats the baseline, and overfits.
    fn is_enough(&self) -> bool {
        self.beats_baseline && self.turning_point.is_some()
    }

    /// Returns a phrase such as `2 x 64 units overfit after epoch 4`, or `None` if the network does not overfit.
    pub fn overfits(&self) -> Option<String> {
        Some(format!("{} overfit after epoch {}", self.name(), self.turning_point?))
    }

    fn name(&self) -> String {
        format!("{} x {} units", self.trial.settings.layers, self.trial.settings.units)
    }
}

/// Trains larger networks after the small one, at least one, until one beats the baseline and overfits.
pub fn grow(
    laboratory: &Laboratory,
    small: Size,
    baseline: f64,
    steps: &mut Steps,
) -> Result<Vec<Size>, TrainError> {
    let epochs = laboratory.problem.epochs;
    let mut describe = |size: &Size| {
        let overfits = match size.turning_point {
            Some(epoch) => format!("overfits after epoch {epoch}"),
            None => format!("does not overfit within {epochs} epochs"),
        };
        steps.line(format!("- {}, {overfits}", size.against_baseline(laboratory)));
    };
    describe(&small);
    let mut grown = vec![small];
    for units in laboratory.problem.units.into_iter().filter(|units| *units > SMALL.1) {
        let size = Size::measured(laboratory, (2, units), baseline)?;
        describe(&size);
        let enough = size.is_enough();
        grown.push(size);
        if enough {
            return Ok(grown);
        }
    }
    steps.line("None of them beats the baseline and overfits: increase --epochs.");
    Ok(grown)
}

/// Draws the losses of all sizes, training as points and validation as lines, and the epoch after which the last one overfits.
/// Higher losses, of networks that have not learned anything yet, are left out: they would hide this epoch.
pub fn chart(grown: &[Size]) -> Chart {
    let lowest = grown.iter().filter_map(|size| size.trial.score).map(|best| best.value);
    let limit = 5.0 * lowest.fold(f64::INFINITY, f64::min);
    let shown = |curve: &[f64]| -> Vec<f64> {
        curve.iter().map(|loss| if *loss <= limit { *loss } else { f64::NAN }).collect()
    };
    let empty = Chart::new("Networks that grow until one overfits")
        .axes("Epochs", "Loss up to 5 x the lowest: validation (lines), training (points)");
    let chart = grown.iter().fold(empty, |chart, size| {
        chart.points("", &shown(&size.training_loss)).line(size.name(), &shown(&size.validation_loss))
    });
    match grown.last().and_then(|size| size.turning_point) {
        Some(epoch) => chart.vertical_line("the last one overfits", epoch as f64),
        None => chart,
    }
}
