//! Trains on texts of several classes: from a directory or a table to a model, a report, and figures to compare with.

use clap::{Parser, ValueEnum};
use kindling_programs::cli::{self, Run};
use kindling_tools::{
    texts::{self, TextOptions},
    training::{self, TrainingArgs, config::Candidate, search::Clock},
};

/// Trains networks on texts, chooses one, tests it once, and compares it with a constant and a linear model
///
/// A directory has one subdirectory of .txt files for each class; a table has a column of texts and one of labels.
#[derive(Parser)]
#[command(name = "train_texts")]
struct Args {
    /// Column of the texts, in a .csv file [default: the one of free text]
    #[arg(long, value_name = "COLUMN")]
    text: Option<String>,
    /// How words are given to the network
    #[arg(long, value_enum, default_value_t = Encoding::MultiHot)]
    encoding: Encoding,
    /// Number of words, the most frequent ones, those for padding and unknown words included
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, value_parser = at_least_three)]
    max_tokens: usize,
    /// Words of a text that an embedding reads; the rest is cut off
    #[arg(long, value_name = "WORDS", default_value_t = 256, value_parser = cli::at_least_one)]
    length: usize,
    /// Length of an embedding's vectors
    #[arg(long, default_value_t = 32, value_parser = cli::at_least_one)]
    dimensions: usize,
    #[command(flatten)]
    training: TrainingArgs,
}

/// How words are given to a network.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Encoding {
    /// A vector with a one for each word of the text
    MultiHot,
    /// The mean of the words' trained vectors
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
    let TrainingArgs { data, run, .. } = &args.training;
    let clock = Clock::start(config.time_limit);
    let dataset = texts::read(data, &options, &config, run.seed)?;
    training::run(&mut Run::start("train_texts", run)?, &dataset, &clock, &args.training.name(), &run.backend)
}

/// Parses a number of ids that leaves one for a word.
fn at_least_three(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| (3..=1_000_000).contains(number))
        .ok_or_else(|| "give 3 to 1,000,000".into())
}
