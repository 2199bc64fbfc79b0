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

/// Trains networks on a table, chooses one, tests it once, and compares it with a constant and a linear model
#[derive(Parser)]
#[command(name = "train_csv")]
pub struct Args {
    /// Table: a .csv file
    #[arg(value_name = "DATA.csv")]
    pub file: PathBuf,
    /// Column to predict
    #[arg(long, value_name = "COLUMN", required_unless_present = "config")]
    target: Option<String>,
    /// What is predicted, instead of what the column suggests: regression, binary or multiclass
    #[arg(long, value_name = "TASK", value_parser = named::<Task>)]
    task: Option<Task>,
    /// Limit of the whole run's time [default: 60]
    #[arg(long, value_name = "SECONDS")]
    time_limit: Option<f64>,
    /// Cross-validate the chosen network
    #[arg(long, value_name = "FOLDS")]
    kfold: Option<usize>,
    /// Test on the rows of another file, instead of holding some out
    #[arg(long, value_name = "TEST.csv")]
    test: Option<PathBuf>,
    /// Test on the last rows by this column of dates or numbers
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Keep rows with equal values of this column in one part, such as those of a patient
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// What a column holds: number, category, boolean, date, date:%d/%m/%Y, text; or ignore, to leave it out
    #[arg(long = "column", value_name = "COLUMN=KIND", value_parser = column)]
    columns: Vec<(String, Meaning)>,
    /// Text that means that a value is missing, such as unknown or -999, besides NA, n/a, null, ? and the like
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    missing: Vec<String>,
    /// Rows per step [default: 32 to 512, by the number of rows]
    #[arg(long, value_parser = kindling_programs::cli::at_least_one)]
    batch_size: Option<usize>,
    /// Limit of the epochs of each network [default: 200]
    #[arg(long, value_parser = kindling_programs::cli::at_least_one)]
    max_epochs: Option<usize>,
    /// Settings from a file that --write-config wrote; other flags take precedence
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,
    /// Write all settings, and what was found out about the columns, to a file, and end
    #[arg(long, value_name = "FILE.toml")]
    pub write_config: Option<PathBuf>,
    #[command(flatten)]
    pub run: RunArgs,
}

impl Args {
    /// Returns the settings of the configuration file, where there is one, with those of the flags.
    pub fn config(&self) -> anyhow::Result<Config> {
        let mut config = self.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
        if let Some(target) = self.target.as_ref().filter(|target| **target != config.target) {
            config.target.clone_from(target);
            // That of another column.
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
        ensure!(
            written.is_none() || written != named(&self.file),
            "{} is read: choose another --write-config",
            self.file.display()
        );
        Ok(config)
    }
}

/// Parses a name of an enum.
fn named<T: DeserializeOwned>(name: &str) -> Result<T, String> {
    T::deserialize(StrDeserializer::<Error>::new(name)).map_err(|error| error.to_string())
}

fn column(text: &str) -> Result<(String, Meaning), String> {
    let (name, kind) = text.rsplit_once('=').ok_or("give COLUMN=KIND")?;
    Ok((name.into(), kind.to_owned().try_into()?))
}
