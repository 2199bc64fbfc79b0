//! Section 3.1: layers, losses, and networks that are graphs. Expect test accuracies of 1.00 where order counts, 0.97 for
//! digits read by convolution, 0.85 for signals read without any mistake, and 0.90 for which of two digits is larger.
//!
//! The rank of the data says which layers to take: dense ones for vectors, recurrent ones for sequences, convolutions for
//! images. The task says which last activation and loss.

use kindling::{
    activations::Relu,
    burn::{self, module::Module, tensor::Tensor},
    data::{SyntheticSequences, random::epoch_order},
    layers::Lstm,
    losses::{Task, ctc_decode},
    metrics::{Accuracy, Mae},
    models::SequentialNetwork,
    optimizers::Adam,
    plots::{Chart, ImageSheet, Tile, history_chart},
    prelude::*,
};
use kindling_programs::cli::{self, CommonArgs, Data, Run};

/// Trains a recurrent, a convolutional and a two-headed network, each with the loss of its task
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    common: CommonArgs,
}

/// Digits to learn from and to test with: those of the bundled sample, however many there are.
const DIGITS: (usize, usize) = (12_000, 2_000);

/// Rows of a picture that show one channel of a signal.
const BAND: usize = 5;

fn main() -> anyhow::Result<()> {
    let Args { common } = cli::parse_common("ch03_losses_and_graphs");
    let mut run = Run::start("ch03_losses_and_graphs", &common.run)?;
    let mnist = common.load(mnist::load)?;
    let train = mnist.train.slice(0..DIGITS.0);
    let test = mnist.test.slice(0..DIGITS.1);
    let data =
        Data { dataset: "mnist", source: mnist.source, train_samples: train.len(), test_samples: test.len() };
    run.loaded(data);

    run.say(format_args!("\n{:<24} {:<16} loss", "task", "last activation"));
    for task in Task::ALL {
        let activation = format!("{:?}", task.activation());
        run.say(format_args!("{task:<24} {activation:<16} {}", task.loss().name()));
    }
    let order = sequences(&mut run, &common)?;
    let digits = images(&mut run, &common, &train, &test, &data)?;
    let read = signals(&mut run, &common)?;
    let larger = graph(&mut run, &common, &train, &test, &data)?;
    run.conclude(format_args!(
        "Test accuracy: order {order:.4}, digits {digits:.4}, signals {read:.4}, larger digit {larger:.4}"
    ))
}

/// Sequences: a recurrent layer reads them step by step, so that it can tell which of two symbols came first.
fn sequences(run: &mut Run, common: &CommonArgs) -> anyhow::Result<f64> {
    let made_up = SyntheticSequences { samples: 5_000, steps: 20, symbols: 8, seed: common.run.seed };
    let samples = made_up.which_first()?;
    let (train, test) = (samples.slice(0..4_000), samples.slice(4_000..5_000));
    let network = Sequential::new(made_up.steps)
        .embedding(made_up.symbols, 8)
        .lstm(16)
        .dense(1, Task::Binary.activation());
    let compile = |network: &Sequential| {
        let compiling = network.compile(Adam::new(0.01), Task::Binary.loss(), [Accuracy]);
        compiling.seed(common.run.seed).on(run.device())
    };
    let fit = |model: &mut Model<_>, train: &Samples, test: &Samples| {
        let options = FitOptions::new().epochs(8).batch_size(64).validation_data(test);
        let history = model.fit(train, &options)?;
        anyhow::Ok((model.evaluate(test)?.require("accuracy")?, history))
    };
    let mut model = compile(&network)?;
    run.say(format_args!("\nWhich of two symbols came first?\n{}", model.summary()));
    let (accuracy, history) = fit(&mut model, &train, &test)?;

    // The same as a bag of symbols, which has no order.
    let ids = samples.inputs()[0].integers().unwrap_or_default();
    let ids: Vec<u32> = ids.into_iter().map(|id| id as u32).collect();
    let bags = Column::multi_hot(ids.chunks(made_up.steps), made_up.symbols)?;
    let bags = Samples::new(bags, samples.targets()[0].clone())?;
    let dense = Sequential::new(made_up.symbols).dense(16, Relu).dense(1, Task::Binary.activation());
    let (train, test) = (bags.slice(0..4_000), bags.slice(4_000..5_000));
    let (bag_accuracy, bag_history) = fit(&mut compile(&dense)?, &train, &test)?;

    run.say(format_args!("Test accuracy {accuracy:.4}, without the order {bag_accuracy:.4}"));
    run.record("order_accuracy", accuracy);
    run.record("order_accuracy_without_order", bag_accuracy);
    Chart::new("Which of two symbols came first?")
        .axes("Epochs", "Validation accuracy")
        .line("Step by step (LSTM)", history.get("val_accuracy"))
        .line("As a bag of symbols (dense)", bag_history.get("val_accuracy"))
        .caption(made_up_caption(common))
        .save(run.files(), "order")?;
    Ok(accuracy)
}

