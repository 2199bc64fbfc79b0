//! Command lines, and the files that a run leaves behind.

mod args;
mod command;
mod device;
mod json;
mod output;
mod receipt;
mod replay;
mod results;
mod run;
mod signals;
mod states;
mod verify;

pub use args::{
    CheckpointArgs, CommonArgs, DataArgs, Defaults, DevicesArgs, RecordingArgs, RunArgs, TrainingArgs,
    at_least_one, parse, parse_alone, parse_common,
};
pub use command::RunCommand;
pub use device::device;
pub use output::{print, print_error};
pub use receipt::{RECEIPT, RECORDING, RunReceipt};
pub use replay::{Condition, ReplayArgs};
pub use run::{Data, Run};
pub use signals::wait_for_signal;
