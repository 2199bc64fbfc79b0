//! Section 4.2: hold-out, K-fold and repeated K-fold validation. Expect the hold-out score to have a standard deviation of 0.2 to
//! 0.3 thousand dollars over shuffles, and that of repeated K-fold less than a third of it.

use kindling::{
    data::SplitOptions,
    experiments::{Devices, FoldResult, cross_validate, statistics},
    losses::MeanSquaredError,
    metrics::Mae,
    networks,
    optimizers::RmsProp,
    plots::Chart,
    prelude::*,
    preprocessing::{StandardScaler, Transform},
    splits::{Fold, HoldOut, KFold, RepeatedKFold, Splitter},
};
use kindling_programs::{
    cli::{CommonArgs, Run, at_least_one},
    program::Program,
};

#[derive(clap::Args)]
struct Flags {
    /// Number of scores per protocol, each with a different shuffle and different initial weights
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = at_least_one)]
    shuffles: usize,
    /// Number of passes over the training data per training
    #[arg(long, default_value_t = 40, value_parser = at_least_one)]
    epochs: usize,
}

/// A protocol: its name in the table, its name in `result.json`, and the splitter with a seed.
type Protocol = (&'static str, &'static str, fn(u64) -> Box<dyn Splitter>);

const PROTOCOLS: [Protocol; 3] = [
    ("hold-out", "hold_out_mae", |seed| Box::new(HoldOut::random(0.25).seed(seed))),
    ("4 folds", "k_fold_mae", |seed| Box::new(KFold::new(4).shuffle_with_seed(seed))),
    ("4 folds 3 times", "repeated_k_fold_mae", |seed| Box::new(RepeatedKFold::new(4, 3).seed(seed))),
];

fn main() -> anyhow::Result<()> {
    let about = "Compare hold-out, K-fold and repeated K-fold validation, as in section 4.2 of \"Deep Learning with Python\"";
    let (mut run, Flags { shuffles, epochs }) = Program::new("ch04_evaluation", about).start::<Flags>()?;
    let boston = run.load("boston_housing", |options| boston_housing::load(&SplitOptions::new(), options))?;
    run.say(format_args!("\nValidation MAE (1000 dollars) of the same network with {shuffles} shuffles:"));
    run.say(format_args!("{:<18}{:>10}{:>10}{:>12}   scores", "", "trainings", "mean", "deviation"));

    let mut chart = Chart::new("The same network scored with different shuffles")
        .axes("", "Mean validation error (1000 dollars)")
        .caption(run.caption());
    let mut deviations = [0.0; 3];
    for ((name, key, splitter), deviation) in PROTOCOLS.into_iter().zip(&mut deviations) {
        let score = |shuffle| {
            let seed = run.seed().wrapping_add(1000 * shuffle);
            score(&run, &boston.train, &*splitter(seed), seed, epochs)
        };
        let scores = (0..shuffles as u64).map(score).collect::<anyhow::Result<Vec<f64>>>()?;
        *deviation = statistics::deviation(&scores);
        let trainings = splitter(0).split(&boston.train)?.len();
        let listed: String = scores.iter().map(|score| format!(" {score:.2}")).collect();
        run.say(format_args!(
            "{name:<18}{trainings:>10}{:>10.3}{deviation:>12.3}  {listed}",
            statistics::mean(&scores)
        ));
        chart = chart.dots(name, &scores);
        run.record(key, scores);
    }
    chart.save(run.files(), "protocols")?;

    let [hold_out, k_fold, repeated] = deviations;
    run.takeaway(format_args!(
        "With the same network and data, the hold-out score has a standard deviation of {hold_out:.3} over shuffles: {} of {} \
         houses are a small sample, and the shuffle selects them. K-fold validates on each house once ({k_fold:.3}), and \
         repeated K-fold also averages over shuffles ({repeated:.3}), at a cost of 4 and 12 trainings per score. A difference \
         between two networks that is smaller than this deviation is not significant. Next: --shuffles 30 estimates the \
         deviations more precisely; their order stays the same.",
        boston.train.len() / 4,
        boston.train.len(),
    ));
    run.conclude(format_args!(
        "Deviation of the score from shuffle to shuffle: hold-out {hold_out:.3}, 4 folds {k_fold:.3}, 4 folds 3 times \
         {repeated:.3}"
    ))
}

/// Trains the network of section 3.6 once for each split, and returns the mean absolute error on the held-out samples, averaged
/// over the splits.
fn score(
    run: &Run<CommonArgs>,
    houses: &Samples,
    splitter: &dyn Splitter,
    seed: u64,
    epochs: usize,
) -> anyhow::Result<f64> {
    let devices = Devices::from(run.device()).jobs(2);
    let validation =
        cross_validate(houses, splitter, &devices, |Fold { train, validation, index }, device| {
            // Fit the scaler to the training part only.
            let scaler = StandardScaler::fit(&train.input())?;
            let network = networks::boston(boston_housing::FEATURES);
            let compiling = network.compile(RmsProp::default(), MeanSquaredError, [Mae]);
            let mut model = compiling.seed(seed.wrapping_add(index as u64)).on(device)?;
            let options = FitOptions::new().epochs(epochs).batch_size(16);
            let history = model.fit(&scaler.transform_samples(&train)?, &options)?;
            let score = model.evaluate(&scaler.transform_samples(&validation)?)?;
            Ok(FoldResult { history, score })
        })?;
    Ok(validation.mean("mae"))
}
