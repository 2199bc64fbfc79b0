//! A series whose level drifts. With a shuffled split, a held-out step has training steps next to it, which reveal its level.
//! Future steps have none.

use kindling::{
    data::DriftingSeries,
    plots::Chart,
    splits::{HoldOut, Splitter, TimeSeriesSplit},
};
use kindling_programs::cli::{CommonArgs, Run};

use crate::{
    Scores,
    regression::{Trained, cross_validated},
};

/// Number of known steps, which the model is trained on, and number of future steps.
const KNOWN: usize = 1600;
const FUTURE: usize = 400;

const EPOCHS: usize = 50;

/// Validates on random steps and on the last steps. Compares the errors with that on future steps.
pub fn show(run: &mut Run<CommonArgs>) -> anyhow::Result<Scores> {
    let series = DriftingSeries { steps: KNOWN + FUTURE, sensors: 8, seed: run.seed() }.samples()?;
    let (known, future) = (series.slice(0..KNOWN), series.slice(KNOWN..series.len()));
    let splitters: [(&str, &str, Box<dyn Splitter>); 3] = [
        ("A shuffled fifth held out", "shuffled_mae", Box::new(HoldOut::random(0.2).seed(run.seed()))),
        ("The last fifth held out", "last_mae", Box::new(HoldOut::last(0.2))),
        ("4 splits in time order", "time_series_mae", Box::new(TimeSeriesSplit::new(4))),
    ];
    run.say(format_args!("\n2. A synthetic series of {KNOWN} steps, and the {FUTURE} steps after it"));
    run.say(format_args!("{:<30}{:>14}", "", "MAE"));
    let mut scores = [0.0; 3];
    for ((name, key, splitter), score) in splitters.into_iter().zip(&mut scores) {
        let mae = cross_validated(run, &known, &*splitter, EPOCHS)?;
        run.say(format_args!("{name:<30}{mae:>14.3}"));
        run.record(key, mae);
        *score = mae;
    }
    let trained = Trained::on(&known, run.device(), run.seed(), EPOCHS)?;
    let truth = trained.evaluate(&future)?.require("mae")?;
    run.say(format_args!("{:<30}{truth:>14.3}", "Future steps"));
    run.record("future_mae", truth);

    let (targets, predictions) = (series.targets()[0].data(), trained.predict(&series)?);
    Chart::new("A model of the past, and the future")
        .axes("Step", "Mean of 20 steps")
        .xy_line("Series", &means_of_20(targets.iter::<f64>().collect()))
        .xy_line("Prediction", &means_of_20(predictions.iter::<f64>().collect()))
        .vertical_line("end of the training data", KNOWN as f64)
        .caption(format!("synthetic series; {}", run.settings()))
        .save(run.files(), "arrow_of_time")?;
    Ok(Scores { misleading: scores[0], correct: scores[2], new_data: truth })
}

/// Returns the mean of every 20 values, with the last of their steps.
fn means_of_20(values: Vec<f64>) -> Vec<(f64, f64)> {
    let steps = (1..).map(|chunk| f64::from(chunk * 20));
    steps.zip(values.chunks_exact(20).map(|chunk| chunk.iter().sum::<f64>() / 20.0)).collect()
}
