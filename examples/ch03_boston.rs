//! Section 3.6: house prices. Expect a mean absolute error of about 2.4 (thousand dollars) over four folds.

use kindling::{
    data::SplitOptions,
    experiments::{FoldResult, cross_validate, exponential_moving_average},
    losses::MeanSquaredError,
    metrics::Mae,
    networks,
    optimizers::RmsProp,
    plots::{Chart, history_chart},
    prelude::*,
    preprocessing::{StandardScaler, Transform},
    splits::{Fold, KFold},
};
use kindling_programs::cli::{self, Data, Defaults, DevicesArgs, Run, TrainingArgs};

/// Predicts house prices, as in section 3.6 of "Deep Learning with Python"
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    training: TrainingArgs,
    /// Train on all training samples, 80 epochs in batches of 16, instead of four folds
    #[arg(long = "final")]
    finally: bool,
    /// Where the folds are trained.
    #[command(flatten)]
    devices: DevicesArgs,
}

fn main() -> anyhow::Result<()> {
    let defaults = Defaults {
        example: "ch03_boston",
        epochs: 100,
        batch_size: 1,
        learning_rate: 0.001,
        finally: Some((80, 16)),
    };
    let Args { training: args, finally, devices } = cli::parse(defaults);
    let mut run = Run::start(defaults.example, &args.common.run)?;

    // The data: thirteen features of a tract, and the median price of its houses in thousand dollars.
    let boston = args.common.load(|options| boston_housing::load(&SplitOptions::new(), options))?;
    let data = Data {
        dataset: "boston_housing",
        source: boston.source,
        train_samples: boston.train.len(),
        test_samples: boston.test.len(),
    };
    run.loaded(data);
    run.name_features(&args, || boston_housing::FEATURE_NAMES);
    let (train, test) = boston.into_parts();

    let devices = devices.open(&args.common.run.backend)?;
    let compile = |seed, device: &Device| {
        networks::boston(boston_housing::FEATURES)
            .compile(RmsProp::new(args.learning_rate), MeanSquaredError, [Mae])
            .seed(seed)
            .on(device)
    };
    let options = FitOptions::new().epochs(args.epochs).batch_size(args.batch_size);

    // Few samples make one held-out part a matter of luck: four folds, each with a model and a scaler of its own.
    if !finally {
        let folds = KFold::new(4);
        let train_fold = |fold: Fold, device: &Device| {
            let scaler = StandardScaler::fit(&fold.train.input())?;
            let (train, held_out) =
                (scaler.transform_samples(&fold.train)?, scaler.transform_samples(&fold.validation)?);
            let mut model = compile(args.common.run.seed.wrapping_add(fold.index as u64), device)?;
            let options = options.clone().validation_data(&held_out);
            let mut backup = run.backup(&args.checkpoints, &format!("fold-{}", fold.index + 1));
            let history = model.fit_with(&train, &options, &mut [&mut backup])?;
            Ok(FoldResult { history, score: model.evaluate(&held_out)? })
        };
        let validation = run.trainings(|| cross_validate(&train, &folds, &devices, train_fold))?;
        let scores = validation.scores("mae");
        let (mean, deviation) = (validation.mean("mae"), validation.deviation("mae"));
        run.say(format_args!("Mean absolute error of each fold: {scores:.3?}"));
        run.say(format_args!("Mean {mean:.3}, deviation {deviation:.3}"));
        run.record("fold_mae", scores);
        run.record("mean_mae", mean);
        run.record("deviation_mae", deviation);

        let curve = validation.mean_curve("val_mae");
        Chart::new("Mean validation error over four folds")
            .axes("Epochs", "Validation MAE")
            .line("Mean of the folds", &curve)
            .caption(run.caption(&data))
            .save(run.files(), "mae")?;
        let smooth = exponential_moving_average(curve.get(10..).unwrap_or_default(), 0.9);
        let points: Vec<(f64, f64)> =
            smooth.iter().zip(11..).map(|(mae, epoch)| (f64::from(epoch), *mae)).collect();
        Chart::new("The same without the first ten, smoothed")
            .axes("Epochs", "Validation MAE")
            .xy_line("Moving average", &points)
            .caption(run.caption(&data))
            .save(run.files(), "mae_smoothed")?;
        run.record("validation_curve", curve);
    }

    // A model on all training samples, tested once.
    let scaler = StandardScaler::fit(&train.input())?;
    let (train, test) = (scaler.transform_samples(&train)?, scaler.transform_samples(&test)?);
    let mut model = compile(args.common.run.seed, run.device())?;
    let history = run.fit(&args, &mut model, &train, &options.verbose(!args.common.run.quiet && finally))?;
    for figure in ["loss", "mae"] {
        history_chart(&history, figure)
            .caption(run.caption(&data))
            .save(run.files(), &format!("training_{figure}"))?;
    }
    let result = model.evaluate(&test)?;
    run.finish(&args, data, &model, &history, &result)
}
