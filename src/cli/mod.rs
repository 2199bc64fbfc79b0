//! What the example programs share: their flags, and the files they write.

mod args;
mod run;

pub use args::{DataArgs, Defaults, TrainingArgs, at_least_one, parse};
pub use run::{Data, Run};
