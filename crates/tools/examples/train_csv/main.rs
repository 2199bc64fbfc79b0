//! Trains on a table: from a CSV file to a model, a report, and figures to compare with.

mod args;

use std::{io::Write, path::Path};

use anyhow::Context;
use kindling::data::files::write_whole;
use kindling_programs::cli::{self, Run};
use kindling_tools::tables::{
    Config, Dataset,
    config::Meaning,
    importance::permutation_importance,
    leakage,
    report::Results,
    scores::{Predicted, Verdict},
    search::{Clock, Trainer},
};

use args::Args;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let args: Args = cli::parse_common("train_csv");
    let mut config = args.config()?;
    let clock = Clock::start(config.time_limit);
    let mut run = Run::start("train_csv", &args.run)?;
    let seed = args.run.seed;
    let dataset = Dataset::read(&args.file, &config, seed)?;
    if let Some(path) = &args.write_config {
        write_config(path, &mut config, &dataset)?;
        println!("Wrote {}; give it with --config", path.display());
        return Ok(());
    }
    run.say(&dataset.rows);
    let (training, test) = (dataset.development.len(), dataset.test.len());
    run.say(format_args!("Task: {}; {training} rows to train on, {test} to test", dataset.task.name()));

    let trainer = Trainer { dataset: &dataset, device: run.device(), clock };
    let found = trainer
        .search(|trial| run.say(format_args!("{}: validation {}", trial.candidate, trial.validation)))?;
    let saved = &found.tested.saved;
    let warnings = leakage::warnings(&dataset, saved)?;
    for note in dataset.notes.iter().chain(&warnings) {
        eprintln!("note: {note}");
    }
    let folds = match config.kfold {
        Some(folds) => trainer.cross_validate(&found.trials[found.chosen], folds)?,
        None => Vec::new(),
    };
    let importance = permutation_importance(&found.tested.model, saved, &dataset.test, seed, clock.at(0.95))?;
    let constant = Predicted::constant(&saved.target, &dataset.development, dataset.test.len())?;
    let results = Results {
        dataset: &dataset,
        constant: &Verdict::new(&saved.target, &dataset.test, constant)?,
        found: &found,
        folds: &folds,
        folds_wanted: config.kfold.unwrap_or(0),
        importance: importance.as_deref(),
        warnings: &warnings,
    };
    write(&mut run, &args, &results)
}

/// Writes the settings, with the meaning of each column.
fn write_config(path: &Path, config: &mut Config, dataset: &Dataset) -> anyhow::Result<()> {
    config.task = Some(dataset.task);
    for column in dataset.rows.columns().filter(|column| column.name() != config.target) {
        config.columns.entry(column.name().into()).or_insert(Meaning::of(column.kind()));
    }
    let text = toml::to_string(config)?;
    write_whole(path, |file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Writes the model, the report and `result.json`, and prints the result.
fn write(run: &mut Run, args: &Args, results: &Results) -> anyhow::Result<()> {
    let Results { dataset, found, folds, .. } = results;
    let out = run.out().to_owned();
    found.tested.model.save(out.join("model.keras"))?;
    let history = &found.trials[found.chosen].history;
    history.save_json(out.join("history.json"))?;
    history.save_csv(out.join("history.csv"))?;
    let file = args.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let subtitle = format!("{file}; {}, seed {}", args.run.backend, args.run.seed);
    let title = format!("Predicting {}", found.tested.saved.target.name());
    results.report(&title, &subtitle).save(out.join("report.html"))?;

    run.record("dataset", file);
    run.record("task", dataset.task.name());
    run.record("rows", dataset.rows.len());
    run.record("columns", dataset.rows.columns().len());
    run.record("train_samples", dataset.development.len());
    run.record("test_samples", dataset.test.len());
    run.record("network", found.trials[found.chosen].candidate.to_string());
    run.record("members", found.tested.members);
    let scores = results.scores();
    for (prefix, scores) in ["test", "baseline_linear", "baseline_constant"].iter().zip(&scores) {
        for (name, value) in scores.iter() {
            run.record(&format!("{prefix}_{name}"), value);
        }
    }
    for (name, mean, half) in results.intervals() {
        let interval = serde_json::json!({"mean": mean, "interval": [mean - half, mean + half]});
        run.record(&format!("kfold_{name}"), interval);
    }
    if !folds.is_empty() {
        run.record("kfold", folds.len());
    }
    run.conclude(format_args!("{}\nTest {}", results.conclusion(), scores[0]))
}
