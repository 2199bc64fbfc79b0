//! Predictions of a saved model for files.

mod raw;
mod table;

use std::{io::Write, path::PathBuf};

use anyhow::{Context, ensure};
use clap::Parser;
use kindling::{backend, data::files::write_whole, models::keras_file::KerasFile, prelude::*};
use kindling_programs::cli;
use kindling_tools::{InputArgs, model_file, training::Pipeline};

/// Predicts with a saved model, and prints a line of comma-separated values for each sample
#[derive(Parser)]
#[command(name = "predict")]
struct Args {
    /// Model: a .keras file, or the directory of a run
    #[arg(long, value_name = "FILE|DIR")]
    model: PathBuf,
    /// Samples: raw rows as a .csv file, for a model of train_csv; .txt or .csv files for train_texts; .png or .jpg images for train_images. For other models: .npy and .npz arrays [samples, ...], .csv tables with a row of numbers for each sample, .png or .jpg images
    #[arg(required_unless_present = "texts", value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// Text to predict for, with a model of train_texts
    #[arg(long = "text", value_name = "TEXT")]
    texts: Vec<String>,
    #[command(flatten)]
    reading: InputArgs,
    /// Say for each row of a table, or each text, which columns or words contributed most: by how much the number, or the probability of the predicted class, is larger than with the column's mean in training, or without the word
    #[arg(long)]
    explain: bool,
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
    if let Some(pipeline) = predictor.attachment::<Pipeline>(Pipeline::NAME)? {
        args.reading.check_unused()?;
        return write(&args, |output| raw::predict(&args, &predictor, &pipeline, output));
    }
    ensure!(
        !args.explain,
        "--explain needs a model of train_csv or train_texts, which knows its columns or words"
    );
    ensure!(args.texts.is_empty(), "--text needs a model of train_texts, which knows its words");
    let inputs = args.reading.read(&args.inputs, predictor.network())?;
    let meaning = table::Meaning::of(predictor.network(), keras_file.compile_config());
    let predictions = predictor.predict(&inputs.samples)?;
    let infinite = predictions.iter::<f32>().filter(|value| !value.is_finite()).count();
    if infinite > 0 {
        cli::print_error(format_args!(
            "warning: {infinite} predicted values are not finite: the model's weights or the inputs are too large"
        ));
    }
    write(&args, |output| {
        table::write(output, &inputs.places, &predictions, meaning)?;
        Ok(inputs.places.len())
    })
}

/// Writes predictions, whose number `lines` returns, to --out or to standard output. The file appears whole or not at all.
fn write(args: &Args, lines: impl FnOnce(&mut dyn Write) -> anyhow::Result<usize>) -> anyhow::Result<()> {
    let mut text = Vec::new();
    let count = lines(&mut text)?;
    let Some(path) = &args.out else {
        let mut output = std::io::stdout().lock();
        return match output.write_all(&text).and_then(|()| output.flush()) {
            // A reader that stops early, such as `head`, is no failure.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(error).context("cannot write to standard output")
            }
            _ => Ok(()),
        };
    };
    write_whole(path, |file| file.write_all(&text))
        .with_context(|| format!("cannot write {}", path.display()))?;
    cli::print(format_args!("Wrote {count} predictions to {}", path.display()));
    Ok(())
}
