//! Sparse multi-hot vectors give the same results as dense ones.

mod common;

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Device, Gradients, Tensor, TensorData},
};
use common::Fresh;
use kindling_data::{Column, Samples};
use kindling_models::{
    Network, Pass, Sequential, SequentialNetwork, Value,
    activations::{Linear, Relu},
};
use proptest::prelude::*;

const WORDS: usize = 50;

/// Returns the batch as sparse vectors, and as dense vectors computed from the definition.
fn both(texts: &[Vec<u32>]) -> [Value; 2] {
    let mut dense = vec![0.0_f32; texts.len() * WORDS];
    for (row, text) in texts.iter().enumerate() {
        text.iter().for_each(|token| dense[row * WORDS + *token as usize] = 1.0);
    }
    let dense = Column::floats(TensorData::new(dense, [texts.len(), WORDS])).unwrap();
    let sparse = Column::multi_hot(texts.iter().map(Vec::as_slice), WORDS).unwrap();
    [sparse, dense].map(|column| {
        let samples = Samples::with_columns(vec![column], vec![]).unwrap();
        let all: Vec<usize> = (0..texts.len()).collect();
        Value::from_array(samples.batch(&all).inputs.swap_remove(0), &Device::flex()).unwrap()
    })
}

struct Collect<'a>(&'a Gradients, Vec<TensorData>);

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.1.push(param.val().grad(self.0).expect("every weight has a gradient").into_data());
    }
}

/// Returns the output, then the gradient of each weight, for a loss with a different factor for each value.
fn run(network: &SequentialNetwork, input: Value) -> Vec<TensorData> {
    let output = network.forward(vec![input], &Pass::inference()).unwrap().swap_remove(0).flatten();
    let [batch, units] = output.dims();
    let counts: Vec<f32> = (0..batch * units).map(|i| (i as f32 * 0.3).cos()).collect();
    let counts = Tensor::<2>::from_data(TensorData::new(counts, [batch, units]), &Device::flex());
    let gradients = (output.clone() * counts).sum().backward();
    let mut collect = Collect(&gradients, vec![output.inner().into_data()]);
    network.visit(&mut collect);
    collect.1
}

fn assert_same(network: &SequentialNetwork, texts: &[Vec<u32>]) {
    let [sparse, dense] = both(texts).map(|input| run(network, input));
    assert_eq!(sparse.len(), dense.len());
    for (sparse, dense) in sparse.iter().zip(&dense) {
        assert_eq!(sparse.shape(), dense.shape());
        for (own, expected) in sparse.as_slice::<f32>().unwrap().iter().zip(dense.as_slice::<f32>().unwrap())
        {
            assert!((own - expected).abs() <= 1e-5, "{own} and {expected}");
        }
    }
}

proptest! {
    #[test]
    fn sparse_vectors_give_the_outputs_and_gradients_of_dense_ones(
        texts in prop::collection::vec(prop::collection::vec(0_u32..WORDS as u32, 0..30), 1..12), seed: u64,
    ) {
        assert_same(&Sequential::new(WORDS).dense(7, Linear).fresh(seed).unwrap().train(), &texts);
    }
}

#[test]
fn first_layers_without_a_sparse_kernel_get_dense_vectors() {
    let network = Sequential::new(WORDS).activation(Relu).dense(3, Relu);
    let network = network.fresh(5).unwrap().train();
    assert_same(&network, &[vec![3, 3, 1], vec![], vec![49]]);
}

#[test]
fn texts_without_words_give_the_bias() {
    let network = Sequential::new(WORDS).dense(3, Linear).fresh(5).unwrap().train();
    assert_same(&network, &[vec![], vec![]]);
}

#[test]
fn a_token_out_of_range_is_rejected() {
    let error = Column::multi_hot([&[1_u32, 50][..]], WORDS).unwrap_err().to_string();
    assert!(error.contains("50") && error.contains("sample 0"), "{error}");
}
