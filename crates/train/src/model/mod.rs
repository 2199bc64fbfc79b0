//! Models: networks with an optimizer, losses and metrics.

mod attachments;
mod compile;
mod compile_config;
mod evaluate;
mod feed;
mod fit;
mod history;
mod inspect;
mod logs;
mod meter;
mod objective;
mod predict;
mod save;

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use burn::{
    module::{Flag, ModuleVisitor, Param},
    tensor::Device,
};
use kindling_data::{Samples, preprocessing::Transform};
use kindling_models::{Init, IntoPart, ModelError, Network, Part, SequentialNetwork, Weights};

pub(crate) use self::fit::{difference, with_room};
use self::{attachments::Attachments, feed::Feed, objective::Head};
pub use self::{
    compile::{Compile, Compiling},
    fit::{Callback, CallbackState, FitOptions, NotFiniteAction, NotFiniteCause, Trained, Training},
    history::History,
    inspect::SilentUnits,
    logs::Logs,
    objective::Objective,
    predict::Predictor,
};
use crate::{
    TrainError,
    losses::Loss,
    metrics::IntoMetrics,
    optimizers::{Optimizer, Updater},
};

/// A network with its optimizer, losses and metrics, for training, evaluation and prediction: Keras' compiled `Model`.
///
/// ```
/// use burn::tensor::Device;
/// use kindling_data::{Column, Samples};
/// use kindling_models::{Sequential, activations::Linear};
/// use kindling_train::{Compile, FitOptions, losses::MeanSquaredError, metrics::Mae, optimizers::Sgd};
///
/// // y = 2 x
/// let samples = Samples::new(Column::floats(vec![[1.0], [2.0], [3.0]])?, Column::floats(vec![2.0, 4.0, 6.0])?)?;
/// let network = Sequential::new(1).dense(1, Linear);
/// let mut model = network.compile(Sgd::new(0.1), MeanSquaredError, [Mae]).on(&Device::flex())?;
/// model.fit(&samples, &FitOptions::new().epochs(100))?;
/// assert!(model.evaluate(&samples)?.get("mae").unwrap() < 0.1);
/// # Ok::<(), kindling_train::TrainError>(())
/// ```
#[derive(Debug)]
pub struct Model<N: Network = SequentialNetwork> {
    /// The network without an autodiff graph, which is created only in steps that need one. `None` while the
    /// optimizer owns it to update the weights in place.
    network: Option<N>,
    updater: Updater,
    heads: Vec<Head>,
    preprocessing: Option<Part<dyn Transform>>,
    /// Shared with predictors, because a fitted encoder of a wide table is large.
    attachments: Arc<Attachments>,
    device: Device,
    seed: u64,
    /// Number of training steps completed.
    step: u64,
    /// Number of epochs begun, over all calls of `fit`.
    epoch: usize,
    /// Whether a layer may use the random number generator of the backend, as Burn's dropout and noise layers do.
    draws_on_backend: bool,
    /// Whether to try steps without an autodiff graph.
    without_graph: bool,
}

