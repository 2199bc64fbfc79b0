//! Digits, their codes, and their reconstructions.

use kindling::{
    plots::{Chart, ImageSheet, Tile},
    prelude::*,
};
use kindling_programs::{
    cli::{Run, TrainingArgs},
    pictures::digit,
};

/// Digits per row.
const DRAWN: usize = 10;

/// Draws test digits, their codes and their reconstructions as `reconstructions`.
pub fn reconstructions(
    run: &Run<TrainingArgs>,
    test: &Samples,
    codes: &TensorData,
    restored: &TensorData,
) -> anyhow::Result<()> {
    let restored = Samples::inputs_only(Column::floats(restored.clone())?);
    let drawn = 0..DRAWN.min(test.len());
    let tiles: Vec<Tile> = (drawn.clone().map(|sample| digit(test, sample, "")))
        .chain(code_tiles(codes, drawn.clone()))
        .chain(drawn.map(|sample| digit(&restored, sample, "")))
        .collect();
    let title = format!("Test digits, their codes of {} numbers, and the reconstructions", codes.shape()[1]);
    ImageSheet::new(&title, &tiles, DRAWN).caption(&run.caption()).save(run.files(), "reconstructions")?;
    Ok(())
}

/// Draws codes as `codes`: a map if a code is two numbers, else three digits of each class above their codes.
pub fn codes(
    run: &Run<TrainingArgs>,
    test: &Samples,
    codes: &TensorData,
    labels: &[i32],
) -> anyhow::Result<()> {
    let of_class = |class: i32| (0..test.len()).filter(move |sample| labels[*sample] == class);
    if codes.shape()[1] == 2 {
        let values: Vec<f64> = codes.iter().collect();
        let chart =
            Chart::new("Codes of test digits: two numbers each").axes("First number", "Second number");
        let chart = (0..10).fold(chart, |chart, class| {
            let place = |sample: usize| (values[2 * sample], values[2 * sample + 1]);
            chart.xy_dots(class.to_string(), &of_class(class).take(100).map(place).collect::<Vec<_>>())
        });
        chart.caption(run.caption()).save(run.files(), "codes")?;
        return Ok(());
    }
    let tiles: Vec<Tile> = (0..3)
        .flat_map(|row| {
            let samples: Vec<usize> = (0..10).filter_map(|class| of_class(class).nth(row)).collect();
            let digits: Vec<Tile> = samples.iter().map(|sample| digit(test, *sample, "")).collect();
            digits.into_iter().chain(code_tiles(codes, samples))
        })
        .collect();
    let title = format!("Three digits of each class above their codes of {} numbers", codes.shape()[1]);
    ImageSheet::new(&title, &tiles, DRAWN).caption(&run.caption()).save(run.files(), "codes")?;
    Ok(())
}

/// Returns the codes of samples as images: the largest number of a code is black, 0 is white.
fn code_tiles(codes: &TensorData, samples: impl IntoIterator<Item = usize>) -> Vec<Tile> {
    let (numbers, values) = (codes.shape()[1], codes.iter::<f32>().collect::<Vec<_>>());
    let height =
        (1..=numbers).rfind(|height| height * height <= numbers && numbers % height == 0).unwrap_or(1);
    let tile = |sample: usize| {
        let code = &values[sample * numbers..][..numbers];
        let largest = code.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let pixels = code.iter().map(|value| value / largest).collect();
        Tile { pixels, width: numbers / height, height, caption: String::new() }
    };
    samples.into_iter().map(tile).collect()
}
