//! An epoch of the book's first network, beside Keras' where a Python with Keras is named:
//!
//! ```sh
//! KINDLING_DATA_DIR=FOLDER KINDLING_KERAS_PYTHON=python3 cargo bench --bench mnist
//! ```
//!
//! Both sides train four epochs in turn, three times; the first epoch of each is left out (Keras compiles in it).
//! `KERAS_BACKEND` chooses Keras' backend. Without data in the folder, both train on the bundled sample's number of
//! digits.

use std::process::Command;

use kindling::{
    losses::SparseCategoricalCrossentropy, metrics::Accuracy, networks, optimizers::RmsProp, prelude::*,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EPOCHS: usize = 4;
const ROUNDS: usize = 3;

fn main() -> anyhow::Result<()> {
    let mnist = mnist::load(&DataOptions::from_env().quiet())?;
    let source = mnist.source;
    let train = mnist.train.reshape(784)?;
    println!("{} digits from {source}", train.len());
    let python = std::env::var("KINDLING_KERAS_PYTHON").ok();
    for round in 1..=ROUNDS {
        let own = median(own_epochs(&train)?);
        print!("round {round}: {own:.3} s an epoch");
        match &python {
            Some(python) => {
                let keras = median(keras_epochs(python, train.len())?);
                println!(", Keras {keras:.3} s, ratio {:.2}", own / keras);
            }
            None => println!(),
        }
    }
    Ok(())
}

fn own_epochs(train: &Samples) -> anyhow::Result<Vec<f64>> {
    let compiling =
        networks::mnist(512).compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy]);
    let mut model = compiling.on(&backend::default_device()?)?;
    let history = model.fit(train, &FitOptions::new().epochs(EPOCHS).batch_size(128))?;
    Ok(history.epoch_seconds().to_vec())
}

/// Keras' epochs on as many random images: what they show does not change the time.
fn keras_epochs(python: &str, samples: usize) -> anyhow::Result<Vec<f64>> {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/mnist_keras.py");
    let output = Command::new(python).args([program, &samples.to_string(), &EPOCHS.to_string()]).output()?;
    anyhow::ensure!(output.status.success(), "{python}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The median without the first.
fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.remove(0);
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
