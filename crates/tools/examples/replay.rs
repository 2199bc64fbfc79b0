//! What happened in a step of a recorded training, or in all of them.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::{ArgGroup, Parser};
use kindling::data::files::with_remedy;
use kindling_programs::cli::{RECORDING, RunCommand, option};

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
    // The run stays as it is, and need not be writable.
    let out = tempfile::tempdir().context("cannot create a temporary directory: name one with TMPDIR")?;
    command.arg("--quiet").arg(option("--out", out.path()));
    command.arg(option("--recorded-run", &args.run));
    if let Some(step) = args.step {
        command.arg("--replay-step").arg(step.to_string());
    }
    if let Some(condition) = &args.bisect {
        command.arg("--replay-bisect").arg(condition);
    }
    if args.page {
        command.arg("--replay-page");
    }
    let status =
        command.status().map_err(with_remedy).with_context(|| format!("cannot start {}", run.example))?;
    ensure!(status.success(), "the run cannot be replayed");
    Ok(())
}
