//! Section 3.1: a network that is a graph of layers, with two inputs, two outputs and a loss for each. Expect an accuracy of about
//! 0.9 for which of two digits is larger, and less if the loss of their sum outweighs the other one.

use kindling::{
    activations::*,
    burn::{self, module::Module, tensor::Tensor},
    data::random::epoch_order,
    experiments::Baseline,
    losses::{BinaryCrossentropy, MeanSquaredError},
    metrics::{Accuracy, Mae},
    models::SequentialNetwork,
    optimizers::Adam,
    plots::{Chart, history_chart},
    prelude::*,
};
use kindling_programs::{
    cli::{CommonArgs, Run},
    pictures,
    program::Program,
};

/// Numbers of training and test digits, as in the bundled data.
const DIGITS: (usize, usize) = (12_000, 2_000);
/// The weights of the sum's loss to compare. The other loss has the weight 1.
const WEIGHTS: [f64; 2] = [0.1, 1.0];

/// A network with two inputs, which share their first layers, and two outputs.
#[derive(Module, Debug)]
struct DigitPair {
    digit: SequentialNetwork,
    sum: SequentialNetwork,
    larger: SequentialNetwork,
}

impl DigitPair {
    fn new(init: &mut Init) -> Result<Self, ModelError> {
        Ok(Self {
            digit: Sequential::new(28 * 28).dense(64, Relu).build(init)?,
            sum: Sequential::new(2 * 64).dense(64, Relu).dense(1, Linear).build(init)?,
            larger: Sequential::new(2 * 64).dense(64, Relu).dense(1, Sigmoid).build(init)?,
        })
    }

    /// Runs the graph. `stack` applies layers to a value, `join` concatenates two values. Values are tensors in training, and
    /// nodes in the diagram.
    fn graph<T: Clone, E>(
        &self,
        [left, right]: [T; 2],
        stack: impl Fn(&str, &SequentialNetwork, T) -> Result<T, E>,
        join: impl Fn(T, T) -> Result<T, E>,
    ) -> Result<[T; 2], E> {
        let left = stack("digit", &self.digit, left)?;
        let right = stack("digit", &self.digit, right)?;
        let both = join(left, right)?;
        Ok([stack("sum", &self.sum, both.clone())?, stack("larger", &self.larger, both)?])
    }
}

impl Network for DigitPair {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([28 * 28]); 2]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("sum", [1]), OutputSpec::new("larger", [1]).activation(Sigmoid)]
    }

    fn forward(&self, inputs: Vec<Value>, pass: &Pass) -> Result<Vec<Value>, ModelError> {
        let inputs =
            <[Value; 2]>::try_from(inputs).map_err(|_| ModelError::Input("give two inputs".into()))?;
        // Outputs are returned before their last activation: losses are computed from logits.
        let stack = |name: &str, layers: &SequentialNetwork, value: Value| match name {
            "digit" => layers.call(value, pass),
            _ => Ok(layers.forward(vec![value], pass)?.remove(0)),
        };
        let join = |left: Value, right: Value| {
            Ok(Tensor::cat(vec![left.tensor::<2>()?, right.tensor::<2>()?], 1).into())
        };
        Ok(self.graph(inputs, stack, join)?.into())
    }
}

fn main() -> anyhow::Result<()> {
    let about = "Train a graph of layers with two losses, as in section 3.1 of \"Deep Learning with Python\"";
    let (mut run, ()) = Program::new("ch03_graph", about).start()?;
    let mnist = run.load("mnist", mnist::load)?;
    let train = pairs(&mnist.train.slice(0..DIGITS.0), run.seed())?;
    let test = pairs(&mnist.test.slice(0..DIGITS.1), run.seed())?;
    draw(&run)?;

    let mut trained = Vec::new();
    for weight in WEIGHTS {
        run.say(format_args!("\nLoss: {weight} * sum_loss + larger_loss"));
        let objectives = [
            Objective::new(MeanSquaredError).weight(weight).metrics([Mae]),
            Objective::new(BinaryCrossentropy::default()).metrics([Accuracy]),
        ];
        let mut model = Model::new(DigitPair::new, Adam::default(), BinaryCrossentropy::default(), ())
            .objectives(objectives)
            .seed(run.seed())
            .on(run.device())?;
        let options = FitOptions::new().epochs(10).batch_size(64).validation_data(&test);
        let history = model.fit(&train, &options.verbose(!run.args.run.quiet))?;
        trained.push(Trained { weight, history, result: model.evaluate(&test)? });
    }
    report(&mut run, &trained, &train, &test)
}

/// The result of training with a weight of the sum's loss.
struct Trained {
    weight: f64,
    history: History,
    result: Logs,
}

