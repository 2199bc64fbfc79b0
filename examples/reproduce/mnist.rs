//! Section 2.1: a first look at a neural network.

use kindling::{
    losses::SparseCategoricalCrossentropy, metrics::Accuracy, networks, optimizers::RmsProp, prelude::*,
    report::Section,
};

use crate::{
    Context,
    compare::{self, HEAD, last},
};

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let section = context.begin("2.1 Handwritten digits");
    let mnist = context.args.common.load(mnist::load)?;
    let source = mnist.source;
    let train = mnist.train.reshape(28 * 28)?;
    let test = mnist.test.reshape(28 * 28)?;
    let mut model = networks::mnist(512)
        .compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy])
        .seed(context.seed())
        .on(context.device())?;
    let history = context.fit("mnist", &mut model, &train, &FitOptions::new().epochs(5).batch_size(128))?;
    let accuracy = model.evaluate(&test)?.require("accuracy")?;

    let book = context.book.run("mnist")?;
    let training = last(history.get("accuracy"));
    let [loss, accuracies] = compare::curves(&history, &book);
    let rows = [
        compare::row("Test accuracy after 5 epochs", book.test_acc, Some((0.978, 0.981)), accuracy),
        compare::row("Training accuracy in the last epoch", last(&book.acc), None, training),
    ];
    Ok(section
        .text(&format!(
            "mnist from {source}: {} digits to train on, {} to test with.",
            train.len(),
            test.len()
        ))
        .table(&HEAD, &rows)
        .chart(&loss)
        .chart(&accuracies)
        .claim(
            "The network reads digits that it has never seen.",
            accuracy > 0.9,
            &format!("test accuracy {accuracy:.4}, a guess 0.1"),
        )
        .claim(
            "It does better on the digits it was trained on than on new ones: it overfits.",
            training > accuracy,
            &format!("{training:.4} against {accuracy:.4}"),
        ))
}
