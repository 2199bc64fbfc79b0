//! Multi-hot vectors as the places of their ones, against the vectors themselves.

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Device, Gradients, Tensor, TensorData},
};
use kindling_data::{Column, Samples};
use kindling_models::{
    Activation::{Linear, Relu},
    Architecture, Input, Network, Pass, Sequential, SequentialNetwork,
};
use proptest::prelude::*;

const WORDS: usize = 50;

/// The batch as places, and as vectors made by the definition.
fn both(texts: &[Vec<u32>]) -> [Input; 2] {
    let mut vectors = vec![0.0_f32; texts.len() * WORDS];
    for (row, text) in texts.iter().enumerate() {
        text.iter().for_each(|token| vectors[row * WORDS + *token as usize] = 1.0);
    }
    let vectors = Column::floats(TensorData::new(vectors, [texts.len(), WORDS])).unwrap();
    let places = Column::multi_hot(texts.iter().map(Vec::as_slice), WORDS).unwrap();
    [places, vectors].map(|column| {
        let samples = Samples::with_columns(vec![column], vec![]).unwrap();
        let all: Vec<usize> = (0..texts.len()).collect();
        Input::from_array(samples.batch(&all).inputs.swap_remove(0), &Device::flex())
    })
}

struct Collect<'a>(&'a Gradients, Vec<TensorData>);

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.1.push(param.val().grad(self.0).expect("every weight has a gradient").into_data());
    }
}

/// The output, then each weight's gradient of a loss in which every value counts differently.
fn run(network: &SequentialNetwork, input: Input) -> Vec<TensorData> {
    let output = network.forward(vec![input], Pass::Inference).swap_remove(0).flatten();
    let [batch, units] = output.dims();
    let counts: Vec<f32> = (0..batch * units).map(|i| (i as f32 * 0.3).cos()).collect();
    let counts = Tensor::<2>::from_data(TensorData::new(counts, [batch, units]), &Device::flex());
    let gradients = (output.clone() * counts).sum().backward();
    let mut collect = Collect(&gradients, vec![output.inner().into_data()]);
    network.visit(&mut collect);
    collect.1
}

fn assert_same(network: &SequentialNetwork, texts: &[Vec<u32>]) {
    let [places, vectors] = both(texts).map(|input| run(network, input));
    assert_eq!(places.len(), vectors.len());
    for (places, vectors) in places.iter().zip(&vectors) {
        assert_eq!(places.shape(), vectors.shape());
        for (own, expected) in
            places.as_slice::<f32>().unwrap().iter().zip(vectors.as_slice::<f32>().unwrap())
        {
            assert!((own - expected).abs() <= 1e-5, "{own} and {expected}");
        }
    }
}

proptest! {
    #[test]
    fn places_give_what_vectors_give_forward_and_back(
        texts in prop::collection::vec(prop::collection::vec(0_u32..WORDS as u32, 0..30), 1..12), seed: u64,
    ) {
        assert_same(&Sequential::new(WORDS).dense(7, Linear).build(&Device::flex().autodiff(), seed).unwrap(), &texts);
    }
}

#[test]
fn other_first_layers_see_the_vectors() {
    let network = Sequential::new(WORDS).activation(Relu).dense(3, Relu);
    let network = network.build(&Device::flex().autodiff(), 5).unwrap();
    assert_same(&network, &[vec![3, 3, 1], vec![], vec![49]]);
}

#[test]
fn texts_without_a_word_give_the_bias() {
    let network = Sequential::new(WORDS).dense(3, Linear).build(&Device::flex().autodiff(), 5).unwrap();
    assert_same(&network, &[vec![], vec![]]);
}

#[test]
fn a_token_that_is_out_of_range_is_refused() {
    let error = Column::multi_hot([&[1_u32, 50][..]], WORDS).unwrap_err().to_string();
    assert!(error.contains("50") && error.contains("sample 0"), "{error}");
}
