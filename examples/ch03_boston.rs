//! Section 3.6: house prices. Expect a mean absolute error of about 2.4 (thousand dollars) over four folds, and with `--final` of
//! 2.5 to 3.1, depending on the seed.

use std::time::Instant;

use kindling::{
    activations::*,
    data::SplitOptions,
    experiments::{CrossValidation, FoldResult, cross_validate, exponential_moving_average},
    losses::MeanSquaredError,
    metrics::Mae,
    optimizers::RmsProp,
    plots::{Chart, history_chart},
    prelude::*,
    preprocessing::{StandardScaler, Transform},
    splits::{Fold, KFold},
};
use kindling_programs::{
    cli::{DevicesArgs, Run, TrainingArgs},
    program::*,
};

#[derive(clap::Args)]
struct Flags {
    /// Train on all training samples, 80 epochs in batches of 16, instead of four folds
    #[arg(long = "final")]
    finally: bool,
    /// Number of seeds to train the final model with, counted from --seed, to show the spread of its test error
    #[arg(long, value_name = "N", default_value_t = 1, requires = "finally", value_parser = clap::value_parser!(u16).range(1..=1000))]
    seeds: u16,
    /// The devices for training the folds.
    #[command(flatten)]
    devices: DevicesArgs,
}

fn main() -> anyhow::Result<()> {
    let about = "Predict house prices, as in section 3.6 of \"Deep Learning with Python\"";
    let defaults = Defaults { epochs: 100, batch_size: 1, finally: Some((80, 16)), ..Defaults::default() };
    let (mut run, flags) = Program::new("ch03_boston", about).start_training::<Flags>(defaults)?;

    // Thirteen features of a tract, and the median price of its houses in thousand dollars.
    let boston = run.load("boston_housing", |options| boston_housing::load(&SplitOptions::new(), options))?;
    run.name_features(|| boston_housing::FEATURE_NAMES);

    let started = Instant::now();
    let validation = match flags.finally {
        true => None,
        false => Some(four_folds(&run, &flags, &boston.train)?),
    };
    let folds_seconds = started.elapsed().as_secs_f64();

    // A model on all training samples, tested once.
    let (train, test) = standardized(&boston.train, &boston.test)?;
    let mut model = build(&run, run.seed(), run.device())?;
    let options = run.fit_options().verbose(flags.finally && !run.args.common.run.quiet);
    let history = run.fit(&mut model, &train, &options)?;
    let result = model.evaluate(&test)?;
    for figure in ["loss", "mae"] {
        history_chart(&history, figure)
            .title(format!("Final model: training {figure}"))
            .caption(run.caption())
            .save(run.files(), &format!("training_{figure}"))?;
    }

    let (median, constant) = constant_answer(&train, &test);
    run.say(format_args!(
        "\nTest MAE of a constant prediction, the median training price {median:.2}: {constant:.3}"
    ));
    run.record("constant_answer", median);
    run.record("constant_mae", constant);
    match validation {
        Some(validation) => {
            run.record("folds_seconds", folds_seconds);
            report_folds(&mut run, &validation, constant)?;
        }
        None if flags.seeds > 1 => report_seeds(&mut run, flags.seeds, (&train, &test), result.require("mae")?)?,
        None => run.takeaway(format_args!(
            "The test MAE is {:.2}; the best constant prediction has {constant:.2}. With so few samples, the result also \
             depends on the seed. Try --seeds 9: it trains the same network with nine seeds, whose test errors differ by \
             several tenths.",
            result.require("mae")?
        )),
    }
    run.finish(&model, &history, &result)
}

/// Compiles the network. A price can be any number, so the last layer is one unit without an activation.
fn build(run: &Run<TrainingArgs>, seed: u64, device: &Device) -> Result<Model, TrainError> {
    Sequential::new(boston_housing::FEATURES)
        .dense(64, Relu)
        .dense(64, Relu)
        .dense(1, Linear)
        .compile(RmsProp::new(run.args.learning_rate), MeanSquaredError, [Mae])
        .seed(seed)
        .on(device)
}

/// Standardizes the features with the mean and standard deviation of the training samples: held-out samples must not influence
/// the preprocessing.
fn standardized(train: &Samples, held_out: &Samples) -> Result<(Samples, Samples), TrainError> {
    let scaler = StandardScaler::fit(&train.input())?;
    Ok((scaler.transform_samples(train)?, scaler.transform_samples(held_out)?))
}

/// Runs four trainings, each validated on a different quarter of the samples: a score on so few samples depends on chance.
fn four_folds(run: &Run<TrainingArgs>, flags: &Flags, samples: &Samples) -> anyhow::Result<CrossValidation> {
    let devices = flags.devices.open(&run.args.common.run.backend)?;
    let train_fold = |fold: Fold, device: &Device| {
        let (train, held_out) = standardized(&fold.train, &fold.validation)?;
        let mut model = build(run, run.seed().wrapping_add(fold.index as u64), device)?;
        let mut backup = run.backup(&run.args.checkpoints, &format!("fold-{}", fold.index + 1));
        let options = run.fit_options().verbose(false).validation_data(&held_out);
        let history = model.fit_with(&train, &options, &mut [&mut backup])?;
        let score = model.evaluate(&held_out)?;
        run.say(format_args!("Fold {} of 4: validation MAE {:.3}", fold.index + 1, score.require("mae")?));
        Ok(FoldResult { history, score })
    };
    run.trainings(|| cross_validate(samples, &KFold::new(4), &devices, train_fold))
}

