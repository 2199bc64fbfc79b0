//! Training on tables: what `train_csv` does.
//!
//! [`Config`] → [`Dataset`] (rows, parts, notes) → [`search`](search::search) (candidates, the chosen one trained anew) →
//! [`scores`] and [`importance`] → [`report`].

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
