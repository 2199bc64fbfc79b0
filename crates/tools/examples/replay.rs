//! Replays the steps of a recorded training.

use std::{ffi::OsString, path::PathBuf, process::Stdio};

use clap::{ArgGroup, Parser};
use kindling_programs::cli::{self, RECORDING, Rerun, RunCommand, condition};

/// Show a step of a run made with --record (batch, losses, gradients, dead units, largest weight updates), or write an HTML
/// page with a slider over the steps
#[derive(Parser)]
#[command(name = "replay")]
#[command(group = ArgGroup::new("what").required(true))]
struct Args {
    /// Run directory
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Show this step, counted from 0
    #[arg(long, value_name = "N", group = "what")]
    step: Option<u64>,
    /// Find and show the first step that meets this condition: loss>NUMBER, not-finite (the loss or a weight is NaN or
    /// infinite), or silent (a unit outputs 0 for every sample of the batch)
    #[arg(long, value_name = "CONDITION", group = "what", value_parser = checked)]
    bisect: Option<String>,
    /// Write RUN/replay.html: loss curve, histograms, first-layer inputs and more, for up to 60 steps
    #[arg(long, group = "what")]
    page: bool,
    /// Data directory [default: the one of the run]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// Checks the condition while parsing, so that the error message names the flag.
fn checked(text: &str) -> Result<String, String> {
    condition(text).map(|_| text.to_owned())
}

fn main() -> anyhow::Result<()> {
    let args: Args = cli::parse_alone();
    let command = RunCommand::read(&args.run.join(RECORDING))?;
    let mut arguments = Vec::new();
    let mut add = |flag: &str, value: Option<String>| {
        arguments.push(OsString::from(flag));
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
    // The run directory is only read, except by --page.
    Rerun::start(&command, &args.run, args.data_dir.as_deref(), arguments, Stdio::inherit())?.end()?;
    Ok(())
}
