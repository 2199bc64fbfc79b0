//! Verifies that the files of a run are the result of its training.

mod files;
mod repeat;

use std::{
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::ensure;
use clap::Parser;
use kindling::train::instructions;
use kindling_programs::cli::{self, RunReceipt};

/// Check the files of a run against its receipt and repeat a randomly chosen epoch of its training, or the whole run. The exit
/// code is 0 if everything matches the receipt, and 1 otherwise
#[derive(Parser)]
#[command(name = "verify")]
struct Args {
    /// Run directory
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Repeat the whole run: every epoch, the test, and the plots
    #[arg(long)]
    all: bool,
    /// Data directory [default: the one of the run]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args: Args = cli::parse_alone();
    let receipt = RunReceipt::read(&args.run)?;
    let entries = &receipt.training.entries;
    ensure!(entries.len() > 1, "the receipt has no epoch to repeat: train for at least one epoch");
    if !args.all {
        let chosen = &entries[1 + random(entries.len() - 1)];
        // The files are checked while the run's program loads its data.
        let epoch = repeat::Epoch::start(&args, &receipt, chosen.epochs)?;
        files::check(&args.run, &receipt)?;
        epoch.compare()?;
        cli::print("The other epochs, the test and the plots were not repeated: use --all to repeat them");
    } else if entries.iter().all(|entry| entry.processor == instructions()) {
        // On the same kind of processor results are identical, so the files are compared byte by byte.
        files::check(&args.run, &receipt)?;
        repeat::whole_run(&args, &receipt)?;
    } else {
        files::check(&args.run, &receipt)?;
        for entry in &entries[1..] {
            repeat::Epoch::start(&args, &receipt, entry.epochs)?.compare()?;
        }
    }
    cli::print("verified");
    Ok(())
}

/// Returns a number below `count` that is unpredictable when the run is written.
fn random(count: usize) -> usize {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    (time / 1000 % count as u128) as usize
}
