//! Inference: forward passes without a backward pass.

use crate::{
    cpu::{Memory, run_all},
    kernel::{Forward, Input, Kernel},
};

/// Size of the memory of samples that are computed together, in values. 1 MiB fits into a core's L2 cache.
const PIECE: usize = 1 << 18;

/// Pieces with more samples than this have a multiple of it, which layers compute fastest.
const TOGETHER: usize = 16;

/// Writes the output for a batch. A batch that needs much memory is computed in pieces, each on one thread. The size
/// of a piece does not depend on the number of threads.
///
/// # Panics
/// Panics if the length of the input or the output does not match the kernel.
pub(super) fn infer(kernel: &dyn Kernel, batch: usize, input: Input, weights: &[&[f32]], output: &mut [f32]) {
    let run = |batch, input, output: &mut [f32]| {
        let mut memory = Memory::of(kernel.memory(batch, false));
        kernel.forward(Forward { batch, input, weights, output, memory: &mut memory, training: false });
    };
    let samples = match PIECE / kernel.memory(1, false).max(1) {
        samples if samples > TOGETHER => samples - samples % TOGETHER,
        samples => samples.max(1),
    };
    match input {
        Input::Dense(values) if samples < batch => {
            let (inputs, outputs) = (values.len() / batch, kernel.outputs());
            let pieces = values.chunks(samples * inputs).zip(output.chunks_mut(samples * outputs));
            run_all(pieces, usize::MAX, |(values, output)| {
                run(output.len() / outputs, Input::Dense(values), output);
            });
        }
        input => run(batch, input, output),
    }
}
