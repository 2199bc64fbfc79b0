//! Section 4.2: evaluating models. Expect repeated K-fold to vary least from shuffle to shuffle, and three splits that
//! mislead: of sorted classes, of a time series that was shuffled, and of samples that are there twice.

use kindling::{
    data::{DataError, DriftingSeries, SplitOptions, TextOptions, check_leakage, drop_duplicates},
    experiments::{Devices, FoldResult, cross_validate},
    losses::{MeanSquaredError, SparseCategoricalCrossentropy},
    metrics::{Accuracy, Mae},
    models::SequentialNetwork,
    networks,
    optimizers::RmsProp,
    plots::Chart,
    prelude::*,
    preprocessing::{StandardScaler, Transform},
    splits::{Fold, HoldOut, KFold, RepeatedKFold, Splitter, StratifiedKFold, TimeSeriesSplit},
};
use kindling_programs::cli::{self, CommonArgs, Data, Run};

/// Evaluates models, and shows how splits mislead, as in section 4.2 of "Deep Learning with Python"
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    common: CommonArgs,
}

/// Number of repetitions of each protocol, each with another shuffle.
const SHUFFLES: u64 = 8;

/// Words of newswires that are told apart.
const WORDS: usize = 10_000;

fn main() -> anyhow::Result<()> {
    let Args { common } = cli::parse_common("ch04_evaluation");
    let mut run = Run::start("ch04_evaluation", &common.run)?;

    let boston = common.load(|options| boston_housing::load(&SplitOptions::new(), options))?;
    let houses = Data {
        dataset: "boston_housing",
        source: boston.source,
        train_samples: boston.train.len(),
        test_samples: boston.test.len(),
    };
    run.loaded(houses);
    let tracts = boston.train;
    let [hold_out, k_fold, repeated] = compare_protocols(&mut run, common.run.seed, &tracts, &houses)?;

    let mnist = common.load(mnist::load)?;
    let digits = Data {
        dataset: "mnist",
        source: mnist.source,
        train_samples: DIGITS.min(mnist.train.len()),
        test_samples: mnist.test.len(),
    };
    run.say("");
    run.loaded(digits);
    let train = mnist.train.reshape(28 * 28)?.slice(0..DIGITS);
    let test = mnist.test.reshape(28 * 28)?;
    split_sorted_digits(&mut run, common.run.seed, &train, &test, &digits)?;

    look_ahead(&mut run, &common)?;
    double_samples(&mut run, common.run.seed, &tracts)?;

    // It happens: some of Reuters' test newswires have the same words as training ones.
    let reuters = common.load(|options| reuters::load(&TextOptions::new().num_words(WORDS), options))?;
    let newswires = Data {
        dataset: "reuters",
        source: reuters.source,
        train_samples: reuters.train.len(),
        test_samples: reuters.test.len(),
    };
    run.say("");
    run.loaded(newswires);
    let shared = leaked(&run, &reuters.train.multi_hot(WORDS)?, &reuters.test.multi_hot(WORDS)?)?;
    run.record("reuters_leaked", shared);
    run.conclude(format_args!(
        "Deviation of the score from shuffle to shuffle: hold-out {hold_out:.3}, 4 folds {k_fold:.3}, 4 folds 3 times \
         {repeated:.3}"
    ))
}

/// The network of section 3.6, trained on samples that a scaler of its own has standardised.
struct Trained {
    scaler: StandardScaler,
    model: Model<SequentialNetwork>,
    history: History,
}

impl Trained {
    fn on(train: &Samples, device: &Device, seed: u64, epochs: usize) -> Result<Self, TrainError> {
        let scaler = StandardScaler::fit(&train.input())?;
        let network = networks::boston(scaler.mean().len());
        let compiling = network.compile(RmsProp::default(), MeanSquaredError, [Mae]);
        let mut model = compiling.seed(seed).on(device)?;
        let options = FitOptions::new().epochs(epochs).batch_size(16);
        let history = model.fit(&scaler.transform_samples(train)?, &options)?;
        Ok(Self { scaler, model, history })
    }

    fn evaluate(&self, samples: &Samples) -> Result<Logs, TrainError> {
        self.model.evaluate(&self.scaler.transform_samples(samples)?)
    }
}

/// Trains once for each split, and evaluates with what was held out; the mean of the mean absolute errors.
fn score(
    samples: &Samples,
    splitter: &dyn Splitter,
    device: &Device,
    seed: u64,
    epochs: usize,
) -> anyhow::Result<f64> {
    let validation = cross_validate(samples, splitter, &Devices::from(device).jobs(2), |fold, device| {
        let trained = Trained::on(&fold.train, device, seed.wrapping_add(fold.index as u64), epochs)?;
        let score = trained.evaluate(&fold.validation)?;
        Ok(FoldResult { history: trained.history, score })
    })?;
    Ok(validation.mean("mae"))
}

