//! Section 4.2: evaluating models. The book prints no figures here.

use kindling::{
    data::DriftingSeries,
    experiments::{FoldResult, cross_validate},
    losses::MeanSquaredError,
    metrics::Mae,
    networks,
    optimizers::RmsProp,
    prelude::*,
    preprocessing::{StandardScaler, Transform},
    report::Section,
    splits::{HoldOut, KFold, RepeatedKFold, Splitter},
};

use crate::{
    context::Context,
    spread::{Row, Spread},
};

/// Shuffles of the houses that each protocol is repeated with.
const SHUFFLES: u64 = 8;

/// Steps of a series that are known when its model is trained, and the steps after them.
const KNOWN: usize = 1600;
const FUTURE: usize = 400;

type Protocol = fn(u64) -> Box<dyn Splitter>;

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let section = context.section("4.2 Protocols of evaluation", &context.houses);
    let protocols: [(&str, Protocol); 3] = [
        ("hold-out of a quarter", |seed| Box::new(HoldOut::random(0.25).seed(seed))),
        ("4 folds", |seed| Box::new(KFold::new(4).shuffle_with_seed(seed))),
        ("4 folds, 3 times", |seed| Box::new(RepeatedKFold::new(4, 3).seed(seed))),
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
    let parts = ["a shuffled fifth held out", "the last fifth held out", "the steps to come"];
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
            "The more splits a score is the mean of, the less it depends on how the samples were shuffled.",
            "the standard deviation over 8 shuffles does not fall from hold-out to four folds to four folds three times",
            hold_out.iter().zip(folds.iter()).zip(repeated.iter()).map(|((hold_out, folds), repeated)| {
                (hold_out > folds && folds > repeated, format!("{hold_out:.3}, {folds:.3}, {repeated:.3}"))
            }),
        ))
        .claim(&context.claim(
            "A shuffled split of a time series hides the error of predicting the future; the last part shows it.",
            "the error on shuffled steps is more than two thirds of the future's, or the error on the last fifth is not closer to it",
            series.iter().map(|[shuffled, last, future]| {
                (
                    *shuffled <= future * 2.0 / 3.0 && (last - future).abs() < (shuffled - future).abs(),
                    format!("{shuffled:.3} shuffled, {last:.3} at the end, {future:.3} in the future"),
                )
            }),
        )))
}

/// The standard deviation of a protocol's score over several shuffles of the houses.
fn deviation(context: &Context, protocol: Protocol, seed: u64) -> Result<f64, TrainError> {
    let scores = (0..SHUFFLES)
        .map(|shuffle| {
            let seed = seed.wrapping_add(1000 * shuffle);
            score(context, &context.houses.train, protocol(seed).as_ref(), seed)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    Ok((scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / scores.len() as f64).sqrt())
}

/// The errors of a model of a synthetic series, as two splits estimate them, and on the steps to come.
fn series(context: &Context, seed: u64) -> Result<[f64; 3], TrainError> {
    let series = DriftingSeries { steps: KNOWN + FUTURE, sensors: 8, seed }.samples()?;
    let known = series.slice(0..KNOWN);
    Ok([
        score(context, &known, &HoldOut::random(0.2).seed(seed), seed)?,
        score(context, &known, &HoldOut::last(0.2), seed)?,
        score(context, &series, &HoldOut::last(FUTURE as f64 / (KNOWN + FUTURE) as f64), seed)?,
    ])
}

/// The mean absolute error over the folds of a splitter, each trained on with a scaler of its own.
fn score(
    context: &Context,
    samples: &Samples,
    splitter: &dyn Splitter,
    seed: u64,
) -> Result<f64, TrainError> {
    let folds = cross_validate(samples, splitter, &context.devices, |fold, device| {
        let scaler = StandardScaler::fit(&fold.train.input())?;
        let network = networks::boston(scaler.mean().len());
        let compiling = network.compile(RmsProp::default(), MeanSquaredError, [Mae]);
        let mut model = compiling.seed(seed.wrapping_add(fold.index as u64)).on(device)?;
        let options = FitOptions::new().epochs(40).batch_size(16);
        let history = model.fit(&scaler.transform_samples(&fold.train)?, &options)?;
        Ok(FoldResult { history, score: model.evaluate(&scaler.transform_samples(&fold.validation)?)? })
    })?;
    Ok(folds.mean("mae"))
}