/// Prints the graph by running it on the nodes of a diagram instead of tensors.
fn draw(run: &Run<CommonArgs>) -> anyhow::Result<()> {
    let network = Init::build(run.device(), run.seed(), DigitPair::new)?;
    let diagram = std::cell::RefCell::new(pictures::Diagram::default());
    let inputs = ["left", "right"].map(|name| diagram.borrow_mut().node(format!("{name} [784]"), &[]));
    let stack = |name: &str, layers: &SequentialNetwork, input: usize| {
        let shapes: Vec<String> =
            layers.layer_shapes().map(|(layer, shape)| format!("{layer} {shape:?}")).collect();
        anyhow::Ok(diagram.borrow_mut().node(format!("{name}: {}", shapes.join(", ")), &[input]))
    };
    let join = |left, right| Ok(diagram.borrow_mut().node("concatenate [128]", &[left, right]));
    network.graph(inputs, stack, join)?;
    run.say(format_args!("\nThe graph: both digits pass through the same layers\n\n{}", diagram.borrow()));
    Ok(())
}

/// Compares the weights with each other and with constant predictions.
fn report(
    run: &mut Run<CommonArgs>,
    trained: &[Trained],
    train: &Samples,
    test: &Samples,
) -> anyhow::Result<()> {
    let mean = Baseline::mean_target(train, test)?;
    let not_larger = test.targets()[1].data().iter::<f64>().filter(|larger| *larger == 0.0).count();
    let constant = not_larger as f64 / test.len() as f64;
    run.say("\nTest samples              sum: MAE   larger: accuracy");
    run.say(format_args!("constant predictions      {:.3}      {constant:.4}", mean.score));
    for Trained { weight, result, .. } in trained {
        let (mae, accuracy) = (result.require("sum_mae")?, result.require("larger_accuracy")?);
        run.say(format_args!("weight of the sum {weight:<7} {mae:.3}      {accuracy:.4}"));
    }

    let curves = |title: &str, figure: &str, file: &str| {
        let mut chart = Chart::new(title).axes("Epochs", "Validation loss").caption(run.caption());
        for Trained { weight, history, .. } in trained {
            chart = chart.line(format!("weight of the sum {weight}"), history.get(figure));
        }
        chart.save(run.files(), file)
    };
    curves("Squared error of the sum of two digits", "val_sum_loss", "sum_loss")?;
    curves("Cross-entropy of which digit is larger", "val_larger_loss", "larger_loss")?;
    let [first, second] = trained else { anyhow::bail!("give two weights to compare") };
    first.history.save_csv(run.files().join("graph_history.csv"))?;
    history_chart(&first.history, "loss")
        .title(format!("Total loss: {} * sum_loss + larger_loss", first.weight))
        .caption(run.caption())
        .save(run.files(), "graph_loss")?;

    let figures = |trained: &Trained| {
        let first_epoch = |name: &str| trained.history.get(name).first().copied().unwrap_or(f64::NAN);
        let share = 100.0 * first_epoch("larger_loss") / first_epoch("loss");
        anyhow::Ok((trained.result.require("sum_mae")?, trained.result.require("larger_accuracy")?, share))
    };
    let ((mae, accuracy, share), (other_mae, other_accuracy, other_share)) =
        (figures(first)?, figures(second)?);
    run.takeaway(format_args!(
        "Training minimizes a single number, the weighted sum of both losses, so the weights determine which loss dominates. \
         In the first epoch, cross-entropy is {other_share:.0}% of the total if the squared error has the weight {}, and \
         {share:.0}% if it has the weight {}. With the lower weight, the shared layer serves both outputs, and the accuracy \
         for the larger digit is {accuracy:.3} instead of {other_accuracy:.3}. The MAE of the sum is {mae:.2} with the lower \
         weight and {other_mae:.2} with the higher one; predicting the mean sum has {:.2}. Try --seed 1 to see which \
         differences are chance.",
        second.weight, first.weight, mean.score
    ));
    run.record("baseline_sum_mae", mean.score);
    run.record("baseline_larger_accuracy", constant);
    run.record("sum_mae", mae);
    run.record("larger_accuracy", accuracy);
    run.record("sum_mae_weight_1", other_mae);
    run.record("larger_accuracy_weight_1", other_accuracy);
    run.conclude(format_args!(
        "Test MAE of the sum {mae:.4}, test accuracy of the larger digit {accuracy:.4}"
    ))
}

/// Pairs each digit with another one. The targets are their sum, and whether the left digit is larger.
fn pairs(digits: &Samples, seed: u64) -> anyhow::Result<Samples> {
    let labels = digits.classes().unwrap_or_default();
    let (left, right) = ((0..digits.len()).collect::<Vec<_>>(), epoch_order(seed, 0, digits.len()));
    let couples = || right.iter().zip(&labels).map(|(right, left)| (*left, labels[*right]));
    let sums = couples().map(|(left, right)| (left + right) as f32).collect::<Vec<_>>();
    let larger = couples().map(|(left, right)| f32::from(u8::from(left > right))).collect::<Vec<_>>();
    let image = |order: &[usize]| digits.inputs()[0].gather(order).into_dense();
    let images = [left, right].map(|order| Column::floats(image(&order))?.reshape([28 * 28]));
    let images = images.into_iter().collect::<Result<_, _>>()?;
    Ok(Samples::with_columns(images, vec![Column::floats(sums)?, Column::floats(larger)?])?)
}
