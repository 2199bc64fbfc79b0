//! Receipts of runs, and the repetition of runs for the programs `verify` and `replay`.

mod command;
mod receipt;
mod replay;
mod rerun;
mod verify;

pub use self::{
    command::{RunCommand, option},
    receipt::{RECEIPT, RECORDING, RunReceipt},
    replay::{Condition, ReplayArgs, condition},
    rerun::Rerun,
    verify::Repeated,
};
pub(super) use self::{
    replay::{Labels, Replay},
    verify::Repetition,
};
