//! Time and memory of an epoch as data grows: the 16-16-1 network of IMDB on synthetic reviews.
//!
//! ```sh
//! cargo bench --locked --bench growth
//! ```
//!
//! Starting from IMDB's size, 25,000 reviews and 10,000 words, the number of reviews and the number of words grow
//! separately: once, 4, 16 and 64 times. The reviews of a size are generated anew with all of its words in use, so that
//! nothing is repeated. Each size runs in a process of its own. The largest holds 1.6 million reviews and needs about 3.5 GiB
//! while they are generated; `--base` sets a smaller number to start from.
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

/// The sizes, in multiples of the base.
const TIMES: [usize; 4] = [1, 4, 16, 64];

/// Measures time and memory of an epoch as data grows
#[derive(Parser)]
struct Args {
    /// Number of reviews to start from; the largest number is 64 times as high
    #[arg(long, default_value_t = 25_000, value_parser = clap::value_parser!(u32).range(512..=1_000_000))]
    base: u32,
    /// Number of words to start from; the largest number is 64 times as high
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=200_000))]
    words: u32,
    /// Number of passes over the reviews of each size; the first one is left out
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(2..))]
    epochs: u32,
    /// Directory for the results
    #[arg(long, default_value = "target/kindling/growth")]
    out: PathBuf,
    /// Of the processes that this program starts: the numbers of reviews and words.
    #[arg(long, hide = true, num_args = 2)]
    measure: Option<Vec<usize>>,
    /// `cargo bench` gives this flag.
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
    // The base belongs to both.
    for size in growing_samples.iter().chain(&growing_words[1..]) {
        println!("{} reviews, {} words", size.samples, size.words);
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--measure", &size.samples.to_string(), &size.words.to_string()]);
        command.args(["--epochs", &args.epochs.to_string()]);
        let remedy = || {
            format!("{} reviews cannot be measured: if memory is short, give a smaller --base", size.samples)
        };
        rows.push((*size, common::measure(&mut command).with_context(remedy)?));
    }
    report::write(&rows, growing_samples, growing_words, &args.out)
}
