//! Section 2.4: a training loop written with tensors only, and backpropagation by hand. Expect a test accuracy of about 0.95
//! (0.92 on the bundled digits), and gradients that equal those of autodiff.

use kindling::{
    burn::tensor::{Int, Tensor, activation},
    data::random::{Purpose, epoch_order, uniform},
    plots::Chart,
    prelude::*,
};
use kindling_programs::{
    cli::{CommonArgs, Run},
    program::Program,
};

#[derive(clap::Args)]
struct Flags {
    /// Number of passes over the training data
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    epochs: u16,
    /// Learning rate, the factor of the gradient in each update
    #[arg(long, default_value_t = 0.3, allow_negative_numbers = true, value_parser = positive)]
    learning_rate: f64,
}

fn main() -> anyhow::Result<()> {
    let about =
        "Train a network with tensor operations only, as in section 2.4 of \"Deep Learning with Python\"";
    let (mut run, flags) = Program::new("ch02_training_loop", about).start::<Flags>()?;
    let mnist = run.load("mnist", mnist::load)?;
    let (train, test) = (mnist.train.reshape(28 * 28)?, mnist.test.reshape(28 * 28)?);

    let (losses, weights) = train_by_hand(&run, &train, &flags);
    let accuracy = accuracy(&weights, &test);
    let difference = backpropagation(&mut run)?;
    report(run, &losses, accuracy, difference)
}

/// Two dense layers: their kernels `[inputs, units]`, each followed by its biases `[1, units]`.
type Weights = [Tensor<2>; 4];

const BATCH_SIZE: usize = 128;

/// Runs the training loop. Returns the loss of each step, and the trained weights.
fn train_by_hand(run: &Run<CommonArgs>, train: &Samples, flags: &Flags) -> (Vec<f64>, Weights) {
    // Random initialization: small kernels (Glorot's range), and biases of 0.
    let kernel = |inputs: usize, units: usize, layer| {
        let limit = (6.0 / (inputs + units) as f32).sqrt();
        let values = uniform(inputs * units, limit, run.seed(), Purpose::Weights, layer);
        Tensor::<2>::from_data(TensorData::new(values, [inputs, units]), run.device())
    };
    let bias = |units| Tensor::<2>::zeros([1, units], run.device());
    let mut weights = [kernel(28 * 28, 64, 0), bias(64), kernel(64, 10, 1), bias(10)];

    let mut losses = Vec::new();
    for epoch in 0..usize::from(flags.epochs) {
        for positions in epoch_order(run.seed(), epoch, train.len()).chunks(BATCH_SIZE) {
            // 1. Draw a batch: samples x and their targets y.
            let mut batch = train.batch(positions);
            let x = Tensor::<2>::from_data(batch.inputs.swap_remove(0).into_dense(), run.device());
            let y = Tensor::<1, Int>::from_data(batch.targets.swap_remove(0).into_dense(), run.device());

            // 2. Forward pass: compute the predictions. Autodiff records each operation on the weights.
            let tracked = weights.map(|weight| weight.autodiff().require_grad());
            let scores = forward(&tracked, x);

            // 3. Loss: how far the predictions are from the targets.
            let log_probabilities = activation::log_softmax(scores, 1);
            let loss = log_probabilities.gather(1, y.unsqueeze_dim(1)).mean().neg();
            losses.push(loss.clone().into_scalar::<f64>());

            // 4. Backward pass: the gradient of the loss with respect to each weight.
            let gradients = loss.backward();

            // 5. Update: each weight takes a small step against its gradient.
            weights = tracked.map(|weight| match weight.grad(&gradients) {
                Some(gradient) => weight.inner() - gradient * flags.learning_rate,
                None => weight.inner(),
            });
        }
        let loss = losses[losses.len() - 1];
        run.say(format_args!("Epoch {}/{}: loss of the last batch {loss:.4}", epoch + 1, flags.epochs));
    }
    (losses, weights)
}

/// Returns the logits of the ten digits, `[batch, 10]`, for images `[batch, 784]`.
fn forward([kernel_1, bias_1, kernel_2, bias_2]: &Weights, images: Tensor<2>) -> Tensor<2> {
    let hidden = activation::relu(images.matmul(kernel_1.clone()) + bias_1.clone());
    hidden.matmul(kernel_2.clone()) + bias_2.clone()
}

/// Returns the accuracy: the fraction of samples whose digit has the highest logit.
fn accuracy(weights: &Weights, samples: &Samples) -> f64 {
    let images = Tensor::<2>::from_data(samples.input(), &weights[0].device());
    let predicted = forward(weights, images).argmax(1).into_data();
    let labels = samples.classes().unwrap_or_default();
    let hits = predicted.iter::<i32>().zip(labels).filter(|(predicted, label)| predicted == label).count();
    hits as f64 / samples.len() as f64
}

