//! Tests of losses, metrics, optimizers and schedules, both built-in and custom.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/parts.rs"]
mod parts;

mod ctc;
mod directions;
mod exact_sums;
mod hyper_parameters;
mod losses;
mod metrics;
mod objectives;
mod optimizer_options;
mod optimizers;
mod own_parts;
mod own_parts_in_files;
mod schedule_errors;
mod schedules;
mod wrong_parts;
