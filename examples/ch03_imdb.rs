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
    /// Reads the last 200 words of a review through an embedding, in place of which words it has
    #[arg(long)]
    embedding: bool,
    /// A review of your own to score; may come more than once
    #[arg(long)]
    text: Vec<String>,
}

/// Words that are told apart: the commonest ones.
const WORDS: usize = 10_000;
/// Words of a review that an embedding sees: the last ones.
const STEPS: usize = 200;

fn main() -> anyhow::Result<()> {
    let defaults = Defaults {
        example: "ch03_imdb",
        epochs: 20,
        batch_size: 512,
        learning_rate: 0.001,
        finally: Some((4, 512)),
    };
    let Args { training: args, finally, embedding, text: texts } = cli::parse(defaults);
    let mut run = Run::start(defaults.example, &args.common)?;

    // The data: reviews as lists of word ids, 1 for a good one, 0 for a bad one.
    let options = args.common.data_options();
    let imdb = imdb::load(&TextOptions::new().num_words(WORDS), &options)?;
    let index = imdb::word_index(imdb.source, &options)?;
    let first_review = index.decode(imdb.train.sequences.get(0).unwrap_or_default());

    // As vectors of zeros and ones, a place for each word; or as rows of ids, padded to one length.
    let vectorise = |texts: &Texts| match embedding {
        true => texts.padded(&PadOptions::new().maxlen(STEPS)),
        false => texts.multi_hot(WORDS),
    };
    let (train, test) = (vectorise(&imdb.train)?, vectorise(&imdb.test)?);
    // The lists have done their duty, and are large.
    drop((imdb.train, imdb.test));
    let held_out = if finally { 0 } else { 10_000 };
    let (validation, partial) = (train.slice(0..held_out), train.slice(held_out..train.len()));
    let data =
        Data { dataset: "imdb", source: imdb.source, train_samples: partial.len(), test_samples: test.len() };
    run.loaded(data, imdb.notice.as_deref());
    run.say(format_args!("\nThe first review:\n{first_review}\n"));

    // The network: two small hidden layers, and the probability that a review is good.
    let network = match embedding {
        true => networks::ImdbEmbeddingConfig::new().with_words(WORDS).with_steps(STEPS).sequential(),
        false => networks::ImdbConfig::new().with_words(WORDS).sequential(),
    };
    run.say(network.summary()?);
    let optimizer = RmsProp { learning_rate: args.learning_rate, ..RmsProp::default() };
    let mut model =
        network.compile(run.device(), args.common.seed, optimizer, BinaryCrossentropy, [Accuracy])?;

    let mut fit =
        FitOptions::new().epochs(args.epochs).batch_size(args.batch_size).verbose(!args.common.quiet);
    if !finally {
        fit = fit.validation_data(&validation);
    }
    let history = model.fit(&partial, fit)?;
    let result = model.evaluate(&test)?;
    for figure in ["loss", "accuracy"] {
        history_chart(&history, figure).caption(run.caption(&data)).save(run.out(), figure)?;
    }

    // Reviews of one's own: the verdict, and the words that weighed most.
    for text in &texts {
        let Verdict { predictions, words, .. } = Verdict::on(&model, &index.encode(text, WORDS), vectorise)?;
        run.say(format_args!("\n{text}\ngood with probability {:.3}", predictions[0]));
        for (id, weight) in words.iter().take(5) {
            run.say(format_args!("  {weight:+.3} {}", index.decode(&[*id])));
        }
    }
    run.finish(&args, data, &model, &history, &result)
}
