//! Pictures of digits, and of weights with the shape of digits.

use anyhow::Context;
use kindling::{
    evaluation::{Mistake, confusion_matrix, most_confident_mistakes},
    plots::{ConfusionChart, ImageSheet, Tile},
    prelude::{Model, Network, Samples, TensorData},
};

use crate::cli::Run;

/// Height and width of a digit, in pixels.
const SIDE: usize = 28;

/// Number of images on a sheet.
const IMAGES: usize = 20;

/// Returns the picture of one digit of `samples`, which have the shape `[28, 28]` or `[784]`.
pub fn digit(samples: &Samples, sample: usize, caption: impl Into<String>) -> Tile {
    let pixels = samples.slice(sample..sample + 1).input().iter().collect();
    Tile { pixels, width: SIDE, height: SIDE, caption: caption.into() }
}

/// Returns a line with the data type and range of pixels, as loaded and in batches.
pub fn pixels(samples: &Samples) -> String {
    let few = samples.slice(0..samples.len().min(100));
    let range = |pixels: TensorData| {
        let ends = (f32::INFINITY, f32::NEG_INFINITY);
        let (low, high) = pixels.iter().fold(ends, |(low, high): (f32, f32), x| (low.min(x), high.max(x)));
        format!("{:?} from {low} to {high}", pixels.dtype())
    };
    format!("Pixels: {} as loaded, {} in batches", range(few.inputs()[0].data()), range(few.input()))
}

/// Draws the mistakes of a classifier of digits: the confusion matrix as `confusion`, and the 20 misclassified digits with the
/// highest predicted probability, each with its class and the predicted class, as `misread`.
///
/// # Errors
/// Returns an error if the predictions are not class probabilities or a file cannot be written.
pub fn mistakes<A, N: Network>(run: &Run<A>, model: &Model<N>, test: &Samples) -> anyhow::Result<()> {
    let labels = test.classes().context("the mistakes of a classifier need labels of classes")?;
    let predictions = model.predict(test)?;
    let counts = confusion_matrix(&labels, &predictions)?;
    let names: Vec<String> = (0..counts.len()).map(|class| class.to_string()).collect();
    ConfusionChart::new("Test samples by class (rows) and predicted class (columns)", &names, &counts)
        .caption(&run.caption())
        .save(run.files(), "confusion")?;

    let tiles: Vec<Tile> = most_confident_mistakes(&labels, &predictions, IMAGES)?
        .iter()
        .map(|Mistake { sample, actual, predicted, confidence }| {
            digit(test, *sample, format!("{actual} as {predicted}, {confidence:.3}"))
        })
        .collect();
    ImageSheet::new("Most confidently misread digits", &tiles, 5)
        .caption(&run.caption())
        .save(run.files(), "misread")?;
    Ok(())
}

/// Draws the weights of the first 20 units of a dense layer with digits as inputs, `[784, units]`, as `first_layer`. The largest
/// weight of each unit has the strongest color.
///
/// # Errors
/// Returns an error if the model has no such layer or the file cannot be written.
pub fn first_layer<A, N: Network>(run: &Run<A>, model: &Model<N>) -> anyhow::Result<()> {
    let weights = model.weights()?;
    let (_, kernel) = weights
        .iter()
        .find(|(_, data)| matches!(data.shape()[..], [inputs, _] if inputs == SIDE * SIDE))
        .context("the network has no dense layer with digits as inputs")?;
    let units = kernel.shape()[1];
    let values: Vec<f32> = kernel.iter().collect();
    let unit = |unit: usize| {
        let column = || values.iter().skip(unit).step_by(units);
        let largest = column().fold(f32::MIN_POSITIVE, |largest, weight| largest.max(weight.abs()));
        let pixels = column().map(|weight| weight / largest).collect();
        Tile { pixels, width: SIDE, height: SIDE, caption: format!("unit {unit}") }
    };
    let tiles: Vec<Tile> = (0..units.min(IMAGES)).map(unit).collect();
    ImageSheet::new(
        "First-layer weights: ink on orange pixels excites a unit, ink on blue ones inhibits it",
        &tiles,
        5,
    )
    .signed()
    .caption(&run.caption())
    .save(run.files(), "first_layer")?;
    Ok(())
}
