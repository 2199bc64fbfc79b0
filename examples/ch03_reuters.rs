//! Section 3.5: newswires of 46 topics. Expect a test accuracy of about 0.78 with `--final`.

use kindling::{
    data::{TextOptions, Texts},
    evaluation::{Verdict, random_accuracy},
    losses::{CategoricalCrossentropy, Loss, SparseCategoricalCrossentropy},
    metrics::Accuracy,
    models::{IntoPart, Part},
    networks,
    optimizers::RmsProp,
    plots::{Chart, history_chart},
    prelude::*,
};
use kindling_programs::cli::{self, Data, Defaults, Run, TrainingArgs};

/// Classifies newswires by topic, as in section 3.5 of "Deep Learning with Python"
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    training: TrainingArgs,
    /// Train on all training newswires, 9 epochs, instead of holding out 1,000
    #[arg(long = "final")]
    finally: bool,
    /// Encode the topics as one-hot vectors instead of integers
    #[arg(long)]
    one_hot: bool,
    /// Units of the second hidden layer in the network with a bottleneck; ignored with --final
    #[arg(long, value_name = "UNITS", default_value_t = 4, value_parser = cli::at_least_one)]
    bottleneck: usize,
    /// Classify this newswire; may be given more than once
    #[arg(long)]
    text: Vec<String>,
}

/// Size of the vocabulary: the most frequent words.
const WORDS: usize = 10_000;

fn main() -> anyhow::Result<()> {
    let defaults = Defaults {
        example: "ch03_reuters",
        epochs: 20,
        batch_size: 512,
        learning_rate: 0.001,
        finally: Some((9, 512)),
    };
    let Args { training: args, finally, one_hot, bottleneck, text: texts } = cli::parse(defaults);
    let mut run = Run::start(defaults.example, &args.common.run)?;

    // The data: newswires as lists of word ids, each with one of 46 topics.
    let reuters = args.common.load(|options| reuters::load(&TextOptions::new().num_words(WORDS), options))?;
    let index = args.common.load(|options| reuters::word_index(reuters.source, options))?;
    let vectorize = |texts: &Texts| texts.multi_hot(WORDS);
    let (mut train, mut test) = (vectorize(&reuters.train)?, vectorize(&reuters.test)?);

    // Two ways to encode topics, each with its loss; the results are equal.
    let mut loss: Part<dyn Loss> = SparseCategoricalCrossentropy.into_part();
    if one_hot {
        (train, test) = (train.to_categorical(reuters::CLASSES)?, test.to_categorical(reuters::CLASSES)?);
        loss = CategoricalCrossentropy::default().into_part();
    }
    let held_out = if finally { 0 } else { 1000 };
    let (validation, partial) = (train.slice(0..held_out), train.slice(held_out..train.len()));
    let data = Data {
        dataset: "reuters",
        source: reuters.source,
        train_samples: partial.len(),
        test_samples: test.len(),
    };
    run.loaded(data);
    run.name_features(&args, || (0..WORDS as u32).map(|id| index.decode(&[id])));
    let first = reuters.train.sequences.get(0).unwrap_or_default();
    let topic = reuters.train.labels.first().map_or("?", |label| reuters::LABEL_NAMES[*label as usize]);
    run.say(format_args!("\nThe first newswire, on {topic}:\n{}\n", index.decode(first)));

    // The accuracy of guessing: the test labels against themselves, shuffled.
    let guessed = random_accuracy(&reuters.test.labels, args.common.run.seed);
    run.say(format_args!("Random guesses: accuracy {guessed:.4}"));
    run.record("random_accuracy", guessed);

    // The network: two hidden layers wide enough for 46 topics, and a probability for each of them.
    let compile = |units| {
        networks::reuters(WORDS, units)
            .compile(RmsProp::new(args.learning_rate), loss.clone(), [Accuracy])
            .seed(args.common.run.seed)
            .on(run.device())
    };
    let fit =
        FitOptions::new().epochs(args.epochs).batch_size(args.batch_size).verbose(!args.common.run.quiet);
    let fit = if finally { fit } else { fit.validation_data(&validation) };
    let mut model = compile([64, 64])?;
    run.say(model.summary());
    let history = run.fit(&args, &mut model, &partial, &fit)?;
    let result = model.evaluate(&test)?;
    for figure in ["loss", "accuracy"] {
        history_chart(&history, figure).caption(run.caption(&data)).save(run.files(), figure)?;
    }

    // A layer with fewer units than topics is a bottleneck: later layers cannot recover the information it drops.
    if !finally {
        run.say(format_args!("\nWith {bottleneck} units in the second layer:"));
        let mut backup = run.backup(&args.checkpoints, "bottleneck");
        let narrow =
            run.trainings(|| compile([64, bottleneck])?.fit_with(&partial, &fit, &mut [&mut backup]))?;
        let best = |history: &History| history.best("val_accuracy").map_or(f64::NAN, |best| best.value);
        let (wide_best, narrow_best) = (best(&history), best(&narrow));
        run.say(format_args!(
            "Best validation accuracy {wide_best:.4}, with the bottleneck {narrow_best:.4}"
        ));
        Chart::new("Validation accuracy with and without a bottleneck")
            .axes("Epochs", "Validation accuracy")
            .line("64 units", history.get("val_accuracy"))
            .line(format!("{bottleneck} units"), narrow.get("val_accuracy"))
            .caption(run.caption(&data))
            .save(run.files(), "bottleneck")?;
        run.record("best_val_accuracy", wide_best);
        run.record("bottleneck_best_val_accuracy", narrow_best);
    }

    // Newswires of one's own: the likeliest topic, and the words that weighed most.
    for text in &texts {
        let verdict = Verdict::on(&model, &index.encode(text, WORDS), vectorize)?;
        let (topic, probability) = (verdict.likeliest, verdict.predictions[verdict.likeliest]);
        run.say(format_args!("\n{text}\n{} with probability {probability:.3}", reuters::LABEL_NAMES[topic]));
        for (id, weight) in verdict.words.iter().take(5) {
            run.say(format_args!("  {weight:+.3} {}", index.decode(&[*id])));
        }
    }
    run.finish(&args, data, &model, &history, &result)
}
