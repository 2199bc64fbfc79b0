//! Shows steps of a recorded training, for the program `replay`.

use std::{collections::BTreeMap, path::Path};

use anyhow::ensure;
use kindling::{
    models::Weights,
    prelude::{FitOptions, Model, Network, Samples, TrainError},
    report::RecordingPage,
    train::{Move, Recording, SilentUnits},
};

use crate::cli::print;

/// The request of the program `replay`.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct ReplayArgs {
    /// Step to show, counted from 0
    #[arg(long, value_name = "N", hide = true)]
    pub replay_step: Option<u64>,
    /// Condition: find the first step that meets it
    #[arg(long, value_name = "CONDITION", hide = true, value_parser = condition)]
    pub replay_bisect: Option<Condition>,
    /// Write an HTML page of the recording
    #[arg(long, hide = true)]
    pub replay_page: bool,
}

impl ReplayArgs {
    /// Returns whether any of the flags is given.
    pub(in crate::cli) fn is_given(&self) -> bool {
        self.replay_step.is_some() || self.replay_bisect.is_some() || self.replay_page
    }
}

/// A condition to search the steps for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// `loss>1.5`: the loss of the batch is above a bound.
    LossAbove(f64),
    /// `not-finite`: the loss, or a weight after the step, is infinite or NaN.
    NotFinite,
    /// `silent`: a unit outputs 0 for all samples of the batch.
    Silent,
}

/// Parses a condition.
///
/// # Errors
/// Returns the accepted forms for any other text.
pub fn condition(text: &str) -> Result<Condition, String> {
    match text.split_once('>').map(|(name, bound)| (name.trim(), bound.trim())) {
        Some(("loss", bound)) => {
            bound.parse().ok().filter(|bound: &f64| !bound.is_nan()).map(Condition::LossAbove)
        }
        None if text == "not-finite" => Some(Condition::NotFinite),
        None if text == "silent" => Some(Condition::Silent),
        _ => None,
    }
    .ok_or_else(|| "give loss>NUMBER, not-finite, or silent".into())
}

/// A recorded training and a model to replay it with.
pub(in crate::cli) struct Replay<'a, N: Network> {
    pub recording: Recording,
    pub model: &'a mut Model<N>,
    pub samples: &'a Samples,
    pub options: &'a FitOptions,
}

