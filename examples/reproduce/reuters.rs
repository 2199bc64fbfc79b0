//! Section 3.5 (3.6 in the notebooks): newswires.

use kindling::{
    data::TextOptions,
    evaluation::random_accuracy,
    losses::SparseCategoricalCrossentropy,
    metrics::{Accuracy, Best},
    networks,
    optimizers::RmsProp,
    plots::Chart,
    prelude::*,
    report::Section,
};

use crate::{
    Context,
    compare::{self, HEAD, best, highest, last},
};

const WORDS: usize = 10_000;

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let section = context.begin("3.5 Newswires");
    let reuters =
        context.args.common.load(|options| reuters::load(&TextOptions::new().num_words(WORDS), options))?;
    let (train, test) = (reuters.train.multi_hot(WORDS)?, reuters.test.multi_hot(WORDS)?);
    let (held_out, partial) = (train.slice(0..1000), train.slice(1000..train.len()));
    let fit = |units, epochs, samples: &Samples, held_out: Option<&Samples>| {
        let mut model = networks::reuters(WORDS, units)
            .compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy])
            .seed(context.seed())
            .on(context.device())?;
        let mut options = FitOptions::new().epochs(epochs).batch_size(512);
        if let Some(held_out) = held_out {
            options = options.validation_data(held_out);
        }
        let name = format!("reuters-{units:?}-{epochs}");
        let history = context.fit(&name, &mut model, samples, &options)?;
        anyhow::Ok((model, history))
    };

    let epochs = context.epochs(20, 12);
    let (_, history) = fit([64, 64], epochs, &partial, Some(&held_out))?;
    let (_, narrow) = fit([64, 4], epochs, &partial, Some(&held_out))?;
    let (model, _) = fit([64, 64], 9, &train, None)?;
    let accuracy = model.evaluate(&test)?.require("accuracy")?;

    // The accuracy of guessing: the test labels against themselves, shuffled.
    let guessed = random_accuracy(&reuters.test.labels, context.seed());

    let book = context.book.run("reuters_20_epochs")?;
    let book_narrow = context.book.run("reuters_bottleneck_4_units")?;
    let book_final = context.book.run("reuters_8_epochs")?;
    let (wide, four) = (highest(history.get("val_accuracy")), highest(narrow.get("val_accuracy")));
    let Best { epoch, value: lowest } = best(history.get("val_loss"));
    let rows = [
        compare::row(
            "Test accuracy, trained on all for 9 epochs",
            book_final.test_acc,
            Some((0.780, 0.787)),
            accuracy,
        ),
        compare::row(
            "Accuracy of a guess",
            context.book.number("reuters_random_baseline_acc")?,
            None,
            guessed,
        ),
        compare::row("Best validation accuracy", highest(&book.val_acc), None, wide),
        compare::row("... with a layer of 4 units", highest(&book_narrow.val_acc), None, four),
    ];
    let bottleneck = Chart::new("Validation accuracy with a bottleneck of 4 units")
        .axes("Epoch", "accuracy")
        .line("64 units, ours", history.get("val_accuracy"))
        .points("64 units, the book", &book.val_acc)
        .line("4 units, ours", narrow.get("val_accuracy"))
        .points("4 units, the book", &book_narrow.val_acc);
    let [loss, accuracies] = compare::curves(&history, &book);
    Ok(section
        .text(&format!(
            "reuters from {}: {} newswires to train on, {} to test with.",
            reuters.source,
            train.len(),
            test.len()
        ))
        .table(&HEAD, &rows)
        .chart(&loss)
        .chart(&accuracies)
        .chart(&bottleneck)
        .claim(
            "It does far better than a guess.",
            accuracy > 3.0 * guessed,
            &format!("{accuracy:.4} against {guessed:.4}"),
        )
        .claim(
            "It overfits: the validation loss is lowest before the last epoch.",
            epoch < history.epochs() && last(history.get("val_loss")) > lowest,
            &format!("lowest in epoch {epoch} of {}", history.epochs()),
        )
        .claim(
            "A layer of 4 units loses accuracy: what it drops, no later layer gets back.",
            wide - four > 0.06,
            &format!("{four:.4} against {wide:.4}"),
        ))
}
