//! The embedding: a trainable vector for each word.

use burn::{
    module::{Module, Param},
    tensor::{Int, Tensor, module::embedding},
};
use kindling_ops::kernels;
use serde::{Deserialize, Serialize};

use super::{BoxedLayer, KernelCall, Layer, LayerKernel, LayerModule, MOST_VALUES};
use crate::{
    Init, IntoPart, ModelError, Part, Pass, Regularizer, Value,
    initializers::{Initializer, RandomUniform},
    values::pieces,
};

/// A table of trainable vectors, from ids `[batch, steps]` to `[batch, steps, output_dim]`. It must be the first
/// layer. The fields are Keras' arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default = "keras_defaults")]
pub struct Embedding {
    /// Size of the vocabulary. Ids must be below it.
    pub input_dim: usize,
    /// Length of a vector.
    pub output_dim: usize,
    /// Initial values of the vectors. Default: [`RandomUniform`] within ±0.05.
    pub embeddings_initializer: Part<dyn Initializer>,
    /// Penalty on all vectors that is added to the training loss. Default: none.
    pub embeddings_regularizer: Regularizer,
}

/// Returns the defaults of fields that are missing from a saved layer. A layer without a size is invalid.
fn keras_defaults() -> Embedding {
    Embedding::new(0, 0)
}

impl Embedding {
    /// Creates a table of `input_dim` vectors of length `output_dim`.
    pub fn new(input_dim: usize, output_dim: usize) -> Self {
        Self {
            input_dim,
            output_dim,
            embeddings_initializer: RandomUniform::default().into_part(),
            embeddings_regularizer: Regularizer::default(),
        }
    }
}

#[typetag::serde]
impl Layer for Embedding {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        if input.len() != 1 {
            return Err(format!("expected ids of shape [steps], found {input:?}: reshape the samples"));
        }
        Regularizer::check([("embeddings_regularizer", &self.embeddings_regularizer)])?;
        match self.input_dim.checked_mul(self.output_dim) {
            Some(1..=MOST_VALUES) => Ok(vec![input[0], self.output_dim]),
            _ => Err(format!(
                "input_dim is {}, output_dim {}: give at least 1 for each, and a product of at most 2^31",
                self.input_dim, self.output_dim
            )),
        }
    }

    fn build(&self, _input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
        let embeddings = init.weight([self.input_dim, self.output_dim], &*self.embeddings_initializer)?;
        Ok(EmbeddingModule { embeddings, embeddings_regularizer: self.embeddings_regularizer }.into())
    }

    fn ids_below(&self) -> Option<usize> {
        Some(self.input_dim)
    }
}

/// The module of an [`Embedding`] layer.
#[derive(Module, Debug)]
pub struct EmbeddingModule {
    /// `[input_dim, output_dim]`.
    pub embeddings: Param<Tensor<2>>,
    #[module(skip)]
    embeddings_regularizer: Regularizer,
}

impl LayerModule for EmbeddingModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        let (ids, table) = (input.integers()?, self.embeddings.val());
        let ([batch, steps], [_, dimensions]) = (ids.dims(), table.dims());
        if batch * steps == 0 {
            return Ok(Value::Rank3(embedding(table, ids)));
        }
        let ids: Tensor<1, Int> = ids.flatten(0, 1);
        let look_up = |piece| {
            let ids: Tensor<1, Int> = ids.clone().slice([piece]);
            embedding(table.clone(), ids.unsqueeze()).squeeze_dim(0)
        };
        let vectors: Vec<Tensor<2>> = pieces(batch * steps, &table.device()).map(look_up).collect();
        Ok(Value::Rank3(Tensor::cat(vectors, 0).reshape([batch, steps, dimensions])))
    }

    fn kernel(&self, call: KernelCall) -> Option<LayerKernel> {
        let &[steps] = call.input else { return None };
        let kernel = kernels::Embedding { steps, dimensions: self.embeddings.val().dims()[1] };
        call.is_linear().then(|| LayerKernel::new(kernel, [(&self.embeddings).into()]))
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        self.embeddings_regularizer.penalty(self.embeddings.val())
    }
}
