//! Trains an image classifier and writes a model, a report, and a comparison with baselines.

use clap::{Parser, builder::PossibleValuesParser};
use kindling_programs::cli::{self, Run};
use kindling_tools::{
    image_size,
    images::{self, Augmentation, ImageOptions},
    training::{self, TrainingArgs, config::Candidate, search::Clock},
};

/// Train convolutional networks on images, select the best on validation data, test it once, and compare it with a constant and a linear baseline
///
/// The data is a directory with one subdirectory of PNG or JPEG files per class, or a table with a column of file paths and a column of labels.
#[derive(Parser)]
#[command(name = "train_images")]
struct Args {
    /// Column of image paths in the .csv file; relative paths start at its directory
    #[arg(long, value_name = "COLUMN", default_value = "file")]
    file: String,
    /// Resize images to this height and width in pixels
    #[arg(long, value_name = "HEIGHTxWIDTH", default_value = "32x32", value_parser = image_size)]
    size: [usize; 2],
    /// Number of channels: 1 (grayscale) or 3 (RGB)
    #[arg(long, default_value = "3", value_parser = PossibleValuesParser::new(["1", "3"]))]
    channels: String,
    /// Data augmentation: random shifts, horizontal flips
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
    let TrainingArgs { data, run: flags, .. } = &args.training;
    let clock = Clock::start(config.time_limit);
    let mut run = Run::start("train_images", flags.clone())?;
    let dataset = images::read(data, &options, &config, flags.seed)?;
    training::run(&mut run, &dataset, &clock, &args.training.name(), &flags.backend)
}
