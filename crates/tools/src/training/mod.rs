//! Training on a user's own data: what `train_csv`, `train_texts` and `train_images` have in common.
//!
//! Data is a table of rows, one column of which is the target. A [`Dataset`] divides the rows; [`Inputs`] turn them into what
//! a network reads. A [`search::Trainer`] trains candidates, chooses one and trains it anew. [`scores`] judge it, [`report`]
//! shows it, and [`run`] is the way from the one to the other.

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
