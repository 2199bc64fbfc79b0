//! Trains on a CSV file and writes a model, a report, and a comparison with baselines.

mod args;

use std::{io::Write, path::Path};

use anyhow::Context;
use kindling::data::files::write_whole;
use kindling_programs::cli::{self, Run};
use kindling_tools::{
    tables,
    training::{self, Config, Dataset, config::Meaning, search::Clock},
};

use args::Args;

fn main() -> anyhow::Result<()> {
    let args: Args = cli::parse_common("train_csv");
    let mut config = args.config()?;
    let clock = Clock::start(config.time_limit);
    let mut run = Run::start("train_csv", args.run.clone())?;
    let dataset = tables::read(&args.file, &config, args.run.seed)?;
    if let Some(path) = &args.write_config {
        write_config(path, &mut config, &dataset)?;
        cli::print(format_args!("Wrote {}: use it with --config", path.display()));
        return Ok(());
    }
    run.say(&dataset.rows);
    let file = args.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    training::run(&mut run, &dataset, &clock, &file, &args.run.backend)
}

/// Writes the settings, with the type of each column.
fn write_config(path: &Path, config: &mut Config, dataset: &Dataset) -> anyhow::Result<()> {
    config.task = Some(dataset.task);
    for column in dataset.rows.columns().filter(|column| column.name() != config.target) {
        config.columns.entry(column.name().into()).or_insert(Meaning::of(&column));
    }
    let text = toml::to_string(config)?;
    write_whole(path, |file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}
