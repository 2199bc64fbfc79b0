//! Trains the same networks on all compiled-in backends, and prints a table of their speed and agreement.
//!
//! ```sh
//! cargo run --release --features ndarray,wgpu --example backends
//! ```

use clap::Parser;
use kindling::{
    data::TextOptions,
    losses::{BinaryCrossentropy, Loss, SparseCategoricalCrossentropy},
    metrics::Accuracy,
    models::{IntoPart, Part, SequentialNetwork},
    networks,
    optimizers::RmsProp,
    prelude::*,
};
use kindling_programs::cli::{self, DataArgs};

/// Train the networks of sections 2.1 and 3.4 on each backend and compare them
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// Backends to compare, the reference first [default: all compiled-in backends except remote]
    #[arg(long, value_name = "NAME[:INDEX],..", value_delimiter = ',')]
    backends: Vec<String>,
    /// Number of passes over the training data
    #[arg(long, default_value_t = 2, value_parser = cli::at_least_one)]
    epochs: usize,
    /// Seed of all random numbers
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Number of steps whose losses are compared.
const COMPARED: usize = 100;

/// One of the two trainings.
struct Task {
    name: &'static str,
    network: Sequential,
    loss: Part<dyn Loss>,
    batch_size: usize,
    train: Samples,
    test: Samples,
}

fn main() -> anyhow::Result<()> {
    let args: Args = cli::parse_alone();
    let backends = match args.backends.as_slice() {
        [] => backend::compiled_in().filter(|name| *name != "remote").map(String::from).collect(),
        names => names.to_vec(),
    };
    let tasks = [mnist_task(&args)?, imdb_task(&args)?];

    cli::print(format_args!(
        "\n| backend | task | seconds per epoch | test accuracy | maximum relative difference of the first {COMPARED} losses |"
    ));
    cli::print("| --- | --- | ---: | ---: | ---: |");
    for task in &tasks {
        let mut reference = None;
        for name in &backends {
            let device = cli::device(name)?;
            let losses = task.losses(&device, args.seed)?;
            let reference = reference.get_or_insert_with(|| losses.clone());
            let apart = losses.iter().zip(reference).map(|(loss, other)| (loss - *other).abs() / other.abs());
            let apart = apart.fold(0.0, f64::max);

            let mut model = task.model(&device, args.seed)?;
            let options = FitOptions::new().epochs(args.epochs).batch_size(task.batch_size);
            let history = model.fit(&task.train, &options)?;
            // Use the fastest epoch, because the first one may compile kernels.
            let fastest = history.epoch_seconds().iter().copied().fold(f64::INFINITY, f64::min);
            let accuracy = model.evaluate(&task.test)?.require("accuracy")?;
            cli::print(format_args!(
                "| {name} | {} | {fastest:.2} | {accuracy:.4} | {apart:.1e} |",
                task.name
            ));
        }
    }
    Ok(())
}

fn mnist_task(args: &Args) -> anyhow::Result<Task> {
    let mnist = args.data.load(mnist::load)?;
    cli::print(format_args!("mnist from {}, {} training samples", mnist.source, mnist.train.len()));
    Ok(Task {
        name: "mnist",
        network: networks::mnist(512),
        loss: SparseCategoricalCrossentropy.into_part(),
        batch_size: 128,
        train: mnist.train.reshape(28 * 28)?,
        test: mnist.test.reshape(28 * 28)?,
    })
}

fn imdb_task(args: &Args) -> anyhow::Result<Task> {
    let words = 10_000;
    let imdb = args.data.load(|options| imdb::load(&TextOptions::new().num_words(words), options))?;
    cli::print(format_args!("imdb from {}, {} training samples", imdb.source, imdb.train.len()));
    Ok(Task {
        name: "imdb",
        network: networks::imdb(words, 16),
        loss: BinaryCrossentropy::default().into_part(),
        batch_size: 512,
        train: imdb.train.multi_hot(words)?,
        test: imdb.test.multi_hot(words)?,
    })
}

impl Task {
    fn model(&self, device: &Device, seed: u64) -> anyhow::Result<Model<SequentialNetwork>> {
        let compiling = self.network.compile(RmsProp::default(), self.loss.clone(), [Accuracy]);
        Ok(compiling.seed(seed).on(device)?)
    }

    /// Returns the losses of the first steps, with batches in the order of the samples.
    fn losses(&self, device: &Device, seed: u64) -> anyhow::Result<Vec<f64>> {
        let mut model = self.model(device, seed)?;
        let batch_size = self.batch_size.min(self.train.len());
        let batches = self.train.len() / batch_size;
        let loss = |step: usize| {
            let start = step % batches * batch_size;
            Ok(model.train_on_batch(&self.train.slice(start..start + batch_size))?.require("loss")?)
        };
        (0..COMPARED).map(loss).collect()
    }
}
