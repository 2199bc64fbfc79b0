//! Section 3.6 (3.7 in the notebooks): house prices.

use kindling::{
    data::SplitOptions,
    experiments::{Baseline, FoldResult, cross_validate, exponential_moving_average},
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
    Context,
    compare::{self, HEAD},
};

pub fn section(context: &Context) -> anyhow::Result<Section> {
    let section = context.begin("3.6 House prices");
    let boston = context.args.common.load(|options| boston_housing::load(&SplitOptions::new(), options))?;
    let (train, test) = (boston.train, boston.test);
    let compile = |seed, device: &Device| {
        let network = networks::boston(boston_housing::FEATURES);
        network.compile(RmsProp::default(), MeanSquaredError, [Mae]).seed(seed).on(device)
    };

    let (epochs, batch_size) = if context.args.quick { (60, 8) } else { (100, 1) };
    let folds = cross_validate(&train, &KFold::new(4), &context.devices, |fold, device| {
        let scaler = StandardScaler::fit(&fold.train.input())?;
        let held_out = scaler.transform_samples(&fold.validation)?;
        let mut model = compile(context.seed().wrapping_add(fold.index as u64), device)?;
        let options = FitOptions::new().epochs(epochs).batch_size(batch_size).validation_data(&held_out);
        let train = scaler.transform_samples(&fold.train)?;
        let name = format!("boston-fold-{}", fold.index + 1);
        let history = context.fit(&name, &mut model, &train, &options)?;
        Ok(FoldResult { history, score: model.evaluate(&held_out)? })
    })?;

    let scaler = StandardScaler::fit(&train.input())?;
    let (train, test) = (scaler.transform_samples(&train)?, scaler.transform_samples(&test)?);
    let mut model = compile(context.seed(), context.device())?;
    context.fit("boston", &mut model, &train, &FitOptions::new().epochs(80).batch_size(16))?;
    let error = model.evaluate(&test)?.require("mae")?;

    let baseline = Baseline::mean_target(&train, &test)?.score;

    let book = context.book.run("boston_4_fold_100_epochs")?;
    let book_final = context.book.run("boston_80_epochs_batch_16")?;
    let scores = folds.scores("mae");
    let (low, high) = scores.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), s| (l.min(*s), h.max(*s)));
    let mut rows = vec![
        compare::row(
            "Test error (MAE), 80 epochs in batches of 16",
            book_final.test_mae,
            Some((2.66, 2.88)),
            error,
        ),
        compare::row("Mean error of four folds", book.mean_val_mae, None, folds.mean("mae")),
    ];
    for (index, (book, ours)) in book.fold_val_mae.iter().zip(&scores).enumerate() {
        rows.push(compare::row(&format!("Fold {}", index + 1), *book, None, *ours));
    }
    let curve = folds.mean_curve("val_mae");
    let smooth = exponential_moving_average(curve.get(10..).unwrap_or_default(), 0.9);
    let points: Vec<(f64, f64)> =
        smooth.iter().zip(11..).map(|(mae, epoch)| (f64::from(epoch), *mae)).collect();
    let chart = Chart::new("Mean validation error of the folds, without the first ten epochs, smoothed")
        .axes("Epoch", "MAE, thousand dollars")
        .xy_line("Ours", &points);
    Ok(section
        .text(&format!(
            "boston_housing from {}: {} tracts, {} to test with. Errors in thousand dollars.",
            boston.source,
            train.len(),
            test.len()
        ))
        .table(&HEAD, &rows)
        .chart(&chart)
        .claim(
            "With few samples a single held-out part is a matter of luck: the folds' errors differ widely.",
            high - low > 0.3,
            &format!("from {low:.3} to {high:.3}"),
        )
        .claim(
            "The network is far better than always naming the mean.",
            error < 0.7 * baseline,
            &format!("test error {error:.3} against {baseline:.3}"),
        ))
}
