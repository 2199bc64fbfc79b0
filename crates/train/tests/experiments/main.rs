//! Tests of experiments with several training runs, and of evaluation.

#[path = "../common/mod.rs"]
mod common;

mod cross_validation;
mod experiments;
mod halving;
mod hostile_records;
mod search;
mod verdicts;
