//! Section 3.6 (3.7 in the notebooks): house prices.

use kindling::{
    experiments::{Baseline, CrossValidation, FoldResult, cross_validate, exponential_moving_average},
    losses::MeanSquaredError,
    metrics::Mae,
    networks,
    optimizers::RmsProp,
    plots::Chart,
    prelude::*,
    preprocessing::{StandardScaler, Transform},
    report::Section,
    splits::KFold,
};

use crate::{
    book::keras,
    context::Context,
    spread::{Row, Spread},
};

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let data = &context.houses;
    let section = context
        .section("3.6 House prices", data)
        .text("Errors are mean absolute errors in thousands of dollars.");
    let folds =
        context.seeds().into_iter().map(|seed| folds(context, seed)).collect::<Result<Vec<_>, _>>()?;

    let (train, test) = standardized(&data.train, &data.test)?;
    let fit = FitOptions::new().epochs(80).batch_size(16);
    let final_model =
        context.train("houses-final", (&train, &test), &fit, |seed, device| compile(&train, seed, device))?;
    let error = Spread::last(&final_model, "val_mae");
    let baseline = Baseline::mean_target(&train, &test)?.score;

    let book = context.book.run("boston_4_fold_100_epochs")?;
    let fold = |fold: usize| Spread(folds.iter().map(|folds| folds.scores("mae")[fold]).collect());
    let mut rows = vec![
        Row::new("Test error, 80 epochs with batch size 16", error.clone())
            .book(context.book.run("boston_80_epochs_batch_16")?.test_mae)
            .keras(keras::HOUSES),
        Row::new("Mean error of four folds", Spread(folds.iter().map(|folds| folds.mean("mae")).collect()))
            .book(book.mean_val_mae),
    ];
    for (index, of_book) in book.fold_val_mae.iter().enumerate() {
        rows.push(Row::new(&format!("Fold {}", index + 1), fold(index)).book(*of_book));
    }
    let mut chart = Chart::new("Boston Housing: mean validation MAE of the folds, smoothed, from epoch 11")
        .axes("Epoch", "MAE, thousands of dollars");
    for (seed, folds) in context.seeds().iter().zip(&folds) {
        let curve = folds.mean_curve("val_mae");
        let smooth = exponential_moving_average(curve.get(10..).unwrap_or_default(), 0.9);
        let points: Vec<_> = (11..).map(f64::from).zip(smooth).collect();
        chart = chart.xy_line(format!("Seed {seed}"), &points);
    }
    Ok(context
        .table(section, &rows)
        .chart(&chart)
        .claim(&context.claim(
            "The test error is about 2,550 dollars.",
            "it is below 2.2 or above 3.0",
            error.iter().map(|error| ((2.2..=3.0).contains(&error), format!("{error:.3}"))),
        ))
        .claim(&context.claim(
            "With so few samples, the score depends on the split: the folds' errors differ widely.",
            "the highest error is less than 0.3 above the lowest",
            folds.iter().map(|folds| {
                let scores = Spread(folds.scores("mae"));
                let (low, high) = (scores.low(), scores.high());
                (high - low >= 0.3, format!("{low:.3} to {high:.3}"))
            }),
        ))
        .claim(&context.claim(
            "The features are informative: the error is less than half of that of the baseline, which predicts the mean price.",
            "it is at least half of the baseline's error",
            error.iter().map(|error| (error < baseline / 2.0, format!("{error:.3} against {baseline:.3}"))),
        )))
}

/// Compiles the section's network for these samples.
pub fn compile(samples: &Samples, seed: u64, device: &Device) -> Result<Model, TrainError> {
    let network = networks::boston(samples.input().shape()[1]);
    network.compile(RmsProp::default(), MeanSquaredError, [Mae]).seed(seed).on(device)
}

/// Returns the samples with standardized features (mean 0 and standard deviation 1 in the training set).
pub fn standardized(train: &Samples, held_out: &Samples) -> Result<(Samples, Samples), TrainError> {
    let scaler = StandardScaler::fit(&train.input())?;
    Ok((scaler.transform_samples(train)?, scaler.transform_samples(held_out)?))
}

/// Trains on four folds. A scaler is fitted for each fold.
fn folds(context: &Context, seed: u64) -> Result<CrossValidation, TrainError> {
    // A quick run uses larger batches: batch size 1, as in the book, is slow.
    let (epochs, batch_size) = (context.epochs(100, 60), context.epochs(1, 8));
    cross_validate(&context.houses.train, &KFold::new(4), &context.devices, |fold, device| {
        let (train, held_out) = standardized(&fold.train, &fold.validation)?;
        let mut model = compile(&train, seed.wrapping_add(fold.index as u64), device)?;
        let options = FitOptions::new().epochs(epochs).batch_size(batch_size).validation_data(&held_out);
        let name = format!("houses-{}-{seed}", fold.index + 1);
        let history = model.fit_with(&train, &options, &mut [&mut context.backup(&name)])?;
        context.run.say(format_args!("  fold {}, seed {seed}", fold.index + 1));
        Ok(FoldResult { history, score: model.evaluate(&held_out)? })
    })
}