impl<N: Network> Model<N> {
    /// Compiles a Burn module: Keras' `compile` for a custom network. `build` creates the module; [`Init`] provides
    /// its device and initial weights.
    ///
    /// ```
    /// use burn::{module::Module, nn::{Linear, LinearConfig}, tensor::{Device, activation::relu}};
    /// use kindling_models::{InputSpec, ModelError, Network, OutputSpec, Pass, Value};
    /// use kindling_train::{Model, losses::MeanSquaredError, metrics::Mae, optimizers::Adam};
    ///
    /// #[derive(Module, Debug)]
    /// struct PriceNetwork {
    ///     hidden: Linear,
    ///     output: Linear,
    /// }
    ///
    /// impl Network for PriceNetwork {
    ///     fn inputs(&self) -> Vec<InputSpec> {
    ///         vec![InputSpec::numbers([4])]
    ///     }
    ///
    ///     fn outputs(&self) -> Vec<OutputSpec> {
    ///         vec![OutputSpec::new("price", [1])]
    ///     }
    ///
    ///     fn forward(&self, inputs: Vec<Value>, _: &Pass) -> Result<Vec<Value>, ModelError> {
    ///         let x = inputs[0].clone().tensor::<2>()?;
    ///         Ok(vec![self.output.forward(relu(self.hidden.forward(x))).into()])
    ///     }
    /// }
    ///
    /// let build = |init: &mut kindling_models::Init| {
    ///     let linear = |inputs, units| LinearConfig::new(inputs, units).init(init.device());
    ///     Ok(PriceNetwork { hidden: linear(4, 8), output: linear(8, 1) })
    /// };
    /// let model = Model::new(build, Adam::default(), MeanSquaredError, [Mae]).seed(7).on(&Device::flex())?;
    /// # let _ = model;
    /// # Ok::<(), kindling_train::TrainError>(())
    /// ```
    #[expect(clippy::new_ret_no_self, reason = "returns a builder; building on a device can fail")]
    pub fn new<'a>(
        build: impl FnOnce(&mut Init) -> Result<N, ModelError> + 'a,
        optimizer: impl IntoPart<dyn Optimizer>,
        loss: impl IntoPart<dyn Loss>,
        metrics: impl IntoMetrics,
    ) -> Compiling<'a, N> {
        Compiling::new(build, optimizer, Objective::new(loss).metrics(metrics))
    }

    fn build(
        network: N,
        device: &Device,
        seed: u64,
        optimizer: Part<dyn Optimizer>,
        objectives: Vec<Objective>,
        preprocessing: Option<Part<dyn Transform>>,
    ) -> Result<Self, TrainError> {
        let updater = Updater::new(optimizer)?;
        let outputs = network.outputs();
        if outputs.is_empty() {
            return Err(TrainError::Mismatch(
                "the network has no outputs: declare at least one in outputs()".into(),
            ));
        }
        if outputs.len() != objectives.len() {
            let names: Vec<&str> = outputs.iter().map(|output| output.name.as_str()).collect();
            return Err(TrainError::Mismatch(format!(
                "there are {} objectives, but the network has {} outputs ({}): give one objective per output",
                objectives.len(),
                outputs.len(),
                names.join(", ")
            )));
        }
        let mut names = HashSet::new();
        if let Some(twice) = outputs.iter().find(|output| !names.insert(output.name.clone())) {
            let problem = format!(
                "two outputs of the network are named {:?}: give each output a unique name",
                twice.name
            );
            return Err(TrainError::Mismatch(problem));
        }
        let head = |(output, objective): (_, Objective)| Ok(Head { output, objective: objective.checked()? });
        let heads = outputs.into_iter().zip(objectives).map(head).collect::<Result<_, TrainError>>()?;
        let mut flags = Flags(false);
        network.visit(&mut flags);
        let model = Self {
            network: Some(network.valid()),
            updater,
            heads,
            preprocessing,
            attachments: Arc::default(),
            device: device.clone().without_autodiff(),
            seed,
            step: 0,
            epoch: 0,
            draws_on_backend: flags.0,
            without_graph: true,
        };
        model.check_parts()?;
        Ok(model)
    }

    /// Returns the network with its current weights, without an autodiff graph. For a custom training step, make a
    /// copy with [`Module::train`](burn::module::Module::train).
    ///
    /// # Panics
    /// Panics if it is called inside a training step, which the public API does not allow.
    pub fn network(&self) -> &N {
        self.network.as_ref().expect("the network is absent only during a training step")
    }

    /// Returns the device of the model.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Returns the seed of all randomness in the network and its training.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the number of training steps completed.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Returns the number of epochs begun, over all calls of `fit`.
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// Returns the preprocessing step that is applied to all samples, or `None` if there is none.
    pub fn preprocessing(&self) -> Option<&Part<dyn Transform>> {
        self.preprocessing.as_ref()
    }

    /// Returns the weights, read back from the device, in the order of the layers.
    ///
    /// # Errors
    /// Returns an error if the device fails.
    pub fn weights(&self) -> Result<Weights, TrainError> {
        Ok(Weights::of(self.network())?)
    }

    /// Replaces the weights.
    ///
    /// # Errors
    /// Returns an error, and changes nothing, if names or shapes differ.
    pub fn set_weights(&mut self, weights: &Weights) -> Result<(), TrainError> {
        self.network = Some(weights.load_into(self.network().clone())?);
        Ok(())
    }

    /// Returns the learning rate of the next step. A constant rate is rounded to `f32`, the precision of the updates.
    pub fn learning_rate(&self) -> f64 {
        self.updater.learning_rate().at(self.step)
    }

    /// Sets the learning rate.
    ///
    /// # Errors
    /// Returns an error if it is not positive, or if the optimizer has a schedule.
    pub fn set_learning_rate(&mut self, learning_rate: f64) -> Result<(), TrainError> {
        self.updater.set_learning_rate(learning_rate)
    }

    /// Checks that inputs, targets, losses and metrics fit together: shapes, classes and numbers of columns.
    fn check(&self, samples: &Samples) -> Result<(), TrainError> {
        check_inputs(self.network(), samples)?;
        if samples.targets().is_empty() {
            let problem = "the samples have no targets, but training and evaluation need them: create the samples with Samples::new";
            return Err(TrainError::Mismatch(problem.into()));
        }
        if samples.targets().len() != self.heads.len() {
            let (have, want) = (samples.targets().len(), self.heads.len());
            return Err(TrainError::Mismatch(format!(
                "the samples have {have} targets, but the network has {want} outputs: give one target per output"
            )));
        }
        let mut pairs = self.heads.iter().zip(samples.targets());
        pairs.try_for_each(|(head, column)| head.check(column))
    }

    /// Applies the preprocessing step to samples.
    fn prepared<'a>(&self, samples: &'a Samples) -> Result<Cow<'a, Samples>, TrainError> {
        prepared(self.preprocessing.as_ref(), samples)
    }
}

