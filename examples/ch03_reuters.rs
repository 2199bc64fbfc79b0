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
    /// Units of the second hidden layer; 4 make the section's bottleneck
    #[arg(long, default_value_t = 64)]
    second_units: usize,
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
    let Args { training: args, finally, second_units, text: texts } = cli::parse(defaults);
    let mut run = Run::start(defaults.example, &args)?;

    // The data: newswires as lists of word ids, each with one of 46 topics.
    let options = args.data_options();
    let reuters = reuters::load(&TextOptions::new().num_words(WORDS), &options)?;
    let index = reuters::word_index(reuters.source, &options)?;
    let train = reuters.train.multi_hot(WORDS)?;
    let test = reuters.test.multi_hot(WORDS)?;
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

    // The network: two hidden layers wide enough for 46 topics, and a probability for each of them.
    let network = networks::ReutersConfig::new().with_second_units(second_units);
    let optimizer = RmsProp { learning_rate: args.learning_rate, ..RmsProp::default() };
    let mut model =
        network.compile(run.device(), args.seed, optimizer, SparseCategoricalCrossentropy, [Accuracy])?;

    let mut fit = FitOptions::new().epochs(args.epochs).batch_size(args.batch_size).verbose(!args.quiet);
    if !finally {
        fit = fit.validation_data(&validation);
    }
    let history = model.fit(&partial, fit)?;
    let result = model.evaluate(&test)?;
    for figure in ["loss", "accuracy"] {
        history_chart(&history, figure).save(run.out(), figure)?;
    }

    // What guessing would give: the test labels against themselves, shuffled.
    let labels = &reuters.test.labels;
    let order = kindling::data::random::epoch_order(args.seed, 0, labels.len());
    let hits = order.iter().zip(labels).filter(|(other, label)| labels[**other] == **label).count();
    run.say(format_args!("Random guesses: accuracy {:.4}", hits as f64 / labels.len() as f64));

    for text in &texts {
        let ids = index.encode(text, WORDS);
        let column = Column::multi_hot([ids.as_slice()], WORDS)?;
        let probabilities: Vec<f32> =
            model.predict(&Samples::with_columns(vec![column], vec![])?)?.iter().collect();
        let likeliest =
            (0..probabilities.len()).max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
        let topic = likeliest.unwrap_or_default();
        run.say(format_args!("\n{text}\n{} ({:.3})", reuters::LABEL_NAMES[topic], probabilities[topic]));
        for (id, weight) in word_weights(&model, &ids, WORDS, topic)?.into_iter().take(5) {
            run.say(format_args!("  {weight:+.3} {}", index.decode(&[id])));
        }
    }
    run.finish(data, &model, &history, &result)
}
