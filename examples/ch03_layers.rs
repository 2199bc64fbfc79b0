//! Section 3.1: the rank of a tensor determines which layers accept it. Expect an accuracy of 1.0 for the order of symbols from
//! an LSTM and 0.5 (random guesses) from a dense layer; 0.75 for shifted digits from a convolutional network and 0.3 from a dense
//! one.

use kindling::{
    activations::*,
    burn::module::Module,
    data::{
        SyntheticSequences,
        random::{Purpose, uniform},
    },
    evaluation::argmax,
    layers::GlobalMaxPooling2d,
    losses::{BinaryCrossentropy, SparseCategoricalCrossentropy},
    metrics::Accuracy,
    optimizers::Adam,
    plots::{BarChart, Chart, ImageSheet, Tile, history_chart},
    prelude::*,
};
use kindling_programs::{
    cli::{CommonArgs, Run},
    pictures,
    program::Program,
};

/// Numbers of training and test digits, as in the bundled data.
const DIGITS: (usize, usize) = (12_000, 2_000);
/// Maximum shift of a digit, in pixels.
const SHIFT: f32 = 4.0;

fn main() -> anyhow::Result<()> {
    let about = "Show which layers accept which tensors, as in section 3.1 of \"Deep Learning with Python\"";
    let (mut run, ()) = Program::new("ch03_layers", about).start()?;
    shapes(&run)?;
    let [lstm, bag] = sequences(&mut run)?;
    let [dense, convolutional] = images(&mut run)?;
    run.takeaway(format_args!(
        "An LSTM reads a sequence step by step and learns which symbol came first (accuracy {lstm:.2}); a dense layer sees \
         only which symbols occur and has to guess ({bag:.2}). A convolution applies the same small kernel at every position, \
         so what it learns from centered digits also holds for shifted ones: accuracy {convolutional:.2}. The dense network \
         has a separate weight for each pixel, and reaches {dense:.2}. Try --seed 1: the digits are shifted \
         differently, and the convolutional network is still better."
    ));
    run.conclude(format_args!(
        "Test accuracy: order {lstm:.4} (dense {bag:.4}), shifted digits {convolutional:.4} (dense {dense:.4})"
    ))
}

/// Prints the output shapes of three networks. Only the first layer needs the shape of a sample. A layer that does not match its
/// input is an error.
fn shapes(run: &Run<CommonArgs>) -> anyhow::Result<()> {
    let build = |network: &Sequential| Init::build(run.device(), run.seed(), |init| network.build(init));
    for (tensor, network) in [
        ("2D [samples, features]", Sequential::new(784).dense(32, Relu).dense(10, Softmax)),
        ("3D [samples, steps, features]", Sequential::new([20, 8]).lstm(16).dense(1, Sigmoid)),
        ("4D [samples, height, width, channels]", convolutional()),
    ] {
        run.say(format_args!("\n{tensor}"));
        for (layer, shape) in build(&network)?.layer_shapes() {
            run.say(format_args!("  {layer:<24} {shape:?}"));
        }
    }
    let network = Sequential::new(784).dense(32, Relu).conv2d(8, [3, 3], Relu);
    let Err(error) = build(&network) else { anyhow::bail!("a convolution has accepted vectors") };
    run.say(format_args!("\nA convolution after a dense layer is refused, as intended:\n  {error}"));
    Ok(())
}

/// Trains an LSTM and a dense network to tell which of two symbols came first. Returns both test accuracies.
fn sequences(run: &mut Run<CommonArgs>) -> anyhow::Result<[f64; 2]> {
    let synthetic = SyntheticSequences { samples: 5_000, steps: 20, symbols: 8, seed: run.seed() };
    let sequences = synthetic.which_first()?;
    // The same samples as bags of symbols: which symbols occur, without their order.
    let ids = sequences.inputs()[0].integers().unwrap_or_default();
    let ids: Vec<u32> = ids.into_iter().map(|id| id as u32).collect();
    let bags = Column::multi_hot(ids.chunks(synthetic.steps), synthetic.symbols)?;
    let bags = Samples::new(bags, sequences.targets()[0].clone())?;

    let lstm = Sequential::new(synthetic.steps).embedding(synthetic.symbols, 8).lstm(16).dense(1, Sigmoid);
    let dense = Sequential::new(synthetic.symbols).dense(16, Relu).dense(1, Sigmoid);
    let fit = |network: Sequential, samples: &Samples| {
        let (train, test) = (samples.slice(0..4_000), samples.slice(4_000..5_000));
        let mut model = network
            .compile(Adam::new(0.01), BinaryCrossentropy::default(), [Accuracy])
            .seed(run.seed())
            .on(run.device())?;
        let options = FitOptions::new().epochs(8).batch_size(64).validation_data(&test);
        let history = model.fit(&train, &options.verbose(!run.args.run.quiet))?;
        anyhow::Ok((model.evaluate(&test)?.require("accuracy")?, history))
    };
    run.say("\nWhich of two symbols came first? An LSTM reads the sequence");
    let (accuracy, history) = fit(lstm, &sequences)?;
    run.say("\nThe same from a dense network, which sees only which symbols occur");
    let (bag_accuracy, bag_history) = fit(dense, &bags)?;

    Chart::new("Which of two symbols came first?")
        .axes("Epochs", "Validation accuracy")
        .line("Step by step (LSTM)", history.get("val_accuracy"))
        .line("As a bag of symbols (dense)", bag_history.get("val_accuracy"))
        .caption(format!("synthetic sequences; {}", run.settings()))
        .save(run.files(), "order")?;
    run.record("order_accuracy", accuracy);
    run.record("order_accuracy_without_order", bag_accuracy);
    Ok([accuracy, bag_accuracy])
}

