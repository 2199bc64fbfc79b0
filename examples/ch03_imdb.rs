//! Section 3.4: the sentiment of film reviews, positive or negative. Expect a test accuracy of about 0.885 with `--final`.

use kindling::{
    activations::*,
    data::{INDEX_FROM, PadOptions, Source, TextOptions, Texts, WordIndex},
    evaluation::Verdict,
    experiments::Baseline,
    losses::BinaryCrossentropy,
    metrics::Accuracy,
    optimizers::RmsProp,
    prelude::*,
};
use kindling_programs::{
    cli::{Run, TrainingArgs},
    pictures,
    program::*,
};

#[derive(clap::Args)]
struct Flags {
    /// Train on all training reviews for 4 epochs, instead of holding out 10,000 for validation
    #[arg(long = "final")]
    finally: bool,
    /// Train on the last 200 words of each review through an embedding, instead of multi-hot vectors
    #[arg(long)]
    embedding: bool,
    /// Score this review; may be given more than once
    #[arg(long = "text", value_name = "TEXT")]
    texts: Vec<String>,
}

/// Size of the vocabulary: the most frequent words.
const WORDS: usize = 10_000;
/// Number of words per review for the embedding: the last ones, after padding.
const STEPS: usize = 200;

fn main() -> anyhow::Result<()> {
    let about =
        "Classify film reviews as positive or negative, as in section 3.4 of \"Deep Learning with Python\"";
    let defaults = Defaults { finally: Some((4, 512)), ..Defaults::default() };
    let (mut run, flags) = Program::new("ch03_imdb", about).start_training::<Flags>(defaults)?;

    // Reviews as lists of word ids; label 1 is positive, 0 negative.
    let imdb = run.load("imdb", |options| imdb::load(&TextOptions::new().num_words(WORDS), options))?;
    let index = run.args.common.load(|options| imdb::word_index(imdb.source, options))?;
    run.name_features(|| (0..WORDS as u32).map(|id| index.decode(&[id])));
    show_vector(&run, &index, imdb.train.sequences.get(0).unwrap_or_default())?;

    // As vectors of zeros and ones, one number for each word of the vocabulary; or as rows of ids, padded to one length.
    let vectorize = |texts: &Texts| match flags.embedding {
        true => texts.padded(&PadOptions::new().maxlen(STEPS)),
        false => texts.multi_hot(WORDS),
    };
    // Free the lists of ids as soon as they are encoded: they are large.
    let train = vectorize(&imdb.train)?;
    drop(imdb.train);
    let test = vectorize(&imdb.test)?;
    drop(imdb.test);
    let held_out = if flags.finally { 0 } else { 10_000 };
    let (validation, partial) = (train.slice(0..held_out), train.slice(held_out..train.len()));
    run.say(format_args!("Training on {} reviews, {held_out} held out for validation", partial.len()));

    let network = match flags.embedding {
        true => Sequential::new(STEPS).embedding(WORDS, 8).flatten().dense(1, Sigmoid),
        false => Sequential::new(WORDS).dense(16, Relu).dense(16, Relu).dense(1, Sigmoid),
    };
    let mut model = network
        .compile(RmsProp::new(run.args.learning_rate), BinaryCrossentropy::default(), [Accuracy])
        .seed(run.seed())
        .on(run.device())?;
    run.say(model.summary());

    let options = match flags.finally {
        true => run.fit_options(),
        false => run.fit_options().validation_data(&validation),
    };
    let history = run.fit(&mut model, &partial, &options)?;
    let result = model.evaluate(&test)?;
    pictures::history(&run, &history)?;

    for text in &flags.texts {
        let verdict = Verdict::on(&model, &index.encode(text, WORDS), vectorize)?;
        show_verdict(&run, text, &verdict, &index, imdb.source);
    }
    let guessed = Baseline::majority_class(&partial, &test)?.score;
    let is_synthetic = imdb.source == Source::Synthetic;
    let learned = learned(&history, result.require("accuracy")?, guessed, &flags, is_synthetic);
    run.takeaway(match imdb.source {
        Source::Synthetic => format!("These reviews are synthetic: no figure is about IMDB. {learned}"),
        _ => learned,
    });
    run.finish(&model, &history, &result)
}

/// Returns a row of zeros for each text, with ones at the ids of its words: the book's function of this name.
fn vectorize_sequences(sequences: &[&[u32]], dimension: usize) -> Vec<Vec<f32>> {
    let mut results = vec![vec![0.0; dimension]; sequences.len()];
    for (row, sequence) in results.iter_mut().zip(sequences) {
        for id in *sequence {
            row[*id as usize] = 1.0;
        }
    }
    results
}

