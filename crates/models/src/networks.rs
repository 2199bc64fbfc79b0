//! The networks of the book.

use crate::{
    Sequential,
    activations::{Linear, Relu, Sigmoid, Softmax},
};

/// Returns the network of section 2.1: handwritten digits, `[batch, 784]` to `[batch, 10]`. The book uses 512 hidden
/// units.
pub fn mnist(hidden_units: usize) -> Sequential {
    Sequential::new(28 * 28).dense(hidden_units, Relu).dense(10, Softmax)
}

/// Returns the network of section 3.4: movie reviews as multi-hot vectors, `[batch, words]` to `[batch, 1]`. The book
/// uses 10,000 words and two hidden layers of 16 units.
pub fn imdb(words: usize, hidden_units: usize) -> Sequential {
    Sequential::new(words).dense(hidden_units, Relu).dense(hidden_units, Relu).dense(1, Sigmoid)
}

/// Returns a variant of the network of section 3.4 with an embedding: the last `steps` words of a review, with
/// `dimensions` numbers per word, `[batch, steps]` to `[batch, 1]`.
pub fn imdb_embedding(words: usize, steps: usize, dimensions: usize) -> Sequential {
    Sequential::new(steps).embedding(words, dimensions).flatten().dense(1, Sigmoid)
}

/// Returns the network of section 3.5: newswires as multi-hot vectors, `[batch, words]` to `[batch, 46]` topics. The
/// book uses 10,000 words and two hidden layers of 64 units, and 4 units in the second one for its information
/// bottleneck.
pub fn reuters(words: usize, hidden_units: [usize; 2]) -> Sequential {
    let [first, second] = hidden_units;
    Sequential::new(words).dense(first, Relu).dense(second, Relu).dense(46, Softmax)
}

/// Returns the network of section 3.6: house prices, `[batch, features]` to `[batch, 1]`. The data set has 13
/// features.
pub fn boston(features: usize) -> Sequential {
    Sequential::new(features).dense(64, Relu).dense(64, Relu).dense(1, Linear)
}
