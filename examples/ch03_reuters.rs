//! Section 3.5: newswires of 46 topics. Expect a test accuracy of about 0.79 with `--final`.

use kindling::{
    activations::*,
    data::{TextOptions, WordIndex},
    evaluation::{Verdict, random_accuracy},
    losses::{CategoricalCrossentropy, Loss, SparseCategoricalCrossentropy},
    metrics::Accuracy,
    models::{IntoPart, Part},
    optimizers::RmsProp,
    prelude::*,
};
use kindling_programs::{
    cli::{self, Run, TrainingArgs},
    pictures,
    program::*,
};

#[derive(clap::Args)]
struct Flags {
    /// Train on all training newswires for 9 epochs, instead of holding out 1,000 for validation
    #[arg(long = "final")]
    finally: bool,
    /// Encode the topics as one-hot vectors instead of integers
    #[arg(long)]
    one_hot: bool,
    /// Units of the second hidden layer in the network with a bottleneck; ignored with --final
    #[arg(long, value_name = "UNITS", default_value_t = 4, value_parser = cli::at_least_one)]
    bottleneck: usize,
    /// Classify this newswire; may be given more than once
    #[arg(long = "text", value_name = "TEXT")]
    texts: Vec<String>,
}

/// Size of the vocabulary: the most frequent words.
const WORDS: usize = 10_000;
/// Epochs after which both encodings of the labels are compared.
const COMPARED: usize = 3;
/// Topics in the picture: the most frequent ones.
const TOPICS: usize = 20;

fn main() -> anyhow::Result<()> {
    let about = "Classify newswires by topic, as in section 3.5 of \"Deep Learning with Python\"";
    let defaults = Defaults { finally: Some((9, 512)), ..Defaults::default() };
    let (mut run, flags) = Program::new("ch03_reuters", about).start_training::<Flags>(defaults)?;

    // Newswires as lists of word ids, each with one of 46 topics, which become vectors of zeros and ones.
    let reuters =
        run.load("reuters", |options| reuters::load(&TextOptions::new().num_words(WORDS), options))?;
    let index = run.args.common.load(|options| reuters::word_index(reuters.source, options))?;
    run.name_features(|| (0..WORDS as u32).map(|id| index.decode(&[id])));
    let (train, test) = (reuters.train.multi_hot(WORDS)?, reuters.test.multi_hot(WORDS)?);
    let topic = reuters.train.labels.first().map_or("?", |label| reuters::LABEL_NAMES[*label as usize]);
    let first = index.decode(reuters.train.sequences.get(0).unwrap_or_default());
    run.say(format_args!("\nThe first newswire, on {topic}:\n{first}\n"));

    // Two hidden layers that are wide enough for 46 topics, and a probability for each of them.
    let build = |units: usize, labels: Labels| {
        Sequential::new(WORDS)
            .dense(64, Relu)
            .dense(units, Relu)
            .dense(reuters::CLASSES, Softmax)
            .compile(RmsProp::new(run.args.learning_rate), labels.loss(), [Accuracy])
            .seed(run.seed())
            .on(run.device())
    };
    let labels = if flags.one_hot { Labels::OneHot } else { Labels::Integers };
    let held_out = if flags.finally { 0 } else { 1000 };
    let parts = |labels: Labels| {
        let train = labels.encode(&train)?;
        anyhow::Ok((train.slice(held_out..train.len()), train.slice(0..held_out)))
    };
    let (partial, validation) = parts(labels)?;
    let options = match flags.finally {
        true => run.fit_options(),
        false => run.fit_options().validation_data(&validation),
    };
    let mut model = build(64, labels)?;
    run.say(model.summary());
    let history = run.fit(&mut model, &partial, &options)?;
    let result = model.evaluate(&labels.encode(&test)?)?;
    pictures::history(&run, &history)?;

    // The other encoding of the labels, for the first epochs: the same network, samples and order.
    let (samples, _) = parts(labels.other())?;
    let mut other = build(64, labels.other())?;
    let short = run.fit_options().epochs(COMPARED.min(history.epochs())).verbose(false);
    let mut backup = run.backup(&run.args.checkpoints, "other-labels");
    let compared = run.trainings(|| other.fit_with(&samples, &short, &mut [&mut backup]))?;
    let difference = show_labels(&run, &reuters.train.labels, labels, &history, &compared)?;

    // The same network with a bottleneck: information that the narrow layer drops is lost to all later layers.
    let mut narrow = None;
    if !flags.finally {
        run.say(format_args!("\nWith {} units in the second hidden layer:", flags.bottleneck));
        let mut backup = run.backup(&run.args.checkpoints, "bottleneck");
        let mut model = build(flags.bottleneck, labels)?;
        narrow = Some(run.trainings(|| model.fit_with(&partial, &options, &mut [&mut backup]))?);
    }

    for text in &flags.texts {
        classify(&run, &model, &index, text)?;
    }

    // Random guesses with the frequencies of the topics: the shuffled test labels as predictions.
    let guessed = random_accuracy(&reuters.test.labels, run.seed());
    run.say(format_args!("\nRandom guesses: accuracy {guessed:.4}"));
    run.record("random_accuracy", guessed);
    run.record("encodings_difference", difference);
    let rare = pictures::accuracy_by_class(&run, &model, &test, &reuters::LABEL_NAMES, TOPICS)?;
    match narrow {
        Some(narrow) => bottleneck(&mut run, &history, &narrow, flags.bottleneck)?,
        None => run.takeaway(format_args!(
            "The test accuracy is {:.3}; random guesses have {guessed:.3}. On topics that are not among the {TOPICS} most \
             frequent, the accuracy is {rare:.3}: there are few newswires to learn them from. Try --one-hot: another encoding \
             of the labels gives the same accuracy.",
            result.require("accuracy")?
        )),
    }
    run.finish(&model, &history, &result)
}

