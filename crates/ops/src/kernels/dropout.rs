//! Dropout.

use crate::{
    cpu::vectorized,
    kernel::{Backward, Forward, Kernel},
};

/// Dropout: scales the values that are kept and sets the others to zero.
#[derive(Clone, Debug)]
pub struct Dropout {
    /// Number of values per sample.
    pub len: usize,
    /// A mask with one bit for each value of the batch, 1 if it is kept: value `i` has bit `i % 64` of word `i / 64`.
    pub kept: Vec<u64>,
    /// Factor of the values that are kept.
    pub scale: f32,
}

vectorized! {
    fn mask(values: &[f32], kept: &[u64], scale: f32, masked: &mut [f32]) {
        for ((values, masked), bits) in values.chunks(64).zip(masked.chunks_mut(64)).zip(kept) {
            for (place, (value, masked)) in values.iter().zip(masked).enumerate() {
                let bit = (bits >> place) & 1;
                *masked = if bit == 1 { value * scale } else { 0.0 };
            }
        }
    }
}

impl Kernel for Dropout {
    fn outputs(&self) -> usize {
        self.len
    }

    fn forward(&self, call: Forward) {
        mask(call.input.dense(), &self.kept, self.scale, call.output);
    }

    fn backward(&self, call: Backward) {
        if let Some(gradient) = call.input_gradient {
            mask(call.output_gradient, &self.kept, self.scale, gradient);
        }
    }
}
