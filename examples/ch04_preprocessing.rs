//! Section 4.3: data preprocessing and feature engineering. Expect scaled features to beat unscaled ones, training with
//! missing values to prepare for them, and the time to be read from a clock's hands better than from its pixels.

use kindling::{
    activations::{Linear, Relu},
    data::{
        DataError, SplitOptions,
        clocks::{self, Clock, minutes_between, time_of_angles, time_of_place},
    },
    losses::MeanSquaredError,
    metrics::Mae,
    models::SequentialNetwork,
    networks,
    optimizers::{Adam, RmsProp},
    plots::{Chart, ImageSheet, Tile},
    prelude::*,
    preprocessing::{Fill, SimpleImputer, StandardScaler, Transform, drop_values},
};
use kindling_programs::cli::{self, CommonArgs, Data, Run};

/// Prepares data in ways that decide what is learned, as in section 4.3 of "Deep Learning with Python"
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    common: CommonArgs,
}

fn main() -> anyhow::Result<()> {
    let Args { common } = cli::parse_common("ch04_preprocessing");
    let mut run = Run::start("ch04_preprocessing", &common.run)?;

    let boston = common.load(|options| boston_housing::load(&SplitOptions::new(), options))?;
    let data = Data {
        dataset: "boston_housing",
        source: boston.source,
        train_samples: boston.train.len(),
        test_samples: boston.test.len(),
    };
    run.loaded(data);
    let (train, test) = boston.into_parts();
    scale(&mut run, common.run.seed, &train, &test, &data)?;
    miss_values(&mut run, common.run.seed, &train, &test, &data)?;
    let [pixels, tips, angles] = read_clocks(&mut run, &common)?;
    run.conclude(format_args!(
        "Clocks are read with an error of {pixels:.1} minutes from pixels, {tips:.1} from the tips of the hands, \
         {angles:.1} from their angles"
    ))
}

/// The network of section 3.6, before it is trained.
fn house_model(run: &Run, seed: u64) -> anyhow::Result<Model<SequentialNetwork>> {
    let network = networks::boston(boston_housing::FEATURES);
    Ok(network.compile(RmsProp::default(), MeanSquaredError, [Mae]).seed(seed).on(run.device())?)
}

/// Features in units of their own against features of mean 0 and deviation 1; the network and its training are the same.
fn scale(run: &mut Run, seed: u64, train: &Samples, test: &Samples, data: &Data) -> anyhow::Result<()> {
    let scaler = StandardScaler::fit(&train.input())?;
    let scaled = (scaler.transform_samples(train)?, scaler.transform_samples(test)?);
    let mut chart = Chart::new("House prices from features as they are, and scaled")
        .axes("Epochs", "Mean absolute error on the test houses (1000 dollars)")
        .caption(run.caption(data));
    run.say("\nThe same training on features as they are, and scaled:");
    for (name, key, (train, test)) in
        [("Unscaled", "unscaled_mae", (train.clone(), test.clone())), ("Scaled", "scaled_mae", scaled)]
    {
        let mut model = house_model(run, seed)?;
        let options = FitOptions::new().epochs(60).batch_size(16).validation_data(&test);
        let history = model.fit(&train, &options)?;
        let mae = model.evaluate(&test)?.require("mae")?;
        run.say(format_args!("{name:<12}test MAE {mae:.3}"));
        run.record(key, mae);
        chart = chart.line(name, history.get("val_mae"));
    }
    chart.save(run.files(), "scaling")?;
    Ok(())
}

/// The shares of values that are missing at test time.
const TEST_RATES: [f64; 4] = [0.0, 0.1, 0.2, 0.4];

/// The share that is missing in training, and what that is called.
const TRAININGS: [(f64, &str, &str); 2] = [
    (0.0, "Trained on all values", "mae_trained_on_all"),
    (0.3, "Trained with 0.3 missing", "mae_trained_with_missing"),
];

/// Trainings that each figure is the mean of.
const REPEATS: u64 = 5;

/// Values that are missing at test time, with and without training on missing ones.
fn miss_values(run: &mut Run, seed: u64, train: &Samples, test: &Samples, data: &Data) -> anyhow::Result<()> {
    let mut chart = Chart::new("House prices when features are missing")
        .axes("Share of values missing at test time", "Mean absolute error (1000 dollars)")
        .caption(format!("{}, mean of {REPEATS} trainings", run.caption(data)));
    run.say(format_args!("\nTest MAE when values are missing, mean of {REPEATS} trainings:"));
    let rates: String = TEST_RATES.iter().map(|rate| format!("{rate:>8}")).collect();
    run.say(format_args!("{:<28}{rates}", "Missing at test time"));
    for (training_rate, name, key) in TRAININGS {
        let mut means = [0.0; TEST_RATES.len()];
        for repeat in 0..REPEATS {
            let seed = seed.wrapping_add(1000 * repeat);
            let errors = errors_at_test_rates(run, seed, training_rate, train, test)?;
            means.iter_mut().zip(errors).for_each(|(mean, error)| *mean += error / REPEATS as f64);
        }
        let figures: String = means.iter().map(|mean| format!("{mean:>8.3}")).collect();
        run.say(format_args!("{name:<28}{figures}"));
        let points: Vec<(f64, f64)> = TEST_RATES.into_iter().zip(means).collect();
        chart = chart.xy_line(name, &points);
        run.record(key, means.to_vec());
    }
    run.record("test_rates", TEST_RATES.to_vec());
    chart.save(run.files(), "missing_values")?;
    Ok(())
}

