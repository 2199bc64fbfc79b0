//! Networks with several inputs and outputs: one objective per output, and training on the weighted sum of losses.

use crate::common::assert_close;
use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{Device, Tensor, TensorData},
};
use kindling_data::{Column, Samples};
use kindling_models::{
    Init, InputSpec, IntoPart, ModelError, Network, OutputSpec, Part, Pass, Regularizer, Sequential,
    SequentialNetwork, Value, Weights, activations,
    activations::{Activation, Sigmoid, Softmax, Tanh},
    layers::Dense,
};
use kindling_train::{
    FitOptions, Model, Objective, TrainError,
    losses::{
        BinaryCrossentropy, Ctc, Loss, MeanAbsoluteError, MeanSquaredError, SparseCategoricalCrossentropy,
        Task,
    },
    metrics::{Accuracy, Mae, Metric, Mse},
    optimizers::{Adam, Optimizer, Sgd},
};

fn data(values: &[f32], shape: impl Into<Vec<usize>>) -> TensorData {
    TensorData::new(values.to_vec(), shape.into())
}

fn floats(values: &[f32], shape: impl Into<Vec<usize>>) -> Column {
    Column::floats(data(values, shape)).unwrap()
}

/// Returns all weights of a network in one list.
fn parameters(weights: &Weights) -> Vec<f32> {
    weights.iter().flat_map(|(_, data)| data.iter::<f32>().collect::<Vec<_>>()).collect()
}

/// A network with two inputs and two outputs: `a · x` and `b · y`.
#[derive(Module, Debug)]
struct Pair {
    a: Linear,
    b: Linear,
}

impl Network for Pair {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([1]), InputSpec::numbers([2])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("a", [1]), OutputSpec::new("b", [1])]
    }

    fn forward(&self, inputs: Vec<Value>, _pass: &Pass) -> Result<Vec<Value>, ModelError> {
        let layers = [&self.a, &self.b];
        let pairs = layers.into_iter().zip(inputs);
        pairs.map(|(layer, input)| Ok(layer.forward(input.tensor::<2>()?).into())).collect()
    }
}

impl Pair {
    fn new(init: &mut Init) -> Result<Self, ModelError> {
        let layer = |inputs| LinearConfig::new(inputs, 1).with_bias(false).init(init.device());
        Ok(Self { a: layer(1), b: layer(2) })
    }
}

/// The network with `a = 2` and `b = (1, -1)`.
fn pair(objectives: impl Into<Vec<Objective>>) -> Result<Model<Pair>, TrainError> {
    pair_with(Sgd::new(0.25), objectives)
}

/// Like [`pair`], with another optimizer.
fn pair_with(
    optimizer: impl IntoPart<dyn Optimizer>,
    objectives: impl Into<Vec<Objective>>,
) -> Result<Model<Pair>, TrainError> {
    let compiling = Model::new(Pair::new, optimizer, MeanSquaredError, ()).objectives(objectives);
    let mut model = compiling.on(&Device::flex())?;
    let weights =
        vec![("a.weight".into(), data(&[2.0], [1, 1])), ("b.weight".into(), data(&[1.0, -1.0], [2, 1]))];
    model.set_weights(&Weights::from_tensors(weights))?;
    Ok(model)
}

/// Two samples: predictions 2 and 4 for targets 1 and 1, predictions 2 and 1 for targets 4 and 1.5.
fn two() -> Samples {
    let inputs = vec![floats(&[1.0, 2.0], [2]), floats(&[3.0, 1.0, 1.0, 0.0], [2, 2])];
    Samples::with_columns(inputs, vec![floats(&[1.0, 1.0], [2]), floats(&[4.0, 1.5], [2])]).unwrap()
}

fn weighted(a: f64, b: f64) -> [Objective; 2] {
    [
        Objective::new(MeanSquaredError).weight(a).metrics([Mae]),
        Objective::new(MeanAbsoluteError).weight(b).metrics([Mse]),
    ]
}

fn whole() -> FitOptions {
    FitOptions::new().batch_size(2)
}

