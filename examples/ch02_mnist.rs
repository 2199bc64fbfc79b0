//! Section 2.1: a first look at a neural network. Expect a test accuracy of about 0.98 after 5 epochs.

use kindling::{
    activations::{Relu, Softmax},
    evaluation::{Mistake, confusion_matrix, most_confident_mistakes},
    losses::SparseCategoricalCrossentropy,
    metrics::Accuracy,
    optimizers::RmsProp,
    plots::{ConfusionChart, ImageSheet, Tile, history_chart},
    prelude::*,
};
use kindling_programs::cli::{self, Data, Defaults, Run, TrainingArgs};

/// Learns to read handwritten digits, as in section 2.1 of "Deep Learning with Python"
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    training: TrainingArgs,
}

fn main() -> anyhow::Result<()> {
    let defaults =
        Defaults { example: "ch02_mnist", epochs: 5, batch_size: 128, learning_rate: 0.001, finally: None };
    let Args { training: args } = cli::parse(defaults);
    let mut run = Run::start(defaults.example, &args.common.run)?;

    // The data: images of 28 x 28 pixels, and the digit that each one shows.
    let mnist = args.common.load(mnist::load)?;
    let data = Data {
        dataset: "mnist",
        source: mnist.source,
        train_samples: mnist.train.len(),
        test_samples: mnist.test.len(),
    };
    run.loaded(data);

    // Each image as one row of 784 numbers between 0 and 1.
    let train = mnist.train.reshape(28 * 28)?;
    let test = mnist.test.reshape(28 * 28)?;

    // The network: two dense layers. The last one gives ten probabilities that add up to one.
    let network = Sequential::new(28 * 28).dense(512, Relu).dense(10, Softmax);

    // What it is trained with: an optimizer, a loss, and a metric to watch.
    let mut model = network
        .compile(RmsProp::new(args.learning_rate), SparseCategoricalCrossentropy, [Accuracy])
        .seed(args.common.run.seed)
        .on(run.device())?;
    run.say(model.summary());

    // The training. The test digits are watched for the curves; nothing is decided by them.
    let options = FitOptions::new().epochs(args.epochs).batch_size(args.batch_size);
    let history =
        run.fit(&args, &mut model, &train, &options.validation_data(&test).verbose(!args.common.run.quiet))?;
    let result = model.evaluate(&test)?;

    // The plots: the course of training, the confusion matrix, and the most confident mistakes.
    let caption = run.caption(&data);
    for figure in ["loss", "accuracy"] {
        history_chart(&history, figure).caption(&caption).save(run.files(), figure)?;
    }
    let labels = test.classes().unwrap_or_default();
    let predictions = model.predict(&test)?;
    let digits: Vec<String> = (0..10).map(|digit| digit.to_string()).collect();
    let counts = confusion_matrix(&labels, &predictions)?;
    ConfusionChart::new("Digits and what they were read as", &digits, &counts)
        .caption(&caption)
        .save(run.files(), "confusion")?;
    let mistakes = most_confident_mistakes(&labels, &predictions, 20)?;
    let tiles = mistakes.iter().map(|mistake| tile(&test, mistake)).collect::<Vec<_>>();
    ImageSheet::new("Most confidently misread digits", &tiles, 5)
        .caption(&caption)
        .save(run.files(), "misread")?;

    run.finish(&args, data, &model, &history, &result)
}

/// The image of a misread digit, captioned with its class and the predicted one.
fn tile(test: &Samples, mistake: &Mistake) -> Tile {
    let Mistake { sample, actual, predicted, confidence } = mistake;
    let pixels = test.slice(*sample..sample + 1).input().iter().collect();
    Tile { pixels, width: 28, height: 28, caption: format!("{actual} as {predicted}, {confidence:.3}") }
}
