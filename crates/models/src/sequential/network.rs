//! A stack of layers with its weights.

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::Tensor,
};

use kindling_ops::Bound;

use super::{
    Sequential,
    fused::{self, KernelPass},
    summary,
};
use crate::{
    InputSpec, ModelError, Network, OutputSpec, Part, Pass, Value, activations::Activation,
    layers::BoxedLayer,
};

/// The Burn module that a [`Sequential`] builds, with the weights.
#[derive(Module, Debug)]
pub struct SequentialNetwork {
    layers: Vec<BoxedLayer>,
    #[module(skip)]
    places: Vec<Place>,
    #[module(skip)]
    sequential: Sequential,
}

/// A layer's name in the stack, the shape of its output, and its activation.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub name: String,
    pub output: Vec<usize>,
    pub activation: Part<dyn Activation>,
    pub trainable: bool,
}

impl SequentialNetwork {
    pub(super) fn new(layers: Vec<BoxedLayer>, places: Vec<Place>, sequential: Sequential) -> Self {
        Self { layers, places, sequential }
    }

    /// Returns the stack that the network was built from.
    pub fn description(&self) -> &Sequential {
        &self.sequential
    }

    /// Returns the layers' modules.
    pub(crate) fn modules(&self) -> &[BoxedLayer] {
        &self.layers
    }

    /// Returns the stack's output after its last activation, for a stack within a larger network.
    ///
    /// # Errors
    /// Returns the errors of [`Network::forward`].
    pub fn call(&self, input: Value, pass: &Pass) -> Result<Value, ModelError> {
        let logits = self.logits(input, pass)?;
        match self.places.last() {
            Some(last) => last.activate(logits),
            None => Ok(logits),
        }
    }

    /// Returns the table that Keras' `summary()` prints: each layer's output shape and number of parameters, and the
    /// totals.
    pub fn summary(&self) -> String {
        let rows = self.sequential.layers.iter().zip(&self.places).zip(&self.layers);
        let rows = rows.map(|((config, place), layer)| {
            let mut count = Count::default();
            // Weights require gradients only on the autodiff side.
            layer.clone().train().visit(&mut count);
            summary::Row {
                layer: format!("{} ({})", place.name, config.config.class_name()),
                output: place.output.clone(),
                trainable: count.trainable,
                others: count.others,
            }
        });
        summary::table(&rows.collect::<Vec<_>>())
    }

    /// Returns the name and output shape of each layer, without the batch axis, in the order of the layers.
    pub fn layer_shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.places.iter().map(|place| (place.name.as_str(), place.output.as_slice()))
    }

    /// Returns each layer's output after its activation, in the order of the layers.
    ///
    /// # Errors
    /// Returns the errors of [`Network::forward`].
    pub fn layer_outputs(&self, input: Value, pass: &Pass) -> Result<Vec<Value>, ModelError> {
        self.check_input(&input)?;
        // Checks the ids, if the first layer takes ids.
        fused::given(&input, self.ids_below())?;
        let mut value = input;
        let mut outputs = Vec::with_capacity(self.layers.len());
        for (layer, place) in self.layers.iter().zip(&self.places) {
            value = place.activate(place.run(layer, value, pass)?)?;
            outputs.push(value.clone());
        }
        Ok(outputs)
    }

    /// Returns the network as one kernel with its weights, last activation included, for predictions on the CPU.
    /// Returns `None` if a layer has no kernel, the first layer takes ids, or the weights are on another device.
    pub fn bound(&self) -> Option<Bound> {
        let layers: Vec<(&BoxedLayer, &Place)> = self.layers.iter().zip(&self.places).collect();
        match self.ids_below() {
            Some(_) => None,
            None => fused::whole(&layers, &self.sequential.input),
        }
    }

    /// Returns the number of units of the first layer, if its kernel multiplies sparse samples with its weights.
    pub fn sparse_units(&self) -> Option<usize> {
        let layers: Vec<(&BoxedLayer, &Place)> = self.layers.iter().zip(&self.places).take(1).collect();
        fused::sparse_units(&layers, &self.sequential.input)
    }

    /// Runs the forward pass of a training step without an autodiff graph. Returns the pass, which computes the
    /// gradients, and the output before its last activation. Returns `None` if a layer has no kernel, or the batch or
    /// the weights are not on the CPU; use [`Network::forward`] then.
    ///
    /// # Errors
    /// Returns the errors of [`Network::forward`].
    pub fn kernel_pass(&self, input: &Value, pass: &Pass) -> Result<Option<(KernelPass, Value)>, ModelError> {
        self.check_input(input)?;
        let layers: Vec<(&BoxedLayer, &Place)> = self.layers.iter().zip(&self.places).collect();
        let given = fused::given(input, self.ids_below())?;
        Ok(given.and_then(|given| KernelPass::run(&layers, &self.sequential.input, input, pass, given)))
    }

    /// Returns the size of the vocabulary, if the first layer takes ids.
    fn ids_below(&self) -> Option<usize> {
        self.sequential.layers.first().and_then(|layer| layer.config.ids_below())
    }

    /// Returns the stack's output before its last activation.
    fn logits(&self, input: Value, pass: &Pass) -> Result<Value, ModelError> {
        self.check_input(&input)?;
        let layers: Vec<(&BoxedLayer, &Place)> = self.layers.iter().zip(&self.places).collect();
        // Only the first layer takes ids.
        let mut ids_below = self.ids_below();
        let mut value = input;
        let mut shape = self.sequential.input.as_slice();
        let mut rest = layers.as_slice();
        while let Some(((layer, place), after)) = rest.split_first() {
            let (ran, activated);
            let given = fused::given(&value, ids_below.take())?;
            match given.and_then(|given| fused::run(rest, shape, &value, pass, given)) {
                Some(run) => (value, ran, activated) = (run.output, run.layers, run.activated),
                None => {
                    value = place.run(layer, value, pass)?;
                    (ran, activated) = (1, false);
                }
            }
            let last = rest[ran - 1].1;
            rest = if ran == 1 { after } else { &rest[ran..] };
            shape = &last.output;
            if !activated && !rest.is_empty() {
                value = last.activate(value)?;
            }
        }
        Ok(value)
    }

    /// Checks the input's shape: Burn's operations panic on shapes that do not match.
    fn check_input(&self, input: &Value) -> Result<(), ModelError> {
        let (shape, expected) = (input.shape(), &self.sequential.input);
        match self.places.first() {
            Some(first) if shape[1..] != expected[..] => Err(first.error(format!(
                "expected samples of shape {expected:?}, found a batch of shape {shape:?}: change the batch or the \
                 shape in Sequential::new"
            ))),
            _ => Ok(()),
        }
    }
}

