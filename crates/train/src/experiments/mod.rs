//! Several trainings of one question: folds, variants, settings.

mod baseline;
mod comparison;
mod cross_validation;
mod experiment;
mod parallel;
mod search;
pub mod statistics;
mod turning_point;

pub use baseline::Baseline;
pub use comparison::{Comparison, VariantResult};
pub use cross_validation::{CrossValidation, FoldResult, cross_validate, exponential_moving_average};
pub use experiment::{Experiment, Finished};
pub use search::{Search, SearchSpace, Settings, Trial};
pub use turning_point::turning_point;
