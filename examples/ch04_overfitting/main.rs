//! Section 4.4: overfitting, and the remedies: smaller networks, weight penalties, dropout. Expect the validation loss of the
//! large network to rise first and to end highest (0.81). The small network, L1 and L2 penalties and dropout 0.5 end below the
//! original (0.64), and dropout has the lowest minimum (0.28).

mod claims;
mod dropout;
mod weights;

use anyhow::ensure;
use kindling::{
    activations::{Relu, Sigmoid},
    data::TextOptions,
    experiments::{Experiment, VariantResult},
    layers::Dense,
    losses::BinaryCrossentropy,
    metrics::Accuracy,
    models::Regularizer,
    optimizers::RmsProp,
    prelude::*,
};
use kindling_programs::{
    cli::DevicesArgs,
    program::{Defaults, Program},
};
use serde_json::{Map, Value, json};

use weights::KeptWeights;

#[derive(clap::Args)]
struct Flags {
    /// Number of seeds to train each network with, counted from --seed; figures are means and standard deviations
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1000))]
    seeds: u16,
    /// The devices for training the networks.
    #[command(flatten)]
    devices: DevicesArgs,
}

/// Size of the vocabulary: the most frequent words.
const WORDS: usize = 10_000;

/// The section's plots: name, title, and the networks that each compares.
const QUESTIONS: [(&str, &str, &[&str]); 3] = [
    ("size", "Validation loss by network size", &["original", "4 units", "512 units"]),
    ("penalties", "Validation loss by weight penalty", &["original", "L2", "L1", "L1 and L2"]),
    (
        "dropout",
        "Validation loss by dropout rate",
        &["original", "dropout 0.2", "dropout 0.35", "dropout 0.5"],
    ),
];

