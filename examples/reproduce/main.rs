//! The experiments of the book's chapters 2 to 4, run again over several seeds: our figures beside the book's, and whether what the
//! book says of them holds. Expect a page, `report.html`. With `--quick`, on bundled data and fewer epochs, nothing is compared.

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
    /// Use bundled data, fewer epochs and one seed, and compare nothing
    #[arg(long)]
    quick: bool,
    /// Number of seeds, counted from --seed [default: 3, or 1 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100))]
    seeds: Option<u8>,
    /// Where folds and variants are trained.
    #[command(flatten)]
    devices: DevicesArgs,
    /// What is kept for the case that a training is interrupted.
    #[command(flatten)]
    checkpoints: CheckpointArgs,
}

fn main() -> anyhow::Result<()> {
    let about = "Runs the experiments of the book's chapters 2 to 4, and writes report.html";
    let (mut run, flags) = Program::new("reproduce", about).start::<Flags>()?;
    if flags.quick {
        run.args.data.data = DataChoice::Bundled;
    }
    let context = Context::load(run, flags)?;

    let mut report = Report::new("The book, run again", context.subtitle());
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
