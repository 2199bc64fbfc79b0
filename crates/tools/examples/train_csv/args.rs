//! The command line.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Parser;
use kindling_programs::cli::RunArgs;
use kindling_tools::training::{Config, Task, config::Meaning};
use serde::de::{
    DeserializeOwned,
    value::{Error, StrDeserializer},
};

/// Train networks on a table, select the best on validation data, test it once, and compare it with a constant and a linear baseline
#[derive(Parser)]
#[command(name = "train_csv")]
pub struct Args {
    /// Training data: a .csv file
    #[arg(value_name = "DATA.csv")]
    pub file: PathBuf,
    /// Column to predict
    #[arg(long, value_name = "COLUMN", required_unless_present = "config")]
    target: Option<String>,
    /// Type of prediction: regression, binary or multiclass [default: inferred from the target column]
    #[arg(long, value_name = "TASK", value_parser = named::<Task>)]
    task: Option<Task>,
    /// Time limit of the whole run [default: 60]
    #[arg(long, value_name = "SECONDS")]
    time_limit: Option<f64>,
    /// Cross-validate the selected network with this number of folds, 2 to 100
    #[arg(long, value_name = "FOLDS")]
    kfold: Option<usize>,
    /// Test on the rows of this file [default: hold out 20% of the rows]
    #[arg(long, value_name = "TEST.csv")]
    test: Option<PathBuf>,
    /// Sort by this column of dates or numbers and test on the last rows
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Keep rows with the same value in this column (for example, a patient) in the same split
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// Type of a column: number, category, boolean, date, date:FORMAT (such as date:%d/%m/%Y), text, or ignore to leave it out
    #[arg(long = "column", value_name = "COLUMN=KIND", value_parser = column)]
    columns: Vec<(String, Meaning)>,
    /// Additional marker for missing values, such as unknown or -999 (NA, n/a, null and ? are always recognized)
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    missing: Vec<String>,
    /// Samples per step [default: 32 to 512, depending on the number of rows]
    #[arg(long, value_parser = kindling_programs::cli::at_least_one)]
    batch_size: Option<usize>,
    /// Maximum number of epochs per network [default: 200]
    #[arg(long, value_parser = kindling_programs::cli::at_least_one)]
    max_epochs: Option<usize>,
    /// Read settings from a file written by --write-config; other flags take precedence
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,
    /// Write all settings and the inferred column types to this file and exit
    #[arg(long, value_name = "FILE.toml")]
    pub write_config: Option<PathBuf>,
    #[command(flatten)]
    pub run: RunArgs,
}

impl Args {
    /// Returns the settings: the configuration file, if given, overridden by the flags.
    pub fn config(&self) -> anyhow::Result<Config> {
        let mut config = self.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
        if let Some(target) = self.target.as_ref().filter(|target| **target != config.target) {
            config.target.clone_from(target);
            // The task in the file is that of another target.
            config.task = None;
        }
        let Self {
            task, time_limit, kfold, test, time, group, columns, missing, batch_size, max_epochs, ..
        } = self;
        config.task = task.or(config.task);
        config.time_limit = time_limit.unwrap_or(config.time_limit);
        config.kfold = kfold.or(config.kfold);
        config.test_file = test.clone().or(config.test_file);
        config.time = time.clone().or(config.time);
        config.group = group.clone().or(config.group);
        config.batch_size = batch_size.or(config.batch_size);
        config.max_epochs = max_epochs.unwrap_or(config.max_epochs);
        config.columns.extend(columns.iter().cloned());
        config.missing.extend(missing.iter().cloned());
        config.check().with_context(|| match &self.config {
            Some(path) => format!("the settings of {} and the flags", path.display()),
            None => "the flags".into(),
        })?;
        let named = |path: &PathBuf| path.canonicalize().ok();
        let written = self.write_config.as_ref().and_then(named);
        // The file of --config may be updated: what is written contains its settings.
        for file in [&self.file].into_iter().chain(&config.test_file) {
            ensure!(
                written.is_none() || written != named(file),
                "--write-config would overwrite an input file ({}): choose another file",
                file.display()
            );
        }
        Ok(config)
    }
}

/// Parses the name of an enum variant.
fn named<T: DeserializeOwned>(name: &str) -> Result<T, String> {
    T::deserialize(StrDeserializer::<Error>::new(name)).map_err(|error| error.to_string())
}

fn column(text: &str) -> Result<(String, Meaning), String> {
    let (name, kind) = text.rsplit_once('=').ok_or("expected COLUMN=KIND")?;
    Ok((name.into(), kind.to_owned().try_into()?))
}
