//! The four data sets of the book as problems to be solved.

use kindling::{
    data::{DataError, Source, SplitOptions, TextOptions, Texts},
    experiments::Baseline,
    losses::Task,
    metrics::{Accuracy, Mae, Metric},
    models::{IntoPart, Part},
    prelude::*,
};

/// The data sets of the book.
#[derive(Clone, Copy, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Dataset {
    Mnist,
    Imdb,
    Reuters,
    BostonHousing,
}

/// A data set, and what is known of it before anything is trained.
pub struct Problem {
    pub name: &'static str,
    pub source: Source,
    pub train: Samples,
    pub test: Samples,
    pub task: Task,
    /// Units of the last layer.
    pub outputs: usize,
    /// How its inputs were made fit for a network.
    pub preparation: &'static str,
    /// Whether features are standardised, with means and deviations of the samples that are trained on.
    pub standardised: bool,
    pub epochs: usize,
    pub batch_size: usize,
    /// Sizes of hidden layers worth trying.
    pub units: [usize; 3],
}

/// Size of the vocabulary: the most frequent words.
const WORDS: usize = 10_000;

/// Reads a data set and makes it fit for a network.
pub fn load(dataset: Dataset, options: &DataOptions) -> Result<Problem, DataError> {
    let text = TextOptions::new().num_words(WORDS);
    let preparation =
        "Each text is a vector of zeros and ones, a place for each of the 10,000 commonest words.";
    let of_texts = |name, source, train: Texts, test: Texts, task, outputs| -> Result<Problem, DataError> {
        let (train, test) = (train.multi_hot(WORDS)?, test.multi_hot(WORDS)?);
        let units = [4, 16, 64];
        let (standardised, epochs, batch_size) = (false, 20, 512);
        Ok(Problem {
            name,
            source,
            train,
            test,
            task,
            outputs,
            preparation,
            standardised,
            epochs,
            batch_size,
            units,
        })
    };
    match dataset {
        Dataset::Imdb => {
            let data = imdb::load(&text, options)?;
            of_texts("imdb", data.source, data.train, data.test, Task::Binary, 1)
        }
        Dataset::Reuters => {
            let data = reuters::load(&text, options)?;
            of_texts("reuters", data.source, data.train, data.test, Task::Multiclass, reuters::CLASSES)
        }
        Dataset::Mnist => {
            let data = mnist::load(options)?;
            Ok(Problem {
                name: "mnist",
                source: data.source,
                train: data.train.reshape(28 * 28)?,
                test: data.test.reshape(28 * 28)?,
                task: Task::Multiclass,
                outputs: mnist::CLASSES,
                preparation: "Each image is a row of 784 numbers from 0 to 1.",
                standardised: false,
                epochs: 20,
                batch_size: 128,
                units: [16, 64, 256],
            })
        }
        Dataset::BostonHousing => {
            let data = boston_housing::load(&SplitOptions::new(), options)?;
            Ok(Problem {
                name: "boston_housing",
                source: data.source,
                train: data.train,
                test: data.test,
                task: Task::Regression,
                outputs: 1,
                preparation: "Each feature is standardised with the mean and deviation of the samples trained on.",
                standardised: true,
                epochs: 100,
                batch_size: 16,
                units: [16, 64, 256],
            })
        }
    }
}

impl Problem {
    /// The measure of success.
    pub fn metric(&self) -> Part<dyn Metric> {
        if self.task == Task::Regression { Mae.into_part() } else { Accuracy.into_part() }
    }

    /// The naive baseline.
    pub fn baseline(&self, train: &Samples, validation: &Samples) -> Result<Baseline, TrainError> {
        match self.task {
            Task::Regression => Baseline::mean_target(train, validation),
            _ => Baseline::majority_class(train, validation),
        }
    }
}
