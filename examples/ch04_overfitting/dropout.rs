//! Dropout in training and at test time.

use kindling::{
    burn::tensor::Tensor,
    plots::{ImageSheet, Tile},
    prelude::*,
};
use kindling_programs::cli::{Run, TrainingArgs};

/// The dropout rates.
const RATES: [f64; 3] = [0.2, 0.35, 0.5];

/// Number of training steps that are drawn for each rate.
const STEPS: u64 = 2;

/// Number of samples and of units that are drawn.
const SIDE: usize = 16;

/// Draws the effect of dropout on outputs of 1, in two training steps and at test time, as `dropout_mask`.
pub fn show(run: &mut Run<TrainingArgs>) -> anyhow::Result<()> {
    let outputs = Tensor::<2>::ones([SIDE, SIDE], run.device());
    run.say(format_args!(
        "{:<12}{:>22}{:>16}{:>18}{:>18}",
        "Dropout", "dropped in training", "kept become", "mean in training", "mean at test time"
    ));
    let (mut tiles, mut means) = (Vec::new(), Vec::new());
    for rate in RATES {
        let layer =
            Init::build(run.device(), run.seed(), |init| Sequential::new(SIDE).dropout(rate).build(init))?;
        let forward = |pass: &Pass| -> anyhow::Result<Vec<f32>> {
            let output = layer.forward(vec![Value::Rank2(outputs.clone())], pass)?.swap_remove(0);
            Ok(output.rows().into_data().iter().collect())
        };
        let steps = (0..STEPS).map(|step| forward(&Pass::training(run.seed(), step)));
        let training = steps.collect::<anyhow::Result<Vec<Vec<f32>>>>()?;
        let test = forward(&Pass::inference())?;

        let values = training.concat();
        let dropped = values.iter().filter(|value| **value == 0.0).count() as f64 / values.len() as f64;
        let largest = values.iter().copied().fold(0.0, f32::max);
        let (in_training, at_test) = (mean(&values), mean(&test));
        run.say(format_args!(
            "{rate:<12}{:>21.1}%{largest:>16.3}{in_training:>18.3}{at_test:>18.3}",
            100.0 * dropped
        ));
        means.push([in_training, at_test]);
        let names = (1..=STEPS).map(|step| format!("rate {rate}, step {step}"));
        tiles.extend(names.zip(&training).map(|(name, values)| tile(name, values)));
        tiles.push(tile(format!("rate {rate}, test"), &test));
    }
    run.say("");
    run.record("dropout_means", serde_json::to_value(means)?);
    ImageSheet::new("Effect of dropout on outputs of 1: white 0, gray 1, black 2", &tiles, 3)
        .caption(&run.settings())
        .save(run.files(), "dropout_mask")?;
    Ok(())
}

fn mean(values: &[f32]) -> f64 {
    values.iter().copied().map(f64::from).sum::<f64>() / values.len() as f64
}

/// Returns a tile with a row for each sample and a column for each unit; 2 is black.
fn tile(caption: String, values: &[f32]) -> Tile {
    Tile { pixels: values.iter().map(|value| value / 2.0).collect(), width: SIDE, height: SIDE, caption }
}
