//! Training on a user's own data: the code shared by `train_csv`, `train_texts` and `train_images`.
//!
//! The data is a table with a target column. A [`Dataset`] splits the rows, and [`Inputs`] encodes them for the network. A
//! [`search::Trainer`] trains the candidates, selects one by its validation error, and retrains it. [`scores`] computes the
//! metrics, [`report`] writes the report, and [`run`] performs all of these steps.

pub mod config;
mod dataset;
mod ensemble;
mod flags;
mod inputs;
mod pipeline;
pub mod report;
mod run;
pub mod scores;
pub mod search;
mod task;

pub use config::Config;
pub use dataset::{Dataset, Source};
pub use flags::TrainingArgs;
pub use inputs::Inputs;
pub use pipeline::Pipeline;
pub use run::run;
pub use scores::Scores;
pub use task::Task;
