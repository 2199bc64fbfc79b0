//! Section 4.3: preprocessing and feature engineering. The book has no figures for this section.

use kindling::{
    activations::{Linear, Relu},
    data::clocks::{self, minutes_between, time_of_place},
    losses::MeanSquaredError,
    optimizers::Adam,
    prelude::*,
    report::Section,
};

use crate::{
    context::Context,
    s36_houses::{compile, standardized},
    spread::{Row, Spread},
};

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let data = &context.houses;
    let section = context.section("4.3 Features", data).text(
        "Errors are mean absolute errors: in thousands of dollars for house prices, and in minutes for synthetic clock faces of 32 x 32 pixels.",
    );
    let (train, test) = standardized(&data.train, &data.test)?;
    let [raw, scaled] =
        [("raw", (&data.train, &data.test)), ("scaled", (&train, &test))].map(|(name, samples)| {
            let fit = FitOptions::new().epochs(60).batch_size(16);
            let trained =
                context.train(name, samples, &fit, |seed, device| compile(samples.0, seed, device))?;
            anyhow::Ok(Spread::last(&trained, "val_mae"))
        });
    let (raw, scaled) = (raw?, scaled?);
    let clocks = context
        .seeds()
        .into_iter()
        .map(|seed| read_clocks(context, seed))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let of_clocks = |features: usize| Spread(clocks.iter().map(|errors| errors[features]).collect());

    let rows = [
        Row::new("House prices: error with raw features", raw.clone()),
        Row::new("House prices: error with scaled features", scaled.clone()),
        Row::new("Clocks: error with pixels as features", of_clocks(0)),
        Row::new("Clocks: error with the tips of the hands as features", of_clocks(1)),
    ];
    Ok(context
        .table(section, &rows)
        .claim(&context.claim(
            "Feature scaling reduces the error of the same network.",
            "the test error with scaled features is less than a tenth lower",
            raw.iter().zip(scaled.iter()).map(|(raw, scaled)| {
                (scaled <= 0.9 * raw, format!("{scaled:.3} against {raw:.3}"))
            }),
        ))
        .claim(&context.claim(
            "Good features allow a smaller network: with the tips of the hands as features, a network with less than a two-hundredth \
             of the parameters has a lower error than with pixels.",
            "its error is not below that with pixels",
            clocks.iter().map(|[pixels, tips]| {
                (tips < pixels, format!("{tips:.1} against {pixels:.1} minutes"))
            }),
        )))
}

/// Returns the mean absolute errors of the predicted time in minutes: from pixels, and from the tips of the hands.
fn read_clocks(context: &Context, seed: u64) -> anyhow::Result<[f64; 2]> {
    let all = clocks::synthetic(2000, seed);
    let (train, test) = all.split_at(1000);
    let from_pixels = Sequential::new(clocks::SIDE * clocks::SIDE).dense(64, Relu).dense(2, Linear);
    let from_tips = Sequential::new(4).dense(32, Relu).dense(2, Linear);
    let learn = |network: &Sequential, train: Samples, test_samples: Samples| {
        let mut model =
            network.compile(Adam::default(), MeanSquaredError, ()).seed(seed).on(context.run.device())?;
        model.fit(&train, &FitOptions::new().epochs(context.epochs(100, 30)).batch_size(32))?;
        let places: Vec<f64> = model.predict(&test_samples)?.iter::<f64>().collect();
        let errors = places
            .chunks_exact(2)
            .zip(test)
            .map(|(place, clock)| minutes_between(clock.minutes, time_of_place(place[0], place[1])));
        anyhow::Ok(errors.sum::<f64>() / test.len() as f64)
    };
    Ok([
        learn(&from_pixels, clocks::pixel_samples(train)?, clocks::pixel_samples(test)?)?,
        learn(&from_tips, clocks::tip_samples(train)?, clocks::tip_samples(test)?)?,
    ])
}