/// Expected values: `keras.Model.fit` and `evaluate` with `loss=['mse', 'mae'], loss_weights=[0.5, 2.0]`. By hand,
/// the loss is 0.5 * (1 + 9) / 2 + 2 * (2 + 0.5) / 2 = 5.
#[test]
fn loss_is_the_weighted_sum_and_outputs_report_their_own_losses() {
    let mut model = pair(weighted(0.5, 2.0)).unwrap();
    let expected = [("loss", 5.0), ("a_loss", 5.0), ("a_mae", 2.0), ("b_loss", 1.25), ("b_mse", 2.125)];
    assert_eq!(model.evaluate(&two()).unwrap().iter().collect::<Vec<_>>(), expected);

    let history = model.fit(&two(), &whole().validation_data(&two())).unwrap();
    let after = [
        ("val_loss", 2.14453125),
        ("val_a_loss", 0.7890625),
        ("val_a_mae", 0.6875),
        ("val_b_loss", 0.875),
        ("val_b_mse", 0.90625),
    ];
    let reported: Vec<(&str, f64)> = history.iter().map(|(name, figures)| (name, figures[0])).collect();
    assert_eq!(reported, [&expected[..], &after].concat());
    // a: 2 - 0.25 * 0.5 * (2 * 1 * 1 + 2 * 3 * 2) / 2. b: the gradient of each error is its sign.
    assert_eq!(parameters(&model.weights().unwrap()), [1.125, 2.0, -0.75]);
}

#[test]
fn metrics_do_not_depend_on_the_batches() {
    let together = pair(weighted(0.5, 2.0)).unwrap().evaluate(&two()).unwrap();
    let mut alone = pair_with(Sgd::new(1e-30), weighted(0.5, 2.0)).unwrap();
    let history = alone.fit(&two(), &FitOptions::new().batch_size(1)).unwrap();
    for (name, figure) in together.iter() {
        assert_close(history.get(name), &[figure], 1e-6);
    }
}

#[test]
fn loss_weight_of_zero_does_not_train_the_output() {
    let mut model = pair(weighted(0.0, 1.0)).unwrap();
    let logs = model.train_on_batch(&two()).unwrap();
    assert_eq!((logs.loss(), logs.get("a_loss"), logs.get("b_loss")), (Some(1.25), Some(5.0), Some(1.25)));
    assert_eq!(parameters(&model.weights().unwrap()), [2.0, 1.5, -0.875]);
    // An optimizer that divides by the size of the gradient does not change them either.
    let mut adam = pair_with(Adam::default(), weighted(0.0, 1.0)).unwrap();
    adam.fit(&two(), &whole().epochs(3)).unwrap();
    let after = parameters(&adam.weights().unwrap());
    assert_eq!(after[0], 2.0);
    assert_ne!(after[1..], [1.0, -1.0]);
}

#[test]
fn shared_loss_has_weight_one_for_each_output() {
    let short = Model::new(Pair::new, Sgd::default(), MeanSquaredError, [Mae]).on(&Device::flex()).unwrap();
    let objective = Objective::new(MeanSquaredError).metrics([Mae]);
    let long = Model::new(Pair::new, Sgd::default(), MeanAbsoluteError, ()).objectives(vec![objective; 2]);
    let long = long.on(&Device::flex()).unwrap();
    let [short, long] = [short, long].map(|model| model.evaluate(&two()).unwrap());
    assert_eq!(short, long);
    let names: Vec<&str> = short.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["loss", "a_loss", "a_mae", "b_loss", "b_mae"]);
}

#[test]
fn predictions_are_in_the_order_of_the_outputs() {
    let model = pair(weighted(1.0, 1.0)).unwrap();
    let predictions = model.predict_all(&two()).unwrap();
    assert_eq!(predictions, [data(&[2.0, 4.0], [2, 1]), data(&[2.0, 1.0], [2, 1])]);
    assert_eq!(model.predict(&two()).unwrap(), predictions[0]);
}

#[test]
fn number_of_objectives_must_equal_number_of_outputs() {
    let objective = || Objective::new(MeanSquaredError);
    for count in [0, 1, 3] {
        let error = pair(vec![objective(); count]).unwrap_err().to_string();
        assert!(
            error.contains(&format!("{count} objectives")) && error.contains("2 outputs (a, b)"),
            "{error}"
        );
    }
    for weight in [-0.5, f64::NAN, f64::INFINITY] {
        let error = pair([objective(), objective().weight(weight)]).unwrap_err().to_string();
        assert!(
            error.contains(&format!("a loss weight is {weight}")) && error.contains("at least 0"),
            "{error}"
        );
    }
}

#[test]
fn targets_of_each_output_are_checked_by_its_loss() {
    let objectives = [Objective::new(MeanSquaredError), Objective::new(BinaryCrossentropy::default())];
    let targets = vec![floats(&[5.0, -5.0], [2]), Column::classes(vec![1, 2]).unwrap()];
    let samples = Samples::with_columns(two().inputs().to_vec(), targets).unwrap();
    let error = pair(objectives).unwrap().evaluate(&samples).unwrap_err();
    assert!(error.to_string().contains("sample 1 has label 2"), "{error}");
}

