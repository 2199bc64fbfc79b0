//! Command lines and the files of a run directory.

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
mod wrapped;

pub use args::{
    CheckpointArgs, CommonArgs, DataArgs, DevicesArgs, RecordingArgs, RunArgs, TrainingArgs, at_least_one,
    parse_alone, parse_common,
};
pub(crate) use args::{matches, with_default, with_out};
pub use command::{RunCommand, option};
pub use device::device;
pub use output::{check_printed, print, print_error};
pub use receipt::{RECEIPT, RECORDING, RunReceipt};
pub use replay::{Condition, ReplayArgs, condition};
pub use rerun::Rerun;
pub use run::{Counted, Run, described};
pub use signals::wait_for_signal;
pub use verify::Repeated;
