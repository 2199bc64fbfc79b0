//! Section 2.4: the training loop with nothing but tensors, the chain rule worked by hand, and what momentum and other
//! optimizers are good for. Expect a test accuracy of about 0.9, gradients that agree, a run that stays in a local
//! minimum and one that does not, and plots of the paths.

use kindling::{
    burn::{
        optim::Optimizer as Rule,
        tensor::{Int, Tensor, activation},
    },
    data::random::{Purpose, epoch_order, uniform},
    optimizers::{AdamRule, RmsPropRule, SgdRule},
    plots::Chart,
    prelude::*,
};
use kindling_programs::cli::{self, CommonArgs, Data, Run};

/// Follows gradients downhill, as section 2.4 of "Deep Learning with Python"
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    common: CommonArgs,
}

fn main() -> anyhow::Result<()> {
    let Args { common } = cli::parse_common("ch02_gradient_descent");
    let mut run = Run::start("ch02_gradient_descent", &common.run)?;
    let mnist = common.load(mnist::load)?;
    let train = mnist.train.reshape(28 * 28)?.slice(0..12_000);
    let test = mnist.test.reshape(28 * 28)?;
    let data =
        Data { dataset: "mnist", source: mnist.source, train_samples: train.len(), test_samples: test.len() };
    run.loaded(data);

    let (losses, weights) = train_by_hand(&train, common.run.seed, run.device());
    Chart::new("The training loop: the loss goes down")
        .axes("Step", "Loss of the batch")
        .line("loss", &losses)
        .caption(run.caption(&data))
        .save(run.files(), "training_loop")?;
    let accuracy = accuracy(&weights, &test);
    let (first, last) = (losses[0], losses[losses.len() - 1]);
    run.say(format_args!(
        "\nThe training loop: loss {first:.3} at the first step, {last:.3} at step {}",
        losses.len()
    ));
    run.say(format_args!("Test accuracy {accuracy:.4}"));
    run.record("first_loss", first);
    run.record("last_loss", last);
    run.record("test_accuracy", accuracy);

    let difference = chain_rule(&mut run, common.run.seed)?;
    // Nothing below is random.
    let caption = format!("no data; {}, seed {}", common.run.backend, common.run.seed);
    let [plain, momentum] = local_minimum(&mut run, &caption)?;
    optimizers(&mut run, &caption)?;
    run.conclude(format_args!(
        "The training loop reached a test accuracy of {accuracy:.4} on {} {} digits from {}; gradients by hand and by \
         autodiff differ by {difference:.7} at most; plain SGD stayed at w = {plain:.3}, momentum went on to w = {momentum:.3}",
        data.test_samples, data.dataset, data.source
    ))
}

/// Two dense layers: their kernels `[inputs, units]`, each followed by its biases `[1, units]`.
type Weights = [Tensor<2>; 4];

const EPOCHS: usize = 2;
const BATCH_SIZE: usize = 128;
const LEARNING_RATE: f64 = 0.3;

/// The training loop. Returns the loss of each step, and the weights at the end.
fn train_by_hand(train: &Samples, seed: u64, device: &Device) -> (Vec<f64>, Weights) {
    // Random initialisation: small numbers (Glorot's range), and biases of 0.
    let kernel = |inputs: usize, units: usize, layer| {
        let limit = (6.0 / (inputs + units) as f32).sqrt();
        let values = uniform(inputs * units, limit, seed, Purpose::Weights, layer);
        Tensor::<2>::from_data(TensorData::new(values, [inputs, units]), device)
    };
    let bias = |units| Tensor::<2>::zeros([1, units], device);
    let mut weights = [kernel(28 * 28, 64, 0), bias(64), kernel(64, 10, 1), bias(10)];

    let mut losses = Vec::new();
    for epoch in 0..EPOCHS {
        for positions in epoch_order(seed, epoch, train.len()).chunks(BATCH_SIZE) {
            // 1. Draw a batch: samples x, and their targets y.
            let mut batch = train.batch(positions);
            let x = Tensor::<2>::from_data(batch.inputs.swap_remove(0).into_dense(), device);
            let y = Tensor::<1, Int>::from_data(batch.targets.swap_remove(0).into_dense(), device);

            // 2. The forward pass, which remembers what was done to the weights: predictions.
            let leaves = weights.map(|weight| weight.autodiff().require_grad());
            let scores = forward(&leaves, x);

            // 3. The loss: how far the predictions are from the targets.
            let of_targets = activation::log_softmax(scores, 1).gather(1, y.unsqueeze_dim(1));
            let loss = of_targets.mean().neg();
            losses.push(loss.clone().into_scalar::<f64>());

            // 4. The gradient of the loss with respect to each weight: the backward pass.
            let gradients = loss.backward();

            // 5. Each weight a small step against its gradient.
            weights = leaves.map(|leaf| match leaf.grad(&gradients) {
                Some(gradient) => leaf.inner() - gradient * LEARNING_RATE,
                None => leaf.inner(),
            });
        }
    }
    (losses, weights)
}