/// Images: a convolution looks for the same small patterns everywhere.
fn images(
    run: &mut Run,
    common: &CommonArgs,
    train: &Samples,
    test: &Samples,
    data: &Data,
) -> anyhow::Result<f64> {
    let with_channel = |samples: &Samples| samples.clone().reshape([28, 28, 1]);
    let (train, test) = (with_channel(train)?, with_channel(test)?);
    let network = Sequential::new([28, 28, 1])
        .conv2d(8, [3, 3], Relu)
        .max_pooling2d([2, 2])
        .conv2d(16, [3, 3], Relu)
        .max_pooling2d([2, 2])
        .flatten()
        .dense(10, Task::Multiclass.activation());
    let compiling = network.compile(Adam::default(), Task::Multiclass.loss(), [Accuracy]);
    let mut model = compiling.seed(common.run.seed).on(run.device())?;
    run.say(format_args!("\nDigits, by convolution\n{}", model.summary()));
    let options = FitOptions::new().epochs(6).batch_size(32).validation_data(&test);
    let history = model.fit(&train, &options)?;
    let accuracy = model.evaluate(&test)?.require("accuracy")?;
    run.say(format_args!("Test accuracy {accuracy:.4}"));
    run.record("digits_accuracy", accuracy);
    history_chart(&history, "accuracy").caption(run.caption(data)).save(run.files(), "digits")?;
    Ok(accuracy)
}

/// Sequences out of longer ones: the targets do not say at which steps a symbol is shown; the CTC loss sums over all alignments.
fn signals(run: &mut Run, common: &CommonArgs) -> anyhow::Result<f64> {
    let made_up = SyntheticSequences { samples: 2_500, steps: 28, symbols: 4, seed: common.run.seed };
    let samples = made_up.signals()?;
    let (train, test) = (samples.slice(0..2_000), samples.slice(2_000..2_500));
    let shown = test.targets()[0].integers().unwrap_or_default();
    let shown: Vec<Vec<i32>> =
        shown.chunks(4).map(|labels| labels.iter().copied().filter(|label| *label > 0).collect()).collect();

    // A class for each symbol, and class 0 for none of them.
    let network = Sequential::new([made_up.steps, made_up.symbols])
        .layer(Lstm::new(24).return_sequences(true))
        .dense(made_up.symbols + 1, Task::Sequence.activation());
    let compiling = network.compile(Adam::new(0.01), Task::Sequence.loss(), ());
    let mut model = compiling.seed(common.run.seed).on(run.device())?;
    let before = ctc_decode(&model.predict(&test)?)?;
    let options = FitOptions::new().epochs(15).batch_size(32).validation_data(&test);
    let history = model.fit(&train, &options)?;
    let after = ctc_decode(&model.predict(&test)?)?;

    let right = after.iter().zip(&shown).filter(|(read, shown)| read == shown).count();
    let accuracy = right as f64 / shown.len() as f64;
    run.say("\nSymbols out of noisy signals: the first of the test");
    for signal in 0..3 {
        let [shown, before, after] = [&shown, &before, &after].map(|of| spelled(&of[signal]));
        run.say(format_args!("  shows {shown:<10} read before training as {before:<20} after it as {after}"));
    }
    run.say(format_args!("Read without a mistake: {accuracy:.4}"));
    run.record("signals_read", accuracy);

    let caption = made_up_caption(common);
    loss_chart("CTC loss of symbols out of signals", &history, "loss")
        .caption(&caption)
        .save(run.files(), "signals_loss")?;
    let tile = |signal: usize| {
        let values: Vec<f32> = test.slice(signal..signal + 1).input().iter().collect();
        // A band for each symbol's channel, in place of a row for each step.
        let channel = |symbol| values.iter().skip(symbol).step_by(made_up.symbols).copied();
        let bands = (0..made_up.symbols * BAND).flat_map(|row| channel(row / BAND));
        let pixels = bands.map(|value: f32| value.clamp(0.0, 1.0)).collect();
        let caption = format!("{}, read as {}", spelled(&shown[signal]), spelled(&after[signal]));
        Tile { pixels, width: made_up.steps, height: made_up.symbols * BAND, caption }
    };
    let tiles: Vec<Tile> = (0..12).map(tile).collect();
    ImageSheet::new("Noisy signals of four symbols, and how they were read", &tiles, 4)
        .caption(&caption)
        .save(run.files(), "signals")?;
    Ok(accuracy)
}

