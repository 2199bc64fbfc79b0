#![doc = include_str!("../README.md")]

// The code that `#[derive(RecordState)]` writes looks for these in the crate's root.
use burn::optim::{RecordState, StateSink, StateSource};

mod baseline;
mod best;
pub mod callbacks;
mod classification;
mod comparison;
mod cross_validation;
mod ctc;
mod error;
mod experiment;
mod feed;
mod fit;
mod history;
mod logs;
mod losses;
mod meter;
mod metrics;
mod model;
mod objective;
pub mod optimizers;
mod overfitting;
mod parallel;
pub mod plots;
mod predict;
pub mod report;
mod search;
mod statistics;
mod task;
mod verdict;

pub use baseline::Baseline;
pub use best::Best;
pub use callbacks::{Callback, CsvLogger, EarlyStopping, LearningRateScheduler, ModelCheckpoint};
pub use classification::{Mistake, confusion_matrix, most_confident_mistakes, random_accuracy};
pub use comparison::{Comparison, VariantResult};
pub use cross_validation::{CrossValidation, Fold, FoldResult, cross_validate, exponential_moving_average};
pub use ctc::ctc_decode;
pub use error::TrainError;
pub use experiment::Experiment;
pub use fit::FitOptions;
pub use history::History;
pub use logs::Logs;
pub use losses::{Loss, Target};
pub use metrics::Metric;
pub use model::{Compile, Model};
pub use objective::Objective;
pub use optimizers::{Adam, Optimizer, RmsProp, Sgd};
pub use overfitting::turning_point;
pub use search::{Search, SearchSpace, Settings, Trial};
pub use task::Task;
pub use verdict::Verdict;
