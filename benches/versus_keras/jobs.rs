//! The jobs: models with their data and training settings. `keras_side.py` defines the same jobs.

use std::fmt;

use clap::ValueEnum;
use kindling::{
    activations::{Relu, Softmax},
    data::{PadOptions, TextOptions},
    losses::{BinaryCrossentropy, Loss, MeanSquaredError, SparseCategoricalCrossentropy},
    metrics::{Accuracy, Mae, Metric},
    models::{IntoPart, Part, SequentialNetwork},
    networks,
    optimizers::{Adam, Optimizer, RmsProp},
    prelude::*,
};
use serde::Serialize;

use crate::data::DataSet;

/// Vocabulary size.
pub const WORDS: usize = 10_000;
/// Sequence length of the embedding job: the last words of a review.
const STEPS: usize = 200;
/// Number of reviews in the validation set.
const HELD_OUT: usize = 10_000;
/// Number of training digits for the LSTM and the CNN.
const DIGITS: usize = 6_000;

/// A training with an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Job {
    Mnist,
    Imdb,
    Reuters,
    Boston,
    Lstm,
    Cnn,
    Embedding,
}

impl fmt::Display for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Mnist => "mnist",
            Self::Imdb => "imdb",
            Self::Reuters => "reuters",
            Self::Boston => "boston",
            Self::Lstm => "lstm",
            Self::Cnn => "cnn",
            Self::Embedding => "embedding",
        })
    }
}

impl Job {
    pub fn data(self) -> DataSet {
        match self {
            Self::Mnist | Self::Lstm | Self::Cnn => DataSet::Mnist,
            Self::Imdb | Self::Embedding => DataSet::Imdb,
            Self::Reuters => DataSet::Reuters,
            Self::Boston => DataSet::BostonHousing,
        }
    }

    /// Returns a description of the job.
    pub fn title(self) -> &'static str {
        match self {
            Self::Mnist => "784-512-10 on all digits, RMSprop, batch size 128, 5 epochs",
            Self::Imdb => {
                "10000-16-16-1 on multi-hot reviews, RMSprop, batch size 512, 20 epochs, 10,000 validation samples"
            }
            Self::Reuters => "10000-64-64-46 on multi-hot newswires, RMSprop, batch size 512, 9 epochs",
            Self::Boston => {
                "13-64-64-1 on house prices, RMSprop, batch size 1, 4-fold cross-validation with 100 epochs each"
            }
            Self::Lstm => {
                "LSTM with 64 units on the pixel rows of 6,000 digits, Adam, batch size 64, 3 epochs"
            }
            Self::Cnn => {
                "two 3x3 convolutions (32, 64) with pooling on 6,000 digits, RMSprop, batch size 64, 3 epochs"
            }
            Self::Embedding => {
                "embedding with 8 dimensions on 200 words, RMSprop, batch size 512, 20 epochs, 10,000 validation samples"
            }
        }
    }
}

/// A job with its data.
pub struct Task {
    pub network: Sequential,
    pub optimizer: Part<dyn Optimizer>,
    pub loss: Part<dyn Loss>,
    pub metric: Part<dyn Metric>,
    pub epochs: usize,
    pub batch_size: usize,
    pub train: Samples,
    pub validation: Option<Samples>,
    pub test: Samples,
}

impl Task {
    /// Loads the data of a job.
    pub fn open(job: Job, data: &DataOptions) -> anyhow::Result<Self> {
        match job {
            Job::Mnist => Self::digits(data, networks::mnist(512), &[784], usize::MAX),
            Job::Lstm => {
                let network = Sequential::new([28, 28]).lstm(64).dense(10, Softmax);
                let task = Self::digits(data, network, &[28, 28], DIGITS)?;
                Ok(Self { optimizer: Adam::default().into_part(), epochs: 3, batch_size: 64, ..task })
            }
            Job::Cnn => {
                let network = Sequential::new([28, 28, 1])
                    .conv2d(32, [3, 3], Relu)
                    .max_pooling2d([2, 2])
                    .conv2d(64, [3, 3], Relu)
                    .max_pooling2d([2, 2])
                    .flatten()
                    .dense(10, Softmax);
                let task = Self::digits(data, network, &[28, 28, 1], DIGITS)?;
                Ok(Self { epochs: 3, batch_size: 64, ..task })
            }
            Job::Imdb => Self::reviews(data, networks::imdb(WORDS, 16), false),
            Job::Embedding => Self::reviews(data, networks::imdb_embedding(WORDS, STEPS, 8), true),
            Job::Reuters => Self::newswires(data),
            Job::Boston => Self::houses(data),
        }
    }

    fn digits(data: &DataOptions, network: Sequential, shape: &[usize], most: usize) -> anyhow::Result<Self> {
        let (train, test) = mnist::load(data)?.into_parts();
        let train = train.slice(0..most.min(train.len()));
        Ok(Self {
            network,
            optimizer: RmsProp::default().into_part(),
            loss: SparseCategoricalCrossentropy.into_part(),
            metric: Accuracy.into_part(),
            epochs: 5,
            batch_size: 128,
            train: train.reshape(shape.to_vec())?,
            validation: None,
            test: test.reshape(shape.to_vec())?,
        })
    }

    fn reviews(data: &DataOptions, network: Sequential, embedding: bool) -> anyhow::Result<Self> {
        let imdb = imdb::load(&TextOptions::new().num_words(WORDS), data)?;
        let encoded = |texts: kindling::data::Texts| match embedding {
            true => texts.padded(&PadOptions::new().maxlen(STEPS)),
            false => texts.multi_hot(WORDS),
        };
        let (train, test) = (encoded(imdb.train)?, encoded(imdb.test)?);
        Ok(Self {
            network,
            optimizer: RmsProp::default().into_part(),
            loss: BinaryCrossentropy::default().into_part(),
            metric: Accuracy.into_part(),
            epochs: 20,
            batch_size: 512,
            validation: Some(train.slice(0..HELD_OUT)),
            train: train.slice(HELD_OUT..train.len()),
            test,
        })
    }

    fn newswires(data: &DataOptions) -> anyhow::Result<Self> {
        let (train, test) = reuters::load(&TextOptions::new().num_words(WORDS), data)?.into_parts();
        Ok(Self {
            network: networks::reuters(WORDS, [64, 64]),
            optimizer: RmsProp::default().into_part(),
            loss: SparseCategoricalCrossentropy.into_part(),
            metric: Accuracy.into_part(),
            epochs: 9,
            batch_size: 512,
            train: train.multi_hot(WORDS)?,
            validation: None,
            test: test.multi_hot(WORDS)?,
        })
    }

    /// Features are not scaled yet: each fold fits its own scaler.
    fn houses(data: &DataOptions) -> anyhow::Result<Self> {
        let (train, test) = boston_housing::load(&Default::default(), data)?.into_parts();
        Ok(Self {
            network: networks::boston(boston_housing::FEATURES),
            optimizer: RmsProp::default().into_part(),
            loss: MeanSquaredError.into_part(),
            metric: Mae.into_part(),
            epochs: 100,
            batch_size: 1,
            train,
            validation: None,
            test,
        })
    }

    /// Builds the model.
    pub fn model(&self, seed: u64, device: &Device) -> Result<Model<SequentialNetwork>, TrainError> {
        let metrics = vec![self.metric.clone()];
        self.network.compile(self.optimizer.clone(), self.loss.clone(), metrics).seed(seed).on(device)
    }

    /// Returns the options of `fit`, without validation data.
    pub fn options(&self) -> FitOptions {
        FitOptions::new().epochs(self.epochs).batch_size(self.batch_size)
    }
}
