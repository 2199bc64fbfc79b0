//! Keras' `compile`: builds a model from a network, an optimizer, losses and metrics.

use burn::tensor::Device;
use kindling_data::preprocessing::Transform;
use kindling_models::{Init, IntoPart, ModelError, Network, Part, Sequential, SequentialNetwork};

use super::{Model, Objective};
use crate::{TrainError, losses::Loss, metrics::IntoMetrics, optimizers::Optimizer};

/// Keras' `compile` for a [`Sequential`]. [`Model::new`] does the same for other Burn modules.
pub trait Compile {
    /// Sets the optimizer, loss and metrics. [`Compiling::on`] then builds the model on a device.
    fn compile(
        &self,
        optimizer: impl IntoPart<dyn Optimizer>,
        loss: impl IntoPart<dyn Loss>,
        metrics: impl IntoMetrics,
    ) -> Compiling<'static, SequentialNetwork>;
}

impl Compile for Sequential {
    fn compile(
        &self,
        optimizer: impl IntoPart<dyn Optimizer>,
        loss: impl IntoPart<dyn Loss>,
        metrics: impl IntoMetrics,
    ) -> Compiling<'static, SequentialNetwork> {
        let sequential = self.clone();
        Model::new(move |init| sequential.build(init), optimizer, loss, metrics)
    }
}

/// A builder for a [`Model`]: a network with its optimizer, loss and metrics. [`seed`](Self::seed) sets the seed, and
/// [`on`](Self::on) builds the model on a device.
///
/// ```
/// use burn::tensor::Device;
/// use kindling_models::{Sequential, activations::{Relu, Softmax}};
/// use kindling_train::{Compile, losses::SparseCategoricalCrossentropy, metrics::Accuracy, optimizers::RmsProp};
///
/// let network = Sequential::new(784).dense(512, Relu).dense(10, Softmax);
/// let compiling = network.compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy]);
/// let model = compiling.seed(42).on(&Device::flex())?;
/// assert!(model.summary().contains("407,050"));
/// # Ok::<(), kindling_train::TrainError>(())
/// ```
#[must_use = "call `on(&device)` to build the model"]
pub struct Compiling<'a, N> {
    build: Box<Build<'a, N>>,
    optimizer: Part<dyn Optimizer>,
    objectives: Objectives,
    preprocessing: Option<Part<dyn Transform>>,
    seed: u64,
}

type Build<'a, N> = dyn FnOnce(&mut Init) -> Result<N, ModelError> + 'a;

enum Objectives {
    /// One objective for all outputs.
    Shared(Objective),
    /// One per output.
    Each(Vec<Objective>),
}

impl<'a, N: Network> Compiling<'a, N> {
    pub(super) fn new(
        build: impl FnOnce(&mut Init) -> Result<N, ModelError> + 'a,
        optimizer: impl IntoPart<dyn Optimizer>,
        objective: Objective,
    ) -> Self {
        Self {
            build: Box::new(build),
            optimizer: optimizer.into_part(),
            objectives: Objectives::Shared(objective),
            preprocessing: None,
            seed: 0,
        }
    }

    /// Sets the seed of all randomness in the network and its training: initial weights, shuffling and dropout. The
    /// same seed gives the same result on the same machine and backend. Default: 0.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets one objective per output, in the order of the outputs. Training minimizes the weighted sum of their losses.
    /// Default: all outputs share the loss and metrics of `compile`.
    pub fn objectives(self, objectives: impl Into<Vec<Objective>>) -> Self {
        Self { objectives: Objectives::Each(objectives.into()), ..self }
    }

    /// Sets a fitted preprocessing step. The model applies it to the first input of all samples, and it is saved with
    /// the model. Default: none.
    pub fn preprocessing(self, step: impl IntoPart<dyn Transform>) -> Self {
        Self { preprocessing: Some(step.into_part()), ..self }
    }

    /// Builds the model on a device.
    ///
    /// # Errors
    /// Returns an error if the network or a hyperparameter is invalid, or the numbers of objectives and outputs differ.
    pub fn on(self, device: &Device) -> Result<Model<N>, TrainError> {
        let network = Init::build(device, self.seed, self.build)?;
        let outputs = network.outputs();
        let objectives = match self.objectives {
            Objectives::Shared(objective) => vec![objective; outputs.len()],
            Objectives::Each(objectives) => objectives,
        };
        Model::build(network, device, self.seed, self.optimizer, objectives, self.preprocessing)
    }
}

impl<N> std::fmt::Debug for Compiling<'_, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiling")
            .field("optimizer", &self.optimizer)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
