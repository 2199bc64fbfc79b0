//! Weight penalties: what they add to the training loss, and their effect on the weights.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use kindling::{
    experiments::{Comparison, VariantResult},
    models::Weights,
    plots::Chart,
    prelude::*,
};
use kindling_programs::cli::{Run, TrainingArgs};

/// The factor of all penalties.
pub const FACTOR: f64 = 0.001;

/// Draws the training and validation loss under an L2 penalty as `penalty`, and its effect on the weights as `weights`.
pub fn show(
    run: &mut Run<TrainingArgs>,
    comparison: &Comparison,
    kept: &KeptWeights,
    caption: &str,
) -> anyhow::Result<()> {
    let mut chart = Chart::new("Training and validation loss with an L2 penalty").axes("Epochs", "Loss");
    for variant in comparison.select(&["original", "L2"])?.variants() {
        let penalty = if variant.name == "L2" { ", with the penalty" } else { "" };
        chart = chart
            .points(format!("{}: training{penalty}", variant.name), &variant.mean_curve("loss"))
            .line(format!("{}: validation", variant.name), &variant.mean_curve("val_loss"));
    }
    chart.caption(caption).save(run.files(), "penalty")?;

    let mut chart = Chart::new("Weights of the first layer with an L2 penalty")
        .axes("Weight", "Percentage of the weights")
        .caption(run.caption());
    run.say(format_args!("{:<12}{:>22}{:>24}", "", "first layer's |w| mean", "of them below 0.001"));
    for name in ["original", "L2", "L1"] {
        let weights = kept.first_kernel(name)?;
        let size = weights.iter().map(|weight| weight.abs()).sum::<f64>() / weights.len() as f64;
        let small =
            weights.iter().filter(|weight| weight.abs() < 0.001).count() as f64 / weights.len() as f64;
        run.say(format_args!("{name:<12}{size:>22.4}{:>23.1}%", 100.0 * small));
        run.record(&format!("weights_{}_mean_size", name.to_lowercase()), size);
        if name != "L1" {
            chart = chart.histogram(name, &weights);
        }
    }
    chart.save(run.files(), "weights")?;

    let l2 = comparison.select(&["L2"])?;
    let last = |figure| l2.variants().first().and_then(|variant: &VariantResult| variant.last(figure));
    let (Some(loss), penalty) = (last("loss"), kept.l2_penalty()?) else { return Ok(()) };
    run.say(format_args!(
        "L2's training loss in the last epoch, {loss:.4}, includes the penalty: {penalty:.4} for the final weights of seed \
         {}\n",
        run.seed()
    ));
    run.record("l2_penalty", penalty);
    Ok(())
}

/// The final weights of one seed's trainings.
#[derive(Clone)]
pub struct KeptWeights {
    seed: u64,
    weights: Arc<Mutex<BTreeMap<String, Weights>>>,
}

impl KeptWeights {
    pub fn of_seed(seed: u64) -> Self {
        Self { seed, weights: Arc::default() }
    }

    /// Returns the callback that keeps the weights at the end of a training.
    pub fn callback(&self, variant: &str, seed: u64) -> Box<dyn Callback> {
        let kept = (seed == self.seed).then(|| self.clone());
        Box::new(Keep { variant: variant.to_owned(), kept })
    }

    fn get(&self, variant: &str) -> anyhow::Result<Weights> {
        let weights = self.weights.lock().unwrap_or_else(PoisonError::into_inner);
        weights.get(variant).cloned().with_context(|| format!("the weights of {variant} were not kept"))
    }

    fn kernels(&self, variant: &str) -> anyhow::Result<Vec<Vec<f64>>> {
        let weights = self.get(variant)?;
        let kernels = weights.iter().filter(|(name, _)| name.ends_with("kernel"));
        Ok(kernels.map(|(_, values)| values.iter().collect()).collect())
    }

    fn first_kernel(&self, variant: &str) -> anyhow::Result<Vec<f64>> {
        self.kernels(variant)?.into_iter().next().context("a network without kernels")
    }

    /// Returns the L2 penalty: the factor times the sum of squared weights in both hidden layers.
    fn l2_penalty(&self) -> anyhow::Result<f64> {
        let hidden = self.kernels("L2")?;
        Ok(FACTOR * hidden.iter().take(2).flatten().map(|weight| weight * weight).sum::<f64>())
    }
}

struct Keep {
    variant: String,
    kept: Option<KeptWeights>,
}

impl Callback for Keep {
    fn observes(&self) -> bool {
        true
    }

    fn on_train_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let Some(kept) = &self.kept else { return Ok(()) };
        let weights = training.model().weights()?;
        kept.weights.lock().unwrap_or_else(PoisonError::into_inner).insert(self.variant.clone(), weights);
        Ok(())
    }
}
