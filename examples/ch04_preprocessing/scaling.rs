//! Unscaled features compared with features of mean 0 and standard deviation 1, with the same network and training.

use kindling::{
    experiments::statistics,
    plots::Chart,
    prelude::*,
    preprocessing::{StandardScaler, Transform},
};
use kindling_programs::cli::{CommonArgs, Run};

use crate::house_model;

/// Returns the test MAE with unscaled and with scaled features, averaged over the last ten epochs.
pub fn show(run: &mut Run<CommonArgs>, train: &Samples, test: &Samples) -> anyhow::Result<[f64; 2]> {
    // x -= x.mean(axis=0); x /= x.std(axis=0), with the mean and deviation of the training houses.
    let scaler = StandardScaler::fit(&train.input())?;
    let scaled = (scaler.transform_samples(train)?, scaler.transform_samples(test)?);

    run.say("\n1. The same training on unscaled and on scaled features");
    let mut chart = Chart::new("House prices from raw and scaled features")
        .axes("Epochs", "Mean absolute error on the test houses (1000 dollars)")
        .caption(run.caption());
    let mut means = [0.0; 2];
    let features =
        [("Unscaled", "unscaled_mae", (train.clone(), test.clone())), ("Scaled", "scaled_mae", scaled)];
    for ((name, key, (train, test)), mean) in features.into_iter().zip(&mut means) {
        let mut model = house_model(run, run.seed())?;
        let history =
            model.fit(&train, &FitOptions::new().epochs(60).batch_size(16).validation_data(&test))?;
        let error = model.evaluate(&test)?.require("mae")?;
        // The error of unscaled features jumps from epoch to epoch: the last one alone would depend on chance.
        let errors = history.get("val_mae");
        *mean = statistics::mean(&errors[errors.len().saturating_sub(10)..]);
        let (low, high) = range(&train);
        run.say(format_args!("{name:<12}features from {low:>6.1} to {high:>5.1}   test MAE {error:.3}, mean of the last 10 epochs {mean:.3}"));
        run.record(key, error);
        chart = chart.line(name, errors);
    }
    chart.save(run.files(), "scaling")?;
    Ok(means)
}

/// Returns the smallest and the largest value of all features.
fn range(samples: &Samples) -> (f64, f64) {
    let values = || samples.input().iter::<f64>().collect::<Vec<_>>().into_iter();
    (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
}
