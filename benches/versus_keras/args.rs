//! The command-line flags of the benchmark.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use kindling::prelude::*;

use crate::jobs::Job;

/// Compare training and prediction with Keras
#[derive(Parser)]
pub struct Args {
    /// Number of rounds; each side runs every job once per round
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Jobs to run [default: all]
    #[arg(long, value_name = "JOB,..", value_delimiter = ',')]
    jobs: Vec<Job>,
    /// Directory for the results
    #[arg(long, default_value = "target/kindling/versus_keras")]
    pub out: PathBuf,
    /// For child processes: the measurement.
    #[arg(long, hide = true)]
    pub measure: Option<Measurement>,
    #[arg(long, hide = true)]
    pub job: Option<Job>,
    /// For child processes: the data directory; none for bundled data.
    #[arg(long, hide = true)]
    data: Option<PathBuf>,
    #[arg(long, hide = true, default_value_t = 1)]
    pub threads: usize,
    /// Passed by `cargo bench`; ignored.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The measurement of a child process.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum Measurement {
    /// Training and evaluation.
    Train,
    /// Predictions of a trained network.
    Predict,
    /// Matrix multiplications and memory copies.
    Machine,
}

impl Args {
    /// Returns the jobs to run, in the order of [`Job`].
    pub fn jobs(&self) -> Vec<Job> {
        let chosen = |job: &Job| self.jobs.is_empty() || self.jobs.contains(job);
        Job::value_variants().iter().copied().filter(chosen).collect()
    }

    /// Returns the data options of a child process.
    pub fn data_options(&self) -> DataOptions {
        match &self.data {
            Some(dir) => DataOptions::default().dir(dir).quiet(),
            None => DataOptions::default().choice(DataChoice::Bundled).quiet(),
        }
    }
}