/// Checks that the network can be run on these samples.
fn check_inputs<N: Network>(network: &N, samples: &Samples) -> Result<(), TrainError> {
    if samples.is_empty() {
        return Err(TrainError::Mismatch(
            "the data set is empty (0 samples): give at least one sample".into(),
        ));
    }
    let wanted = network.inputs();
    if wanted.len() != samples.inputs().len() {
        let (have, want) = (samples.inputs().len(), wanted.len());
        return Err(TrainError::Mismatch(format!(
            "the samples have {have} inputs, but the network has {want}: give one column per input"
        )));
    }
    let mut pairs = wanted.iter().zip(samples.inputs());
    let checked = pairs.try_for_each(|(input, column)| input.check(column));
    checked.map_err(|error| TrainError::Mismatch(error.to_string()))
}

/// Applies a preprocessing step to samples, if there is one.
fn prepared<'a>(
    preprocessing: Option<&Part<dyn Transform>>,
    samples: &'a Samples,
) -> Result<Cow<'a, Samples>, TrainError> {
    Ok(match preprocessing {
        Some(step) => Cow::Owned(step.transform_samples(samples)?),
        None => Cow::Borrowed(samples),
    })
}

impl Model<SequentialNetwork> {
    /// Returns a table of the layers with their output shapes and numbers of parameters, as Keras' `summary`.
    pub fn summary(&self) -> String {
        self.network().summary()
    }
}

/// A visitor that finds whether a module has training flags.
struct Flags(bool);

impl ModuleVisitor for Flags {
    fn visit_flag(&mut self, _: &Param<Flag>) {
        self.0 = true;
    }
}
