//! All randomness in training depends only on the seed of the model, and continues from one `fit` to the next.

use crate::common::{classifier, flowers, json, parameters};
use kindling_data::{Samples, random::epoch_order};
use kindling_models::SequentialNetwork;
use kindling_train::{FitOptions, Model};

fn options(epochs: usize) -> FitOptions {
    FitOptions::new().epochs(epochs).batch_size(16)
}

fn run(seed: u64) -> (Vec<u8>, Vec<f32>) {
    let mut model = classifier(seed);
    let history = model.fit(&flowers(100), &options(3).validation_split(0.2)).unwrap();
    (json(&history), parameters(&model.weights().unwrap()))
}

/// Trains on batches of 16 samples in this order, with `train_on_batch`.
fn train_in_order(model: &mut Model<SequentialNetwork>, samples: &Samples, order: &[usize]) {
    for positions in order.chunks(16) {
        model.train_on_batch(&samples.select(positions).unwrap()).unwrap();
    }
}

#[test]
fn same_seed_gives_bit_identical_history_and_weights() {
    let (history, weights) = run(1);
    assert!(run(1) == (history, weights));
}

#[test]
fn other_seed_gives_another_history_and_other_weights() {
    let ((history, weights), (other_history, other_weights)) = (run(1), run(2));
    assert_ne!(history, other_history);
    assert_ne!(weights, other_weights);
}

#[test]
fn each_epoch_has_a_different_order() {
    let samples = flowers(100);
    let [mut fitted, mut by_hand] = [4, 4].map(classifier);
    fitted.fit(&samples, &options(3)).unwrap();
    for epoch in 0..3 {
        train_in_order(&mut by_hand, &samples, &epoch_order(4, epoch, 100));
    }
    assert_eq!(fitted.weights().unwrap(), by_hand.weights().unwrap());
}

#[test]
fn without_shuffling_samples_keep_their_order() {
    let samples = flowers(100);
    let [mut fitted, mut by_hand, mut shuffled] = [4, 4, 4].map(classifier);
    fitted.fit(&samples, &options(2).shuffle(false)).unwrap();
    for _ in 0..2 {
        train_in_order(&mut by_hand, &samples, &(0..100).collect::<Vec<_>>());
    }
    assert_eq!(fitted.weights().unwrap(), by_hand.weights().unwrap());
    shuffled.fit(&samples, &options(2)).unwrap();
    assert_ne!(fitted.weights().unwrap(), shuffled.weights().unwrap());
}

#[test]
fn second_fit_continues_from_the_first() {
    // Two and three epochs equal five epochs, including optimizer state, shuffling and dropout.
    let samples = flowers(100);
    let [mut twice, mut once] = [6, 6].map(classifier);
    let first = twice.fit(&samples, &options(2)).unwrap();
    let second = twice.fit(&samples, &options(3)).unwrap();
    let whole = once.fit(&samples, &options(5)).unwrap();
    assert_eq!([first.get("loss"), second.get("loss")].concat(), whole.get("loss"));
    assert_eq!(twice.weights().unwrap(), once.weights().unwrap());
    assert_eq!((first.epochs(), second.epochs()), (2, 3));
}

#[test]
fn view_gives_the_result_of_its_samples() {
    let samples = flowers(100);
    let positions: Vec<usize> = (20..80).collect();
    let [mut sliced, mut selected] = [7, 7].map(classifier);
    sliced.fit(&samples.slice(20..80), &options(2)).unwrap();
    selected.fit(&samples.select(&positions).unwrap(), &options(2)).unwrap();
    assert_eq!(sliced.weights().unwrap(), selected.weights().unwrap());
}

#[test]
fn training_reaches_a_high_accuracy() {
    let (train, test) = (flowers(600).slice(0..500), flowers(600).slice(500..600));
    let mut model = classifier(0);
    let before = model.evaluate(&test).unwrap();
    let history = model.fit(&train, &options(20)).unwrap();
    let after = model.evaluate(&test).unwrap();
    assert!(after.accuracy() > Some(0.85) && after.accuracy() > before.accuracy(), "{before}; {after}");
    assert!(history.get("loss")[19] < history.get("loss")[0] / 2.0, "{history}");
}