fn main() -> anyhow::Result<()> {
    let about = "Compare network sizes, weight penalties and dropout on film reviews, as in section 4.4 of \"Deep Learning with Python\"";
    let (mut run, Flags { seeds, devices }) =
        Program::new("ch04_overfitting", about).start_training::<Flags>(Defaults::default())?;
    ensure!(
        !run.args.recording.record,
        "--record is for programs that train one network: this one trains several"
    );
    let devices = devices.open(&run.args.common.run.backend)?;

    // Reviews as vectors of zeros and ones. As in the book, all 25,000 training reviews are used for training and the test
    // reviews for validation. The curves are the result, so no final test is needed.
    let imdb = run.load("imdb", |options| imdb::load(&TextOptions::new().num_words(WORDS), options))?;
    let source = imdb.source;
    let (train, validation) = (imdb.train.multi_hot(WORDS)?, imdb.test.multi_hot(WORDS)?);
    // Free the lists of ids: they are large.
    drop((imdb.train, imdb.test));
    run.say("Validated on the test reviews, as in the book. Validation losses exclude weight penalties; in Keras, they include them.");

    // The network of section 3.4, and variants with one change each.
    let none = Regularizer::default();
    let networks = [
        ("original", network(16, none, 0.0)),
        ("4 units", network(4, none, 0.0)),
        ("512 units", network(512, none, 0.0)),
        ("L2", network(16, Regularizer::l2(weights::FACTOR), 0.0)),
        ("L1", network(16, Regularizer::l1(weights::FACTOR), 0.0)),
        ("L1 and L2", network(16, Regularizer::l1_l2(weights::FACTOR, weights::FACTOR), 0.0)),
        ("dropout 0.2", network(16, none, 0.2)),
        ("dropout 0.35", network(16, none, 0.35)),
        ("dropout 0.5", network(16, none, 0.5)),
    ];

    // Each network trained in the same way, from the same seeds.
    let (learning_rate, kept) = (run.args.learning_rate, KeptWeights::of_seed(run.seed()));
    let options = FitOptions::new().epochs(run.args.epochs).batch_size(run.args.batch_size);
    let mut experiment = Experiment::new(&train, &validation, &options)
        .seeds((0..u64::from(seeds)).map(|offset| run.seed().wrapping_add(offset)))
        .callbacks(|variant, seed| {
            let backup = run.backup(&run.args.checkpoints, &format!("{variant}-{seed}"));
            vec![kept.callback(variant, seed), Box::new(backup)]
        })
        .on_finished(|training| {
            let (variant, seed, epochs) = (training.variant, training.seed, training.history.epochs());
            let seconds = training.history.epoch_seconds().iter().sum::<f64>();
            let last = training.history.get("val_loss").last().copied().unwrap_or(f64::NAN);
            run.say(format_args!(
                "{variant}, seed {seed}: {epochs} epochs, {seconds:.1}s - val_loss: {last:.4}"
            ));
        });
    let trainings = networks.len() * usize::from(seeds);
    run.say(format_args!("{trainings} trainings: {} networks, --seeds {seeds}", networks.len()));
    for (name, network) in networks {
        experiment = experiment.variant(name, move |seed, device| {
            let optimizer = RmsProp::new(learning_rate);
            network.compile(optimizer, BinaryCrossentropy::default(), [Accuracy]).seed(seed).on(device)
        });
    }
    let comparison = run.trainings(|| experiment.run(&devices))?;
    run.say(format_args!("\n{comparison}\n"));

    // Validation losses for each plot, and the training loss of each network size.
    let seeds_after = if seeds > 1 { format!(" and the {} after it", seeds - 1) } else { String::new() };
    let caption = format!("{}{seeds_after}; validated on the test reviews", run.caption());
    for (file, title, names) in QUESTIONS {
        let chart = comparison.select(names)?.chart("val_loss");
        chart.title(title).caption(&caption).save(run.files(), file)?;
    }
    let sizes = comparison.select(QUESTIONS[0].2)?.chart("loss");
    sizes.title("Training loss by network size").caption(&caption).save(run.files(), "size_training")?;
    weights::show(&mut run, &comparison, &kept, &caption)?;
    dropout::show(&mut run)?;
    claims::check(&mut run, &comparison, source)?;

    run.record("train_samples", train.len());
    run.record("validation_samples", validation.len());
    run.record("epochs", run.args.epochs);
    run.record("batch_size", run.args.batch_size);
    run.record("learning_rate", run.args.learning_rate);
    run.record("seeds", seeds);
    let figures = comparison.variants().iter().map(|variant| (variant.name.clone(), figures(variant)));
    run.record("variants", figures.collect::<Map<_, _>>());

    let ends =
        comparison.variants().iter().filter_map(|variant| Some((variant.last("val_loss")?, &variant.name)));
    let ends: Vec<String> = ends.map(|(loss, name)| format!("{name} {loss:.4}")).collect();
    run.conclude(format_args!(
        "Validation loss after {} epochs, {} test reviews: {}",
        run.args.epochs,
        validation.len(),
        ends.join(", "),
    ))
}

/// Returns a network with two hidden layers and a sigmoid output, with optional weight penalties and dropout.
fn network(units: usize, penalty: Regularizer, dropout: f64) -> Sequential {
    let hidden = Dense::new(units).activation(Relu).kernel_regularizer(penalty);
    let layers = (0..2).fold(Sequential::new(WORDS), |layers, _| {
        let layers = layers.layer(hidden.clone());
        if dropout > 0.0 { layers.dropout(dropout) } else { layers }
    });
    layers.dense(1, Sigmoid)
}

/// Returns the figures of a network for `result.json`: means over the seeds.
fn figures(variant: &VariantResult) -> Value {
    let (loss, accuracy) = (variant.best("val_loss"), variant.best("val_accuracy"));
    json!({
        "parameters": variant.parameters,
        "seconds": variant.seconds(),
        "best_epoch": loss.map(|best| best.epoch),
        "best_val_loss": loss.map(|best| best.value),
        "last_val_loss": variant.last("val_loss"),
        "best_val_accuracy": accuracy.map(|best| best.value),
        "last_val_accuracy": variant.last("val_accuracy"),
        "val_loss": variant.mean_curve("val_loss"),
        "val_loss_deviation": variant.deviation_curve("val_loss"),
    })
}
