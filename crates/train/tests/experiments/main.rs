//! Several trainings of one question, and what is computed from their results.

#[path = "../common/mod.rs"]
mod common;

mod cross_validation;
mod experiments;
mod halving;
mod hostile_records;
mod search;
mod verdicts;
