//! Section 4.2: evaluating models. The book has no figures for this section.

use kindling::{
    data::DriftingSeries,
    experiments::{FoldResult, cross_validate, statistics},
    prelude::*,
    report::Section,
    splits::{HoldOut, KFold, RepeatedKFold, Splitter},
};

use crate::{
    context::Context,
    s36_houses::{compile, standardized},
    spread::{Row, Spread},
};

/// Number of shuffles with which each protocol is repeated.
const SHUFFLES: u64 = 8;

/// Time steps that are known at training time, and future time steps.
const KNOWN: usize = 1600;
const FUTURE: usize = 400;

type Protocol = fn(u64) -> Box<dyn Splitter>;

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let section = context.section("4.2 Protocols of evaluation", &context.houses);
    let protocols: [(&str, Protocol); 3] = [
        ("hold-out (25%)", |seed| Box::new(HoldOut::random(0.25).seed(seed))),
        ("4 folds", |seed| Box::new(KFold::new(4).shuffle_with_seed(seed))),
        ("4 folds, repeated 3 times", |seed| Box::new(RepeatedKFold::new(4, 3).seed(seed))),
    ];
    let deviations = protocols.map(|(name, protocol)| {
        let seeds = context.seeds().into_iter();
        anyhow::Ok((
            name,
            Spread(seeds.map(|seed| deviation(context, protocol, seed)).collect::<Result<_, _>>()?),
        ))
    });
    let [hold_out, folds, repeated] = deviations;
    let deviations = [hold_out?, folds?, repeated?];

    let series =
        context.seeds().into_iter().map(|seed| series(context, seed)).collect::<Result<Vec<_>, _>>()?;
    let of_series = |part: usize| Spread(series.iter().map(|errors| errors[part]).collect());

    let mut rows: Vec<Row> = deviations
        .iter()
        .map(|(name, deviation)| {
            Row::new(&format!("Standard deviation of the error, {name}"), deviation.clone())
        })
        .collect();
    let parts = ["a random fifth held out", "the last fifth held out", "future steps"];
    rows.extend(
        parts
            .iter()
            .enumerate()
            .map(|(part, name)| Row::new(&format!("Error on a synthetic series, {name}"), of_series(part))),
    );
    let [(_, hold_out), (_, folds), (_, repeated)] = &deviations;
    Ok(context
        .table(section, &rows)
        .claim(&context.claim(
            "A score that is averaged over more splits depends less on the shuffling of the samples.",
            "the standard deviation over 8 shuffles does not decrease from hold-out to 4 folds, and from there to 4 folds repeated 3 times",
            hold_out.iter().zip(folds.iter()).zip(repeated.iter()).map(|((hold_out, folds), repeated)| {
                (hold_out > folds && folds > repeated, format!("{hold_out:.3}, {folds:.3}, {repeated:.3}"))
            }),
        ))
        .claim(&context.claim(
            "For a time series, a random split underestimates the error on future steps; holding out the last part estimates it better.",
            "the error on a random fifth is more than two thirds of the error on future steps, or the error on the last fifth is not closer to it",
            series.iter().map(|[shuffled, last, future]| {
                (
                    *shuffled <= future * 2.0 / 3.0 && (last - future).abs() < (shuffled - future).abs(),
                    format!("random {shuffled:.3}, last {last:.3}, future {future:.3}"),
                )
            }),
        )))
}

/// Returns the standard deviation of a protocol's score over several shuffles of Boston Housing.
fn deviation(context: &Context, protocol: Protocol, seed: u64) -> Result<f64, TrainError> {
    let scores = (0..SHUFFLES)
        .map(|shuffle| {
            let seed = seed.wrapping_add(1000 * shuffle);
            score(context, &context.houses.train, protocol(seed).as_ref(), seed)
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(statistics::deviation(&scores))
}

/// Returns the errors on a synthetic series as estimated by two splits, and the error on future steps.
fn series(context: &Context, seed: u64) -> Result<[f64; 3], TrainError> {
    let series = DriftingSeries { steps: KNOWN + FUTURE, sensors: 8, seed }.samples()?;
    let known = series.slice(0..KNOWN);
    Ok([
        score(context, &known, &HoldOut::random(0.2).seed(seed), seed)?,
        score(context, &known, &HoldOut::last(0.2), seed)?,
        score(context, &series, &HoldOut::last(FUTURE as f64 / (KNOWN + FUTURE) as f64), seed)?,
    ])
}

/// Returns the mean absolute error over the folds of a splitter. A scaler is fitted for each fold.
fn score(
    context: &Context,
    samples: &Samples,
    splitter: &dyn Splitter,
    seed: u64,
) -> Result<f64, TrainError> {
    let folds = cross_validate(samples, splitter, &context.devices, |fold, device| {
        let (train, held_out) = standardized(&fold.train, &fold.validation)?;
        let mut model = compile(&train, seed.wrapping_add(fold.index as u64), device)?;
        let history = model.fit(&train, &FitOptions::new().epochs(40).batch_size(16))?;
        Ok(FoldResult { history, score: model.evaluate(&held_out)? })
    })?;
    Ok(folds.mean("mae"))
}
