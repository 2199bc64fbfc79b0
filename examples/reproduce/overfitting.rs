//! Section 4.4: overfitting and what helps against it, on the film reviews.

use kindling::{
    activations::{Relu, Sigmoid},
    experiments::{Comparison, Experiment},
    layers::Dense,
    losses::BinaryCrossentropy,
    metrics::Accuracy,
    models::Regularizer,
    optimizers::RmsProp,
    plots::Chart,
    prelude::*,
    report::Section,
};

use crate::{
    Context,
    compare::{best, last},
    imdb,
};

/// The variants, under the names that they have in `reference.json`.
const VARIANTS: [&str; 5] = ["original", "smaller", "bigger", "l2", "dropout"];

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let section = context.begin("4.4 Overfitting");
    let imdb::Reviews { train, test, source } = &context.reviews;
    // As in the notebook, the test reviews are the validation data here; nothing is decided by them.
    let (train, test) = match context.args.quick {
        true => (train.slice(0..10_000), test.slice(0..5000)),
        false => (train.clone(), test.clone()),
    };
    let options = FitOptions::new().epochs(context.epochs(20, 12)).batch_size(512);
    let mut experiment = Experiment::new(&train, &test, &options)
        .seeds([context.seed()])
        .callbacks(|variant, _| vec![Box::new(context.backup(&format!("overfitting-{variant}")))]);
    for name in VARIANTS {
        let compile = move |seed, device: &Device| {
            let compiling =
                network(name).compile(RmsProp::default(), BinaryCrossentropy::default(), [Accuracy]);
            compiling.seed(seed).on(device)
        };
        experiment = experiment.variant(name, compile);
    }
    let comparison = experiment.run(&context.devices)?;

    let mut rows = Vec::new();
    for variant in comparison.variants() {
        let book = context.book.run(&format!("imdb_{}", variant.name))?;
        let ours = variant.mean_curve("val_loss");
        let (lowest, book_lowest) = (best(&ours), best(&book.val_loss));
        rows.push(vec![
            variant.name.clone(),
            variant.parameters.to_string(),
            format!("{}", book_lowest.epoch),
            format!("{}", lowest.epoch),
            format!("{:.4}", book_lowest.value),
            format!("{:.4}", lowest.value),
            format!("{:.4}", last(&book.val_loss)),
            format!("{:.4}", last(&ours)),
            format!("{:.1}", variant.seconds()),
        ]);
    }
    let head = [
        "",
        "parameters",
        "best epoch, book",
        "ours",
        "lowest, book",
        "ours",
        "last, book",
        "ours",
        "seconds",
    ];

    let mut section = section
        .text(&imdb::about(*source, &train, &test))
        .text(
            "Validation losses: lowest and last. Ours are those of the predictions alone; Keras adds weight penalties to \
             them, so that with L2 the book's lie higher.",
        )
        .table(&head, &rows);
    let pairs = [
        ("A smaller network", "val_loss", "smaller"),
        ("A bigger network", "val_loss", "bigger"),
        ("A bigger network, training", "loss", "bigger"),
        ("L2 weight penalties", "val_loss", "l2"),
        ("Dropout", "val_loss", "dropout"),
    ];
    for (title, figure, other) in pairs {
        let mut chart = Chart::new(title)
            .axes("Epoch", if figure == "loss" { "training loss" } else { "validation loss" });
        for variant in comparison.select(&["original", other])?.variants() {
            let book = context.book.run(&format!("imdb_{}", variant.name))?;
            let book_curve = if figure == "loss" { book.loss } else { book.val_loss };
            chart = chart.line(format!("{}, ours", variant.name), &variant.mean_curve(figure));
            chart = chart.points(format!("{}, the book", variant.name), &book_curve);
        }
        section = section.chart(&chart);
    }
    claims(section, &comparison)
}

/// The network of a variant: the original, or one of the section's changes to it.
fn network(variant: &str) -> Sequential {
    let penalised = |units| Dense::new(units).activation(Relu).kernel_regularizer(Regularizer::l2(0.001));
    let reviews = Sequential::new(10_000);
    let hidden = match variant {
        "smaller" => reviews.dense(4, Relu).dense(4, Relu),
        "bigger" => reviews.dense(512, Relu).dense(512, Relu),
        "l2" => reviews.layer(penalised(16)).layer(penalised(16)),
        "dropout" => reviews.dense(16, Relu).dropout(0.5).dense(16, Relu).dropout(0.5),
        _ => reviews.dense(16, Relu).dense(16, Relu),
    };
    hidden.dense(1, Sigmoid)
}

/// What the section says of its curves.
fn claims(section: Section, comparison: &Comparison) -> anyhow::Result<Section> {
    let curve = |name: &str, figure| {
        Ok::<_, TrainError>(comparison.select(&[name])?.variants()[0].mean_curve(figure))
    };
    let original = curve("original", "val_loss")?;
    let rise = |losses: &[f64]| last(losses) - best(losses).value;
    let (smaller, bigger) = (curve("smaller", "val_loss")?, curve("bigger", "val_loss")?);
    let mut section = section
        .claim(
            "The smaller network begins to overfit later, and gets worse more slowly.",
            best(&smaller).epoch > best(&original).epoch && rise(&smaller) < rise(&original),
            &format!(
                "lowest in epoch {} against {}, then up by {:.3} against {:.3}",
                best(&smaller).epoch,
                best(&original).epoch,
                rise(&smaller),
                rise(&original)
            ),
        )
        .claim(
            "The bigger network begins to overfit sooner, and worse.",
            best(&bigger).epoch <= best(&original).epoch && rise(&bigger) > rise(&original),
            &format!(
                "lowest in epoch {} against {}, then up by {:.3} against {:.3}",
                best(&bigger).epoch,
                best(&original).epoch,
                rise(&bigger),
                rise(&original)
            ),
        );
    let (training, bigger_training) = (curve("original", "loss")?, curve("bigger", "loss")?);
    section = section.claim(
        "The bigger network's training loss is near zero sooner.",
        last(&bigger_training) < last(&training),
        &format!("{:.5} against {:.5} in the last epoch", last(&bigger_training), last(&training)),
    );
    for (name, what) in [("l2", "With L2 penalties"), ("dropout", "With dropout")] {
        let other = curve(name, "val_loss")?;
        section = section.claim(
            &format!("{what} the validation loss ends lower than the original's."),
            last(&other) < last(&original),
            &format!("{:.4} against {:.4}", last(&other), last(&original)),
        );
    }
    Ok(section)
}
