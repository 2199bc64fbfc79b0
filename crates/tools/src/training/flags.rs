//! The flags that trainings on texts and images have in common.

use std::path::PathBuf;

use clap::Args;
use kindling_programs::cli::{RunArgs, at_least_one};

use super::{Config, config::Candidate};

/// The flags that trainings on texts and images have in common.
#[derive(Args, Debug)]
pub struct TrainingArgs {
    /// Directory with one subdirectory for each class, or a .csv file with the label of each sample
    #[arg(value_name = "DIRECTORY|DATA.csv")]
    pub data: PathBuf,
    /// Column of the labels, in a .csv file
    #[arg(long, value_name = "COLUMN", default_value = "label")]
    target: String,
    /// Limit of the whole run's time
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    time_limit: f64,
    /// Cross-validate the chosen network
    #[arg(long, value_name = "FOLDS")]
    kfold: Option<usize>,
    /// Share of the samples that are held out for the test
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    test_share: f64,
    /// Samples per step [default: 32 to 512, by the number of samples]
    #[arg(long, value_parser = at_least_one)]
    batch_size: Option<usize>,
    /// Limit of the epochs of each network
    #[arg(long, value_parser = at_least_one, default_value_t = 200)]
    max_epochs: usize,
    /// The flags of all programs.
    #[command(flatten)]
    pub run: RunArgs,
}

impl TrainingArgs {
    /// Returns the settings, with these candidates.
    ///
    /// # Errors
    /// If a value is not usable.
    pub fn config(&self, candidates: Vec<Candidate>) -> anyhow::Result<Config> {
        let config = Config {
            target: self.target.clone(),
            time_limit: self.time_limit,
            kfold: self.kfold,
            test_share: self.test_share,
            batch_size: self.batch_size,
            max_epochs: self.max_epochs,
            patience: 5,
            candidates,
            ..Config::default()
        };
        config.check()?;
        Ok(config)
    }

    /// Returns the name of the data.
    pub fn name(&self) -> String {
        self.data.file_name().unwrap_or(self.data.as_os_str()).to_string_lossy().into_owned()
    }
}
