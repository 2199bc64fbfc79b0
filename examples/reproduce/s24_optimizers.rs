//! Section 2.4: gradient-based optimization. The book has no figures for this section, but claims about momentum.

use kindling::{
    burn::{optim::Optimizer as Rule, tensor::Tensor},
    losses::SparseCategoricalCrossentropy,
    metrics::Accuracy,
    networks,
    optimizers::{Sgd, SgdRule},
    prelude::*,
    report::Section,
};

use crate::{
    context::Context,
    spread::{Row, Spread},
};

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let data = &context.digits;
    let section = context.section("2.4 Momentum", data);
    let [plain_end, momentum_end] = [0.0, 0.9]
        .map(|momentum| lowest_point(&SgdRule { momentum, ..SgdRule::default() }, context.run.device()));

    let fit = FitOptions::new().epochs(context.epochs(5, 2)).batch_size(128);
    let compile = |momentum| {
        move |seed, device: &Device| {
            let sgd = Sgd::new(0.01).momentum(momentum);
            networks::mnist(64).compile(sgd, SparseCategoricalCrossentropy, [Accuracy]).seed(seed).on(device)
        }
    };
    let comparison = context
        .experiment("optimizers", (&data.train, &data.test), &fit)
        .variant("SGD", compile(0.0))
        .variant("SGD, momentum 0.9", compile(0.9))
        .run(&context.devices)?;
    let [plain, momentum] = [0, 1].map(|variant| Spread::last(&comparison.variants()[variant], "loss"));

    let rows = [
        Row::new("Training loss, SGD with a learning rate of 0.01", plain.clone()),
        Row::new("Training loss, SGD with momentum 0.9", momentum.clone()),
    ];
    Ok(context
        .table(section, &rows)
        .chart(
            &comparison.chart("loss").title("Training loss with and without momentum").caption(&data.source),
        )
        .claim(&context.claim(
            "With momentum, a weight passes a local minimum in which plain SGD gets stuck.",
            "both end in the same minimum, or plain SGD ends in the lower one (w below 0)",
            [(
                plain_end > 0.0 && momentum_end < 0.0,
                format!("starting at w = 2.2, plain SGD ends at {plain_end:.3}, SGD with momentum at {momentum_end:.3}"),
            )],
        ))
        .claim(&context.claim(
            "Momentum speeds up training: after the same number of epochs, the loss is less than half of plain SGD's.",
            "the training loss with momentum is at least half of plain SGD's",
            plain.iter().zip(momentum.iter()).map(|(plain, momentum)| {
                (momentum < plain / 2.0, format!("{momentum:.4} against {plain:.4}"))
            }),
        )))
}

/// Minimizes w^4 / 4 - 0.8 w^2 + 0.3 w from w = 2.2 in 150 steps, and returns the last w. The loss has a local minimum at w = 1.16
/// and the global minimum at w = -1.35.
fn lowest_point(rule: &impl Rule, device: &Device) -> f64 {
    let (mut w, mut state) = (Tensor::<1>::from_floats([2.2], device), None);
    for _ in 0..150 {
        let gradient = w.clone().powi_scalar(3) - w.clone() * 1.6 + 0.3;
        (w, state) = rule.step(0.02, w, gradient, state);
    }
    w.into_scalar()
}
