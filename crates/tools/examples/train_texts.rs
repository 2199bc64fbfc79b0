//! Trains a text classifier and writes a model, a report, and a comparison with baselines.

use clap::{Parser, ValueEnum};
use kindling_programs::cli::{self, Run};
use kindling_tools::{
    texts::{self, TextOptions},
    training::{self, TrainingArgs, config::Candidate, search::Clock},
};

/// Train networks on texts, select the best on validation data, test it once, and compare it with a constant and a linear baseline
///
/// The data is a directory with one subdirectory of .txt files per class, or a table with a column of texts and a column of labels.
#[derive(Parser)]
#[command(name = "train_texts")]
struct Args {
    /// Column of texts in the .csv file [default: the only column of free text]
    #[arg(long, value_name = "COLUMN")]
    text: Option<String>,
    /// Encoding of the words
    #[arg(long, value_enum, default_value_t = Encoding::MultiHot)]
    encoding: Encoding,
    /// Vocabulary size: the most frequent words, including the tokens for padding and unknown words
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, value_parser = at_least_three)]
    max_tokens: usize,
    /// Maximum number of words per text for an embedding; the rest is cut off
    #[arg(long, value_name = "WORDS", default_value_t = 256, value_parser = cli::at_least_one)]
    length: usize,
    /// Number of dimensions of the embedding
    #[arg(long, default_value_t = 32, value_parser = cli::at_least_one)]
    dimensions: usize,
    #[command(flatten)]
    training: TrainingArgs,
}

/// Encoding of the words.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Encoding {
    /// Multi-hot vector over the vocabulary
    MultiHot,
    /// Mean of trained word embeddings
    Embedding,
}

fn main() -> anyhow::Result<()> {
    let args: Args = cli::parse_common("train_texts");
    let Args { length, dimensions, max_tokens, .. } = args;
    let config = args.training.config(vec![
        Candidate::new(&[16], 0.5, 0.0),
        Candidate::new(&[64], 0.5, 1e-4),
        Candidate::new(&[16, 16], 0.3, 1e-3),
    ])?;
    let options = TextOptions {
        column: args.text.clone(),
        encoding: match args.encoding {
            Encoding::MultiHot => texts::Encoding::MultiHot,
            Encoding::Embedding => texts::Encoding::Embedding { length, dimensions },
        },
        max_tokens,
    };
    let TrainingArgs { data, run: flags, .. } = &args.training;
    let clock = Clock::start(config.time_limit);
    let mut run = Run::start("train_texts", flags.clone())?;
    let dataset = texts::read(data, &options, &config, flags.seed)?;
    training::run(&mut run, &dataset, &clock, &args.training.name(), &flags.backend)
}

/// Parses a vocabulary size that leaves at least one id for a word.
fn at_least_three(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| (3..=1_000_000).contains(number))
        .ok_or_else(|| "expected 3 to 1,000,000".into())
}
