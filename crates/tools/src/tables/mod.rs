//! Training on tables: what `train_csv` does.
//!
//! A [`Config`] and a file make a [`Dataset`]: rows, their parts, notes. A [`search::Trainer`] trains candidates, chooses one
//! and trains it anew. [`scores`], [`importance`] and [`leakage`] judge it, and [`report`] shows it.

pub mod config;
mod dataset;
mod ensemble;
pub mod importance;
pub mod leakage;
pub mod report;
mod saved;
pub mod scores;
pub mod search;
mod task;

pub use config::Config;
pub use dataset::Dataset;
pub use saved::SavedTable;
pub use scores::Scores;
pub use task::Task;
