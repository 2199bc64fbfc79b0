//! Section 3.5: newswires of 46 topics. Expect a test accuracy of about 0.78 with `--final`.

use kindling::{
    cli::{self, Data, Defaults, Run, TrainingArgs},
    prelude::*,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Tells the topics of newswires, as in section 3.5 of "Deep Learning with Python"
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    training: TrainingArgs,
    /// Trains on all training newswires, 9 epochs, in place of holding 1,000 out
    #[arg(long = "final")]
    finally: bool,
    /// Gives the topics as one-hot vectors in place of integers
    #[arg(long)]
    one_hot: bool,
    /// Units of the second hidden layer of the network that shows a bottleneck; not with --final
    #[arg(long, value_name = "UNITS", default_value_t = 4, value_parser = cli::at_least_one)]
    bottleneck: usize,
    /// A newswire of your own to name the topic of; may come more than once
    #[arg(long)]
    text: Vec<String>,
}

/// Words that are told apart: the commonest ones.
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
    let mut run = Run::start(defaults.example, &args.common)?;

    // The data: newswires as lists of word ids, each with one of 46 topics.
    let options = args.common.data_options();
    let reuters = reuters::load(&TextOptions::new().num_words(WORDS), &options)?;
    let index = reuters::word_index(reuters.source, &options)?;
    let vectorise = |texts: &Texts| texts.multi_hot(WORDS);
    let (mut train, mut test) = (vectorise(&reuters.train)?, vectorise(&reuters.test)?);

    // Two ways to give topics, with a loss each; what comes of them is the same.
    let mut loss = SparseCategoricalCrossentropy;
    if one_hot {
        (train, test) = (train.to_categorical(reuters::CLASSES)?, test.to_categorical(reuters::CLASSES)?);
        loss = CategoricalCrossentropy;
    }
    let held_out = if finally { 0 } else { 1000 };
    let (validation, partial) = (train.slice(0..held_out), train.slice(held_out..train.len()));
    let data = Data {
        dataset: "reuters",
        source: reuters.source,
        train_samples: partial.len(),
        test_samples: test.len(),
    };
    run.loaded(data, reuters.notice.as_deref());
    let first = reuters.train.sequences.get(0).unwrap_or_default();
    let topic = reuters.train.labels.first().map_or("?", |label| reuters::LABEL_NAMES[*label as usize]);
    run.say(format_args!("\nThe first newswire, on {topic}:\n{}\n", index.decode(first)));

    // What guessing would give: the test labels against themselves, shuffled.
    let guessed = random_accuracy(&reuters.test.labels, args.common.seed);
    run.say(format_args!("Random guesses: accuracy {guessed:.4}"));
    run.record("random_accuracy", guessed);

    // The network: two hidden layers wide enough for 46 topics, and a probability for each of them.
    let network = networks::ReutersConfig::new().with_words(WORDS);
    run.say(network.sequential().summary()?);
    let train_one = |network: networks::ReutersConfig| {
        let optimizer = RmsProp { learning_rate: args.learning_rate, ..RmsProp::default() };
        let mut model = network.compile(run.device(), args.common.seed, optimizer, loss, [Accuracy])?;
        let fit =
            FitOptions::new().epochs(args.epochs).batch_size(args.batch_size).verbose(!args.common.quiet);
        let fit = if finally { fit } else { fit.validation_data(&validation) };
        let history = model.fit(&partial, fit)?;
        anyhow::Ok((model, history))
    };
    let (model, history) = train_one(network.clone())?;
    let result = model.evaluate(&test)?;
    for figure in ["loss", "accuracy"] {
        history_chart(&history, figure).caption(run.caption(&data)).save(run.out(), figure)?;
    }

    // A layer narrower than the topics are many is a bottleneck: what it drops, no later layer gets back.
    if !finally {
        run.say(format_args!("\nWith {bottleneck} units in the second layer:"));
        let (_, narrow) = train_one(network.with_second_units(bottleneck))?;
        let best = |history: &History| history.get("val_accuracy").iter().copied().fold(0.0, f64::max);
        let (wide_best, narrow_best) = (best(&history), best(&narrow));
        run.say(format_args!(
            "Best validation accuracy {wide_best:.4}, with the bottleneck {narrow_best:.4}"
        ));
        Chart::new("Validation accuracy with and without a bottleneck")
            .axes("Epochs", "Validation accuracy")
            .line("64 units", history.get("val_accuracy"))
            .line(format!("{bottleneck} units"), narrow.get("val_accuracy"))
            .caption(run.caption(&data))
            .save(run.out(), "bottleneck")?;
        run.record("best_val_accuracy", wide_best);
        run.record("bottleneck_best_val_accuracy", narrow_best);
    }

    // Newswires of one's own: the likeliest topic, and the words that weighed most.
    for text in &texts {
        let verdict = Verdict::on(&model, &index.encode(text, WORDS), vectorise)?;
        let (topic, probability) = (verdict.likeliest, verdict.predictions[verdict.likeliest]);
        run.say(format_args!("\n{text}\n{} with probability {probability:.3}", reuters::LABEL_NAMES[topic]));
        for (id, weight) in verdict.words.iter().take(5) {
            run.say(format_args!("  {weight:+.3} {}", index.decode(&[*id])));
        }
    }
    run.finish(&args, data, &model, &history, &result)
}
