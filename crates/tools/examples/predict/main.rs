//! Predictions of a saved model for files.

mod table;

use std::{io::Write, path::PathBuf};

use anyhow::{Context, ensure};
use clap::Parser;
use kindling::{backend, data::files::write_whole, models::keras_file::KerasFile, prelude::*};
use kindling_programs::cli;
use kindling_tools::{InputArgs, model_file};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Predicts with a saved model, and prints a line of comma-separated values for each sample
#[derive(Parser)]
#[command(name = "predict")]
struct Args {
    /// Model: a .keras file, or the directory of a run
    #[arg(long, value_name = "FILE|DIR")]
    model: PathBuf,
    /// Samples: .npy and .npz arrays [samples, ...], .csv tables with a row of numbers for each sample, .png images
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    reading: InputArgs,
    /// Write the predictions to a file, which is replaced, instead of to standard output
    #[arg(long, value_name = "FILE.csv")]
    out: Option<PathBuf>,
    /// Compute backend
    #[arg(long, value_name = "NAME[:INDEX]", default_value_t = backend::default_name())]
    backend: String,
}

fn main() -> anyhow::Result<()> {
    let args: Args = cli::parse_alone();
    let file = model_file(&args.model)?;
    if let Some(out) = &args.out {
        let read = |path: &PathBuf| {
            path.canonicalize().ok().is_some_and(|path| out.canonicalize().ok() == Some(path))
        };
        ensure!(
            !read(&file) && !args.inputs.iter().any(read),
            "{} is read: choose another --out",
            out.display()
        );
    }
    let keras_file = KerasFile::read(&file)?;
    let predictor = Predictor::from_file(&keras_file, &cli::device(&args.backend)?)?;
    let inputs = args.reading.read(&args.inputs, predictor.network())?;
    let meaning = table::Meaning::of(predictor.network(), keras_file.compile_config());
    let predictions = predictor.predict(&inputs.samples)?;
    let infinite = predictions.iter::<f32>().filter(|value| !value.is_finite()).count();
    if infinite > 0 {
        eprintln!(
            "warning: {infinite} predicted values are not finite: the model's weights or the inputs are too large"
        );
    }
    match &args.out {
        Some(path) => {
            write_whole(path, |file| table::write(file, &inputs.places, &predictions, meaning))
                .with_context(|| format!("cannot write {}", path.display()))?;
            println!("Wrote {} predictions to {}", inputs.places.len(), path.display());
        }
        None => {
            let mut output = std::io::stdout().lock();
            let written = table::write(&mut output, &inputs.places, &predictions, meaning)
                .and_then(|()| output.flush());
            // A reader that stops early, such as `head`, is no failure.
            if let Err(error) = written
                && error.kind() != std::io::ErrorKind::BrokenPipe
            {
                return Err(error).context("cannot write to standard output");
            }
        }
    }
    Ok(())
}
