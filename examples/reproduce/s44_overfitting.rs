//! Section 4.4: overfitting and regularization, on movie reviews.

use kindling::{
    activations::{Relu, Sigmoid},
    experiments::VariantResult,
    layers::Dense,
    losses::BinaryCrossentropy,
    metrics::Accuracy,
    models::Regularizer,
    optimizers::RmsProp,
    plots::Chart,
    prelude::*,
    report::{Claim, Section},
};

use crate::{
    context::{Context, Finding, WORDS},
    spread::{Row, Spread, last, lowest},
};

/// The variants, by their names in `reference.json`.
const VARIANTS: [&str; 5] = ["original", "smaller", "bigger", "l2", "dropout"];

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let data = &context.reviews;
    let section = context.section("4.4 Overfitting", data).text(
        "As in the notebook, the test reviews are the validation data; no choice depends on them. Our validation losses exclude \
         weight penalties. Keras includes them, so the book's losses with L2 are higher.",
    );
    let fit = FitOptions::new().epochs(context.epochs(20, 12)).batch_size(512);
    let mut experiment = context.experiment("overfitting", (&data.train, &data.test), &fit);
    for name in VARIANTS {
        experiment = experiment.variant(name, move |seed, device: &Device| {
            network(name)
                .compile(RmsProp::default(), BinaryCrossentropy::default(), [Accuracy])
                .seed(seed)
                .on(device)
        });
    }
    let comparison = experiment.run(&context.devices)?;

    let mut rows = Vec::new();
    for variant in comparison.variants() {
        let book = context.book.run(&format!("imdb_{}", variant.name))?.val_loss;
        let best = |history: &History| lowest(history.get("val_loss"));
        let name = format!("{}, {} parameters: ", variant.name, variant.parameters);
        rows.extend([
            Row::new(
                &format!("{name}epoch of the lowest validation loss"),
                Spread::of(variant, |run| best(run).epoch as f64),
            )
            .book(lowest(&book).epoch as f64),
            Row::new("lowest validation loss", Spread::of(variant, |run| best(run).value))
                .book(lowest(&book).value),
            Row::new("last validation loss", Spread::last(variant, "val_loss")).book(last(&book)),
        ]);
    }
    let mut section = context.table(section, &rows);
    let [original, smaller, bigger, l2, dropout] = std::array::from_fn(|index| &comparison.variants()[index]);
    for (title, metric, other) in [
        ("A smaller network: validation loss", "val_loss", smaller),
        ("A bigger network: validation loss", "val_loss", bigger),
        ("A bigger network: training loss", "loss", bigger),
        ("L2 weight penalties: validation loss", "val_loss", l2),
        ("Dropout: validation loss", "val_loss", dropout),
    ] {
        let mut chart = Chart::new(title).axes("Epoch", "loss").caption(&data.source);
        for variant in [original, other] {
            let book = context.book.run(&format!("imdb_{}", variant.name))?;
            chart = chart.line(format!("{}, ours", variant.name), &variant.mean_curve(metric));
            let curve = if metric == "loss" { &book.loss } else { &book.val_loss };
            chart = context.book_points(chart, &variant.name, curve);
        }
        section = section.chart(&chart);
    }
    Ok(section
        .claim(&context.claim(
            "The smaller network starts to overfit later, and its validation loss rises more slowly.",
            "its validation loss is not lowest in a later epoch than the original's, or does not rise less from there to the end",
            compared(original, smaller, |original, smaller| {
                smaller.epoch > original.epoch && smaller.rise < original.rise
            }),
        ))
        .claim(&context.claim(
            "The bigger network starts to overfit earlier and more strongly.",
            "its validation loss is lowest in a later epoch than the original's, or does not rise more from there to the end",
            compared(original, bigger, |original, bigger| {
                bigger.epoch <= original.epoch && bigger.rise > original.rise
            }),
        ))
        .claim(&context.claim(
            "The bigger network fits the training data faster.",
            "its training loss after the third epoch is not below the original's",
            original.histories.iter().zip(&bigger.histories).map(|(original, bigger)| {
                let third = |history: &History| history.get("loss").get(2).copied().unwrap_or(f64::NAN);
                let (original, bigger) = (third(original), third(bigger));
                (bigger < original, format!("{bigger:.4} against {original:.4}"))
            }),
        ))
        .claim(&resists(context, "With L2 penalties", original, l2))
        .claim(&resists(context, "With dropout", original, dropout)))
}

/// Returns the network of a variant: the original, or one of the section's modifications.
fn network(variant: &str) -> Sequential {
    let penalized = |units| Dense::new(units).activation(Relu).kernel_regularizer(Regularizer::l2(0.001));
    let reviews = Sequential::new(WORDS);
    let hidden = match variant {
        "smaller" => reviews.dense(4, Relu).dense(4, Relu),
        "bigger" => reviews.dense(512, Relu).dense(512, Relu),
        "l2" => reviews.layer(penalized(16)).layer(penalized(16)),
        "dropout" => reviews.dense(16, Relu).dropout(0.5).dense(16, Relu).dropout(0.5),
        _ => reviews.dense(16, Relu).dense(16, Relu),
    };
    hidden.dense(1, Sigmoid)
}

/// The epoch of the lowest validation loss, and the rise from there to the last epoch.
struct Overfitting {
    epoch: usize,
    rise: f64,
}

impl Overfitting {
    fn of(history: &History) -> Self {
        let losses = history.get("val_loss");
        let best = lowest(losses);
        Self { epoch: best.epoch, rise: last(losses) - best.value }
    }
}

/// Compares the overfitting of two variants for each seed.
fn compared(
    original: &VariantResult,
    other: &VariantResult,
    holds: impl Fn(&Overfitting, &Overfitting) -> bool,
) -> Vec<Finding> {
    let pairs = original.histories.iter().zip(&other.histories);
    pairs
        .map(|(original, other)| {
            let (original, other) = (Overfitting::of(original), Overfitting::of(other));
            let figures = format!(
                "lowest in epoch {} against {}, then a rise of {:.3} against {:.3}",
                other.epoch, original.epoch, other.rise, original.rise
            );
            (holds(&original, &other), figures)
        })
        .collect()
}

fn resists(context: &Context, remedy: &str, original: &VariantResult, other: &VariantResult) -> Claim {
    let [original, other] = [original, other].map(|variant| Spread::last(variant, "val_loss"));
    context.claim(
        &format!("{remedy}, the network overfits less: its last validation loss is lower."),
        "the last validation loss is not below the original's",
        original
            .iter()
            .zip(other.iter())
            .map(|(original, other)| (other < original, format!("{other:.4} against {original:.4}"))),
    )
}
