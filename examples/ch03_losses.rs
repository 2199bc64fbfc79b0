//! Section 3.1: the task determines the loss. Expect a table of tasks, the losses of wrong predictions, and 0.85 of noisy signals
//! read without a mistake with CTC.

use kindling::{
    activations::Sigmoid,
    burn::tensor::Tensor,
    data::SyntheticSequences,
    layers::Lstm,
    losses::{Loss, MeanSquaredError, Output, Target, Task, ctc_decode},
    optimizers::Adam,
    plots::{Chart, ImageSheet, Tile, history_chart},
    prelude::*,
};
use kindling_programs::{
    cli::{CommonArgs, Run},
    program::Program,
};

fn main() -> anyhow::Result<()> {
    let about = "Show which loss belongs to which task, as in section 3.1 of \"Deep Learning with Python\"";
    let (mut run, ()) = Program::new("ch03_losses", about).start()?;

    run.say(format_args!("{:<24} {:<16} loss", "task", "last activation"));
    for task in Task::ALL {
        let activation = format!("{:?}", task.activation());
        run.say(format_args!("{task:<24} {activation:<16} {}", task.loss().name()));
    }
    let [cross_entropy, squared] = slopes(&mut run)?;
    let [before, after] = signals(&mut run)?;

    run.takeaway(format_args!(
        "If the target is 1 and the prediction 0.01, the slope of the loss is {cross_entropy:.2} for binary cross-entropy and \
         {squared:.2} for the squared error: after a sigmoid, only cross-entropy has a large gradient for confident wrong \
         predictions. CTC sums over all alignments of labels and steps, so training needs no target that says when a symbol \
         occurs: {after:.2} of the signals are read without a mistake, {before:.2} before training. Try --seed 1: the signals \
         differ, the fraction is about the same."
    ));
    run.conclude(format_args!("Read without a mistake: {after:.4} of the synthetic test signals"))
}

/// Compares two losses for binary classification where the target is 1: the loss of each prediction, and its slope with respect
/// to the logit. Returns the slopes at a prediction of 0.01.
fn slopes(run: &mut Run<CommonArgs>) -> anyhow::Result<[f64; 2]> {
    let predictions: Vec<f64> = (1..100).map(|percent| f64::from(percent) / 100.0).collect();
    let costs = |loss: &dyn Loss, step: f64| {
        let logits: Vec<f32> = predictions.iter().map(|p| ((p / (1.0 - p)).ln() + step) as f32).collect();
        let logits = Tensor::<2>::from_data(TensorData::new(logits, [predictions.len(), 1]), run.device());
        let output = Output::new(logits.clone(), Sigmoid);
        let target = Target::new(logits.ones_like(), &output)?;
        anyhow::Ok(loss.per_sample(&output, &target).into_data().iter::<f64>().collect::<Vec<_>>())
    };
    let mut chart = Chart::new("Loss of a prediction where the target is 1")
        .axes("Predicted probability", "Loss")
        .caption(run.settings());
    let mut slopes = [0.0; 2];
    for (slope, loss) in slopes.iter_mut().zip([&*Task::Binary.loss(), &MeanSquaredError as &dyn Loss]) {
        let (loss_of, above, below) = (costs(loss, 0.0)?, costs(loss, 0.05)?, costs(loss, -0.05)?);
        run.say(format_args!("\n{} where the target is 1", loss.name()));
        for percent in [99, 50, 1] {
            let (cost, slope) = (loss_of[percent - 1], (above[percent - 1] - below[percent - 1]) / 0.1);
            run.say(format_args!("  predicted 0.{percent:02}: loss {cost:<6.3} slope {slope:.3}"));
        }
        *slope = (above[0] - below[0]) / 0.1;
        let points: Vec<(f64, f64)> = predictions.iter().copied().zip(loss_of).collect();
        chart = chart.xy_line(loss.name(), &points);
    }
    chart.save(run.files(), "costs")?;
    run.record("cross_entropy_slope", slopes[0]);
    run.record("squared_error_slope", slopes[1]);
    Ok(slopes)
}

