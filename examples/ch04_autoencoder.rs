//! Section 4.1: four branches of machine learning, and a small autoencoder on MNIST. Expect a mean squared error of about
//! 0.013 with the bundled digits (the average digit has 0.067), and reconstructions that one can read.
//!
//! *Supervised* learning maps inputs to targets that people have given: all other programs here. *Self-supervised*
//! learning does the same with targets that the inputs themselves hold, so that nobody has to label anything: an
//! autoencoder is asked for its own input, and since the way there leads through a few numbers, those come to hold what
//! matters in it. *Unsupervised* learning has no targets at all; it looks for structure, such as groups or main
//! directions. *Reinforcement* learning has an agent whose actions earn rewards, and looks for actions that earn more.

use kindling::{
    activations::Relu,
    losses::{BinaryCrossentropy, Task},
    metrics::Mse,
    optimizers::Adam,
    plots::{ImageSheet, Tile, history_chart},
    prelude::*,
    preprocessing::StandardScaler,
};
use kindling_programs::cli::{self, Data, Defaults, Run, TrainingArgs};

/// Compresses handwritten digits to a few numbers and restores them, as the self-supervised case of section 4.1
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    training: TrainingArgs,
    /// Numbers that a digit of 784 pixels is compressed to
    #[arg(long, value_name = "NUMBERS", default_value_t = 32, value_parser = cli::at_least_one)]
    bottleneck: usize,
}

/// Pixels of a digit.
const PIXELS: usize = 28 * 28;

/// Digits that are drawn.
const DRAWN: usize = 10;

fn main() -> anyhow::Result<()> {
    let defaults = Defaults {
        example: "ch04_autoencoder",
        epochs: 20,
        batch_size: 128,
        learning_rate: 0.001,
        finally: None,
    };
    let Args { training: args, bottleneck } = cli::parse(defaults);
    let mut run = Run::start(defaults.example, &args.common.run)?;

    // The data: digits as inputs, and the same digits as targets. Their labels play no part.
    let mnist = args.common.load(mnist::load)?;
    let (train, test) = (own_targets(mnist.train)?, own_targets(mnist.test)?);
    let data =
        Data { dataset: "mnist", source: mnist.source, train_samples: train.len(), test_samples: test.len() };
    run.loaded(data);

    // The network: an encoder down to the bottleneck, a decoder back to pixels between 0 and 1.
    let network =
        Sequential::new(PIXELS).dense(bottleneck, Relu).dense(PIXELS, Task::UnitRegression.activation());
    let mut model = network
        .compile(Adam::new(args.learning_rate), BinaryCrossentropy::default(), [Mse])
        .seed(args.common.run.seed)
        .on(run.device())?;
    run.say(model.summary());
    let options = FitOptions::new().epochs(args.epochs).batch_size(args.batch_size);
    let history =
        run.fit(&args, &mut model, &train, &options.validation_data(&test).verbose(!args.common.run.quiet))?;
    let result = model.evaluate(&test)?;

    // The naive baseline: the average digit for every input.
    let average = average_error(&train, &test)?;
    let error = result.require("mse")?;
    run.say(format_args!("Mean squared error {error:.4}, of the average digit {average:.4}"));
    run.record("bottleneck", bottleneck);
    run.record("average_digit_mse", average);

    let caption = run.caption(&data);
    history_chart(&history, "loss").caption(&caption).save(run.files(), "loss")?;
    let drawn = test.slice(0..DRAWN);
    let originals = drawn.input();
    let reconstructions = model.predict(&drawn)?;
    let rows = [(originals, "original"), (reconstructions, "reconstructed")];
    let tiles: Vec<Tile> = rows
        .iter()
        .flat_map(|(images, caption)| {
            let image = |digit: usize| images.iter().skip(digit * PIXELS).take(PIXELS).collect();
            (0..DRAWN).map(move |digit| Tile {
                pixels: image(digit),
                width: 28,
                height: 28,
                caption: (*caption).into(),
            })
        })
        .collect();
    let title = format!("Test digits, and what {bottleneck} numbers keep of them");
    ImageSheet::new(&title, &tiles, DRAWN).caption(&caption).save(run.files(), "reconstructions")?;
    run.finish(&args, data, &model, &history, &result)
}

/// Digits as rows of pixels, each its own target.
fn own_targets(digits: Samples) -> anyhow::Result<Samples> {
    let pixels = digits.reshape(PIXELS)?.inputs()[0].clone();
    Ok(Samples::new(pixels.clone(), pixels)?)
}

/// The mean squared error of `test` when every pixel is predicted by its mean over training digits.
fn average_error(train: &Samples, test: &Samples) -> anyhow::Result<f64> {
    let scaler = StandardScaler::fit(&train.slice(0..10_000).input())?;
    let (pixels, means) = (test.input(), scaler.mean().iter().cycle());
    let errors = pixels.iter::<f64>().zip(means).map(|(pixel, mean)| (pixel - mean).powi(2));
    Ok(errors.sum::<f64>() / (test.len() * PIXELS) as f64)
}
