//! Two saved models side by side.

mod outputs;
mod settings;
mod side;
mod weights;

use std::path::PathBuf;

use clap::Parser;
use kindling::backend;
use kindling_programs::cli;
use kindling_tools::InputArgs;

use self::side::{Side, pairs};

/// Compares two saved models: layers, compile settings, weights, and with --data the outputs of each layer. The exit code
/// is 0 whether they differ or not; the last line says it
#[derive(Parser)]
#[command(name = "compare")]
struct Args {
    /// First model: a .keras file, or the directory of a run
    #[arg(value_name = "A")]
    first: PathBuf,
    /// Second model
    #[arg(value_name = "B")]
    second: PathBuf,
    /// Samples to compare the outputs of each layer on: .npy, .npz, .csv or .png
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Largest difference of two weights, or of two outputs, that counts as equal
    #[arg(long, value_name = "NUMBER", default_value_t = 1e-5, value_parser = tolerance, allow_negative_numbers = true)]
    tolerance: f64,
    #[command(flatten)]
    reading: InputArgs,
    /// Compute backend
    #[arg(long, value_name = "NAME[:INDEX]", default_value_t = backend::default_name())]
    backend: String,
}

fn main() -> anyhow::Result<()> {
    let args: Args = cli::parse_alone();
    let device = cli::device(&args.backend)?;
    let sides = [Side::load(&args.first, &device)?, Side::load(&args.second, &device)?];
    let pairs = pairs(&sides);
    cli::print(format_args!("A: {}\nB: {}", args.first.display(), args.second.display()));

    let mut equal = vec![
        ("settings", settings::print(&sides, &pairs)),
        ("weights", weights::print(&sides, &pairs, args.tolerance)),
    ];
    if let Some(data) = &args.data {
        equal.push(("outputs", outputs::print(&sides, &pairs, &args.reading, data, args.tolerance)?));
    }
    let differ: Vec<_> = equal.into_iter().filter(|(_, equal)| !equal).map(|(name, _)| name).collect();
    match differ.as_slice() {
        [] => cli::print("\nThe models are the same"),
        _ => cli::print(format_args!("\nThe models differ: {}", differ.join(", "))),
    }
    cli::check_printed()
}

fn tolerance(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|number| *number >= 0.0).ok_or_else(|| "give a number of at least 0".into())
}
