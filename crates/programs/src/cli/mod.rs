//! Command lines, and the files that a run leaves behind.

mod args;
mod command;
mod device;
mod json;
mod output;
mod quoted;
mod receipt;
mod replay;
mod rerun;
mod results;
mod run;
mod signals;
mod states;
mod threads;
mod verify;

pub use args::{
    CheckpointArgs, CommonArgs, DataArgs, Defaults, DevicesArgs, RecordingArgs, RunArgs, TrainingArgs,
    at_least_one, parse, parse_alone, parse_common,
};
pub use command::{RunCommand, option};
pub use device::device;
pub use output::{check_printed, print, print_error};
pub use receipt::{RECEIPT, RECORDING, RunReceipt};
pub use replay::{Condition, ReplayArgs, condition};
pub use rerun::Rerun;
pub use run::{Data, Run};
pub use signals::wait_for_signal;
pub use verify::Repeated;
