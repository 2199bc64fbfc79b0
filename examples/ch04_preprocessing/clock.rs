//! The time from clock faces: with better features, a smaller network suffices.

use kindling::{
    activations::{Linear, Relu},
    data::{
        DataError,
        clocks::{self, Clock, minutes_between, time_of_angles, time_of_place},
    },
    losses::MeanSquaredError,
    optimizers::Adam,
    plots::{Chart, ImageSheet, Tile},
    prelude::*,
};
use kindling_programs::cli::{CommonArgs, Run};

/// Reads the time from pixels, from the tips of the hands, and from their angles. Returns the mean errors in minutes.
pub fn show(run: &mut Run<CommonArgs>) -> anyhow::Result<[f64; 3]> {
    let all = clocks::synthetic(2000, run.seed());
    let (train, test) = all.split_at(1000);
    run.say(format_args!("\n3. The time from {} synthetic clocks, learned from {}", test.len(), train.len()));
    run.say(format_args!("{:<24}{:>12}{:>12}", "", "parameters", "error (min)"));

    let from_pixels = Sequential::new(clocks::SIDE * clocks::SIDE).dense(64, Relu).dense(2, Linear);
    let from_tips = Sequential::new(4).dense(32, Relu).dense(2, Linear);
    let pixels = learn(run, &from_pixels, clocks::pixel_samples, (train, test))?;
    let tips = learn(run, &from_tips, clocks::tip_samples, (train, test))?;
    // Angles need no training: a subtraction, a division and a rounding give the time.
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
    draw(run, test, &pixels, &tips)?;
    Ok(errors)
}

/// The result of reading the time from one kind of feature.
struct Reader {
    parameters: usize,
    /// The mean error on the test clocks after each epoch, in minutes.
    errors: Vec<f64>,
    /// The time read from each test clock after the last epoch.
    times: Vec<f64>,
}

/// Trains a network on the features that `prepare` returns. The targets are the sine and cosine of the time as an angle, because
/// 11:59 is next to 12:00.
fn learn(
    run: &Run<CommonArgs>,
    network: &Sequential,
    prepare: fn(&[Clock]) -> Result<Samples, DataError>,
    (train, test): (&[Clock], &[Clock]),
) -> anyhow::Result<Reader> {
    let (train_samples, test_samples) = (prepare(train)?, prepare(test)?);
    let mut model =
        network.compile(Adam::default(), MeanSquaredError, ()).seed(run.seed()).on(run.device())?;
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

/// Returns the mean absolute error of the times read, in minutes.
fn mean_error(clocks: &[Clock], times: &[f64]) -> f64 {
    let apart = clocks.iter().zip(times).map(|(clock, time)| minutes_between(clock.minutes, *time));
    apart.sum::<f64>() / clocks.len() as f64
}

fn draw(run: &Run<CommonArgs>, test: &[Clock], pixels: &Reader, tips: &Reader) -> anyhow::Result<()> {
    let caption = format!("synthetic clocks; {}", run.settings());
    // The large errors of the first epochs would hide the differences between later ones.
    let after_ten = |reader: &Reader| -> Vec<(f64, f64)> {
        (1..).map(f64::from).zip(reader.errors.iter().copied()).skip(10).collect()
    };
    Chart::new("Learning to read clocks, from epoch 11 on")
        .axes("Epochs", "Mean error on the test clocks (minutes)")
        .xy_line(format!("From pixels, {} parameters", pixels.parameters), &after_ten(pixels))
        .xy_line(format!("From the hands' tips, {} parameters", tips.parameters), &after_ten(tips))
        .caption(&caption)
        .save(run.files(), "clocks_error")?;
    let tile = |(clock, read): (&Clock, &f64)| Tile {
        pixels: clock.pixels().into_iter().map(|ink| f32::from(ink) / 255.0).collect(),
        width: clocks::SIDE,
        height: clocks::SIDE,
        caption: format!("{} read as {}", clocks::show(clock.minutes), clocks::show(*read)),
    };
    let tiles: Vec<Tile> = test.iter().zip(&pixels.times).take(15).map(tile).collect();
    ImageSheet::new("Clocks with the times read from their pixels", &tiles, 5)
        .caption(&caption)
        .save(run.files(), "clocks")?;
    Ok(())
}