/// A graph: two images in, through the same layers; two answers out, each with a loss of its own.
#[derive(Module, Debug)]
struct DigitPair {
    digit: SequentialNetwork,
    sum: SequentialNetwork,
    larger: SequentialNetwork,
}

impl DigitPair {
    fn new(init: &mut Init) -> Result<Self, ModelError> {
        let head = |task: Task| Sequential::new(2 * 64).dense(64, Relu).dense(1, task.activation());
        Ok(Self {
            digit: Sequential::new(28 * 28).dense(64, Relu).build(init)?,
            sum: head(Task::Regression).build(init)?,
            larger: head(Task::Binary).build(init)?,
        })
    }
}

impl Network for DigitPair {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([28 * 28]); 2]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        let output = |name, task: Task| OutputSpec::new(name, [1]).activation(task.activation());
        vec![output("sum", Task::Regression), output("larger", Task::Binary)]
    }

    fn forward(&self, inputs: Vec<Value>, pass: &Pass) -> Result<Vec<Value>, ModelError> {
        let seen = inputs.into_iter().map(|image| self.digit.call(image, pass)?.tensor::<2>());
        let both = Tensor::cat(seen.collect::<Result<_, _>>()?, 1);
        let [sum, larger] =
            [&self.sum, &self.larger].map(|head| head.forward(vec![both.clone().into()], pass));
        Ok([sum?, larger?].concat())
    }
}

/// Pairs of digits: what they add up to, and whether the left one is larger. The losses are weighted into one.
fn graph(
    run: &mut Run,
    common: &CommonArgs,
    train: &Samples,
    test: &Samples,
    data: &Data,
) -> anyhow::Result<f64> {
    let (train, test) = (pairs(train, common.run.seed)?, pairs(test, common.run.seed)?);
    // Squared errors of sums are large numbers beside cross-entropies.
    let objectives = [
        Objective::new(Task::Regression.loss()).weight(0.1).metrics([Mae]),
        Objective::new(Task::Binary.loss()).metrics([Accuracy]),
    ];
    let compiling =
        Model::new(DigitPair::new, Adam::default(), Task::Binary.loss(), ()).objectives(objectives);
    let mut model = compiling.seed(common.run.seed).on(run.device())?;
    let options = FitOptions::new().epochs(10).batch_size(64).validation_data(&test);
    let history = model.fit(&train, &options)?;
    let result = model.evaluate(&test)?;
    run.say(format_args!("\nTwo digits: their sum, and whether the left one is larger\n{result}"));
    let accuracy = result.require("larger_accuracy")?;
    run.record("sum_mae", result.get("sum_mae"));
    run.record("larger_accuracy", accuracy);

    history.save_csv(run.files().join("graph_history.csv"))?;
    for (figure, name, title) in [
        ("loss", "graph_loss", "Weighted sum of both losses"),
        ("sum_loss", "sum_loss", "Sum of two digits"),
        ("larger_loss", "larger_loss", "Is the left digit larger?"),
    ] {
        loss_chart(title, &history, figure).caption(run.caption(data)).save(run.files(), name)?;
    }
    Ok(accuracy)
}

/// Each digit with another one to its right.
fn pairs(digits: &Samples, seed: u64) -> anyhow::Result<Samples> {
    let image = |order: &[usize]| digits.inputs()[0].gather(order).into_dense();
    let labels = digits.classes().unwrap_or_default();
    let (left, right) = ((0..digits.len()).collect::<Vec<_>>(), epoch_order(seed, 0, digits.len()));
    let couples = || right.iter().zip(&labels).map(|(right, left)| (*left, labels[*right]));
    let sums = couples().map(|(left, right)| (left + right) as f32).collect::<Vec<_>>();
    let larger = couples().map(|(left, right)| f32::from(u8::from(left > right))).collect::<Vec<_>>();
    let images = [left, right].map(|order| Column::floats(image(&order))?.reshape([28 * 28]));
    let images = images.into_iter().collect::<Result<_, _>>()?;
    Ok(Samples::with_columns(images, vec![Column::floats(sums)?, Column::floats(larger)?])?)
}

/// One of a history's losses over the epochs.
fn loss_chart(title: &str, history: &History, figure: &str) -> Chart {
    Chart::new(title)
        .axes("Epochs", "Loss")
        .points("Training", history.get(figure))
        .line("Validation", history.get(&format!("val_{figure}")))
}

/// The caption of plots of synthetic sequences.
fn made_up_caption(common: &CommonArgs) -> String {
    format!("made-up sequences; {}, seed {}", common.run.backend, common.run.seed)
}

/// `1 3 3 2`, or a dash for nothing.
fn spelled(labels: &[i32]) -> String {
    let labels: Vec<String> = labels.iter().map(i32::to_string).collect();
    if labels.is_empty() { "-".into() } else { labels.join(" ") }
}
