//! Repeats the experiments of the book's chapters 2 to 4 over several seeds, compares the figures with the book's, and checks the
//! book's claims. Writes `report.html`. `--quick` uses bundled data and fewer epochs, and compares nothing.

mod book;
mod context;
mod s21_digits;
mod s24_optimizers;
mod s34_reviews;
mod s35_newswires;
mod s36_houses;
mod s42_evaluation;
mod s43_preprocessing;
mod s44_overfitting;
mod s45_workflow;
mod spread;

use kindling::{prelude::*, report::Report};
use kindling_programs::{
    cli::{CheckpointArgs, DevicesArgs},
    program::Program,
};

use context::Context;

#[derive(clap::Args)]
struct Flags {
    /// Use bundled data, fewer epochs and one seed, without a comparison to the book
    #[arg(long)]
    quick: bool,
    /// Number of seeds, counted from --seed [default: 3, or 1 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100))]
    seeds: Option<u8>,
    /// The devices for training folds and variants.
    #[command(flatten)]
    devices: DevicesArgs,
    /// When to save checkpoints, and whether to resume.
    #[command(flatten)]
    checkpoints: CheckpointArgs,
}

fn main() -> anyhow::Result<()> {
    let about = "Repeat the experiments of the book's chapters 2 to 4 and write report.html";
    let (mut run, flags) = Program::new("reproduce", about).start::<Flags>()?;
    if flags.quick {
        anyhow::ensure!(
            run.args.data.data_dir.is_none() && !matches!(run.args.data.data, DataChoice::Full),
            "--quick uses bundled data: omit --quick, or --data-dir and --data full"
        );
        run.args.data.data = DataChoice::Bundled;
    }
    let context = Context::load(run, flags)?;

    let mut report = Report::new("Reproduction of the book's experiments", context.subtitle());
    let sections = [
        s21_digits::section,
        s24_optimizers::section,
        s34_reviews::section,
        s35_newswires::section,
        s36_houses::section,
        s42_evaluation::section,
        s43_preprocessing::section,
        s44_overfitting::section,
        s45_workflow::section,
    ];
    for section in sections {
        report = report.section(context.run.trainings(|| section(&context))?);
    }
    context.conclude(&report)
}
