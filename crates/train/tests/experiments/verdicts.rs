//! A model's verdict on a text, and the words that decide it.

use burn::tensor::{Device, TensorData};
use kindling_data::Texts;
use kindling_models::{
    Sequential, SequentialNetwork, Weights,
    activations::{Sigmoid, Softmax},
};
use kindling_train::{
    Compile, Model,
    evaluation::Verdict,
    losses::{BinaryCrossentropy, SparseCategoricalCrossentropy},
    optimizers::RmsProp,
};

const WORDS: usize = 6;

/// A kernel of one row a word: words 3 and 4 speak for the first unit, word 5 against it.
fn model(units: usize) -> Model<SequentialNetwork> {
    let stack = Sequential::new(WORDS);
    let compiling = match units {
        1 => stack.dense(1, Sigmoid).compile(RmsProp::default(), BinaryCrossentropy::default(), ()),
        _ => stack.dense(units, Softmax).compile(RmsProp::default(), SparseCategoricalCrossentropy, ()),
    };
    let mut model = compiling.on(&Device::flex()).unwrap();
    let rows = [0.0_f32, 0.1, 0.0, 2.0, 0.5, -1.0];
    let kernel =
        rows.iter().flat_map(|weight| (0..units).map(move |unit| if unit == 0 { *weight } else { 0.0 }));
    let weights = Weights::from_tensors(vec![
        ("dense.kernel".into(), TensorData::new(kernel.collect(), [WORDS, units])),
        ("dense.bias".into(), TensorData::new(vec![0.0_f32; units], [units])),
    ]);
    model.set_weights(&weights).unwrap();
    model
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn words_weigh_what_the_probability_falls_without_them() {
    let verdict = Verdict::on(&model(1), &[1, 5, 3, 4, 4, 2], |texts| texts.multi_hot(WORDS)).unwrap();
    let whole = sigmoid(0.1 + 2.0 + 0.5 - 1.0);
    assert!((verdict.predictions[0] - whole).abs() < 1e-6 && verdict.likeliest == 0, "{verdict:?}");
    let expected = [(3, whole - sigmoid(-0.4)), (5, whole - sigmoid(2.6)), (4, whole - sigmoid(1.1))];
    assert_eq!(verdict.words.len(), 3);
    for ((word, weight), (expected_word, expected)) in verdict.words.iter().zip(expected) {
        assert!(*word == expected_word && (weight - expected).abs() < 1e-6, "{verdict:?}");
    }
}

#[test]
fn words_speak_for_the_likeliest_class() {
    let verdict = Verdict::on(&model(3), &[1, 5], |texts| texts.multi_hot(WORDS)).unwrap();
    assert!(verdict.likeliest > 0 && verdict.predictions.len() == 3, "{verdict:?}");
    assert!((verdict.predictions.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    // Word 5 speaks against the first class, and so for the others.
    assert!(verdict.words[0].0 == 5 && verdict.words[0].1 > 0.0, "{verdict:?}");
}

#[test]
fn a_text_of_unknown_words_has_a_verdict_that_rests_on_none() {
    for ids in [&[][..], &[1], &[1, 2, 2]] {
        let verdict = Verdict::on(&model(1), ids, |texts| texts.multi_hot(WORDS)).unwrap();
        assert!(verdict.words.is_empty() && verdict.predictions.len() == 1, "{verdict:?}");
    }
}

#[test]
fn the_memory_for_a_long_text_is_bounded() {
    let ids: Vec<u32> = (0..600_000).map(|place| 3 + place % 3).collect();
    let vectorise = |texts: &Texts| {
        assert!(texts.sequences.tokens().len() <= 1 << 20, "{} texts together", texts.len());
        texts.multi_hot(WORDS)
    };
    assert_eq!(Verdict::on(&model(1), &ids, vectorise).unwrap().words.len(), 3);
}

#[test]
fn words_that_the_network_does_not_know_are_an_error() {
    let vectorise = |texts: &Texts| texts.multi_hot(WORDS);
    let error = Verdict::on(&model(1), &[1, 6], vectorise).unwrap_err().to_string();
    assert!(error.contains('6'), "{error}");
}
