//! Embedding: a vector for each word.

use burn::{
    config::Config,
    module::{Module, Param},
    tensor::{Int, Tensor, TensorData, module::embedding},
};

use super::{MOST_VALUES, Place, pieces::pieces};
use crate::initializer::uniform;

/// Configuration of an [`Embedding`], with Keras' argument names.
#[derive(Config, Debug, PartialEq)]
pub struct EmbeddingConfig {
    /// Number of words; ids stay below it.
    pub input_dim: usize,
    /// Length of a vector.
    pub output_dim: usize,
}

impl EmbeddingConfig {
    pub(super) fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        if input.len() != 1 {
            return Err(format!("input of shape {input:?}; ids have one axis, their steps"));
        }
        match self.input_dim.checked_mul(self.output_dim) {
            Some(1..=MOST_VALUES) => Ok(vec![input[0], self.output_dim]),
            _ => Err(format!("a table of {} x {} values; give 1 to 2^31", self.input_dim, self.output_dim)),
        }
    }

    pub(super) fn parameters(&self) -> usize {
        self.input_dim * self.output_dim
    }

    pub(super) fn build(&self, place: &Place) -> Embedding {
        let shape = [self.input_dim, self.output_dim];
        // Keras' default, and not Glorot's range: a lookup adds nothing up.
        let values = uniform(self.parameters(), 0.05, place.seed, place.index);
        Embedding { embeddings: Param::from_data(TensorData::new(values, shape), place.device) }
    }
}

/// A table of vectors: from ids `[batch, steps]` to `[batch, steps, output_dim]`.
#[derive(Module, Debug)]
pub struct Embedding {
    /// `[input_dim, output_dim]`; uniform within ±0.05 at first.
    pub embeddings: Param<Tensor<2>>,
}

impl Embedding {
    /// The vector of each id.
    pub fn forward(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        let ([batch, steps], table) = (ids.dims(), self.embeddings.val());
        let [_, dimensions] = table.dims();
        if batch * steps == 0 {
            return embedding(table, ids);
        }
        let ids: Tensor<1, Int> = ids.flatten(0, 1);
        let look_up = |piece| {
            let ids: Tensor<1, Int> = ids.clone().slice([piece]);
            embedding(table.clone(), ids.unsqueeze()).squeeze_dim(0)
        };
        let vectors: Vec<Tensor<2>> = pieces(batch * steps, &table.device()).map(look_up).collect();
        Tensor::cat(vectors, 0).reshape([batch, steps, dimensions])
    }
}
