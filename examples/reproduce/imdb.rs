//! Section 3.4 (3.5 in the notebooks): film reviews.

use kindling::{
    data::{Source, TextOptions},
    losses::BinaryCrossentropy,
    metrics::{Accuracy, Best},
    networks,
    optimizers::RmsProp,
    prelude::*,
    report::Section,
};
use kindling_programs::cli::CommonArgs;

use crate::{
    Context,
    compare::{self, HEAD, best, last},
};

const WORDS: usize = 10_000;

/// The reviews as multi-hot vectors. Two sections use them.
pub struct Reviews {
    pub train: Samples,
    pub test: Samples,
    pub source: Source,
}

/// Loads the reviews.
pub fn reviews(args: &CommonArgs) -> anyhow::Result<Reviews> {
    let imdb = args.load(|options| imdb::load(&TextOptions::new().num_words(WORDS), options))?;
    let (train, test) = (imdb.train.multi_hot(WORDS)?, imdb.test.multi_hot(WORDS)?);
    Ok(Reviews { train, test, source: imdb.source })
}

/// One line that says what the reviews are.
pub fn about(source: Source, train: &Samples, test: &Samples) -> String {
    let what = match source {
        Source::Synthetic => {
            "Synthetic reviews, NOT imdb; no figure here says anything about the real ones".into()
        }
        source => format!("imdb from {source}"),
    };
    format!("{what}: {} reviews to train on, {} to test with.", train.len(), test.len())
}

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let section = context.begin("3.4 Film reviews");
    let Reviews { train, test, source } = &context.reviews;
    let compile = || {
        networks::imdb(WORDS, 16)
            .compile(RmsProp::default(), BinaryCrossentropy::default(), [Accuracy])
            .seed(context.seed())
            .on(context.device())
    };

    let (held_out, partial) = (train.slice(0..10_000), train.slice(10_000..train.len()));
    let fit = FitOptions::new().epochs(context.epochs(20, 10)).batch_size(512).validation_data(&held_out);
    let history = context.fit("imdb", &mut compile()?, &partial, &fit)?;

    let mut model = compile()?;
    context.fit("imdb-final", &mut model, train, &FitOptions::new().epochs(4).batch_size(512))?;
    let accuracy = model.evaluate(test)?.require("accuracy")?;

    let (book, book_final) = (context.book.run("imdb_20_epochs")?, context.book.run("imdb_4_epochs")?);
    let Best { epoch, value: lowest } = best(history.get("val_loss"));
    let book_best = best(&book.val_loss);
    let (end, training) = (last(history.get("val_loss")), history.get("loss"));
    let [loss, accuracies] = compare::curves(&history, &book);
    let rows = [
        compare::row(
            "Test accuracy, trained on all for 4 epochs",
            book_final.test_acc,
            Some((0.880, 0.887)),
            accuracy,
        ),
        compare::row("Lowest validation loss", book_best.value, None, lowest),
        compare::row("Epoch of the lowest validation loss", book_best.epoch as f64, None, epoch as f64),
    ];
    Ok(section
        .text(&about(*source, train, test))
        .table(&HEAD, &rows)
        .chart(&loss)
        .chart(&accuracies)
        .claim(
            "The network tells good reviews from bad ones.",
            accuracy > 0.8,
            &format!("test accuracy {accuracy:.4}, a guess 0.5"),
        )
        .claim(
            "It overfits after a few epochs: the validation loss turns up while the training loss goes on falling.",
            epoch <= 6 && end > 1.1 * lowest && last(training) < 0.5 * training[epoch - 1],
            &format!(
                "lowest in epoch {epoch}, {lowest:.4}, and {end:.4} in the last; training loss {:.4} and {:.4}",
                training[epoch - 1],
                last(training)
            ),
        ))
}
