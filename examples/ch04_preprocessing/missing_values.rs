//! Values that are missing at test time, with and without training on missing ones.

use kindling::{
    plots::Chart,
    prelude::*,
    preprocessing::{Fill, SimpleImputer, StandardScaler, Transform, drop_values},
};
use kindling_programs::cli::{CommonArgs, Run};

use crate::house_model;

/// Fractions of values that are missing at test time.
const TEST_RATES: [f64; 4] = [0.0, 0.1, 0.2, 0.4];

/// Fractions of values that are missing in training, with the names of the trainings in the table and in `result.json`.
const TRAININGS: [(f64, &str, &str); 2] = [
    (0.0, "Trained on all values", "mae_trained_on_all"),
    (0.3, "Trained with 30% missing", "mae_trained_with_missing"),
];

/// Number of trainings over which each figure is averaged.
const REPEATS: u64 = 5;

/// Returns the test MAE of both trainings at the highest rate.
pub fn show(run: &mut Run<CommonArgs>, train: &Samples, test: &Samples) -> anyhow::Result<[f64; 2]> {
    let mut chart = Chart::new("House prices when values are missing")
        .axes("Percentage of values missing at test time", "Mean absolute error (1000 dollars)")
        .caption(format!("{}, mean of {REPEATS} trainings", run.caption()));
    run.say(format_args!("\n2. Test MAE when values are missing, mean of {REPEATS} trainings"));
    let rates: String = TEST_RATES.iter().map(|rate| format!("{:>7}%", 100.0 * rate)).collect();
    run.say(format_args!("{:<28}{rates}", "Missing at test time"));
    let mut at_most = [0.0; 2];
    for ((training_rate, name, key), at_most) in TRAININGS.into_iter().zip(&mut at_most) {
        let mut means = [0.0; TEST_RATES.len()];
        for repeat in 0..REPEATS {
            let seed = run.seed().wrapping_add(1000 * repeat);
            let errors = errors_at_test_rates(run, seed, training_rate, train, test)?;
            means.iter_mut().zip(errors).for_each(|(mean, error)| *mean += error / REPEATS as f64);
        }
        let figures: String = means.iter().map(|mean| format!("{mean:>8.3}")).collect();
        run.say(format_args!("{name:<28}{figures}"));
        let points: Vec<(f64, f64)> = TEST_RATES.iter().map(|rate| 100.0 * rate).zip(means).collect();
        chart = chart.xy_line(name, &points);
        run.record(key, means.to_vec());
        *at_most = means[TEST_RATES.len() - 1];
    }
    run.record("test_rates", TEST_RATES.to_vec());
    chart.save(run.files(), "missing_values")?;
    Ok(at_most)
}

/// Trains with different values missing in each epoch, at one rate. Returns the mean absolute error at each of [`TEST_RATES`].
fn errors_at_test_rates(
    run: &Run<CommonArgs>,
    seed: u64,
    training_rate: f64,
    train: &Samples,
    test: &Samples,
) -> anyhow::Result<[f64; TEST_RATES.len()]> {
    // Scale first, so that missing values become 0, which is then the mean.
    let seen = drop_values(&train.input(), training_rate, seed)?;
    let scaler = StandardScaler::fit_ignoring_missing(&seen)?;
    let imputer = SimpleImputer::fit(&seen, Fill::Constant(0.0))?;
    let with_missing = |samples: &Samples, rate, seed| {
        let dropped = samples.map_input(|input| drop_values(&input, rate, seed))?;
        imputer.transform_samples(&scaler.transform_samples(&dropped)?)
    };
    let mut model = house_model(run, seed)?;
    for epoch in 0..60 {
        let train = with_missing(train, training_rate, seed.wrapping_add(epoch))?;
        model.fit(&train, &FitOptions::new().batch_size(16))?;
    }
    let mut errors = [0.0; TEST_RATES.len()];
    for (error, rate) in errors.iter_mut().zip(TEST_RATES) {
        let test = with_missing(test, rate, seed.wrapping_sub(1))?;
        *error = model.evaluate(&test)?.require("mae")?;
    }
    Ok(errors)
}