impl Place {
    /// Runs the layer, without its activation.
    fn run(&self, layer: &BoxedLayer, input: Value, pass: &Pass) -> Result<Value, ModelError> {
        let frozen = Pass::inference();
        let output =
            layer.forward(input, self.pass(layer, pass, &frozen)).map_err(|error| self.name_in(error))?;
        self.check_shape(&output, "its output_shape() declares")?;
        Ok(output)
    }

    /// Returns the pass for a layer. A frozen layer runs in inference mode, so batch normalization does not update
    /// its moving averages.
    pub(super) fn pass<'a>(&self, layer: &BoxedLayer, pass: &'a Pass, frozen: &'a Pass) -> &'a Pass {
        if self.trainable || layer.num_params() == 0 { pass } else { frozen }
    }

    /// Applies the layer's activation.
    fn activate(&self, logits: Value) -> Result<Value, ModelError> {
        let value = self.activation.apply(logits);
        let expected = format!("its activation {} must keep", self.activation.name());
        self.check_shape(&value, &expected).map(|()| value)
    }

    fn check_shape(&self, value: &Value, expected: &str) -> Result<(), ModelError> {
        match &value.shape()[1..] {
            found if found == self.output => Ok(()),
            found => Err(self.error(format!(
                "its output has shape {found:?} per sample, {expected} {:?}: make them agree",
                self.output
            ))),
        }
    }

    /// Adds the layer's name to an error.
    fn name_in(&self, error: ModelError) -> ModelError {
        match error {
            ModelError::Input(reason) => self.error(reason),
            other => other,
        }
    }

    fn error(&self, reason: String) -> ModelError {
        ModelError::Layer { layer: self.name.clone(), reason }
    }
}

impl Network for SequentialNetwork {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec { shape: self.sequential.input.clone(), ids_below: self.ids_below() }]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        let last = self.places.last();
        let output = last.map(|place| OutputSpec {
            name: place.name.clone(),
            shape: place.output.clone(),
            activation: place.activation.clone(),
        });
        output.into_iter().collect()
    }

    fn forward(&self, inputs: Vec<Value>, pass: &Pass) -> Result<Vec<Value>, ModelError> {
        let [input] = <[Value; 1]>::try_from(inputs).map_err(|inputs| {
            ModelError::Input(format!("a Sequential has one input, found {}: give one", inputs.len()))
        })?;
        Ok(vec![self.logits(input, pass)?])
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        let trainable = self.layers.iter().zip(&self.places).filter(|(_, place)| place.trainable);
        trainable.filter_map(|(layer, _)| layer.penalty()).reduce(Tensor::add)
    }

    /// Returns `dense.kernel` for `layers.0.kernel`.
    fn weight_name(&self, path: &[String]) -> String {
        let layer = path.get(1).and_then(|index| self.places.get(index.parse::<usize>().ok()?));
        match layer {
            Some(layer) => [std::slice::from_ref(&layer.name), &path[2..]].concat().join("."),
            None => path.join("."),
        }
    }

    fn sequential(&self) -> Option<&SequentialNetwork> {
        Some(self)
    }
}

/// The numbers of trainable and non-trainable parameters.
#[derive(Default)]
struct Count {
    trainable: usize,
    others: usize,
}

impl ModuleVisitor for Count {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let count = param.lazy_shape().num_elements();
        match param.val().is_require_grad() {
            true => self.trainable += count,
            false => self.others += count,
        }
    }
}
