//! The interface between a network and training.

use std::cell::Cell;

use burn::{
    module::{Module, ParamId},
    tensor::Tensor,
};
use kindling_data::{
    Column, Kind,
    random::{Purpose, generator},
};
use kindling_ops::{Outer, update::OuterGradients};
use rand::rngs::ChaCha8Rng;

use crate::{IntoPart, ModelError, Part, SequentialNetwork, Value, activations::Activation};

/// A Burn module that can be trained and evaluated, and that makes predictions.
///
/// A [`Sequential`](crate::Sequential) builds one; any other Burn module becomes one by implementing this trait.
pub trait Network: Module {
    /// Returns the shape and kind of each input.
    fn inputs(&self) -> Vec<InputSpec>;

    /// Returns the name, shape and last activation of each output.
    fn outputs(&self) -> Vec<OutputSpec>;

    /// Runs the network on a batch of each input and returns each output **before its last activation**: losses are
    /// computed from these logits, where they are exact. [`OutputSpec::activation`] turns logits into predictions.
    ///
    /// # Errors
    /// Returns an error if the number, rank or kind of the inputs does not match the network.
    fn forward(&self, inputs: Vec<Value>, pass: &Pass) -> Result<Vec<Value>, ModelError>;

    /// Returns the weight penalties that are added to the training loss, shape `[1]`. Default: `None`.
    fn penalty(&self) -> Option<Tensor<1>> {
        None
    }

    /// Returns the name under which a weight is saved, given its path through the module's fields. Default: the path
    /// joined by dots.
    fn weight_name(&self, path: &[String]) -> String {
        path.join(".")
    }

    /// Returns the network as a stack of layers, if it is one: only a stack can be saved as a `.keras` file. Default:
    /// `None`.
    fn sequential(&self) -> Option<&SequentialNetwork> {
        None
    }
}

/// One input of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSpec {
    /// The shape of one sample, without the batch axis.
    pub shape: Vec<usize>,
    /// The size of the vocabulary, which ids must be below, for an input of ids. `None` for numbers.
    pub ids_below: Option<usize>,
}

/// One output of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputSpec {
    /// The output's name in histories of networks with several outputs.
    pub name: String,
    /// The shape of one sample's output: `[units]`.
    pub shape: Vec<usize>,
    /// The function that turns logits into predictions.
    pub activation: Part<dyn Activation>,
}

impl InputSpec {
    /// Creates the spec of a numeric input with samples of this shape.
    pub fn numbers(shape: impl Into<Vec<usize>>) -> Self {
        Self { shape: shape.into(), ids_below: None }
    }

    /// Creates the spec of an input of word ids below `vocabulary`, `steps` per sample.
    pub fn ids(steps: usize, vocabulary: usize) -> Self {
        Self { shape: vec![steps], ids_below: Some(vocabulary) }
    }

    /// Checks that a column fits the input.
    ///
    /// # Errors
    /// Returns [`ModelError::Input`] if the shape or kind differs, or an id is too large. The message names the
    /// sample.
    pub fn check(&self, column: &Column) -> Result<(), ModelError> {
        let (want, have) = (self.shape.as_slice(), column.sample_shape());
        // A sample with a single value may have no axis.
        if want != have && !(want == [1] && have.is_empty()) {
            return Err(ModelError::Input(format!(
                "the network expects samples of shape {want:?}, found {have:?}: change the data or the network's input shape"
            )));
        }
        let Some(below) = self.ids_below else { return Ok(()) };
        let ids = Some(column).filter(|column| column.kind() == Kind::Ids).and_then(Column::integers);
        let ids = ids.ok_or_else(|| {
            ModelError::Input(format!(
                "the network expects ids, found {:?}: create the column with Column::ids",
                column.kind()
            ))
        })?;
        match ids.iter().position(|id| !usize::try_from(*id).is_ok_and(|id| id < below)) {
            None => Ok(()),
            Some(place) => Err(ModelError::Input(format!(
                "sample {} has id {}, the embedding takes ids 0 to {}: limit the vocabulary, or enlarge the embedding",
                place / want.iter().product::<usize>().max(1),
                ids[place],
                below.saturating_sub(1)
            ))),
        }
    }
}

impl OutputSpec {
    /// Creates an output without a last activation.
    pub fn new(name: impl Into<String>, shape: impl Into<Vec<usize>>) -> Self {
        Self { name: name.into(), shape: shape.into(), activation: Part::default() }
    }

    /// Sets the function that turns the network's logits into predictions. Default:
    /// [`Linear`](crate::activations::Linear).
    pub fn activation(self, activation: impl IntoPart<dyn Activation>) -> Self {
        Self { activation: activation.into_part(), ..self }
    }
}

/// The mode in which a network is run: a training step, or inference. Layers such as dropout act in training only.
#[derive(Debug)]
pub struct Pass {
    step: Option<Step>,
    outer: Option<OuterGradients>,
}

#[derive(Debug)]
struct Step {
    seed: u64,
    step: u64,
    /// Draws made in this step.
    drawn: Cell<u64>,
}

/// Number of bits of a stream's index that number the draws within a step: a million draws, and 2^36 steps.
const DRAW_BITS: u32 = 20;

impl Pass {
    /// Creates the pass of training step `step`, counted from 0, of the run with this seed.
    pub fn training(seed: u64, step: u64) -> Self {
        Self { step: Some(Step { seed, step, drawn: Cell::new(0) }), outer: None }
    }

    /// Creates the pass of an evaluation or prediction, in which nothing is random.
    pub fn inference() -> Self {
        Self { step: None, outer: None }
    }

    /// Collects the gradients of kernels that are multiplied with sparse batches in `gradients`, in a form that takes
    /// less memory than a tensor. They are then not in the autodiff graph. Default: all gradients are in the graph.
    pub fn outer_gradients(self, gradients: OuterGradients) -> Self {
        Self { outer: Some(gradients), ..self }
    }

    pub(crate) fn outer(&self, parameter: ParamId) -> Option<Outer> {
        self.outer.clone().map(|gradients| Outer { parameter, gradients })
    }

    /// Returns whether this is a training step.
    pub fn is_training(&self) -> bool {
        self.step.is_some()
    }

    /// Returns a random number generator for one use in this step, or `None` in inference.
    ///
    /// Each call returns a different stream, so neither two layers nor two calls of one layer share a mask. A stream
    /// depends only on the seed, the step, and the number of earlier calls in the step.
    pub fn random(&self) -> Option<ChaCha8Rng> {
        let Step { seed, step, drawn } = self.step.as_ref()?;
        let draw = drawn.replace(drawn.get() + 1);
        Some(generator(*seed, Purpose::Dropout, step << DRAW_BITS | draw))
    }
}
