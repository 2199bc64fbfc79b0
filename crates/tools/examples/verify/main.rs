//! Whether the files of a run are what its training gives.

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

/// Checks the files of a run against its receipt, and repeats an epoch of its training chosen at random, or the whole run. The exit
/// code is 0 if all is as the receipt says, and 1 otherwise
#[derive(Parser)]
#[command(name = "verify")]
struct Args {
    /// Directory of the run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Repeat the whole run: every epoch, the test, and the pictures
    #[arg(long)]
    all: bool,
    /// Data directory, if it is elsewhere than at the run
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let receipt = RunReceipt::read(&args.run)?;
    let entries = &receipt.training.entries;
    ensure!(entries.len() > 1, "the receipt has no epoch to repeat");
    if !args.all {
        let chosen = &entries[1 + random(entries.len() - 1)];
        // The files are checked while the program of the run loads its data.
        let epoch = repeat::Epoch::start(&args, &receipt, chosen.epochs)?;
        files::check(&args.run, &receipt)?;
        epoch.compare()?;
        cli::print("Other epochs, the test and the plots were not repeated: --all repeats them");
    } else if entries.iter().all(|entry| entry.processor == instructions()) {
        // Bytes match, so that the files can be compared as well.
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

/// A number below `count` that nobody can foresee.
fn random(count: usize) -> usize {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    (time / 1000 % count as u128) as usize
}
