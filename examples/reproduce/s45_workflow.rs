//! Section 4.5: the universal workflow, on newswires. The book has no figures for this section.

use kindling::{
    activations::{Relu, Softmax},
    experiments::Baseline,
    losses::SparseCategoricalCrossentropy,
    metrics::Accuracy,
    optimizers::RmsProp,
    prelude::*,
    report::Section,
};

use crate::{
    context::{Context, WORDS},
    spread::{Row, Spread, last, lowest},
};

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let data = &context.newswires;
    let section = context.section("4.5 The workflow", data);
    let (held_out, partial) = (data.train.slice(0..1000), data.train.slice(1000..data.train.len()));
    let compile = |units, dropout| {
        move |seed, device: &Device| {
            network(units, dropout)
                .compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy])
                .seed(seed)
                .on(device)
        }
    };
    let fit = FitOptions::new().epochs(context.epochs(20, 12)).batch_size(512);
    let comparison = context
        .experiment("workflow", (&partial, &held_out), &fit)
        .variant("8 units", compile(8, 0.0))
        .variant("256 units", compile(256, 0.0))
        .variant("256 units, dropout", compile(256, 0.5))
        .run(&context.devices)?;
    let [small, large, regularized] = std::array::from_fn(|index| &comparison.variants()[index]);
    let baseline = Baseline::majority_class(&partial, &held_out)?.score;

    // The final training: on all training samples, for the number of epochs with the best mean validation loss.
    let epochs = regularized.best("val_loss").map_or(1, |best| best.epoch);
    let fit = FitOptions::new().epochs(epochs).batch_size(512);
    let final_model = context.train("workflow-final", (&data.train, &data.test), &fit, compile(256, 0.5))?;

    let small_accuracy = Spread::last(small, "val_accuracy");
    let [of_large, of_regularized] = [large, regularized].map(|variant| Spread::last(variant, "val_loss"));
    let rows = [
        Row::new("Validation accuracy of the baseline (most frequent class)", Spread(vec![baseline])),
        Row::new("Validation accuracy, 8 units", small_accuracy.clone()),
        Row::new("Last validation loss, 256 units", of_large.clone()),
        Row::new("Last validation loss, 256 units with dropout 0.5", of_regularized.clone()),
        Row::new(
            &format!("Test accuracy, 256 units with dropout 0.5, {epochs} epochs on all training samples"),
            Spread::last(&final_model, "val_accuracy"),
        ),
    ];
    Ok(context
        .table(section, &rows)
        .chart(
            &comparison
                .chart("val_loss")
                .title("Reuters: validation loss in the steps of the workflow")
                .caption(&data.source),
        )
        .claim(
            &context.claim(
                "A small network has statistical power: it beats the baseline.",
                "its validation accuracy is not above the baseline's",
                small_accuracy
                    .iter()
                    .map(|small| (small > baseline, format!("{small:.4} against {baseline:.4}"))),
            ),
        )
        .claim(&context.claim(
            "A large network overfits.",
            "its validation loss is lowest in the last epoch, or its training loss does not halve after the epoch of the lowest validation loss",
            large.histories.iter().map(|history| {
                let (training, validation) = (history.get("loss"), history.get("val_loss"));
                let epoch = lowest(validation).epoch;
                let at_best = training.get(epoch.wrapping_sub(1)).copied().unwrap_or(f64::NAN);
                (
                    epoch < history.epochs() && last(training) < at_best / 2.0,
                    format!(
                        "validation loss lowest in epoch {epoch}; training loss {at_best:.4} there, {:.4} at the end",
                        last(training)
                    ),
                )
            }),
        ))
        .claim(&context.claim(
            "With regularization, the large network overfits less.",
            "the last validation loss with dropout is not lower than without",
            of_large.iter().zip(of_regularized.iter()).map(|(large, regularized)| {
                (regularized < large, format!("{regularized:.4} against {large:.4}"))
            }),
        )))
}

/// Two hidden layers, each followed by dropout unless the rate is 0.
fn network(units: usize, dropout: f64) -> Sequential {
    let newswires = Sequential::new(WORDS);
    let hidden = match dropout {
        0.0 => newswires.dense(units, Relu).dense(units, Relu),
        rate => newswires.dense(units, Relu).dropout(rate).dense(units, Relu).dropout(rate),
    };
    hidden.dense(reuters::CLASSES, Softmax)
}
