//! The book, chapters 2 to 4, run again: every experiment, its figures beside the book's, and whether what the book
//! says of them holds. Expect a page, `report.html`, and most claims to hold; with `--quick`, on bundled data and fewer
//! epochs, figures are lower and some claims may not.

mod boston;
mod compare;
mod imdb;
mod mnist;
mod overfitting;
mod reuters;

use kindling::{
    callbacks::BackupAndRestore,
    experiments::Devices,
    prelude::*,
    report::{Report, Section},
};
use kindling_programs::cli::{self, CheckpointArgs, CommonArgs, DevicesArgs, Run};

/// Runs every experiment of the book's chapters 2 to 4 and writes report.html
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    common: CommonArgs,
    /// Use bundled data and fewer epochs: no network, about a minute
    #[arg(long)]
    quick: bool,
    /// Where folds and variants are trained.
    #[command(flatten)]
    devices: DevicesArgs,
    /// What is kept for the case that a training is interrupted.
    #[command(flatten)]
    checkpoints: CheckpointArgs,
}

/// What every section needs.
struct Context {
    run: Run,
    args: Args,
    devices: Devices,
    book: compare::Book,
    reviews: imdb::Reviews,
}

fn main() -> anyhow::Result<()> {
    let mut args: Args = cli::parse_common("reproduce");
    if args.quick {
        args.common.data.data = DataChoice::Bundled;
    }
    let run = Run::start("reproduce", &args.common.run)?;
    let reviews = imdb::reviews(&args.common)?;
    let devices = args.devices.open(&args.common.run.backend)?;
    let context = Context { run, args, devices, book: compare::Book::read()?, reviews };

    let common = &context.args.common;
    let subtitle = format!(
        "\"Deep Learning with Python\", chapters 2 to 4, run again. Backend {}, seed {}{}. The book's figures: {}.",
        common.run.backend,
        common.run.seed,
        if context.args.quick { ", quick: bundled data and fewer epochs" } else { "" },
        context.book.source,
    );
    let mut report = Report::new("The book, run again", subtitle);
    let sections = [mnist::section, imdb::section, reuters::section, boston::section, overfitting::section];
    for section in sections {
        report = report.section(context.run.trainings(|| section(&context))?);
    }

    report.save(context.run.files().join("report.html"))?;
    let (held, claims) = report.claims();
    let Context { mut run, .. } = context;
    run.record("claims", claims);
    run.record("claims_that_hold", held);
    let path = run.out().join("report.html");
    run.conclude(format_args!("{held} of {claims} claims hold: see {}", path.display()))
}

impl Context {
    /// So many epochs, or fewer in a quick run.
    fn epochs(&self, epochs: usize, quick: usize) -> usize {
        if self.args.quick { quick } else { epochs }
    }

    /// Says that a section begins.
    fn begin(&self, title: &str) -> Section {
        self.run.say(format_args!("{title} ..."));
        Section::new(title)
    }

    /// Trains a model; a run that is resumed does not train it again. The name is that of the training.
    fn fit(
        &self,
        name: &str,
        model: &mut Model,
        samples: &Samples,
        options: &FitOptions,
    ) -> Result<History, TrainError> {
        model.fit_with(samples, options, &mut [&mut self.backup(name)])
    }

    fn backup(&self, training: &str) -> BackupAndRestore {
        self.run.backup(&self.args.checkpoints, training)
    }

    fn device(&self) -> &Device {
        self.run.device()
    }

    fn seed(&self) -> u64 {
        self.args.common.run.seed
    }
}
