//! The flags of the benchmark.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use kindling::prelude::*;

use crate::jobs::Job;

/// Compares trainings and predictions with Keras
#[derive(Parser)]
pub struct Args {
    /// Number of rounds, in each of which every side does every job once
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Jobs to run [default: all]
    #[arg(long, value_name = "JOB,..", value_delimiter = ',')]
    jobs: Vec<Job>,
    /// Directory for the results
    #[arg(long, default_value = "target/kindling/versus_keras")]
    pub out: PathBuf,
    /// Of the processes that this program starts: what to measure.
    #[arg(long, hide = true)]
    pub measure: Option<Measurement>,
    #[arg(long, hide = true)]
    pub job: Option<Job>,
    /// The directory of the job's data; none for the data that is compiled in.
    #[arg(long, hide = true)]
    data: Option<PathBuf>,
    #[arg(long, hide = true, default_value_t = 1)]
    pub threads: usize,
    /// `cargo bench` gives this flag.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a process measures.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum Measurement {
    /// Training and evaluation.
    Train,
    /// Predictions of a trained network.
    Predict,
    /// Matrix products and copies.
    Machine,
}

impl Args {
    /// The jobs to run, in the order of the list of all.
    pub fn jobs(&self) -> Vec<Job> {
        let chosen = |job: &Job| self.jobs.is_empty() || self.jobs.contains(job);
        Job::value_variants().iter().copied().filter(chosen).collect()
    }

    /// Where a process that measures a job reads its data.
    pub fn data_options(&self) -> DataOptions {
        match &self.data {
            Some(dir) => DataOptions::default().dir(dir).quiet(),
            None => DataOptions::default().choice(DataChoice::Bundled).quiet(),
        }
    }
}