/// Trains with values missing at one rate, others in each epoch; the mean absolute error at each of [`TEST_RATES`].
fn errors_at_test_rates(
    run: &Run,
    seed: u64,
    training_rate: f64,
    train: &Samples,
    test: &Samples,
) -> anyhow::Result<[f64; TEST_RATES.len()]> {
    // Scaled first, so that what is missing becomes 0 where 0 is the mean.
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

/// The time from clock faces: the more is worked out beforehand, the less there is to learn. Returns the mean errors in
/// minutes.
fn read_clocks(run: &mut Run, common: &CommonArgs) -> anyhow::Result<[f64; 3]> {
    let all = clocks::synthetic(2000, common.run.seed);
    let (train, test) = all.split_at(1000);
    let caption = format!("made-up clocks; {}, seed {}", common.run.backend, common.run.seed);
    run.say(format_args!("\nThe time from {} clocks, learned from {}:", test.len(), train.len()));
    run.say(format_args!("{:<24}{:>12}{:>12}", "", "parameters", "error (min)"));

    let from_pixels = Sequential::new(clocks::SIDE * clocks::SIDE).dense(64, Relu).dense(2, Linear);
    let from_tips = Sequential::new(4).dense(32, Relu).dense(2, Linear);
    let pixels = learn_clocks(run, common.run.seed, &from_pixels, clocks::pixel_samples, (train, test))?;
    let tips = learn_clocks(run, common.run.seed, &from_tips, clocks::tip_samples, (train, test))?;
    // From angles there is nothing to learn: a subtraction, a division and a rounding.
    let times: Vec<f64> = test.iter().map(|clock| time_of_angles(clock.angles())).collect();
    let angles = Reader { parameters: 0, errors: vec![mean_error(test, &times)], times };

    let mut errors = [0.0; 3];
    let readers = [("pixels", &pixels), ("tips", &tips), ("angles", &angles)];
    for ((name, reader), error) in readers.into_iter().zip(&mut errors) {
        *error = reader.errors.last().copied().unwrap_or(f64::NAN);
        run.say(format_args!("{:<24}{:>12}{error:>12.2}", format!("From {name}"), reader.parameters));
        run.record(&format!("clock_{name}_parameters"), reader.parameters);
        run.record(&format!("clock_{name}_error_minutes"), *error);
    }
    // The first epochs, when nothing can be read yet, would hide the others.
    let after_ten = |reader: &Reader| -> Vec<(f64, f64)> {
        (1..).map(f64::from).zip(reader.errors.iter().copied()).skip(10).collect()
    };
    Chart::new("Learning to read clocks, without the first ten epochs")
        .axes("Epochs", "Mean error on the test clocks (minutes)")
        .xy_line(format!("From pixels, {} parameters", pixels.parameters), &after_ten(&pixels))
        .xy_line(format!("From the hands' tips, {} parameters", tips.parameters), &after_ten(&tips))
        .caption(&caption)
        .save(run.files(), "clocks_error")?;
    let tile = |(clock, read): (&Clock, &f64)| Tile {
        pixels: clock.pixels().into_iter().map(|ink| f32::from(ink) / 255.0).collect(),
        width: clocks::SIDE,
        height: clocks::SIDE,
        caption: format!("{} read as {}", clocks::show(clock.minutes), clocks::show(*read)),
    };
    let tiles: Vec<Tile> = test.iter().zip(&pixels.times).take(15).map(tile).collect();
    ImageSheet::new("Clocks, and what was read from their pixels", &tiles, 5)
        .caption(&caption)
        .save(run.files(), "clocks")?;
    Ok(errors)
}

/// What came of one way to read the time.
struct Reader {
    parameters: usize,
    /// The mean error on the test clocks after each epoch, in minutes.
    errors: Vec<f64>,
    /// The time read from each test clock in the end.
    times: Vec<f64>,
}

/// Learns to read clocks in the form that `prepare` gives them.
fn learn_clocks(
    run: &Run,
    seed: u64,
    network: &Sequential,
    prepare: fn(&[Clock]) -> Result<Samples, DataError>,
    (train, test): (&[Clock], &[Clock]),
) -> anyhow::Result<Reader> {
    let (train_samples, test_samples) = (prepare(train)?, prepare(test)?);
    let mut model = network.compile(Adam::default(), MeanSquaredError, ()).seed(seed).on(run.device())?;
    let parameters = model.weights()?.iter().map(|(_, values)| values.num_elements()).sum();
    let mut reader = Reader { parameters, errors: Vec::new(), times: Vec::new() };
    for _ in 0..100 {
        model.fit(&train_samples, &FitOptions::new().batch_size(32))?;
        let places: Vec<f64> = model.predict(&test_samples)?.iter::<f64>().collect();
        reader.times = places.chunks_exact(2).map(|place| time_of_place(place[0], place[1])).collect();
        reader.errors.push(mean_error(test, &reader.times));
    }
    Ok(reader)
}

/// How far the times read are from the true ones, in minutes.
fn mean_error(clocks: &[Clock], times: &[f64]) -> f64 {
    let apart = clocks.iter().zip(times).map(|(clock, time)| minutes_between(clock.minutes, *time));
    apart.sum::<f64>() / clocks.len() as f64
}