/// Shows how a list of words becomes a vector, and checks that [`Texts::multi_hot`], which stores only the ones, gives the same
/// vector.
fn show_vector(run: &Run<TrainingArgs>, index: &WordIndex, review: &[u32]) -> anyhow::Result<()> {
    let vector = vectorize_sequences(&[review], WORDS).concat();
    let sparse = Column::multi_hot([review], WORDS)?;
    anyhow::ensure!(
        sparse.data().iter::<f32>().eq(vector.iter().copied()),
        "the two forms of a vector differ"
    );
    let ones = vector.iter().filter(|value| **value == 1.0).count();
    run.say(format_args!("\nThe first review:\n{}", index.decode(review)));
    let known = review.iter().filter(|id| **id >= INDEX_FROM).take(3);
    let examples: Vec<String> = known.map(|id| format!("{id} {:?}", index.decode(&[*id]))).collect();
    run.say(format_args!(
        "\nAs a list of word ids: 1 is the start, 2 an unknown word, {}",
        examples.join(", ")
    ));
    run.say(format_args!("{}, {} ids", start(review), review.len()));
    run.say(format_args!(
        "As a vector of {WORDS} numbers: 1 at these ids, 0 elsewhere; order and repetitions are lost"
    ));
    run.say(format_args!("{}, {ones} ones\n", start(&vector)));
    Ok(())
}

/// Formats the first values: `[1, 14, 22, ...]`.
fn start(values: &[impl ToString]) -> String {
    let shown: Vec<String> = values.iter().take(20).map(ToString::to_string).collect();
    format!("[{}, ...]", shown.join(", "))
}

/// Shows the score of a text, and the words that changed it most.
fn show_verdict(run: &Run<TrainingArgs>, text: &str, verdict: &Verdict, index: &WordIndex, source: Source) {
    let (score, is_synthetic) = (verdict.predictions[0], source == Source::Synthetic);
    run.say(format_args!("\n{text}"));
    if is_synthetic && verdict.words.is_empty() {
        let words = index.decode(&[INDEX_FROM + 1, INDEX_FROM + 2, INDEX_FROM + 3]);
        run.say(format_args!(
            "No score: none of its words is known. IMDB is not available, and this network has learned synthetic reviews,\n\
             in a made-up language whose most frequent words are \"{words}\".\n\
             To score English, give the directory of IMDB's files with --data-dir, or download them with --data full."
        ));
        return;
    }
    let remark = if is_synthetic { " (synthetic data, NOT imdb)" } else { "" };
    run.say(format_args!("good with probability {score:.3}{remark}"));
    for (id, weight) in verdict.words.iter().take(5) {
        run.say(format_args!("  {weight:+.3} {}", index.decode(&[*id])));
    }
    if verdict.words.is_empty() {
        run.say(format_args!(
            "None of its words is among the {WORDS} most frequent: the score says nothing about the text."
        ));
    }
}

/// Returns the takeaway: the result, its explanation, and what to try.
fn learned(history: &History, accuracy: f64, guessed: f64, flags: &Flags, is_synthetic: bool) -> String {
    let epochs = history.epochs();
    let right = format!(
        "The test accuracy is {accuracy:.3}; always predicting the more frequent label has {guessed:.3}."
    );
    let next = match (flags.embedding, flags.finally) {
        (true, _) => "Try --final without --embedding: expect a higher accuracy after fewer epochs.",
        (false, false) => {
            "Try --final, which stops after 4 epochs and trains on all reviews: expect a higher accuracy."
        }
        (false, true) if is_synthetic => "Try --data-dir with the files of IMDB, for real reviews.",
        (false, true) => {
            "The network sees which words occur, but not their order. Try --text \"Not a bad film, not bad at all.\": expect a \
             low score, because \"bad\" and \"not\" count by themselves."
        }
    };
    let Some(best) = history.best("val_loss") else { return format!("{right} {next}") };
    let last = |name: &str| history.get(name).last().copied().unwrap_or(f64::NAN);
    let (lowest, end, training) = (best.value, last("val_loss"), last("loss"));
    let overfitting = match best.epoch < epochs {
        true => format!(
            "The validation loss is lowest after epoch {} ({lowest:.3}) and {end:.3} after epoch {epochs}, while the training \
             loss falls to {training:.3}: the network memorizes its training reviews, which does not help with new ones.",
            best.epoch
        ),
        false => format!(
            "The validation loss ({lowest:.3}) is lowest after the last of {epochs} epochs: the network does not overfit yet."
        ),
    };
    format!("{overfitting} {right} {next}")
}
