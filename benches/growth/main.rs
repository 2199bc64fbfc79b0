//! Measures how the time and memory of an epoch scale with the data: the 16-16-1 IMDB network on synthetic reviews.
//!
//! ```sh
//! cargo bench --locked --bench growth
//! ```
//!
//! The base size is that of IMDB: 25,000 reviews and 10,000 words. The number of reviews and the vocabulary size are
//! multiplied separately by 1, 4, 16 and 64. Each size gets newly generated reviews that use its whole vocabulary, and runs in
//! a separate process. The largest has 1.6 million reviews and needs about 3.5 GiB while they are generated; `--base` sets a
//! smaller base size.
//!
//! `size` measures one size; `report` prints the table and draws the charts.

#[path = "../common/mod.rs"]
mod common;
mod report;
mod size;

use std::{path::PathBuf, process::Command};

use anyhow::Context;
use clap::Parser;

use self::size::Size;

/// The multiples of the base size.
const TIMES: [usize; 4] = [1, 4, 16, 64];

/// Measure how the time and memory of an epoch scale with the data
#[derive(Parser)]
struct Args {
    /// Smallest number of reviews; the largest is 64 times this number
    #[arg(long, default_value_t = 25_000, value_parser = clap::value_parser!(u32).range(512..=1_000_000))]
    base: u32,
    /// Smallest vocabulary size; the largest is 64 times this number
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=200_000))]
    words: u32,
    /// Number of epochs per size; the first one is not measured
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(2..))]
    epochs: u32,
    /// Directory for the results
    #[arg(long, default_value = "target/kindling/growth")]
    out: PathBuf,
    /// For child processes: the number of reviews and the vocabulary size.
    #[arg(long, hide = true, num_args = 2)]
    measure: Option<Vec<usize>>,
    /// Passed by `cargo bench`; ignored.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    kindling_programs::memory::return_freed_soon();
    let args = Args::parse();
    if let Some([samples, words]) = args.measure.as_deref() {
        let measured = Size { samples: *samples, words: *words }.measure(args.epochs as usize)?;
        println!("{}", serde_json::Value::Object(measured));
        return Ok(());
    }
    common::create(&args.out)?;
    let (samples, words) = (args.base as usize, args.words as usize);
    let growing_samples = TIMES.map(|times| Size { samples: samples * times, words });
    let growing_words = TIMES.map(|times| Size { samples, words: words * times });
    let mut rows = Vec::new();
    // The base size is in both lists.
    for size in growing_samples.iter().chain(&growing_words[1..]) {
        println!("{} reviews, {} words", size.samples, size.words);
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--measure", &size.samples.to_string(), &size.words.to_string()]);
        command.args(["--epochs", &args.epochs.to_string()]);
        let remedy =
            || format!("cannot measure {} reviews: if memory is short, give a smaller --base", size.samples);
        rows.push((*size, common::measure(&mut command).with_context(remedy)?));
    }
    report::write(&rows, growing_samples, growing_words, &args.out)
}
