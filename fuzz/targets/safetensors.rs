//! `Weights::read`, and what is read as the weights of a network.

#![no_main]

use burn::tensor::Device;
use kindling_fuzz::on_file;
use kindling_models::{Init, Sequential, Weights, activations::Linear};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| on_file("weights.safetensors", bytes, |path| {
    let Ok(weights) = Weights::read(path) else { return };
    let numbers: usize = weights.iter().map(|(_, data)| data.num_elements()).sum();
    assert!(4 * numbers <= bytes.len());
    let network = Init::build(&Device::flex(), 1, |init| Sequential::new(2).dense(1, Linear).build(init));
    let _ = weights.load_into(network.unwrap());
}));
