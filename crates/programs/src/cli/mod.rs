//! Command lines and the files of a run directory.

mod args;
mod device;
mod json;
mod output;
mod quoted;
mod repeat;
mod run;
mod signals;
mod threads;
mod wrapped;

pub use args::{
    CheckpointArgs, CommonArgs, DataArgs, DevicesArgs, RecordingArgs, RunArgs, TrainingArgs, at_least_one,
    parse_alone, parse_common,
};
pub(crate) use args::{matches, with_default, with_out};
pub use device::device;
pub use json::read as read_json;
pub use output::{check_printed, print, print_error};
pub use repeat::{
    Condition, RECEIPT, RECORDING, Repeated, ReplayArgs, Rerun, RunCommand, RunReceipt, condition, option,
};
pub use run::{Counted, Run, described};
pub use signals::wait_for_signal;
