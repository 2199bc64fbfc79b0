//! Command-line flags shared by `train_texts` and `train_images`.

use std::path::PathBuf;

use clap::Args;
use kindling_programs::cli::{RunArgs, at_least_one};

use super::{Config, config::Candidate};

/// Command-line flags shared by `train_texts` and `train_images`.
#[derive(Args, Debug)]
pub struct TrainingArgs {
    /// Directory with one subdirectory per class, or a .csv file with a column of labels
    #[arg(value_name = "DIRECTORY|DATA.csv")]
    pub data: PathBuf,
    /// Column of labels in the .csv file
    #[arg(long, value_name = "COLUMN", default_value = "label")]
    target: String,
    /// Time limit of the whole run
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    time_limit: f64,
    /// Cross-validate the selected network with this number of folds, 2 to 100
    #[arg(long, value_name = "FOLDS")]
    kfold: Option<usize>,
    /// Fraction of the samples to hold out for the test
    #[arg(long, value_name = "FRACTION", default_value_t = 0.2)]
    test_share: f64,
    /// Samples per step [default: 32 to 512, depending on the number of samples]
    #[arg(long, value_parser = at_least_one)]
    batch_size: Option<usize>,
    /// Maximum number of epochs per network
    #[arg(long, value_parser = at_least_one, default_value_t = 200)]
    max_epochs: usize,
    /// The flags shared by all programs.
    #[command(flatten)]
    pub run: RunArgs,
}

impl TrainingArgs {
    /// Returns the configuration with these candidates.
    ///
    /// # Errors
    /// Returns an error if a value is out of range.
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

    /// Returns the name of the data file or directory.
    pub fn name(&self) -> String {
        self.data.file_name().unwrap_or(self.data.as_os_str()).to_string_lossy().into_owned()
    }
}
