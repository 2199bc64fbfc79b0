//! The four data sets of the book as machine learning problems.

use kindling::{
    data::{DataError, Loaded, Source, SplitOptions, TextOptions, Texts},
    experiments::Baseline,
    losses::Task,
    metrics::{Accuracy, Mae, Metric},
    models::{IntoPart, Part},
    prelude::*,
};
use kindling_programs::cli::{Run, TrainingArgs};

/// The data sets of the book.
#[derive(Clone, Copy, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Dataset {
    Mnist,
    Imdb,
    Reuters,
    BostonHousing,
}

/// A data set with the settings for training on it.
pub struct Problem {
    pub name: &'static str,
    pub source: Source,
    pub train: Samples,
    pub test: Samples,
    pub task: Task,
    /// Units of the last layer.
    pub outputs: usize,
    /// How the inputs are preprocessed.
    pub preparation: &'static str,
    /// Whether features are standardized, with the means and standard deviations of the training samples.
    pub standardized: bool,
    pub epochs: usize,
    pub batch_size: usize,
    /// Sizes of hidden layers worth trying.
    pub units: [usize; 3],
}

/// Size of the vocabulary: the most frequent words.
const WORDS: usize = 10_000;

/// Loads a data set and prepares it for a network.
pub fn load(dataset: Dataset, run: &mut Run<TrainingArgs>) -> anyhow::Result<Problem> {
    let text = TextOptions::new().num_words(WORDS);
    Ok(match dataset {
        Dataset::Imdb => {
            let data = run.load("imdb", |options| imdb::load(&text, options))?;
            of_texts("imdb", data, Task::Binary, 1)?
        }
        Dataset::Reuters => {
            let data = run.load("reuters", |options| reuters::load(&text, options))?;
            of_texts("reuters", data, Task::Multiclass, reuters::CLASSES)?
        }
        Dataset::Mnist => {
            let data = run.load("mnist", mnist::load)?;
            Problem {
                name: "mnist",
                source: data.source,
                train: data.train.reshape(28 * 28)?,
                test: data.test.reshape(28 * 28)?,
                task: Task::Multiclass,
                outputs: mnist::CLASSES,
                preparation: "Each image is a row of 784 numbers from 0 to 1.",
                standardized: false,
                epochs: 20,
                batch_size: 128,
                units: [16, 64, 256],
            }
        }
        Dataset::BostonHousing => {
            let load = |options: &DataOptions| boston_housing::load(&SplitOptions::new(), options);
            let data = run.load("boston_housing", load)?;
            Problem {
                name: "boston_housing",
                source: data.source,
                train: data.train,
                test: data.test,
                task: Task::Regression,
                outputs: 1,
                preparation: "Each feature is standardized with the mean and standard deviation of the training samples.",
                standardized: true,
                epochs: 100,
                batch_size: 16,
                units: [16, 64, 256],
            }
        }
    })
}

fn of_texts(
    name: &'static str,
    data: Loaded<Texts>,
    task: Task,
    outputs: usize,
) -> Result<Problem, DataError> {
    Ok(Problem {
        name,
        source: data.source,
        train: data.train.multi_hot(WORDS)?,
        test: data.test.multi_hot(WORDS)?,
        task,
        outputs,
        preparation: "Each text is a multi-hot vector: zeros and ones, one value for each of the 10,000 most frequent words.",
        standardized: false,
        epochs: 20,
        batch_size: 512,
        units: [4, 16, 64],
    })
}

impl Problem {
    /// Returns the measure of success.
    pub fn metric(&self) -> Part<dyn Metric> {
        if self.task == Task::Regression { Mae.into_part() } else { Accuracy.into_part() }
    }

    /// Returns the naive baseline.
    pub fn baseline(&self, train: &Samples, validation: &Samples) -> Result<Baseline, TrainError> {
        match self.task {
            Task::Regression => Baseline::mean_target(train, validation),
            _ => Baseline::majority_class(train, validation),
        }
    }
}
