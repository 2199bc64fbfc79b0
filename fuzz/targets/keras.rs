//! `Model::load` and `Predictor::load`: `.keras` files. The mutator changes `config.json`, `model.weights.h5` and other entries,
//! and packs them with checksums that fit.

#![no_main]

use burn::tensor::{Device, TensorData};
use kindling_data::{Column, Samples};
use kindling_fuzz::{archive, on_file};
use kindling_models::Network;
use kindling_train::{Model, Predictor};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

/// In numbers, of a sample that is predicted.
const LARGEST: usize = 1 << 12;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    archive::mutate(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| on_file("model.keras", bytes, |path| {
    let device = Device::flex();
    if Model::load(path, &device).is_ok() {
        predict(&Predictor::load(path, &device).unwrap());
    }
}));

/// Predicts one sample of zeros, if it is small: what loads can also be used, or says why not.
fn predict(predictor: &Predictor) {
    let [input] = &predictor.network().inputs()[..] else { return };
    let shape = [&[1], &input.shape[..]].concat();
    if shape
        .iter()
        .try_fold(1_usize, |count, length| count.checked_mul(*length))
        .is_some_and(|count| count < LARGEST)
    {
        let sample = Column::floats(TensorData::zeros::<f32, _>(shape)).map(Samples::inputs_only);
        let _ = sample.map(|sample| predictor.predict(&sample));
    }
}
