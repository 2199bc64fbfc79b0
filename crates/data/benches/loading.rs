//! Benchmark of loading and encoding the book's data sets: time and peak memory.
//!
//! ```text
//! KINDLING_DATA_DIR=directory cargo bench -p kindling-data --bench loading [-- name]
//! ```
//!
//! Each data set is loaded in a separate process, so that none reuses memory that another one has freed. Without a
//! directory, the bundled and synthetic data sets are loaded.

use std::{env, error::Error, hint::black_box, process::Command, time::Instant};

use kindling_data::{
    DataChoice, DataOptions, SplitOptions, TextOptions, boston_housing, imdb, mnist, reuters,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Number of times that each data set is loaded.
const REPETITIONS: usize = 9;

const WORDS: usize = 10_000;

type Load = fn(&DataOptions) -> Result<(), Box<dyn Error>>;

const DATASETS: [(&str, Load); 4] = [
    ("imdb", |options| {
        let imdb = imdb::load(&TextOptions::new().num_words(WORDS), options)?;
        black_box(imdb::word_index(imdb.source, options)?);
        black_box((imdb.train.multi_hot(WORDS)?, imdb.test.multi_hot(WORDS)?));
        Ok(())
    }),
    ("reuters", |options| {
        let reuters = reuters::load(&TextOptions::new().num_words(WORDS), options)?;
        black_box(reuters::word_index(reuters.source, options)?);
        black_box((reuters.train.multi_hot(WORDS)?, reuters.test.multi_hot(WORDS)?));
        Ok(())
    }),
    ("mnist", |options| {
        black_box(mnist::load(options)?);
        Ok(())
    }),
    ("boston_housing", |options| {
        black_box(boston_housing::load(&SplitOptions::new(), options)?);
        Ok(())
    }),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut options = DataOptions::from_env().quiet();
    if env::var_os("KINDLING_DATA_DIR").is_none() {
        options = options.choice(DataChoice::Bundled);
    }
    let names: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if let Some(name) = env::var_os("KINDLING_BENCH_ONE") {
        return match DATASETS.iter().find(|(known, _)| name == *known) {
            Some((name, load)) => measure(name, || load(&options)),
            None => Err("KINDLING_BENCH_ONE is not the name of a data set".into()),
        };
    }
    for (name, _) in DATASETS.iter().filter(|(name, _)| names.is_empty() || names.iter().any(|n| n == name)) {
        Command::new(env::current_exe()?).env("KINDLING_BENCH_ONE", name).status()?;
    }
    Ok(())
}

/// Prints the time of the first load, the median time of all loads, and the peak memory after the first load.
fn measure(name: &str, load: impl Fn() -> Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let mut seconds = Vec::with_capacity(REPETITIONS);
    let mut peak = None;
    for _ in 0..REPETITIONS {
        let start = Instant::now();
        load()?;
        seconds.push(start.elapsed().as_secs_f64());
        peak = peak.or_else(peak_memory);
    }
    let first = seconds[0];
    seconds.sort_by(f64::total_cmp);
    let median = seconds[REPETITIONS / 2];
    let peak = peak.map_or("unknown".into(), |peak| format!("{peak:.1} MiB"));
    println!("{name:15} first {:6.1} ms, median {:6.1} ms, peak {peak}", first * 1e3, median * 1e3);
    Ok(())
}

/// Returns the peak resident memory of this process in MiB, or `None` on systems other than Linux.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}
