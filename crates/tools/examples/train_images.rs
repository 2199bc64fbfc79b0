//! Trains on images of several classes: from a directory or a table to a model, a report, and figures to compare with.

use clap::{Parser, builder::PossibleValuesParser};
use kindling_programs::cli::{self, Run};
use kindling_tools::{
    image_size,
    images::{self, Augmentation, ImageOptions},
    training::{self, TrainingArgs, config::Candidate, search::Clock},
};

/// Trains convolutional networks on images, chooses one, tests it once, and compares it with a constant and a linear model
///
/// A directory has one subdirectory of PNG or JPEG files for each class; a table has a column of files and one of labels.
#[derive(Parser)]
#[command(name = "train_images")]
struct Args {
    /// Column of the files, in a .csv file; relative paths start at its directory
    #[arg(long, value_name = "COLUMN", default_value = "file")]
    file: String,
    /// Height and width in pixels that images are resized to
    #[arg(long, value_name = "HEIGHTxWIDTH", default_value = "32x32", value_parser = image_size)]
    size: [usize; 2],
    /// 1 for gray, 3 for red, green and blue
    #[arg(long, default_value = "3", value_parser = PossibleValuesParser::new(["1", "3"]))]
    channels: String,
    /// Random changes of the training images: shifts, mirror images
    #[arg(long, value_enum, value_delimiter = ',')]
    augment: Vec<Augmentation>,
    #[command(flatten)]
    training: TrainingArgs,
}

fn main() -> anyhow::Result<()> {
    let args: Args = cli::parse_common("train_images");
    let config = args.training.config(vec![
        Candidate::new(&[64], 0.3, 0.0).filters(&[16, 32]),
        Candidate::new(&[64], 0.5, 0.0).filters(&[32, 64, 64]),
    ])?;
    let options = ImageOptions {
        column: args.file.clone(),
        size: args.size,
        channels: if args.channels == "1" { 1 } else { 3 },
        augmentation: args.augment.clone(),
    };
    let TrainingArgs { data, run, .. } = &args.training;
    let clock = Clock::start(config.time_limit);
    let dataset = images::read(data, &options, &config, run.seed)?;
    training::run(
        &mut Run::start("train_images", run)?,
        &dataset,
        &clock,
        &args.training.name(),
        &run.backend,
    )
}