/// A graph network: a shared Sequential for both inputs, whose outputs are concatenated for two more Sequentials.
#[derive(Module, Debug)]
struct Graph {
    shared: SequentialNetwork,
    sum: SequentialNetwork,
    first: SequentialNetwork,
}

impl Graph {
    fn new(init: &mut Init) -> Result<Self, ModelError> {
        let penalized = Dense::new(1).kernel_regularizer(Regularizer::l2(0.01));
        Ok(Self {
            shared: Sequential::new(1).dense(16, Tanh).build(init)?,
            sum: Sequential::new(32).layer(penalized).build(init)?,
            first: Sequential::new(32).dense(1, Sigmoid).build(init)?,
        })
    }
}

impl Network for Graph {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([1]); 2]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        let output = |name: &str, task: Task| OutputSpec::new(name, [1]).activation(task.activation());
        vec![output("sum", Task::Regression), output("first", Task::Binary)]
    }

    fn forward(&self, inputs: Vec<Value>, pass: &Pass) -> Result<Vec<Value>, ModelError> {
        let seen = inputs.into_iter().map(|input| self.shared.call(input, pass)?.tensor());
        let joined = Value::from(Tensor::<2>::cat(seen.collect::<Result<_, _>>()?, 1));
        let outputs = [&self.sum, &self.first].map(|head| head.forward(vec![joined.clone()], pass));
        Ok(outputs.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        self.sum.penalty()
    }
}

#[test]
fn graph_with_two_inputs_and_two_outputs_learns_both_targets() {
    let numbers: Vec<[f32; 2]> =
        (0..256).map(|i| [(i as f32 * 0.37).sin(), (i as f32 * 0.91).cos()]).collect();
    let column = |of: fn(&[f32; 2]) -> f32| floats(&numbers.iter().map(of).collect::<Vec<_>>(), [256]);
    let larger: Vec<i32> = numbers.iter().map(|[x, y]| i32::from(x > y)).collect();
    let targets = vec![column(|[x, y]| x + y), Column::classes(larger).unwrap()];
    let samples = Samples::with_columns(vec![column(|[x, _]| *x), column(|[_, y]| *y)], targets).unwrap();

    let objective = |task: Task, metrics: Part<dyn Metric>| Objective::new(task.loss()).metrics([metrics]);
    let objectives = [
        objective(Task::Regression, Mae.into_part()),
        objective(Task::Binary, Accuracy.into_part()).weight(0.5),
    ];
    let compiling = Model::new(Graph::new, Adam::new(0.02), MeanSquaredError, ()).objectives(objectives);
    let mut model = compiling.on(&Device::flex()).unwrap();
    let penalty = f64::from(model.network().penalty().unwrap().into_scalar::<f32>());
    let first = model.train_on_batch(&samples).unwrap();
    let sum = first.get("sum_loss").unwrap() + 0.5 * first.get("first_loss").unwrap() + penalty;
    assert_close(&[first.loss().unwrap()], &[sum], 1e-5);

    model.fit(&samples, &FitOptions::new().epochs(60)).unwrap();
    let logs = model.evaluate(&samples).unwrap();
    assert!(logs.get("sum_mae") < Some(0.1) && logs.get("first_accuracy") > Some(0.95), "{logs}");
}

#[test]
fn tasks_have_the_activations_and_losses_of_the_book() {
    let table = Task::ALL.map(|task| (task.to_string(), task.activation(), task.loss()));
    let row = |task: &str, activation: Part<dyn Activation>, loss: Part<dyn Loss>| {
        (task.to_owned(), activation, loss)
    };
    let linear: Part<dyn Activation> = activations::Linear.into_part();
    let sigmoid: Part<dyn Activation> = Sigmoid.into_part();
    let softmax: Part<dyn Activation> = Softmax.into_part();
    let binary: Part<dyn Loss> = BinaryCrossentropy::default().into_part();
    let squared: Part<dyn Loss> = MeanSquaredError.into_part();
    assert_eq!(
        table,
        [
            row("one of two classes", sigmoid.clone(), binary.clone()),
            row("one of many classes", softmax.clone(), SparseCategoricalCrossentropy.into_part()),
            row("several classes at once", sigmoid.clone(), binary),
            row("any number", linear, squared.clone()),
            row("a number from 0 to 1", sigmoid, squared),
            row("a sequence of labels", softmax, Ctc.into_part()),
        ]
    );
}
