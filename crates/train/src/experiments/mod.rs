//! Experiments with several training runs: cross-validation, comparisons of variants, and hyperparameter searches.

mod baseline;
mod comparison;
mod cross_validation;
mod devices;
mod experiment;
mod search;
pub mod statistics;
mod turning_point;

pub use baseline::Baseline;
pub use comparison::{Comparison, VariantResult};
pub use cross_validation::{CrossValidation, FoldResult, cross_validate};
pub use devices::Devices;
pub use experiment::{Experiment, Finished};
pub use search::{
    HalvingSearch, Importance, Rung, Search, SearchPlan, SearchSpace, SuccessiveHalving, Trial,
};
pub use statistics::exponential_moving_average;
pub use turning_point::turning_point;
