//! Section 2.1: a first look at a neural network.

use kindling::{
    losses::SparseCategoricalCrossentropy, metrics::Accuracy, networks, optimizers::RmsProp, prelude::*,
    report::Section,
};

use crate::{
    book::keras,
    context::Context,
    spread::{Row, Spread, last},
};

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let data = &context.digits;
    let section = context.section("2.1 Handwritten digits", data);
    let fit = FitOptions::new().epochs(context.epochs(5, 2)).batch_size(128);
    let trained = context.train("digits", (&data.train, &data.test), &fit, |seed, device| {
        let network = networks::mnist(512);
        network.compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy]).seed(seed).on(device)
    })?;

    let book = context.book.run("mnist")?;
    let (test, training) = (Spread::last(&trained, "val_accuracy"), Spread::last(&trained, "accuracy"));
    let rows = [
        Row::new("Test accuracy after the last epoch", test.clone()).book(book.test_acc).keras(keras::DIGITS),
        Row::new("Training accuracy in the last epoch", training.clone()).book(last(&book.acc)),
    ];
    let [loss, accuracy] = context.curves(data, &trained, &book);
    Ok(context
        .table(section, &rows)
        .chart(&loss)
        .chart(&accuracy)
        .claim(&context.claim(
            "After five epochs, the test accuracy is about 98%.",
            "it is below 0.975 or above 0.985",
            test.iter().map(|test| ((0.975..=0.985).contains(&test), format!("{test:.4}"))),
        ))
        .claim(
            &context.claim(
                "The test accuracy is below the training accuracy: the network overfits.",
                "the test accuracy is at least the training accuracy",
                test.iter()
                    .zip(training.iter())
                    .map(|(test, training)| (test < training, format!("{test:.4} against {training:.4}"))),
            ),
        ))
}
