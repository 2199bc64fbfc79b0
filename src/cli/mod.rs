//! What the example programs share: their flags, and the files they write.

mod args;
mod run;

pub use args::{CommonArgs, DataArgs, Defaults, TrainingArgs, at_least_one, parse, parse_common};
pub use run::{Data, Run};
