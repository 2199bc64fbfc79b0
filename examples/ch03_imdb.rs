//! Section 3.4: the sentiment of film reviews, positive or negative. Expect a test accuracy of about 0.885 with `--final`.

use kindling::{
    data::{PadOptions, TextOptions, Texts},
    evaluation::Verdict,
    losses::BinaryCrossentropy,
    metrics::Accuracy,
    networks,
    optimizers::RmsProp,
    plots::history_chart,
    prelude::*,
};
use kindling_programs::cli::{self, Data, Defaults, Run, TrainingArgs};

/// Classifies film reviews as positive or negative, as in section 3.4 of "Deep Learning with Python"
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    training: TrainingArgs,
    /// Train on all training reviews, 4 epochs, instead of holding out 10,000
    #[arg(long = "final")]
    finally: bool,
    /// Train on the last 200 words of each review through an embedding, instead of multi-hot vectors
    #[arg(long)]
    embedding: bool,
    /// Score this review; may be given more than once
    #[arg(long)]
    text: Vec<String>,
}

/// Size of the vocabulary: the most frequent words.
const WORDS: usize = 10_000;
/// Length that reviews are padded to for the embedding: their last words.
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
    let mut run = Run::start(defaults.example, &args.common.run)?;

    // The data: reviews as lists of word ids, 1 for a good one, 0 for a bad one.
    let imdb = args.common.load(|options| imdb::load(&TextOptions::new().num_words(WORDS), options))?;
    let index = args.common.load(|options| imdb::word_index(imdb.source, options))?;
    let first_review = index.decode(imdb.train.sequences.get(0).unwrap_or_default());

    // As vectors of zeros and ones, a place for each word; or as rows of ids, padded to one length.
    let vectorize = |texts: &Texts| match embedding {
        true => texts.padded(&PadOptions::new().maxlen(STEPS)),
        false => texts.multi_hot(WORDS),
    };
    // Free the lists of ids as soon as they are encoded: they are large.
    let train = vectorize(&imdb.train)?;
    drop(imdb.train);
    let test = vectorize(&imdb.test)?;
    drop(imdb.test);
    let held_out = if finally { 0 } else { 10_000 };
    let (validation, partial) = (train.slice(0..held_out), train.slice(held_out..train.len()));
    let data =
        Data { dataset: "imdb", source: imdb.source, train_samples: partial.len(), test_samples: test.len() };
    run.loaded(data);
    run.name_features(&args, || (0..WORDS as u32).map(|id| index.decode(&[id])));
    run.say(format_args!("\nThe first review:\n{first_review}\n"));

    // The network: two small hidden layers, and the probability that a review is good.
    let network = match embedding {
        true => networks::imdb_embedding(WORDS, STEPS, 8),
        false => networks::imdb(WORDS, 16),
    };
    let mut model = network
        .compile(RmsProp::new(args.learning_rate), BinaryCrossentropy::default(), [Accuracy])
        .seed(args.common.run.seed)
        .on(run.device())?;
    run.say(model.summary());

    let mut fit =
        FitOptions::new().epochs(args.epochs).batch_size(args.batch_size).verbose(!args.common.run.quiet);
    if !finally {
        fit = fit.validation_data(&validation);
    }
    let history = run.fit(&args, &mut model, &partial, &fit)?;
    let result = model.evaluate(&test)?;
    for figure in ["loss", "accuracy"] {
        history_chart(&history, figure).caption(run.caption(&data)).save(run.files(), figure)?;
    }

    // Reviews of one's own: the verdict, and the words that weighed most.
    for text in &texts {
        let Verdict { predictions, words, .. } = Verdict::on(&model, &index.encode(text, WORDS), vectorize)?;
        run.say(format_args!("\n{text}\ngood with probability {:.3}", predictions[0]));
        for (id, weight) in words.iter().take(5) {
            run.say(format_args!("  {weight:+.3} {}", index.decode(&[*id])));
        }
    }
    run.finish(&args, data, &model, &history, &result)
}