/// Hold-out, K-fold and repeated K-fold, each for several shuffles: how far a score is a matter of luck. Returns the
/// deviation of each.
fn compare_protocols(run: &mut Run, seed: u64, tracts: &Samples, data: &Data) -> anyhow::Result<[f64; 3]> {
    type Protocol = fn(u64) -> Box<dyn Splitter>;
    let protocols: [(&str, &str, Protocol); 3] = [
        ("Hold-out of a quarter", "hold_out_mae", |seed| Box::new(HoldOut::random(0.25).seed(seed))),
        ("4 folds", "k_fold_mae", |seed| Box::new(KFold::new(4).shuffle_with_seed(seed))),
        ("4 folds, 3 times", "repeated_k_fold_mae", |seed| Box::new(RepeatedKFold::new(4, 3).seed(seed))),
    ];
    let mut chart = Chart::new(format!("The same network, scored with {SHUFFLES} shuffles"))
        .axes("Shuffle", "Mean validation error (1000 dollars)")
        .caption(run.caption(data));
    run.say(format_args!("\n{SHUFFLES} shuffles of each protocol:"));
    run.say(format_args!("{:<24}{:>10}{:>12}", "", "mean MAE", "deviation"));
    let mut deviations = [0.0; 3];
    for ((name, key, protocol), deviation) in protocols.into_iter().zip(&mut deviations) {
        let score = |shuffle| {
            let seed = seed.wrapping_add(1000 * shuffle);
            score(tracts, protocol(seed).as_ref(), run.device(), seed, 40)
        };
        let scores = (0..SHUFFLES).map(score).collect::<anyhow::Result<Vec<f64>>>()?;
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / scores.len() as f64;
        *deviation = variance.sqrt();
        run.say(format_args!("{name:<24}{mean:>10.3}{deviation:>12.3}"));
        chart = chart.line(name, &scores);
        run.record(key, scores);
    }
    chart.save(run.files(), "protocols")?;
    Ok(deviations)
}

/// Digits that are sorted and split.
const DIGITS: usize = 5000;

/// Digits sorted by class, held out in three ways: what is not trained on is not learned.
fn split_sorted_digits(
    run: &mut Run,
    seed: u64,
    train: &Samples,
    test: &Samples,
    data: &Data,
) -> anyhow::Result<()> {
    let classes = train.classes().unwrap_or_default();
    let mut order: Vec<usize> = (0..train.len()).collect();
    order.sort_by_key(|position| classes[*position]);
    let sorted = train.select(&order)?;
    let splitters: [(&str, &str, Box<dyn Splitter>); 3] = [
        ("The last fifth", "last", Box::new(HoldOut::last(0.2))),
        ("Shuffled", "shuffled", Box::new(HoldOut::random(0.2).seed(seed))),
        ("Stratified", "stratified", Box::new(StratifiedKFold::new(5).shuffle_with_seed(seed))),
    ];
    let mut chart = Chart::new("Digits sorted by class, a fifth held out")
        .axes("Digit", "Share of its images that is held out")
        .caption(run.caption(data));
    run.say("\nDigits sorted by class, a fifth held out:");
    run.say(format_args!(
        "{:<16}{:>20}{:>22}{:>16}",
        "", "classes trained on", "validation accuracy", "test accuracy"
    ));
    for (name, key, splitter) in splitters {
        let Fold { train: partial, validation: held_out, .. } = sorted.split(&*splitter)?.swap_remove(0);
        let network = networks::mnist(64);
        let compiling = network.compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy]);
        let mut model = compiling.seed(seed).on(run.device())?;
        model.fit(&partial, &FitOptions::new().epochs(5).batch_size(64))?;
        let accuracy = |samples: &Samples| model.evaluate(samples)?.require("accuracy");
        let (validation, test) = (accuracy(&held_out)?, accuracy(test)?);

        let count = |samples: &Samples, digit: i32| {
            samples.classes().unwrap_or_default().iter().filter(|class| **class == digit).count()
        };
        let shares: Vec<(f64, f64)> = (0..10)
            .map(|digit| (f64::from(digit), count(&held_out, digit) as f64 / count(&sorted, digit) as f64))
            .collect();
        let learned = shares.iter().filter(|(_, share)| *share < 1.0).count();
        run.say(format_args!("{name:<16}{learned:>20}{validation:>22.4}{test:>16.4}"));
        chart = chart.xy_line(name, &shares);
        run.record(&format!("sorted_{key}_classes_trained_on"), learned);
        run.record(&format!("sorted_{key}_validation_accuracy"), validation);
        run.record(&format!("sorted_{key}_test_accuracy"), test);
        let shares: Vec<f64> = shares.into_iter().map(|(_, share)| share).collect();
        run.record(&format!("sorted_{key}_held_out_shares"), shares);
    }
    chart.save(run.files(), "sorted_digits")?;
    Ok(())
}