/// Draws and records the scores of the folds, and the mean of their curves.
fn report_folds(
    run: &mut Run<TrainingArgs>,
    validation: &CrossValidation,
    constant: f64,
) -> anyhow::Result<()> {
    let (scores, mean, deviation) =
        (validation.scores("mae"), validation.mean("mae"), validation.deviation("mae"));
    run.say(format_args!("Mean absolute error of each fold: {scores:.3?}"));
    run.say(format_args!("Mean {mean:.3}, deviation {deviation:.3}"));
    let chart = |title: &str| {
        Chart::new(title).axes("Epochs", "Validation MAE (1000 dollars)").caption(run.caption())
    };
    chart("Validation error of four folds after the last epoch")
        .axes("", "Validation MAE (1000 dollars)")
        .dots("4 folds", &scores)
        .save(run.files(), "folds")?;

    // The book drops the first ten epochs, whose errors are much larger, and smooths the rest.
    let curve = validation.mean_curve("val_mae");
    chart("Mean validation error of four folds")
        .line("Mean of the folds", &curve)
        .save(run.files(), "mae")?;
    let smooth = exponential_moving_average(curve.get(10..).unwrap_or_default(), 0.9);
    let points: Vec<(f64, f64)> = (11..).map(f64::from).zip(smooth).collect();
    chart("Mean validation error, smoothed, from epoch 11")
        .xy_line("Moving average", &points)
        .save(run.files(), "mae_smoothed")?;

    let best = points.iter().min_by(|(_, a), (_, b)| a.total_cmp(b));
    let lowest = match best {
        Some((epoch, mae)) => format!("The smoothed curve is lowest at epoch {epoch} ({mae:.2}). "),
        None => String::new(),
    };
    let [low, high] = ends(&scores);
    run.takeaway(format_args!(
        "The folds' errors range from {low:.2} to {high:.2}, although network and options are the same: with so \
         few samples, trust the mean, {mean:.2}, not a single split. The best constant prediction, the median training price, \
         has a test MAE of {constant:.2}. {lowest}Try --final --seeds 9: it trains on all training samples with nine seeds and \
         shows the spread of the test error."
    ));
    run.record("fold_mae", scores);
    run.record("mean_mae", mean);
    run.record("deviation_mae", deviation);
    run.record("validation_curve", curve);
    Ok(())
}

/// Trains the final model with further seeds, to show how much of a test result is chance.
fn report_seeds(
    run: &mut Run<TrainingArgs>,
    seeds: u16,
    (train, test): (&Samples, &Samples),
    own: f64,
) -> anyhow::Result<()> {
    let mut errors = vec![own];
    for number in 1..seeds {
        let seed = run.seed().wrapping_add(number.into());
        let mut backup = run.backup(&run.args.checkpoints, &format!("seed-{seed}"));
        let mae = run.trainings(|| {
            let mut model = build(run, seed, run.device())?;
            model.fit_with(train, &run.fit_options().verbose(false), &mut [&mut backup])?;
            model.evaluate(test)?.require("mae")
        })?;
        run.say(format_args!("Seed {seed}: test MAE {mae:.3}"));
        errors.push(mae);
    }
    Chart::new(format!("Test error of the same network with {seeds} seeds"))
        .axes("", "Test MAE (1000 dollars)")
        .dots(format!("{seeds} seeds"), &errors)
        .caption(run.caption())
        .save(run.files(), "seeds")?;
    let [low, high] = ends(&errors);
    let better = errors.iter().filter(|mae| **mae < own).count();
    run.takeaway(format_args!(
        "Seed {} has a test MAE of {own:.2}; {better} of the {} other seeds have a lower one, and all lie between {low:.2} and \
         {high:.2}. A seed determines only the initial weights and the order of the samples, so a \
         smaller difference than this range may be chance. Try --epochs {}: the training MAE falls much more than the test MAEs.",
        run.seed(),
        seeds - 1,
        run.args.epochs.saturating_mul(4)
    ));
    run.record("seeds_mae", errors);
    Ok(())
}

/// Returns the lowest and the highest value.
fn ends(values: &[f64]) -> [f64; 2] {
    [values.iter().copied().fold(f64::INFINITY, f64::min), values.iter().copied().fold(0.0, f64::max)]
}

/// Returns the constant prediction with the lowest mean absolute error on the training samples, their median price, and its error
/// on the test samples.
fn constant_answer(train: &Samples, test: &Samples) -> (f64, f64) {
    let prices = |samples: &Samples| samples.targets()[0].data().iter::<f64>().collect::<Vec<_>>();
    let (mut known, asked) = (prices(train), prices(test));
    known.sort_by(f64::total_cmp);
    let median = (known[(known.len() - 1) / 2] + known[known.len() / 2]) / 2.0;
    let errors = asked.iter().map(|price| (price - median).abs());
    (median, errors.sum::<f64>() / asked.len() as f64)
}