/// Returns the convolutional network. Global max pooling keeps how strongly each pattern occurs, and discards its position.
fn convolutional() -> Sequential {
    Sequential::new([28, 28, 1])
        .conv2d(16, [3, 3], Relu)
        .max_pooling2d([2, 2])
        .conv2d(32, [3, 3], Relu)
        .max_pooling2d([2, 2])
        .conv2d(64, [3, 3], Relu)
        .layer(GlobalMaxPooling2d::default())
        .dense(10, Softmax)
}

/// Trains a dense and a convolutional network on centered digits, and tests them on centered and shifted ones. Returns both
/// accuracies on shifted digits.
fn images(run: &mut Run<CommonArgs>) -> anyhow::Result<[f64; 2]> {
    let mnist = run.load("mnist", mnist::load)?;
    let train = mnist.train.slice(0..DIGITS.0);
    let centered = mnist.test.slice(0..DIGITS.1);
    let shifted = shifted(&centered, run.seed())?;

    let dense = Sequential::new([28, 28, 1]).flatten().dense(32, Relu).dense(10, Softmax);
    let fit = |name: &str, network: Sequential| {
        let mut model = network
            .compile(Adam::default(), SparseCategoricalCrossentropy, [Accuracy])
            .seed(run.seed())
            .on(run.device())?;
        let weights = model.network().num_params();
        run.say(format_args!("\n{name} network with {weights} weights, on centered digits"));
        let channel = |samples: &Samples| samples.clone().reshape([28, 28, 1]);
        let (train, centered, shifted) = (channel(&train)?, channel(&centered)?, channel(&shifted)?);
        let options = FitOptions::new().epochs(4).batch_size(32).validation_data(&centered);
        let history = model.fit(&train, &options.verbose(!run.args.run.quiet))?;
        let accuracy = |samples: &Samples| model.evaluate(samples)?.require("accuracy");
        anyhow::Ok(([accuracy(&centered)?, accuracy(&shifted)?], history, model.predict(&shifted)?, weights))
    };
    let (dense, _, dense_read, dense_weights) = fit("Dense", dense)?;
    let (convolutional, history, convolutional_read, convolutional_weights) =
        fit("Convolutional", convolutional())?;
    digits(run, &shifted, [&dense_read, &convolutional_read])?;
    history_chart(&history, "accuracy")
        .title("Convolutional network, centered digits")
        .caption(run.caption())
        .save(run.files(), "digits")?;
    let bars = [
        ("dense, centered", dense[0]),
        ("convolutional, centered", convolutional[0]),
        ("dense, shifted", dense[1]),
        ("convolutional, shifted", convolutional[1]),
    ];
    BarChart::new("Test accuracy on digits", bars)
        .caption(run.caption())
        .save(run.files(), "shifted_accuracy")?;
    run.record("weights", convolutional_weights);
    run.record("weights_dense", dense_weights);
    run.record("digits_accuracy", convolutional[0]);
    run.record("digits_accuracy_dense", dense[0]);
    run.record("shifted_accuracy", convolutional[1]);
    run.record("shifted_accuracy_dense", dense[1]);
    Ok([dense[1], convolutional[1]])
}

/// Draws the first shifted digits with the predictions of both networks.
fn digits(run: &Run<CommonArgs>, shifted: &Samples, read: [&TensorData; 2]) -> anyhow::Result<()> {
    let read = read.map(|predictions| predictions.iter::<f32>().collect::<Vec<_>>());
    let answer = |read: &[f32], digit: usize| argmax(&read[digit * 10..(digit + 1) * 10]).unwrap_or(0);
    let tile = |digit: usize| {
        let [dense, convolutional] = [0, 1].map(|network| answer(&read[network], digit));
        pictures::digit(shifted, digit, format!("{dense}, {convolutional}"))
    };
    let tiles: Vec<Tile> = (0..15).map(tile).collect();
    ImageSheet::new(
        "Shifted digits with the predictions of the dense and the convolutional network",
        &tiles,
        5,
    )
    .caption(&run.caption())
    .save(run.files(), "shifted")?;
    Ok(())
}

/// Returns the digits, each shifted vertically and horizontally. Pixels outside the image are cut off.
fn shifted(digits: &Samples, seed: u64) -> anyhow::Result<Samples> {
    let moves = uniform(2 * digits.len(), SHIFT + 0.49, seed, Purpose::Synthetic, 0);
    let moved = digits.map_input(|pixels| {
        let values: Vec<f32> = pixels.iter().collect();
        let mut moved = vec![0.0; values.len()];
        for ((from, to), by) in values.chunks(784).zip(moved.chunks_mut(784)).zip(moves.chunks(2)) {
            let (down, right) = (by[0].round() as isize, by[1].round() as isize);
            for (pixel, value) in from.iter().enumerate() {
                let (y, x) = (pixel as isize / 28 + down, pixel as isize % 28 + right);
                if (0..28).contains(&y) && (0..28).contains(&x) {
                    to[(y * 28 + x) as usize] = *value;
                }
            }
        }
        Ok(TensorData::new(moved, pixels.shape().clone()))
    })?;
    Ok(moved)
}
