//! Section 4.1: the four branches of machine learning, and a small autoencoder on MNIST as the self-supervised one. Expect a mean
//! squared error of about 0.010 (the average digit has 0.067), and legible reconstructions.

mod pictures;

use kindling::{
    activations::{Relu, Sigmoid},
    losses::BinaryCrossentropy,
    metrics::Mse,
    models::Weights,
    optimizers::Adam,
    prelude::*,
    preprocessing::StandardScaler,
};
use kindling_programs::{
    cli::{Run, TrainingArgs, at_least_one},
    pictures::history,
    program::{Defaults, Program},
};

#[derive(clap::Args)]
struct Flags {
    /// Size of the code that a digit of 784 pixels is compressed to
    #[arg(long, value_name = "NUMBERS", default_value_t = 32, value_parser = at_least_one)]
    bottleneck: usize,
}

const PIXELS: usize = 28 * 28;

const BRANCHES: [[&str; 3]; 4] = [
    ["Supervised", "labels given by people", "ch02_mnist, all of chapter 3"],
    ["Unsupervised", "the inputs alone: clusters, principal components", "not in the book's part one"],
    ["Self-supervised", "targets taken from the inputs themselves", "this program"],
    ["Reinforcement", "rewards for the actions of an agent", "not in the book's part one"],
];

fn main() -> anyhow::Result<()> {
    let about = "Compress handwritten digits to a few numbers and restore them, as the self-supervised case of section 4.1";
    let defaults = Defaults { epochs: 20, batch_size: 128, ..Defaults::default() };
    let (mut run, Flags { bottleneck }) = Program::new("ch04_autoencoder", about).start_training(defaults)?;
    run.say(format_args!("{:<18}{:<50}{}", "Branch", "Learns from", "Programs"));
    for [branch, from, programs] in BRANCHES {
        run.say(format_args!("{branch:<18}{from:<50}{programs}"));
    }

    // Digits as inputs, and the same digits as targets. Labels are not used for training.
    let mnist = run.load("mnist", mnist::load)?;
    let labels = mnist.test.classes().unwrap_or_default();
    let (train, test) = (own_targets(mnist.train)?, own_targets(mnist.test)?);

    // An encoder down to the bottleneck, and a decoder back to pixels between 0 and 1.
    let mut model = Sequential::new(PIXELS)
        .dense(bottleneck, Relu)
        .dense(PIXELS, Sigmoid)
        .compile(Adam::new(run.args.learning_rate), BinaryCrossentropy::default(), [Mse])
        .seed(run.seed())
        .on(run.device())?;
    run.say(model.summary());
    let history_of_fit = run.fit(&mut model, &train, &run.fit_options().validation_data(&test))?;
    let result = model.evaluate(&test)?;
    let codes = encoder(&run, &model, bottleneck)?.predict(&test)?;

    let (error, average) = (result.require("mse")?, average_error(&train, &test)?);
    run.say(format_args!(
        "Mean squared error {error:.4}; {average:.4} if every digit is restored as the average digit"
    ));
    let by_code = same_label_as_nearest(&codes, &labels);
    let by_pixels = same_label_as_nearest(&test.input(), &labels);
    run.say(format_args!(
        "The most similar of {NEIGHBORS} digits has the same label: {by_code:.3} by code, {by_pixels:.3} by pixels"
    ));
    run.record("bottleneck", bottleneck);
    run.record("average_digit_mse", average);
    run.record("same_label_by_code", by_code);
    run.record("same_label_by_pixels", by_pixels);

    history(&run, &history_of_fit)?;
    pictures::reconstructions(&run, &test, &codes, &model.predict(&test)?)?;
    pictures::codes(&run, &test, &codes, &labels)?;
    run.takeaway(format_args!(
        "Codes of {bottleneck} numbers keep {:.0}% of the variance of {PIXELS} pixels. No labels were needed, because the \
         inputs are also the targets. Still, {:.0}% of the digits have the same label as the digit with the most similar code \
         ({:.0}% if all {PIXELS} pixels are compared): a code that restores a digit also identifies it. Next: --bottleneck 2 \
         draws the codes as a map, in which classes overlap; --bottleneck 128 restores more of each digit.",
        100.0 * (1.0 - error / average),
        100.0 * by_code,
        100.0 * by_pixels,
    ));
    run.finish(&model, &history_of_fit, &result)
}

/// Returns digits as rows of pixels, with the same rows as targets.
fn own_targets(digits: Samples) -> anyhow::Result<Samples> {
    let pixels = digits.reshape(PIXELS)?.inputs()[0].clone();
    Ok(Samples::new(pixels.clone(), pixels)?)
}

/// Returns the trained first layer as a model, which predicts codes.
fn encoder(run: &Run<TrainingArgs>, model: &Model, bottleneck: usize) -> anyhow::Result<Model> {
    let network = Sequential::new(PIXELS).dense(bottleneck, Relu);
    let mut encoder = network.compile(Adam::default(), BinaryCrossentropy::default(), ()).on(run.device())?;
    let weights = model.weights()?;
    let first_layer = weights.iter().filter(|(name, _)| name.starts_with("dense."));
    let first_layer = first_layer.map(|(name, values)| (name.to_owned(), values.clone()));
    encoder.set_weights(&Weights::from_tensors(first_layer.collect()))?;
    Ok(encoder)
}

/// Returns the naive baseline: the mean squared error on `test` if each pixel is predicted as its mean over training digits.
fn average_error(train: &Samples, test: &Samples) -> anyhow::Result<f64> {
    let scaler = StandardScaler::fit(&train.slice(0..10_000).input())?;
    let (pixels, means) = (test.input(), scaler.mean().iter().cycle());
    let errors = pixels.iter::<f64>().zip(means).map(|(pixel, mean)| (pixel - mean).powi(2));
    Ok(errors.sum::<f64>() / (test.len() * PIXELS) as f64)
}

/// Number of digits that are compared with each other.
const NEIGHBORS: usize = 1000;

/// Returns the fraction of digits whose nearest other digit has the same label. `rows` has the shape `[samples, numbers]`.
fn same_label_as_nearest(rows: &TensorData, labels: &[i32]) -> f64 {
    let values: Vec<f32> = rows.iter().collect();
    let rows: Vec<&[f32]> = values.chunks_exact(rows.shape()[1]).take(NEIGHBORS).collect();
    let distance = |one: usize, other: usize| -> f32 {
        rows[one].iter().zip(rows[other]).map(|(a, b)| (a - b).powi(2)).sum()
    };
    let nearest = |one: usize| {
        let others = (0..rows.len()).filter(|other| *other != one);
        others.min_by(|a, b| distance(one, *a).total_cmp(&distance(one, *b)))
    };
    let same = (0..rows.len()).filter(|one| nearest(*one).is_some_and(|other| labels[other] == labels[*one]));
    same.count() as f64 / rows.len() as f64
}
