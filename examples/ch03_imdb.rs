//! Section 3.4: film reviews, praise or blame. Expect a test accuracy of about 0.885 with `--final`.

use kindling::{
    cli::{self, Data, Defaults, Run, TrainingArgs},
    prelude::*,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Tells good reviews from bad ones, as in section 3.4 of "Deep Learning with Python"
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    training: TrainingArgs,
    /// Trains on all training reviews, 4 epochs, in place of holding 10,000 out
    #[arg(long = "final")]
    finally: bool,
    /// A review of your own to score; may come more than once
    #[arg(long)]
    text: Vec<String>,
}

/// Words that are told apart: the commonest ones.
const WORDS: usize = 10_000;

fn main() -> anyhow::Result<()> {
    let defaults = Defaults {
        example: "ch03_imdb",
        epochs: 20,
        batch_size: 512,
        learning_rate: 0.001,
        finally: Some((4, 512)),
    };
    let Args { training: args, finally, text: texts } = cli::parse(defaults);
    let mut run = Run::start(defaults.example, &args)?;

    // The data: reviews as lists of word ids, 1 for a good one, 0 for a bad one.
    let options = args.data_options();
    let imdb = imdb::load(&TextOptions::new().num_words(WORDS), &options)?;
    let index = imdb::word_index(imdb.source, &options)?;
    let train = imdb.train.multi_hot(WORDS)?;
    let test = imdb.test.multi_hot(WORDS)?;
    let held_out = if finally { 0 } else { 10_000 };
    let (validation, partial) = (train.slice(0..held_out), train.slice(held_out..train.len()));
    let data =
        Data { dataset: "imdb", source: imdb.source, train_samples: partial.len(), test_samples: test.len() };
    run.loaded(data, imdb.notice.as_deref());
    run.say(format_args!(
        "\nThe first review:\n{}\n",
        index.decode(imdb.train.sequences.get(0).unwrap_or_default())
    ));
    // The ids have become places of ones; the lists themselves have done their duty.
    let (source, caption) = (
        imdb.source,
        match imdb.source {
            Source::Synthetic => "synthetic reviews, not IMDB",
            _ => "",
        },
    );
    drop(imdb);

    // The network: two small hidden layers, and the probability that a review is good.
    let optimizer = RmsProp { learning_rate: args.learning_rate, ..RmsProp::default() };
    let network = networks::ImdbConfig::new();
    let mut model = network.compile(run.device(), args.seed, optimizer, BinaryCrossentropy, [Accuracy])?;

    let mut fit = FitOptions::new().epochs(args.epochs).batch_size(args.batch_size).verbose(!args.quiet);
    if !finally {
        fit = fit.validation_data(&validation);
    }
    let history = model.fit(&partial, fit)?;
    let result = model.evaluate(&test)?;
    for figure in ["loss", "accuracy"] {
        history_chart(&history, figure).caption(caption).save(run.out(), figure)?;
    }

    for text in &texts {
        let ids = index.encode(text, WORDS);
        let column = Column::multi_hot([ids.as_slice()], WORDS)?;
        let score: f32 = model.predict(&Samples::with_columns(vec![column], vec![])?)?.iter::<f32>().sum();
        let note = if source == Source::Synthetic { ", by synthetic reviews" } else { "" };
        run.say(format_args!("\n{text}\ngood with probability {score:.3}{note}"));
        for (id, weight) in word_weights(&model, &ids, WORDS, 0)?.into_iter().take(5) {
            run.say(format_args!("  {weight:+.3} {}", index.decode(&[id])));
        }
    }
    run.finish(data, &model, &history, &result)
}