/// Scores for the ten digits, `[batch, 10]`, of images `[batch, 784]`.
fn forward([kernel_1, bias_1, kernel_2, bias_2]: &Weights, images: Tensor<2>) -> Tensor<2> {
    let hidden = activation::relu(images.matmul(kernel_1.clone()) + bias_1.clone());
    hidden.matmul(kernel_2.clone()) + bias_2.clone()
}

/// The share of samples whose digit has the highest score.
fn accuracy(weights: &Weights, samples: &Samples) -> f64 {
    let images = Tensor::<2>::from_data(samples.input(), &weights[0].device());
    let predicted = forward(weights, images).argmax(1).into_data();
    let labels = samples.classes().unwrap_or_default();
    let hits = predicted.iter::<i32>().zip(labels).filter(|(predicted, label)| predicted == label).count();
    hits as f64 / samples.len() as f64
}

/// Gradients of a network of two layers by the chain rule and by autodiff; returns the largest difference.
fn chain_rule(run: &mut Run, seed: u64) -> anyhow::Result<f64> {
    let device = run.device().clone();
    let drawn = |[rows, columns]: [usize; 2], index| {
        let values = uniform(rows * columns, 1.0, seed, Purpose::Synthetic, index);
        Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), &device)
    };
    // Three samples of two features, with a target each.
    let (x, target) = (drawn([3, 2], 0), drawn([3, 1], 1));
    let weights = [drawn([2, 2], 2), drawn([1, 2], 3), drawn([2, 1], 4), drawn([1, 1], 5)];
    let [w1, b1, w2, b2] = weights.map(|weight| weight.autodiff().require_grad());

    // Forward: h = sigmoid(a), a = dot(x, w1) + b1; y = dot(h, w2) + b2; loss = mean((y - target)^2).
    let h = activation::sigmoid(x.clone().matmul(w1.clone()) + b1.clone());
    let y = h.clone().matmul(w2.clone()) + b2.clone();
    let loss = (y.clone() - target.clone()).square().mean();
    let gradients = loss.backward();

    // Backward, by hand: from the loss to each weight, one derivative times the next.
    let (h, y) = (h.inner(), y.inner());
    let dy = (y - target) * (2.0 / 3.0);
    let dw2 = h.clone().transpose().matmul(dy.clone());
    let db2 = dy.clone().sum_dim(0);
    let dh = dy.matmul(w2.clone().inner().transpose());
    let da = dh * h.clone() * (h.neg() + 1.0);
    let dw1 = x.transpose().matmul(da.clone());
    let db1 = da.sum_dim(0);

    run.say(format_args!("\nThe chain rule (random numbers, seed {seed})\n\n| weight | by hand | by autodiff |\n| --- | ---: | ---: |"));
    let mut largest = 0.0_f64;
    for (name, weight, by_hand) in [("w1", w1, dw1), ("b1", b1, db1), ("w2", w2, dw2), ("b2", b2, db2)] {
        let by_autodiff = weight.grad(&gradients).ok_or_else(|| anyhow::anyhow!("no gradient for {name}"))?;
        let columns = by_hand.dims()[1];
        let (by_hand, by_autodiff) = (by_hand.into_data(), by_autodiff.into_data());
        for (place, (by_hand, by_autodiff)) in
            by_hand.iter::<f64>().zip(by_autodiff.iter::<f64>()).enumerate()
        {
            let (row, column) = (place / columns, place % columns);
            run.say(format_args!("| {name}[{row}, {column}] | {by_hand:.7} | {by_autodiff:.7} |"));
            largest = largest.max((by_hand - by_autodiff).abs());
        }
    }
    anyhow::ensure!(largest < 1e-6, "gradients by hand and by autodiff are {largest:e} apart");
    run.record("largest_gradient_difference", largest);
    Ok(largest)
}

/// A place on the way down, and the loss there.
struct Place {
    at: Vec<f64>,
    loss: f64,
}

/// The way that an optimizer takes down a loss: the start, and where each of its steps leads.
fn descend(
    rule: &impl Rule,
    learning_rate: f64,
    start: Tensor<1>,
    steps: usize,
    loss: impl Fn(Tensor<1>) -> Tensor<1>,
) -> Vec<Place> {
    let (mut weights, mut state, mut path) = (start, None, Vec::new());
    for _ in 0..=steps {
        let leaf = weights.autodiff().require_grad();
        let here = loss(leaf.clone());
        path.push(Place { at: leaf.to_data().iter().collect(), loss: here.clone().into_scalar() });
        let Some(gradient) = leaf.grad(&here.backward()) else { break };
        (weights, state) = rule.step(learning_rate, leaf.inner(), gradient, state);
    }
    path
}

