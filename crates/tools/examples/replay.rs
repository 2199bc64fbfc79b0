//! What happened in a step of a recorded training, or in all of them.

use std::path::PathBuf;

use anyhow::ensure;
use clap::{ArgGroup, Parser};
use kindling_programs::cli::{RECORDING, RunCommand};

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
    #[arg(long, value_name = "CONDITION", group = "what")]
    bisect: Option<String>,
    /// Write RUN/replay.html: loss, histograms, what the first layer sees, and more, at up to 60 steps
    #[arg(long, group = "what")]
    page: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let run = RunCommand::read(&args.run.join(RECORDING))?;
    let mut command = run.again(&["--resume", "--record", "--quiet"], &["--out", "--checkpoint-every"])?;
    command.arg("--quiet").arg("--out").arg(&args.run);
    if let Some(step) = args.step {
        command.arg("--replay-step").arg(step.to_string());
    }
    if let Some(condition) = &args.bisect {
        command.arg("--replay-bisect").arg(condition);
    }
    if args.page {
        command.arg("--replay-page");
    }
    let status = command.status()?;
    ensure!(status.success(), "the run cannot be replayed");
    Ok(())
}