impl<N: Network> Replay<'_, N> {
    pub fn run(&mut self, args: &ReplayArgs) -> anyhow::Result<()> {
        if let Some(condition) = args.replay_bisect {
            match self.first(condition)? {
                Some(step) => self.show(step)?,
                None => print("No step meets the condition"),
            }
        }
        args.replay_step.map_or(Ok(()), |step| self.show(step))
    }

    /// Prints a step: its batch, its gradients, silent units, and the weights that change most.
    fn show(&mut self, step: u64) -> anyhow::Result<()> {
        let total = self.options.total_steps(self.samples)?;
        ensure!(step < total, "step {step} is out of range: give a step from 0 to {}", total - 1);
        self.recording.at(step, self.model, self.samples, self.options, &mut [])?;
        let steps = self.options.steps_per_epoch(self.samples)? as u64;
        print(format_args!("Step {step}: epoch {}, step {} of {steps}", step / steps + 1, step % steps + 1));
        if !is_finite(&self.model.weights()?) {
            print(
                "Before this step, some weights are already infinite or NaN: --bisect not-finite finds the step where this began",
            );
            return Ok(());
        }
        let batch = self.model.batch(self.samples, self.options, step)?;
        print(format_args!("\nBatch: {} samples{}", batch.len(), classes(&batch)));
        let losses = self.model.losses(&batch)?;
        let worst = (0..losses.len()).max_by(|a, b| losses[*a].total_cmp(&losses[*b])).unwrap_or(0);
        let mean = losses.iter().map(|loss| f64::from(*loss)).sum::<f64>() / losses.len().max(1) as f64;
        print(format_args!(
            "Losses: mean {mean:.5}, largest {:.5} (sample {worst} of the batch)",
            losses[worst]
        ));

        let gradients = self.model.gradients(&batch)?;
        print(format_args!("\n{:<32} {:>12} {:>12} {:>10}", "Gradient", "norm", "largest", "index"));
        for (name, data) in gradients.iter() {
            let values: Vec<f32> = data.iter().collect();
            let largest = largest(&values);
            let norm = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
            print(format_args!(
                "{name:<32} {norm:>12.4e} {:>12.4e} {largest:>10}",
                value_at(&values, largest)
            ));
        }
        for SilentUnits { layer, silent, units } in self.silent(&batch)? {
            print(format_args!("{layer}: {silent} of {units} outputs are 0 for all samples of the batch"));
        }

        let before = self.model.weights()?;
        match self.model.train_on_batch(&batch) {
            Ok(_) => {}
            Err(TrainError::NotFinite { name, value, .. }) => {
                print(format_args!("\nThe step fails: the {name} is {value}"));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        print(format_args!("\n{:<32} {:>12} {:>12} {:>10}", "Largest weight change", "from", "to", "index"));
        for Move { name, place, from, to } in Move::largest(&before, &self.model.weights()?) {
            print(format_args!("{name:<32} {from:>12.4e} {to:>12.4e} {place:>10}"));
        }
        Ok(())
    }

    /// Returns the first step that meets a condition.
    fn first(&mut self, condition: Condition) -> anyhow::Result<Option<u64>> {
        self.recording.at(0, self.model, self.samples, self.options, &mut [])?;
        for step in 0..self.options.total_steps(self.samples)? {
            let batch = self.model.batch(self.samples, self.options, step)?;
            if condition == Condition::Silent && !self.silent(&batch)?.is_empty() {
                return Ok(Some(step));
            }
            match (self.model.train_on_batch(&batch), condition) {
                (Err(TrainError::NotFinite { .. }), _) => return Ok(Some(step)),
                (Err(error), _) => return Err(error.into()),
                (Ok(logs), Condition::LossAbove(bound)) if logs.require("loss")? > bound => {
                    return Ok(Some(step));
                }
                (Ok(_), Condition::NotFinite) if !is_finite(&self.model.weights()?) => return Ok(Some(step)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Returns the hidden layers that have silent units: outputs that are 0 for all samples of the batch.
    fn silent(&self, batch: &Samples) -> anyhow::Result<Vec<SilentUnits>> {
        let mut layers = self.model.silent_units(batch)?;
        layers.retain(|layer| layer.silent > 0);
        Ok(layers)
    }

    /// Writes an HTML page of the recording.
    pub fn page(&mut self, path: &Path, labels: Labels) -> anyhow::Result<()> {
        let page = RecordingPage::of(&self.recording, self.model, self.samples, self.options, &mut [])?;
        let Labels { example, caption, feature_names } = labels;
        page.title(format!("{example}, step by step"))
            .subtitle(caption)
            .feature_names(feature_names)
            .save(path)?;
        print(format_args!("Wrote {}", path.display()));
        Ok(())
    }
}

/// The texts that describe the run on the page.
pub(in crate::cli) struct Labels<'a> {
    pub example: &'a str,
    pub caption: &'a str,
    pub feature_names: &'a [String],
}

fn classes(batch: &Samples) -> String {
    let Some(classes) = batch.classes() else { return String::new() };
    let mut counts = BTreeMap::new();
    for class in classes {
        *counts.entry(class).or_insert(0) += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(class, count)| format!("{class}: {count}")).collect();
    format!(", by class {}", counts.join(", "))
}

fn largest(values: &[f32]) -> usize {
    (0..values.len()).max_by(|a, b| values[*a].abs().total_cmp(&values[*b].abs())).unwrap_or(0)
}

fn value_at(values: &[f32], place: usize) -> f32 {
    values.get(place).copied().unwrap_or(0.0)
}

fn is_finite(weights: &Weights) -> bool {
    weights.iter().all(|(_, data)| data.iter::<f32>().all(f32::is_finite))
}