/// The two ways to encode topics, each with its loss.
#[derive(Clone, Copy, PartialEq)]
enum Labels {
    Integers,
    OneHot,
}

impl Labels {
    fn encode(self, samples: &Samples) -> anyhow::Result<Samples> {
        Ok(match self {
            Self::Integers => samples.clone(),
            Self::OneHot => samples.to_categorical(reuters::CLASSES)?,
        })
    }

    fn loss(self) -> Part<dyn Loss> {
        match self {
            Self::Integers => SparseCategoricalCrossentropy.into_part(),
            Self::OneHot => CategoricalCrossentropy::default().into_part(),
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Integers => Self::OneHot,
            Self::OneHot => Self::Integers,
        }
    }
}

/// Shows a label in both encodings, and the losses of the epochs with each of them. Returns their largest difference.
fn show_labels(
    run: &Run<TrainingArgs>,
    topics: &[i32],
    labels: Labels,
    own: &History,
    other: &History,
) -> anyhow::Result<f64> {
    let first = topics.get(..1).unwrap_or_default();
    let one_hot: Vec<u8> = kindling::data::to_categorical(first, reuters::CLASSES)?.iter().collect();
    let (integers, vectors) = match labels {
        Labels::Integers => (own, other),
        Labels::OneHot => (other, own),
    };
    run.say(format_args!(
        "\nThe first label as an integer, for {}:\n{first:?}",
        Labels::Integers.loss().name()
    ));
    run.say(format_args!("As a one-hot vector, for {}:\n{one_hot:?}", Labels::OneHot.loss().name()));
    let mut largest = 0.0_f64;
    for (epoch, (one, two)) in (1..).zip(integers.get("loss").iter().zip(vectors.get("loss"))) {
        let difference = (one - two).abs();
        largest = largest.max(difference);
        run.say(format_args!("Epoch {epoch}: loss {one:.6} with integers, {two:.6} with one-hot vectors"));
    }
    run.say(format_args!("Largest difference: {largest:.1e}"));
    Ok(largest)
}

/// Prints the most probable topic of a text, and the words that changed its probability most.
fn classify(run: &Run<TrainingArgs>, model: &Model, index: &WordIndex, text: &str) -> anyhow::Result<()> {
    let verdict = Verdict::on(model, &index.encode(text, WORDS), |texts| texts.multi_hot(WORDS))?;
    let (topic, probability) = (verdict.likeliest, verdict.predictions[verdict.likeliest]);
    run.say(format_args!("\n{text}\n{} with probability {probability:.3}", reuters::LABEL_NAMES[topic]));
    for (id, weight) in verdict.words.iter().take(5) {
        run.say(format_args!("  {weight:+.3} {}", index.decode(&[*id])));
    }
    Ok(())
}

/// Draws and records the effect of the bottleneck.
fn bottleneck(
    run: &mut Run<TrainingArgs>,
    wide: &History,
    narrow: &History,
    units: usize,
) -> anyhow::Result<()> {
    let best = |history: &History| history.best("val_accuracy").map_or(f64::NAN, |best| best.value);
    let (wide_best, narrow_best) = (best(wide), best(narrow));
    let narrow_name = format!("{units} units");
    pictures::compared(
        run,
        "bottleneck",
        "Reuters with and without a bottleneck",
        "val_accuracy",
        &[("64 units", wide), (&narrow_name, narrow)],
    )?;
    let lost = 100.0 * (wide_best - narrow_best);
    run.say(format_args!("Best validation accuracy {wide_best:.4}, with the bottleneck {narrow_best:.4}"));
    run.takeaway(format_args!(
        "With {units} units in the second hidden layer the best validation accuracy is {narrow_best:.3} instead of \
         {wide_best:.3}, a drop of {lost:.1} percentage points. The last layer gets only these {units} numbers for each \
         newswire, and has to distinguish 46 topics. Try --bottleneck {}: expect a smaller drop.",
        4 * units
    ));
    run.record("best_val_accuracy", wide_best);
    run.record("bottleneck_best_val_accuracy", narrow_best);
    Ok(())
}
