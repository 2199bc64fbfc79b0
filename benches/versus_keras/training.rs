//! Measures training and evaluation.

use std::time::Instant;

use kindling::{
    experiments::{Devices, FoldResult, cross_validate},
    prelude::*,
    preprocessing::{StandardScaler, Transform},
    splits::KFold,
};
use kindling_programs::memory::peak_mb;
use serde_json::json;

use crate::{
    arithmetic::Arithmetic,
    common::{Fields, median},
    jobs::{Job, Task},
};

/// Number of folds of the job `boston`.
const FOLDS: usize = 4;
/// Number of folds trained in parallel, as in the example `ch03_boston`.
const SIDE_BY_SIDE: usize = 2;

/// Trains and evaluates a job. Returns the same fields as `keras_side.py`, plus those for counting operations.
pub fn measure(job: Job, data: &DataOptions) -> anyhow::Result<Fields> {
    let start = Instant::now();
    let device = backend::default_device()?;
    let task = Task::open(job, data)?;
    let first: Vec<usize> = (0..task.batch_size.min(task.train.len())).collect();
    std::hint::black_box(task.train.batch(&first));
    let mut fields = Fields::new();
    fields.insert("load_s".into(), start.elapsed().as_secs_f64().into());
    match job {
        Job::Boston => folds(&task, &device, &mut fields)?,
        _ => single(&task, &device, &mut fields)?,
    }
    fields.insert("peak_mb".into(), json!(peak_mb()));
    Ok(fields)
}

fn single(task: &Task, device: &Device, fields: &mut Fields) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut model = task.model(0, device)?;
    let mut options = task.options();
    if let Some(validation) = &task.validation {
        options = options.validation_data(validation);
    }
    let history = model.fit(&task.train, &options)?;
    let fit_s = start.elapsed().as_secs_f64();
    let evaluation = Instant::now();
    let figures = model.evaluate(&task.test)?;
    let validated = task.validation.as_ref().map_or(0, Samples::len);
    describe(&[&history], &[&figures], task.train.len().div_ceil(task.batch_size), fields);
    fields.extend([
        ("fit_s".into(), fit_s.into()),
        ("evaluate_s".into(), evaluation.elapsed().as_secs_f64().into()),
        ("epoch_flop".into(), Arithmetic::of(model.network())?.epoch(task.train.len(), validated).into()),
        ("side_by_side".into(), 1.into()),
    ]);
    Ok(())
}

/// Runs the cross-validation. `fit_s` is the wall time of all folds, including their evaluation.
fn folds(task: &Task, device: &Device, fields: &mut Fields) -> anyhow::Result<()> {
    let start = Instant::now();
    let devices = Devices::from(device).jobs(SIDE_BY_SIDE);
    let validation = cross_validate(&task.train, &KFold::new(FOLDS), &devices, |fold, device| {
        let scaler = StandardScaler::fit(&fold.train.input())?;
        let (train, held_out) =
            (scaler.transform_samples(&fold.train)?, scaler.transform_samples(&fold.validation)?);
        let mut model = task.model(fold.index as u64, device)?;
        let history = model.fit(&train, &task.options().validation_data(&held_out))?;
        Ok(FoldResult { history, score: model.evaluate(&held_out)? })
    })?;
    let fit_s = start.elapsed().as_secs_f64();
    let (histories, scores): (Vec<&History>, Vec<&Logs>) =
        validation.folds().iter().map(|fold| (&fold.history, &fold.score)).unzip();
    let held_out = task.train.len() / FOLDS;
    let trained = task.train.len() - held_out;
    describe(&histories, &scores, trained.div_ceil(task.batch_size), fields);
    let arithmetic = Arithmetic::of(task.model(0, device)?.network())?;
    fields.extend([
        ("fit_s".into(), fit_s.into()),
        ("epoch_flop".into(), arithmetic.epoch(trained, held_out).into()),
        ("side_by_side".into(), SIDE_BY_SIDE.into()),
    ]);
    Ok(())
}

/// Adds the epoch times and the mean metrics of one or several trainings.
fn describe(histories: &[&History], figures: &[&Logs], steps: usize, fields: &mut Fields) {
    let later = |history: &&History| history.epoch_seconds().get(1..).unwrap_or_default().to_vec();
    let epoch_s = median(&histories.iter().flat_map(later).collect::<Vec<_>>());
    let mut means: Vec<f64> = Vec::new();
    for logs in figures {
        means.resize(logs.iter().count(), 0.0);
        means
            .iter_mut()
            .zip(logs.iter())
            .for_each(|(mean, (_, value))| *mean += value / figures.len() as f64);
    }
    fields.extend([
        (
            "first_epoch_s".into(),
            json!(histories.first().and_then(|history| history.epoch_seconds().first())),
        ),
        ("epoch_s".into(), epoch_s.into()),
        ("step_us".into(), (epoch_s / steps as f64 * 1e6).into()),
        ("evaluate".into(), means.into()),
    ]);
}
