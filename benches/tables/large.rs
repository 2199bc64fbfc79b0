//! Reads, encodes and trains for one epoch on a table with a million rows and 50 columns, and does the same with pandas,
//! scikit-learn and Keras if `KINDLING_KERAS_PYTHON` names a Python interpreter with these packages:
//!
//! ```sh
//! KERAS_BACKEND=jax KINDLING_KERAS_PYTHON=python3 cargo bench --bench large_table
//! ```
//!
//! Both sides read the same file, standardize 39 numeric columns, one-hot encode 10 categorical columns, and train a hidden
//! layer of 64 units for one epoch with a batch size of 512. They run in separate processes, alternating, three times each.
//! The output is the time in seconds without process start and imports, and the peak resident memory in MiB.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    process::Command,
    time::Instant,
};

use anyhow::{Context, ensure};
use kindling::{
    activations::{Linear, Relu},
    losses::MeanSquaredError,
    optimizers::Adam,
    prelude::*,
    tables::{ColumnTransformer, CsvOptions, Table, Target},
};
use kindling_programs::memory::peak_mb;
use rand::{RngExt, SeedableRng, rngs::StdRng};

const ROWS: usize = 1_000_000;
const NUMBERS: usize = 39;
const WORDS: usize = 10;
const ROUNDS: usize = 3;

fn main() -> anyhow::Result<()> {
    kindling_programs::memory::return_freed_soon();
    // `cargo bench` passes `--bench`.
    if let [flag, path] = std::env::args().skip(1).collect::<Vec<_>>().as_slice()
        && flag == "--train"
    {
        return train(Path::new(path));
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("large.csv");
    write(&path)?;
    for round in 1..=ROUNDS {
        let own = std::env::current_exe()?;
        println!("round {round}: kindling {}", output(Command::new(own).arg("--train").arg(&path))?);
        if let Ok(python) = std::env::var("KINDLING_KERAS_PYTHON") {
            let program = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/tables/large_keras.py");
            println!("round {round}: Keras    {}", output(Command::new(python).arg(program).arg(&path))?);
        }
    }
    Ok(std::fs::remove_file(path)?)
}

fn train(path: &Path) -> anyhow::Result<()> {
    let start = Instant::now();
    let table = Table::read_csv(path, &CsvOptions::new())?;
    let mut features = ColumnTransformer::infer(&table, "y");
    features.fit(&table)?;
    let target = Target::infer(&table.column("y")?)?;
    let samples = Samples::new(features.transform(&table)?, target.transform(&table.column("y")?)?)?;
    drop(table);
    let mut model = Sequential::new(features.feature_names().len())
        .dense(64, Relu)
        .dense(1, Linear)
        .compile(Adam::new(0.001), MeanSquaredError, ())
        .on(&backend::default_device()?)?;
    let history = model.fit(&samples, &FitOptions::new().epochs(1).batch_size(512))?;
    let loss = history.get("loss")[0];
    let seconds = start.elapsed().as_secs_f64();
    let (peak, features) = (peak_mb().unwrap_or(f64::NAN), features.feature_names().len());
    println!("{seconds:.1} s, {peak:.0} MiB, {features} features, loss {loss:.4}");
    Ok(())
}

/// Writes a table of normally distributed numbers with three decimals, categories, and a target that depends on four columns.
fn write(path: &Path) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut random = StdRng::seed_from_u64(0);
    let names =
        (0..NUMBERS).map(|index| format!("n{index}")).chain((0..WORDS).map(|index| format!("w{index}")));
    writeln!(file, "{},y", names.collect::<Vec<_>>().join(","))?;
    for _ in 0..ROWS {
        let numbers: [f64; NUMBERS] = std::array::from_fn(|_| {
            // The sum of twelve uniform numbers is approximately normal.
            (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
        });
        let words: [u8; WORDS] = std::array::from_fn(|_| random.random_range(0..8));
        for number in numbers {
            write!(file, "{number:.3},")?;
        }
        for word in words {
            write!(file, "word{word},")?;
        }
        let y = numbers[0] * 2.0 + numbers[1] * numbers[2] + f64::from(words[0]);
        writeln!(file, "{y:.3}")?;
    }
    Ok(file.flush()?)
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}