/// Steps of a made-up series that are known when a model is trained, and those that come after.
const KNOWN: usize = 1600;
const FUTURE: usize = 400;

/// A series whose level drifts: a shuffled split knows the level of each day from its neighbours, the future does not.
fn look_ahead(run: &mut Run, common: &CommonArgs) -> anyhow::Result<()> {
    let (seed, epochs) = (common.run.seed, 50);
    let series = DriftingSeries { steps: KNOWN + FUTURE, sensors: 8, seed }.samples()?;
    let (known, future) = (series.slice(0..KNOWN), series.slice(KNOWN..series.len()));
    let trained = Trained::on(&known, run.device(), seed, epochs)?;
    let truth = trained.evaluate(&future)?.require("mae")?;
    run.say(format_args!("\nA made-up series of {KNOWN} steps, and the {FUTURE} steps after it:"));
    let splitters: [(&str, &str, Box<dyn Splitter>); 3] = [
        ("A shuffled fifth held out", "shuffled_mae", Box::new(HoldOut::random(0.2).seed(seed))),
        ("The last fifth held out", "last_mae", Box::new(HoldOut::last(0.2))),
        ("4 splits in time order", "time_series_mae", Box::new(TimeSeriesSplit::new(4))),
    ];
    for (name, key, splitter) in splitters {
        let mae = score(&known, splitter.as_ref(), run.device(), seed, epochs)?;
        run.say(format_args!("{name:<28}MAE {mae:.3}"));
        run.record(key, mae);
    }
    run.say(format_args!("{:<28}MAE {truth:.3}", "The future itself"));
    run.record("future_mae", truth);

    let predictions = trained.model.predict(&trained.scaler.transform_samples(&series)?)?;
    let targets = series.targets()[0].data();
    Chart::new("A model of the known steps, and what came after them")
        .axes("Step", "Mean of 20 steps")
        .xy_line(format!("Series, known up to step {KNOWN}"), &means_of_20(targets.iter::<f64>().collect()))
        .xy_line("Prediction", &means_of_20(predictions.iter::<f64>().collect()))
        .caption(format!("made-up series; {}, seed {seed}", common.run.backend))
        .save(run.files(), "arrow_of_time")?;
    Ok(())
}

/// The last of every 20 steps, with the mean of their values.
fn means_of_20(values: Vec<f64>) -> Vec<(f64, f64)> {
    let steps = (1..).map(|chunk| f64::from(chunk * 20));
    steps.zip(values.chunks_exact(20).map(|chunk| chunk.iter().sum::<f64>() / 20.0)).collect()
}

/// Every sample twice, then split: most of what is held out has been learned by heart.
fn double_samples(run: &mut Run, seed: u64, tracts: &Samples) -> anyhow::Result<()> {
    let (splitter, epochs) = (HoldOut::random(0.25).seed(seed), 100);
    let twice: Vec<usize> = (0..tracts.len()).chain(0..tracts.len()).collect();
    let doubled = tracts.select(&twice)?;
    let distinct = drop_duplicates(&doubled);
    let samples = [("Each house twice", "doubled", doubled), ("Duplicates dropped", "distinct", distinct)];
    run.say("\nHouses that are in the data twice:");
    for (name, key, samples) in samples {
        let mae = score(&samples, &splitter, run.device(), seed, epochs)?;
        let fold = samples.split(&splitter)?.swap_remove(0);
        let leaked = leaked(run, &fold.train, &fold.validation)?;
        run.say(format_args!("{name:<28}{:>4} samples, {leaked:>3} leaked, MAE {mae:.3}", samples.len()));
        run.record(&format!("{key}_leaked"), leaked);
        run.record(&format!("{key}_mae"), mae);
    }
    Ok(())
}

/// How many held-out samples are also trained on; says so loudly if there are any.
fn leaked(run: &Run, train: &Samples, held_out: &Samples) -> anyhow::Result<usize> {
    match check_leakage(train, held_out) {
        Err(error @ DataError::Leakage { shared, .. }) => {
            run.say(format_args!("error: {error}"));
            Ok(shared)
        }
        checked => Ok(checked.map(|()| 0)?),
    }
}
