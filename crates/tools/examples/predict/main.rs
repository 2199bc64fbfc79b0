//! Predicts with a saved model for files.

mod raw;
mod table;

use std::{io::Write, path::PathBuf};

use anyhow::{Context, ensure};
use clap::Parser;
use kindling::{backend, data::files::write_whole, models::keras_file::KerasFile, prelude::*};
use kindling_programs::cli;
use kindling_tools::{InputArgs, model_file, training::Pipeline};

/// Predict with a saved model and print one CSV line per sample
#[derive(Parser)]
#[command(name = "predict")]
struct Args {
    /// Model: a .keras file or a run directory
    #[arg(long, value_name = "FILE|DIR")]
    model: PathBuf,
    /// Input files. For models of train_csv: .csv files with raw rows; of train_texts: .txt or .csv files; of train_images: .png or .jpg images. For all other models: .npy or .npz arrays [samples, ...], .csv tables with one row of numbers per sample, .png or .jpg images
    #[arg(required_unless_present = "texts", value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// Text to predict for (models of train_texts only; can be repeated)
    #[arg(long = "text", value_name = "TEXT")]
    texts: Vec<String>,
    #[command(flatten)]
    reading: InputArgs,
    /// Add an explanation: the columns or words that contributed most to each prediction. A contribution is the change of the predicted number, or of the predicted class's probability, when the column is replaced by its training mean, or the word is removed
    #[arg(long)]
    explain: bool,
    /// Write the predictions to this file instead of standard output; an existing file is replaced
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
            "--out would overwrite an input file ({}): choose another file",
            out.display()
        );
    }
    let keras_file = KerasFile::read(&file)?;
    let predictor = Predictor::from_file(&keras_file, &cli::device(&args.backend)?)?;
    if let Some(pipeline) = Pipeline::of(&predictor)? {
        args.reading.check_unused()?;
        return write(&args, |output| raw::predict(&args, &predictor, &pipeline, output));
    }
    ensure!(!args.explain, "--explain requires a model of train_csv or train_texts: leave it out");
    ensure!(args.texts.is_empty(), "--text requires a model of train_texts: give input files instead");
    let inputs = args.reading.read(&args.inputs, predictor.network())?;
    let meaning = table::Meaning::of(predictor.network(), keras_file.compile_config());
    let predictions = predictor.predict(&inputs.samples)?;
    let infinite = predictions.iter::<f32>().filter(|value| !value.is_finite()).count();
    if infinite > 0 {
        cli::print_error(format_args!(
            "warning: {infinite} predicted values are NaN or infinite: the model's weights or the inputs are too large"
        ));
    }
    write(&args, |output| {
        table::write(output, &inputs.places, &predictions, meaning)?;
        Ok(inputs.places.len())
    })
}

/// Writes predictions to --out or to standard output. `lines` writes them and returns their number. The file is written
/// atomically.
fn write(args: &Args, lines: impl FnOnce(&mut dyn Write) -> anyhow::Result<usize>) -> anyhow::Result<()> {
    let mut text = Vec::new();
    let count = lines(&mut text)?;
    let Some(path) = &args.out else {
        let mut output = std::io::stdout().lock();
        return match output.write_all(&text).and_then(|()| output.flush()) {
            // A reader that closes the pipe early, such as `head`, is not an error.
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
