//! Section 3.4 (3.5 in the notebooks): movie reviews.

use kindling::{
    losses::BinaryCrossentropy, metrics::Accuracy, networks, optimizers::RmsProp, prelude::*, report::Section,
};

use crate::{
    book::keras,
    context::{Context, WORDS},
    spread::{Row, Spread, last, lowest},
};

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let data = &context.reviews;
    let section = context.section("3.4 Movie reviews", data);
    let compile = |seed, device: &Device| {
        networks::imdb(WORDS, 16)
            .compile(RmsProp::default(), BinaryCrossentropy::default(), [Accuracy])
            .seed(seed)
            .on(device)
    };
    let (held_out, partial) = (data.train.slice(0..10_000), data.train.slice(10_000..data.train.len()));
    let fit = FitOptions::new().epochs(context.epochs(20, 10)).batch_size(512);
    let long = context.train("reviews", (&partial, &held_out), &fit, compile)?;
    let fit = FitOptions::new().epochs(4).batch_size(512);
    let final_model = context.train("reviews-final", (&data.train, &data.test), &fit, compile)?;

    let (book, book_final) = (context.book.run("imdb_20_epochs")?, context.book.run("imdb_4_epochs")?);
    let test = Spread::last(&final_model, "val_accuracy");
    let book_lowest = lowest(&book.val_loss);
    let rows = [
        Row::new("Test accuracy, trained on all training samples for 4 epochs", test.clone())
            .book(book_final.test_acc)
            .keras(keras::REVIEWS),
        Row::new(
            "Lowest validation loss",
            Spread::of(&long, |history| lowest(history.get("val_loss")).value),
        )
        .book(book_lowest.value),
        Row::new(
            "Epoch of the lowest validation loss",
            Spread::of(&long, |history| lowest(history.get("val_loss")).epoch as f64),
        )
        .book(book_lowest.epoch as f64),
    ];
    let [loss, accuracy] = context.curves(data, &long, &book);
    Ok(context
        .table(section, &rows)
        .chart(&loss)
        .chart(&accuracy)
        .claim(&context.claim(
            "After four epochs, this small network reaches a test accuracy of about 88%.",
            "it is below 0.865 or above 0.895",
            test.iter().map(|test| ((0.865..=0.895).contains(&test), format!("{test:.4}"))),
        ))
        .claim(&context.claim(
            "It overfits early: after a few epochs, the validation loss rises while the training loss keeps falling.",
            "the validation loss is lowest after epoch 6, or its last value is at most 10% above its lowest value, or the \
             training loss does not halve after the epoch of the lowest validation loss",
            long.histories.iter().map(|history| {
                let (training, validation) = (history.get("loss"), history.get("val_loss"));
                let best = lowest(validation);
                let (at_best, at_end) = (training.get(best.epoch.wrapping_sub(1)).copied(), last(training));
                let halves = at_best.is_some_and(|loss| at_end < loss / 2.0);
                (
                    best.epoch <= 6 && last(validation) > 1.1 * best.value && halves,
                    format!("validation loss lowest in epoch {} ({:.4}), last {:.4}", best.epoch, best.value, last(validation)),
                )
            }),
        )))
}
