//! Section 4.4: overfitting, and what helps against it. Expect the validation loss of the small, penalised and dropout
//! networks to rise later and more slowly than the original's, and that of the large one sooner and more steeply.

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
use kindling_programs::cli::{self, Data, Defaults, DevicesArgs, Run, TrainingArgs};
use serde_json::{Map, Value, json};

/// Compares network sizes, weight penalties and dropout on film reviews, as in section 4.4 of "Deep Learning with Python"
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    training: TrainingArgs,
    /// Number of seeds to train each network with, from --seed on; figures are means and deviations
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    seeds: u16,
    /// Where the networks are trained.
    #[command(flatten)]
    devices: DevicesArgs,
}

/// Size of the vocabulary: the most frequent words.
const WORDS: usize = 10_000;

/// The section's questions: a plot's name, and the networks that it compares.
const QUESTIONS: [(&str, &[&str]); 3] = [
    ("size", &["original", "4 units", "512 units"]),
    ("penalties", &["original", "L2", "L1", "L1 and L2"]),
    ("dropout", &["original", "dropout"]),
];

fn main() -> anyhow::Result<()> {
    let defaults = Defaults {
        example: "ch04_overfitting",
        epochs: 20,
        batch_size: 512,
        learning_rate: 0.001,
        finally: None,
    };
    let Args { training: args, seeds, devices } = cli::parse(defaults);
    ensure!(
        !args.recording.record,
        "--record is for programs that train one network: this one trains several"
    );
    let mut run = Run::start(defaults.example, &args.common.run)?;
    let devices = devices.open(&args.common.run.backend)?;

    // The data: reviews as vectors of zeros and ones. As in the book, all 25,000 training reviews are trained on and
    // the test reviews serve to validate: the curves are the result, so no reviews are left to test with.
    let imdb = args.common.load(|options| imdb::load(&TextOptions::new().num_words(WORDS), options))?;
    let (train, validation) = (imdb.train.multi_hot(WORDS)?, imdb.test.multi_hot(WORDS)?);
    let data = Data {
        dataset: "imdb",
        source: imdb.source,
        train_samples: train.len(),
        test_samples: validation.len(),
    };
    // Free the lists of ids: they are large.
    drop((imdb.train, imdb.test));
    run.loaded(data);
    run.say("Validated on the test reviews, as in the book. Validation losses leave weight penalties out; Keras' add them.");

    // The networks: the original of section 3.4, and what becomes of it when one thing is changed.
    let networks = [
        ("original", network(16, Regularizer::default(), 0.0)),
        ("4 units", network(4, Regularizer::default(), 0.0)),
        ("512 units", network(512, Regularizer::default(), 0.0)),
        ("L2", network(16, Regularizer::l2(0.001), 0.0)),
        ("L1", network(16, Regularizer::l1(0.001), 0.0)),
        ("L1 and L2", network(16, Regularizer::l1_l2(0.001, 0.001), 0.0)),
        ("dropout", network(16, Regularizer::default(), 0.5)),
    ];

    // The experiment: each network trained in the same way, from the same seeds.
    let options = FitOptions::new().epochs(args.epochs).batch_size(args.batch_size);
    let mut experiment = Experiment::new(&train, &validation, &options)
        .seeds((0..u64::from(seeds)).map(|offset| args.common.run.seed.wrapping_add(offset)))
        .callbacks(|variant, seed| {
            vec![Box::new(run.backup(&args.checkpoints, &format!("{variant}-{seed}")))]
        })
        .on_finished(|training| {
            let (variant, seed, epochs) = (training.variant, training.seed, training.history.epochs());
            let seconds = training.history.epoch_seconds().iter().sum::<f64>();
            let last = training.history.get("val_loss").last().copied().unwrap_or(f64::NAN);
            run.say(format_args!(
                "{variant}, seed {seed}: {epochs} epochs, {seconds:.1}s - val_loss: {last:.4}"
            ));
        });
    let learning_rate = args.learning_rate;
    for (name, network) in networks {
        experiment = experiment.variant(name, move |seed, device| {
            let optimizer = RmsProp::new(learning_rate);
            network.compile(optimizer, BinaryCrossentropy::default(), [Accuracy]).seed(seed).on(device)
        });
    }
    let comparison = run.trainings(|| experiment.run(&devices))?;
    run.say(format_args!("\n{comparison}\n"));

    // The pictures: validation losses for each question, and how well the sizes learn their training reviews by heart.
    let seeds_after = if seeds > 1 { format!(" and the {} after it", seeds - 1) } else { String::new() };
    let caption = format!("{}{seeds_after}; validated on the test reviews", run.caption(&data));
    for (question, names) in QUESTIONS {
        comparison.select(names)?.chart("val_loss").caption(&caption).save(run.files(), question)?;
    }
    let sizes = comparison.select(QUESTIONS[0].1)?;
    sizes.chart("loss").caption(&caption).save(run.files(), "size_training")?;

    run.record("dataset", data.dataset);
    run.record("data_source", data.source.to_string());
    run.record("train_samples", data.train_samples);
    run.record("validation_samples", data.test_samples);
    run.record("epochs", args.epochs);
    run.record("batch_size", args.batch_size);
    run.record("learning_rate", args.learning_rate);
    run.record("seeds", seeds);
    let figures = comparison.variants().iter().map(|variant| (variant.name.clone(), figures(variant)));
    run.record("variants", figures.collect::<Map<_, _>>());

    let ends =
        comparison.variants().iter().filter_map(|variant| Some((variant.last("val_loss")?, &variant.name)));
    let ends: Vec<String> = ends.map(|(loss, name)| format!("{name} {loss:.4}")).collect();
    run.conclude(format_args!(
        "Validation loss after {} epochs: {} ({} {} test samples from {})",
        args.epochs,
        ends.join(", "),
        data.test_samples,
        data.dataset,
        data.source
    ))
}

/// Two hidden layers of so many units and a probability, with weight penalties and dropout where they are asked for.
fn network(units: usize, penalty: Regularizer, dropout: f64) -> Sequential {
    let hidden = Dense::new(units).activation(Relu).kernel_regularizer(penalty);
    let layers = (0..2).fold(Sequential::new(WORDS), |layers, _| {
        let layers = layers.layer(hidden.clone());
        if dropout > 0.0 { layers.dropout(dropout) } else { layers }
    });
    layers.dense(1, Sigmoid)
}

/// The figures of a network in `result.json`: means over the seeds.
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