/// Computes the gradients of a network of two layers by the chain rule, and by autodiff. Returns the largest difference.
fn backpropagation(run: &mut Run<CommonArgs>) -> anyhow::Result<f64> {
    let drawn = |[rows, columns]: [usize; 2], index| {
        let values = uniform(rows * columns, 1.0, run.seed(), Purpose::Synthetic, index);
        Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), run.device())
    };
    // Three samples of two features, with a target each.
    let (x, target) = (drawn([3, 2], 0), drawn([3, 1], 1));
    let weights = [drawn([2, 2], 2), drawn([1, 2], 3), drawn([2, 1], 4), drawn([1, 1], 5)];
    let [w1, b1, w2, b2] = weights.map(|weight| weight.autodiff().require_grad());

    // Forward pass: h = sigmoid(a) with a = dot(x, w1) + b1; y = dot(h, w2) + b2; loss = mean((y - target)^2).
    let h = activation::sigmoid(x.clone().matmul(w1.clone()) + b1.clone());
    let y = h.clone().matmul(w2.clone()) + b2.clone();
    let loss = (y.clone() - target.clone()).square().mean();
    let gradients = loss.backward();

    // Backward pass by hand: from the loss back to each weight, multiply by the derivative of each operation.
    let (h, y) = (h.inner(), y.inner());
    let dy = (y - target) * (2.0 / 3.0);
    let dw2 = h.clone().transpose().matmul(dy.clone());
    let db2 = dy.clone().sum_dim(0);
    let dh = dy.matmul(w2.clone().inner().transpose());
    let da = dh * h.clone() * (h.neg() + 1.0);
    let dw1 = x.transpose().matmul(da.clone());
    let db1 = da.sum_dim(0);

    run.say("\nGradients of a network with random weights, three random samples");
    run.say("\n| weight | by hand | by autodiff |\n| --- | ---: | ---: |");
    let mut largest = 0.0_f64;
    for (name, weight, by_hand) in [("w1", w1, dw1), ("b1", b1, db1), ("w2", w2, dw2), ("b2", b2, db2)] {
        let by_autodiff = weight.grad(&gradients).ok_or_else(|| anyhow::anyhow!("no gradient for {name}"))?;
        let columns = by_hand.dims()[1];
        let (by_hand, by_autodiff) = (by_hand.into_data(), by_autodiff.into_data());
        let pairs = by_hand.iter::<f64>().zip(by_autodiff.iter::<f64>());
        for (place, (by_hand, by_autodiff)) in pairs.enumerate() {
            let (row, column) = (place / columns, place % columns);
            run.say(format_args!("| {name}[{row}, {column}] | {by_hand:.7} | {by_autodiff:.7} |"));
            largest = largest.max((by_hand - by_autodiff).abs());
        }
    }
    anyhow::ensure!(largest < 1e-6, "gradients by hand and by autodiff differ by {largest:e}");
    Ok(largest)
}

fn report(mut run: Run<CommonArgs>, losses: &[f64], accuracy: f64, difference: f64) -> anyhow::Result<()> {
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    for (name, figure) in [
        ("first_loss", first),
        ("last_loss", last),
        ("test_accuracy", accuracy),
        ("largest_gradient_difference", difference),
    ] {
        run.record(name, figure);
    }
    Chart::new("A training loop by hand: the loss of each batch")
        .axes("Step", "Loss")
        .line("", losses)
        .caption(run.caption())
        .save(run.files(), "training_loop")?;
    let compared = match difference {
        0.0 => "are equal".to_owned(),
        _ => format!("differ by at most {difference:.1e}"),
    };
    run.takeaway(format_args!(
        "The loss went from {first:.2} (random guesses among ten digits: {:.2}) to {last:.2}: each step moves every weight a \
         little against its gradient. The gradients follow from the chain rule, applied backward from the loss; by hand and by \
         autodiff, they {compared}. Try --learning-rate 3: the steps are too long, and the loss and the accuracy stay close to \
         those of random guesses. With --learning-rate 0.01, the steps are too short for two epochs.",
        10_f64.ln()
    ));
    run.conclude(format_args!(
        "Test accuracy {accuracy:.4} after {} steps; gradients by hand and by autodiff {compared}",
        losses.len(),
    ))
}

fn positive(text: &str) -> Result<f64, String> {
    let number = text.parse().map_err(|_| "it is not a number".to_owned())?;
    if number > 0.0 && number < f64::INFINITY { Ok(number) } else { Err("give a number above 0".into()) }
}
