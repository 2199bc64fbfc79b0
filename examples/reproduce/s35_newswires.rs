//! Section 3.5 (3.6 in the notebooks): newswires.

use anyhow::Context as _;
use kindling::{
    evaluation::random_accuracy, losses::SparseCategoricalCrossentropy, metrics::Accuracy, networks,
    optimizers::RmsProp, plots::Chart, prelude::*, report::Section,
};

use crate::{
    book::keras,
    context::{Context, WORDS},
    spread::{Row, Spread, highest, lowest},
};

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let data = &context.newswires;
    let section = context.section("3.5 Newswires", data);
    let compile = |units| {
        move |seed, device: &Device| {
            networks::reuters(WORDS, units)
                .compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy])
                .seed(seed)
                .on(device)
        }
    };
    let (held_out, partial) = (data.train.slice(0..1000), data.train.slice(1000..data.train.len()));
    let fit = FitOptions::new().epochs(context.epochs(20, 12)).batch_size(512);
    let comparison = context
        .experiment("newswires", (&partial, &held_out), &fit)
        .variant("64 units", compile([64, 64]))
        .variant("4 units", compile([64, 4]))
        .run(&context.devices)?;
    let [wide, narrow] = [0, 1].map(|variant| &comparison.variants()[variant]);
    let fit = FitOptions::new().epochs(9).batch_size(512);
    let final_model = context.train("newswires-final", (&data.train, &data.test), &fit, compile([64, 64]))?;

    // The accuracy of random guesses: the shuffled test labels as predictions.
    let labels = data.test.classes().context("the newswires have no class labels")?;
    let guess = Spread(context.seeds().into_iter().map(|seed| random_accuracy(&labels, seed)).collect());

    let (book, book_narrow) =
        (context.book.run("reuters_20_epochs")?, context.book.run("reuters_bottleneck_4_units")?);
    let test = Spread::last(&final_model, "val_accuracy");
    let [wide_best, narrow_best] =
        [wide, narrow].map(|variant| Spread::of(variant, |history| highest(history.get("val_accuracy"))));
    let rows = [
        Row::new("Test accuracy, trained on all training samples for 9 epochs", test.clone())
            .book(context.book.run("reuters_8_epochs")?.test_acc)
            .keras(keras::NEWSWIRES),
        Row::new("Accuracy of random guesses", guess.clone())
            .book(context.book.number("reuters_random_baseline_acc")?),
        Row::new("Best validation accuracy", wide_best.clone()).book(highest(&book.val_acc)),
        Row::new("Best validation accuracy with a layer of 4 units", narrow_best.clone())
            .book(highest(&book_narrow.val_acc)),
    ];
    let mut bottleneck =
        Chart::new("Reuters: 64 units and a bottleneck of 4 units").axes("Epoch", "Validation accuracy");
    for (variant, book) in [(wide, &book), (narrow, &book_narrow)] {
        bottleneck = bottleneck.line(format!("{}, ours", variant.name), &variant.mean_curve("val_accuracy"));
        bottleneck = context.book_points(bottleneck, &variant.name, &book.val_acc);
    }
    let [loss, accuracy] = context.curves(data, wide, &book);
    Ok(context
        .table(section, &rows)
        .chart(&loss)
        .chart(&accuracy)
        .chart(&bottleneck)
        .claim(&context.claim(
            "After nine epochs, the test accuracy is about 78%, at least four times that of random guesses.",
            "it is below 0.76 or above 0.81, or below four times the accuracy of random guesses",
            test.iter().zip(guess.iter()).map(|(test, guess)| {
                (
                    (0.76..=0.81).contains(&test) && test >= 4.0 * guess,
                    format!("{test:.4}, random guesses {guess:.4}"),
                )
            }),
        ))
        .claim(&context.claim(
            "Overfitting begins after about nine epochs.",
            "the validation loss is lowest before epoch 5 or after epoch 14",
            wide.histories.iter().map(|history| {
                let epoch = lowest(history.get("val_loss")).epoch;
                ((5..=14).contains(&epoch), format!("validation loss lowest in epoch {epoch}"))
            }),
        ))
        .claim(
            &context.claim(
                "A layer of 4 units is an information bottleneck: later layers cannot recover the information that it drops.",
                "the best validation accuracy is less than 0.06 below that with 64 units",
                wide_best
                    .iter()
                    .zip(narrow_best.iter())
                    .map(|(wide, narrow)| (wide - narrow >= 0.06, format!("{narrow:.4} against {wide:.4}"))),
            ),
        ))
}
