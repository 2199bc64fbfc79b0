//! Runs a training and writes its results.

use std::{collections::BTreeSet, path::Path};

use kindling::{
    data::{DataError, check_leakage},
    report::Section,
    tables::Target,
};
use kindling_programs::cli::Run;

use super::{
    Config, Dataset, Inputs,
    report::Results,
    scores::{Predicted, Verdict, most_probable},
    search::{Clock, Found, Trainer},
};
use crate::{images, tables, texts};

/// Maximum number of classes that a note names.
const MOST_NAMED: usize = 10;

/// Searches for the best candidate, tests it, and writes the model, `report.html` and `result.json`. `name` is the name of the
/// data.
///
/// # Errors
/// Returns an error if the rows cannot be trained on, or a file cannot be written.
pub fn run(run: &mut Run, dataset: &Dataset, clock: &Clock, name: &str, backend: &str) -> anyhow::Result<()> {
    let (training, test) = (dataset.development.len(), dataset.test.len());
    run.say(format_args!("Task: {}; {training} training rows, {test} test rows", dataset.task.name()));
    let trainer = Trainer { dataset, device: run.device(), clock };
    let found = trainer
        .search(|trial| run.say(format_args!("{}: validation {}", trial.candidate, trial.validation)))?;
    let warnings = warnings(dataset, &found)?;
    for note in dataset.notes.iter().chain(&warnings) {
        run.note(note);
    }
    let folds = match dataset.config.kfold {
        Some(folds) => trainer.cross_validate(&found.trials[found.chosen], folds)?,
        None => Vec::new(),
    };
    let sections: Vec<Section> = match &found.tested.pipeline.inputs {
        Inputs::Columns(columns) => tables::sections(dataset, columns, &found.tested, clock.at(0.96))?,
        Inputs::Words(_) => texts::sections(&dataset.test, &found)?,
        Inputs::Images(_) => vec![images::section(&dataset.test, &found.tested)?],
    };
    let target = &found.tested.pipeline.target;
    let constant = Predicted::constant(target, &dataset.development, dataset.test.len())?;
    let results = Results {
        dataset,
        constant: &Verdict::new(target, &dataset.test, constant)?,
        found: &found,
        folds: &folds,
        sections: &sections,
        warnings: &warnings,
    };
    let out = run.files().to_owned();
    found.tested.model.save(out.join("model.keras"))?;
    write_history(&out, &found)?;
    let subtitle = format!("{name}; {backend}, seed {}", dataset.seed);
    let title = format!("Predicting {}", target.name());
    results.report(&title, &subtitle).save(out.join("report.html"))?;
    record(run, &results, name);
    for (name, mean, [low, high]) in results.intervals() {
        let folds = folds.len();
        run.say(format_args!("{folds} folds: {name} {mean:.4}, 95% interval {low:.4} to {high:.4}"));
    }
    let [test, ..] = results.scores();
    run.conclude(format_args!("{}\nTest {test}", results.conclusion()))
}

/// Returns warnings about the data and the training that limit the validity of the test result.
fn warnings(dataset: &Dataset, found: &Found) -> anyhow::Result<Vec<String>> {
    let pipeline = &found.tested.pipeline;
    let mut warnings = match &pipeline.inputs {
        Inputs::Columns(columns) => {
            let mut warnings = tables::missing::notes(&dataset.rows);
            warnings.extend(tables::leakage::warnings(dataset, columns, &pipeline.target)?);
            warnings
        }
        Inputs::Words(_) | Inputs::Images(_) => Vec::new(),
    };
    let chosen = &found.trials[found.chosen];
    if chosen.epochs == dataset.config.max_epochs && !chosen.cut_short {
        warnings.push(format!(
            "the validation loss was still decreasing at the last of {} epochs: give a larger --max-epochs",
            chosen.epochs
        ));
    }
    warnings.extend(never_predicted(&pipeline.target, &found.tested.verdict));
    let (train, test) = (pipeline.samples(&dataset.development)?, pipeline.samples(&dataset.test)?);
    match check_leakage(&train, &test) {
        Err(DataError::Leakage { shared, held_out, .. }) => {
            let remedy = match pipeline.inputs {
                Inputs::Columns(_) => ", or use --group",
                Inputs::Words(_) | Inputs::Images(_) => "",
            };
            warnings.push(format!(
                "{shared} of {held_out} test rows have the same features as a training row: if they are duplicates, remove \
                 them{remedy}"
            ));
        }
        other => other?,
    }
    Ok(warnings)
}

/// Returns a warning about classes that occur in the test set but are never predicted.
fn never_predicted(target: &Target, verdict: &Verdict) -> Option<String> {
    let Verdict::Classes { actual, probabilities } = verdict else { return None };
    let predicted: BTreeSet<usize> = probabilities.iter().map(|row| most_probable(row)).collect();
    let missed: BTreeSet<usize> = actual.iter().copied().filter(|class| !predicted.contains(class)).collect();
    let rows = actual.iter().filter(|class| missed.contains(class)).count();
    let names: Vec<&str> =
        missed.iter().take(MOST_NAMED).map(|class| target.classes()[*class].as_str()).collect();
    let more = if missed.len() > MOST_NAMED { ", ..." } else { "" };
    (rows > 0).then(|| {
        format!("classes that are never predicted (they have {rows} test rows): {}{more}", names.join(", "))
    })
}

fn write_history(out: &Path, found: &Found) -> anyhow::Result<()> {
    let history = &found.trials[found.chosen].history;
    history.save_json(out.join("history.json"))?;
    Ok(history.save_csv(out.join("history.csv"))?)
}

/// Adds the results to `result.json`.
fn record(run: &mut Run, results: &Results, name: &str) {
    let Results { dataset, found, folds, .. } = results;
    let Config { kfold, .. } = dataset.config;
    run.record("dataset", name);
    run.record("data_source", "dir");
    run.record("task", dataset.task.name());
    run.record("rows", dataset.rows.len());
    run.record("columns", dataset.rows.columns().len());
    run.record("train_samples", dataset.development.len());
    run.record("test_samples", dataset.test.len());
    run.record("network", found.trials[found.chosen].candidate.to_string());
    run.record("members", found.tested.members);
    for (prefix, scores) in ["test", "baseline_linear", "baseline_constant"].iter().zip(results.scores()) {
        for (name, value) in scores.iter() {
            run.record(&format!("{prefix}_{name}"), value);
        }
    }
    for (name, mean, interval) in results.intervals() {
        let interval = serde_json::json!({"mean": mean, "interval": interval});
        run.record(&format!("kfold_{name}"), interval);
    }
    if let Some(wanted) = kfold {
        run.record("kfold", wanted);
        run.record("kfold_completed", folds.len());
    }
}
