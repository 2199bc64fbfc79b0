//! What happened in a step of a recorded training, or in all of them.

use std::{ffi::OsString, path::PathBuf, process::Stdio};

use clap::{ArgGroup, Parser};
use kindling_programs::cli::{RECORDING, Rerun, RunCommand, condition, option};

/// Shows a step of a run with --record: its batch, losses, gradients, silent units, and the weights that it moves most; or writes
/// a page with a slider over the steps
#[derive(Parser)]
#[command(name = "replay")]
#[command(group = ArgGroup::new("what").required(true))]
struct Args {
    /// Directory of the run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Step to show, counted from 0
    #[arg(long, value_name = "N", group = "what")]
    step: Option<u64>,
    /// Find and show the first step to which this applies: loss>NUMBER, not-finite (a loss or a weight), or silent (a unit
    /// gives 0 for all samples of the batch)
    #[arg(long, value_name = "CONDITION", group = "what", value_parser = checked)]
    bisect: Option<String>,
    /// Write RUN/replay.html: loss, histograms, what the first layer sees, and more, at up to 60 steps
    #[arg(long, group = "what")]
    page: bool,
    /// Data directory, if it is elsewhere than at the run
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// Checks a condition here, where the message names the flag that was given.
fn checked(text: &str) -> Result<String, String> {
    condition(text).map(|_| text.to_owned())
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let command = RunCommand::read(&args.run.join(RECORDING))?;
    let mut arguments = vec![option("--recorded-run", &args.run)];
    let mut add = |flag: &str, value: Option<String>| {
        arguments.push(flag.into());
        arguments.extend(value.map(OsString::from));
    };
    if let Some(step) = args.step {
        add("--replay-step", Some(step.to_string()));
    }
    if let Some(condition) = args.bisect {
        add("--replay-bisect", Some(condition));
    }
    if args.page {
        add("--replay-page", None);
    }
    // The run stays as it is, and need not be writable.
    Rerun::start(&command, args.data_dir.as_deref(), arguments, Stdio::inherit())?.end()?;
    Ok(())
}
