#![doc = include_str!("../README.md")]

// The code that `#[derive(RecordState)]` writes looks for these in the crate's root.
use burn::optim::{RecordState, StateSink, StateSource};

pub mod callbacks;
mod classification;
mod cross_validation;
mod ctc;
mod error;
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
pub mod plots;
mod predict;
mod task;
mod verdict;

pub use callbacks::{Callback, CsvLogger, EarlyStopping, LearningRateScheduler, ModelCheckpoint};
pub use classification::{Mistake, confusion_matrix, most_confident_mistakes};
pub use cross_validation::{CrossValidation, Fold, FoldResult, cross_validate, exponential_moving_average};
pub use ctc::ctc_decode;
pub use error::TrainError;
pub use fit::FitOptions;
pub use history::History;
pub use logs::Logs;
pub use losses::{Loss, Target};
pub use metrics::Metric;
pub use model::{Compile, Model};
pub use objective::Objective;
pub use optimizers::{Adam, Optimizer, RmsProp, Sgd};
pub use task::Task;
pub use verdict::Verdict;
