//! The search through sizes, dropout, penalties and learning rates.

use std::path::Path;

use anyhow::{Context, bail};
use kindling::{
    experiments::{Devices, Search, SearchPlan, SearchSpace, Trial},
    metrics::{Best, Direction},
    plots::{BarChart, Chart},
};

use crate::{Args, laboratory::Laboratory, problem::Problem, settings::Settings, steps::Steps};

/// Opens the search, with the finished trials of an earlier run if there are any.
pub fn open(
    args: &Args,
    problem: &Problem,
    protocol: &str,
    path: &Path,
    space: &SearchSpace,
) -> anyhow::Result<Search<Settings>> {
    let Problem { name, source, train, epochs, batch_size, .. } = problem;
    let (samples, seed, backend) = (train.len(), args.common.run.seed, &args.common.run.backend);
    let data = train.fingerprint();
    let description = format!(
        "{name} from {source}, {samples} samples with the SHA-256 {data}, {protocol}, {epochs} epochs, batches of \
         {batch_size}, seed {seed}, {backend}"
    );
    let plan = SearchPlan::random(space.clone(), args.trials).seed(seed).description(description);
    Search::open(plan, path).context("the search cannot be resumed: omit --resume to start a new one")
}

/// Runs the trials that an earlier run has not finished.
pub fn run(
    laboratory: &Laboratory,
    search: Search<Settings>,
    steps: &mut Steps,
) -> anyhow::Result<Vec<Trial<Settings>>> {
    steps.line(format!("{} trials.", search.settings().len()));
    let trials = search.run(&laboratory.devices, |settings, device| {
        let validation = laboratory.validate(settings, true, &Devices::from(device))?;
        let score = Best::of(&validation.mean_curve("val_loss"), Direction::Min);
        laboratory.run.say(described(settings, score));
        Ok(score)
    })?;
    // Check the file of an earlier run: the final training has the best trial's number of epochs.
    let most = laboratory.problem.epochs;
    if let Some(best) = trials.iter().filter_map(|trial| trial.score).find(|best| best.epoch > most) {
        let epoch = best.epoch;
        bail!("the search file has a trial with the best epoch {epoch} of {most}: delete the file");
    }
    for Trial { settings, score } in &trials {
        steps.report(described(settings, *score));
    }
    Ok(trials)
}

fn described(settings: &Settings, score: Option<Best>) -> String {
    match score {
        Some(Best { epoch, value }) => format!("- {settings}: validation loss {value:.4}, epoch {epoch}"),
        None => format!("- {settings}: diverged"),
    }
}

/// Draws the score of each trial, and the best score so far.
pub fn trials_chart(trials: &[Trial<Settings>]) -> Chart {
    let score = |trial: &Trial<Settings>| trial.score.map_or(f64::NAN, |score| score.value);
    let best = |trials: &[Trial<Settings>]| Trial::best(trials, Direction::Min).map_or(f64::NAN, score);
    Chart::new("Validation losses that the search found")
        .axes("Trial", "Lowest validation loss")
        .points("Each trial", &trials.iter().map(score).collect::<Vec<_>>())
        .line("Best so far", &(1..=trials.len()).map(|count| best(&trials[..count])).collect::<Vec<_>>())
}

/// Draws how much of the differences between trials each setting explains.
pub fn importance_chart(space: &SearchSpace, trials: &[Trial<Settings>]) -> anyhow::Result<BarChart> {
    let importance = space.importance(trials, Direction::Min)?;
    let bars = importance.into_iter().map(|one| (one.setting, one.share));
    Ok(BarChart::new("Differences between trials that each setting alone explains", bars))
}