/// Each value with the number of steps before it.
fn counted(values: impl Iterator<Item = f64>) -> Vec<(f64, f64)> {
    (0..).map(f64::from).zip(values).collect()
}

/// A loss with two minima, of which the one nearer to the start is the higher one. Returns where plain SGD and SGD with
/// momentum end.
fn local_minimum(run: &mut Run, caption: &str) -> anyhow::Result<[f64; 2]> {
    let loss = |w: Tensor<1>| w.clone().powi_scalar(4) / 4 - w.clone().square() * 0.8 + w * 0.3 + 1.1;
    let along: Vec<f32> = (-190..=225).map(|hundredths| hundredths as f32 / 100.0).collect();
    let heights = loss(Tensor::from_floats(along.as_slice(), run.device())).into_data();
    let curve: Vec<_> = along.iter().map(|w| f64::from(*w)).zip(heights.iter::<f64>()).collect();
    let mut on_curve = Chart::new("Down a loss with a local minimum")
        .axes("w", "Loss")
        .xy_line("w^4 / 4 - 0.8 w^2 + 0.3 w + 1.1", &curve)
        .caption(caption);
    let mut over_steps = Chart::new("Down a loss with a local minimum").axes("Step", "w").caption(caption);

    run.say("\nA local minimum: 150 steps from w = 2.2 with a learning rate of 0.02");
    let mut ends = [0.0; 2];
    for (end, (name, momentum)) in ends.iter_mut().zip([("plain SGD", 0.0), ("momentum 0.9", 0.9)]) {
        let rule = SgdRule { momentum, ..SgdRule::default() };
        let path = descend(&rule, 0.02, Tensor::from_floats([2.2], run.device()), 150, loss);
        let places: Vec<_> = path.iter().map(|place| (place.at[0], place.loss)).collect();
        on_curve = on_curve.xy_points(name, &places);
        over_steps = over_steps.xy_line(name, &counted(places.iter().map(|(w, _)| *w)));
        let (w, loss) = places[places.len() - 1];
        run.say(format_args!("{name} ends at w = {w:.3}, where the loss is {loss:.3}"));
        run.record(&format!("{name}: w"), w);
        run.record(&format!("{name}: loss"), loss);
        *end = w;
    }
    on_curve.save(run.files(), "local_minimum")?;
    over_steps.save(run.files(), "local_minimum_steps")?;
    Ok(ends)
}

/// Four optimizers in a narrow valley: across it the loss is 100 times as steep as along it. The walls allow plain SGD no
/// learning rate above 0.02.
fn optimizers(run: &mut Run, caption: &str) -> anyhow::Result<()> {
    let steepness = Tensor::<1>::from_floats([1.0, 100.0], run.device());
    let loss = |w: Tensor<1>| (w.square() * steepness.clone()).sum() / 2;
    let start = Tensor::<1>::from_floats([-8.0, 2.0], run.device());
    let momentum = SgdRule { momentum: 0.9, ..SgdRule::default() };
    let (steps, enough) = (100, 0.01);
    let mut in_plane = Chart::new("Four optimizers in a narrow valley")
        .axes("along", "across")
        .equal_scales()
        .caption(format!("loss (along^2 + 100 across^2) / 2; {caption}"));
    let mut over_steps =
        Chart::new("Four optimizers in a narrow valley").axes("Step", "log10 of the loss").caption(caption);

    run.say(format_args!(
        "\n| optimizer | first step below a loss of {enough} | loss after {steps} steps |\n| --- | ---: | ---: |"
    ));
    for (name, path) in [
        ("SGD, rate 0.018", descend(&SgdRule::default(), 0.018, start.clone(), steps, loss)),
        ("momentum 0.9, rate 0.018", descend(&momentum, 0.018, start.clone(), steps, loss)),
        ("RMSprop, rate 0.1", descend(&RmsPropRule::default(), 0.1, start.clone(), steps, loss)),
        ("Adam, rate 0.5", descend(&AdamRule::default(), 0.5, start.clone(), steps, loss)),
    ] {
        let below = path.iter().position(|place| place.loss < enough);
        let below = below.map_or("never".into(), |step| step.to_string());
        let last = path[path.len() - 1].loss;
        run.say(format_args!("| {name} | {below} | {last:.1e} |"));
        run.record(name, last);
        let places: Vec<_> = path.iter().map(|place| (place.at[0], place.at[1])).collect();
        in_plane = in_plane.xy_line(name, &places);
        over_steps = over_steps.xy_line(name, &counted(path.iter().map(|place| place.loss.log10())));
    }
    in_plane.save(run.files(), "optimizers")?;
    over_steps.save(run.files(), "optimizers_loss")?;
    Ok(())
}