/// Trains with CTC to read labels from longer signals, without a target for each step. Returns the fractions of test signals that
/// are read without a mistake before and after training.
fn signals(run: &mut Run<CommonArgs>) -> anyhow::Result<[f64; 2]> {
    let synthetic = SyntheticSequences { samples: 2_500, steps: 28, symbols: 4, seed: run.seed() };
    let samples = synthetic.signals()?;
    let (train, test) = (samples.slice(0..2_000), samples.slice(2_000..2_500));

    // A class for each symbol, and class 0 for the blank.
    let mut model = Sequential::new([synthetic.steps, synthetic.symbols])
        .layer(Lstm::new(24).return_sequences(true))
        .dense(synthetic.symbols + 1, Task::Sequence.activation())
        .compile(Adam::new(0.01), Task::Sequence.loss(), ())
        .seed(run.seed())
        .on(run.device())?;
    run.say(format_args!("\nSymbols in noisy signals\n{}", model.summary()));
    let before = ctc_decode(&model.predict(&test)?)?;
    let options = FitOptions::new().epochs(15).batch_size(32).validation_data(&test);
    let history = model.fit(&train, &options.verbose(!run.args.run.quiet))?;
    let after = ctc_decode(&model.predict(&test)?)?;

    let labels = test.targets()[0].integers().unwrap_or_default();
    let labels: Vec<Vec<i32>> =
        labels.chunks(4).map(|labels| labels.iter().copied().filter(|label| *label > 0).collect()).collect();
    run.say("");
    for signal in 0..3 {
        let [labels, before, after] = [&labels, &before, &after].map(|of| spelled(&of[signal]));
        run.say(format_args!(
            "  shows {labels:<10} read before training as {before:<20} after it as {after}"
        ));
    }
    history_chart(&history, "loss")
        .title("CTC loss on noisy signals")
        .caption(format!("synthetic signals; {}", run.settings()))
        .save(run.files(), "signals_loss")?;
    draw(run, &test, &labels, &after)?;
    let shares = [before, after].map(|read| {
        let right = read.iter().zip(&labels).filter(|(read, labels)| read == labels).count();
        right as f64 / labels.len() as f64
    });
    run.record("signals_read_before_training", shares[0]);
    run.record("signals_read", shares[1]);
    Ok(shares)
}

/// Rows of a picture that show one channel of a signal.
const BAND: usize = 5;

/// Draws the first signals, with a band for each symbol's channel.
fn draw(run: &Run<CommonArgs>, test: &Samples, labels: &[Vec<i32>], read: &[Vec<i32>]) -> anyhow::Result<()> {
    let tile = |signal: usize| {
        let values = test.slice(signal..signal + 1).input();
        let [_, steps, symbols] = values.shape()[..] else {
            anyhow::bail!("a signal is not [steps, symbols]")
        };
        let values: Vec<f32> = values.iter().collect();
        let channel = |symbol: usize| values.iter().skip(symbol).step_by(symbols);
        let bands = (0..symbols * BAND).flat_map(|row| channel(row / BAND));
        let pixels = bands.map(|value| value.clamp(0.0, 1.0)).collect();
        let caption = format!("{}, read {}", spelled(&labels[signal]), spelled(&read[signal]));
        anyhow::Ok(Tile { pixels, width: steps, height: symbols * BAND, caption })
    };
    let tiles = (0..12).map(tile).collect::<Result<Vec<_>, _>>()?;
    ImageSheet::new("Noisy signals of four symbols, and how they were read", &tiles, 3)
        .caption(&format!("synthetic signals; {}", run.settings()))
        .save(run.files(), "signals")?;
    Ok(())
}

/// Formats labels as `1 3 3 2`, or as a dash if there are none.
fn spelled(labels: &[i32]) -> String {
    let labels: Vec<String> = labels.iter().map(i32::to_string).collect();
    if labels.is_empty() { "-".into() } else { labels.join(" ") }
}
