//! Convolutions of images and sequences with channels last.
//!
//! Each sample is computed separately, in strips of output rows: the patches of a strip, `[places, size * channels]`,
//! are written to memory and multiplied by the kernel. The memory of a strip fits into a core's L2 cache.

use super::{Activation, Patches};
use crate::{
    cpu::{Matrix, Memory, add, add_product, run_all, sum_of_rows, transpose, vectorized},
    kernel::{Backward, Forward, Kernel},
};

/// The convolution `activation(patches · kernel + bias)`. Its weights are the kernel, `[height, width, channels,
/// filters]`, and the bias, `[filters]`, if there is one.
#[derive(Clone, Debug)]
pub struct Convolution {
    /// The windows over a sample.
    pub patches: Patches,
    /// Number of filters: the output channels.
    pub filters: usize,
    /// The activation.
    pub activation: Activation,
}

/// Number of values of a strip's patches.
const STRIP: usize = 1 << 16;

/// Number of samples whose kernel gradients are summed separately. It does not depend on the number of threads, so
/// sums do not either.
const GROUP: usize = 8;

/// Fraction of nonzero gradients below which zeros are skipped. After max pooling and ReLU, most gradients are 0.
const SPARSE: f32 = 0.4;

impl Convolution {
    /// Returns the strips of the output: the first row of each and its number of rows.
    fn strips(&self) -> impl Iterator<Item = (usize, usize)> {
        let [rows, columns] = self.patches.places();
        let size = (STRIP / (columns * self.patches.len()).max(1)).max(1);
        (0..rows).step_by(size).map(move |first| (first, size.min(rows - first)))
    }

    /// Returns the largest number of places in a strip.
    fn places_of_strip(&self) -> usize {
        let [_, columns] = self.patches.places();
        self.strips().map(|(_, rows)| rows * columns).max().unwrap_or(0)
    }

    fn operations(&self, batch: usize) -> usize {
        batch * self.outputs() * self.patches.len()
    }

    fn run_sample(&self, input: &[f32], weights: &[&[f32]], output: &mut [f32]) {
        let (len, filters) = (self.patches.len(), self.filters);
        let [_, columns] = self.patches.places();
        let mut patches = Memory::of(self.places_of_strip() * len);
        for (first, rows) in self.strips() {
            let places = rows * columns;
            self.patches.read(input, first, rows, &mut patches);
            let output = &mut output[first * columns * filters..][..places * filters];
            match weights.get(1) {
                Some(bias) => output.chunks_exact_mut(filters).for_each(|place| place.copy_from_slice(bias)),
                None => output.fill(0.0),
            }
            add_product(output, [places, filters, len], Matrix::rows(&patches, len), weights[0]);
        }
        self.activation.apply(output);
    }

    /// Adds a sample's gradient with respect to the kernel, transposed, `[filters, patch]`, and writes the gradient
    /// with respect to the input.
    fn run_sample_back(
        &self,
        input: &[f32],
        of_output: &[f32],
        of_kernel: Option<&mut [f32]>,
        of_input: Option<&mut [f32]>,
        transposed_kernel: &[f32],
    ) {
        let (len, filters) = (self.patches.len(), self.filters);
        let [_, columns] = self.patches.places();
        let mut patches = Memory::of(self.places_of_strip() * len);
        let (mut of_kernel, mut of_input) = (of_kernel, of_input);
        if let Some(of_input) = of_input.as_deref_mut() {
            of_input.fill(0.0);
        }
        for (first, rows) in self.strips() {
            let places = rows * columns;
            let of_output = &of_output[first * columns * filters..][..places * filters];
            let patches = &mut patches[..places * len];
            let is_sparse = share_of_nonzeros(of_output) < SPARSE;
            if let Some(of_kernel) = of_kernel.as_deref_mut() {
                self.patches.read(input, first, rows, patches);
                match is_sparse {
                    true => add_outer_products(of_kernel, of_output, patches, len),
                    false => {
                        let of_output = Matrix::transposed(of_output, filters);
                        add_product(of_kernel, [filters, len, places], of_output, patches);
                    }
                }
            }
            if let Some(of_input) = of_input.as_deref_mut() {
                patches.fill(0.0);
                match is_sparse {
                    true => add_sparse_product(patches, of_output, transposed_kernel, len),
                    false => {
                        let of_output = Matrix::rows(of_output, filters);
                        add_product(patches, [places, len, filters], of_output, transposed_kernel);
                    }
                }
                self.patches.add(patches, first, rows, of_input);
            }
        }
    }
}

vectorized! {
    fn share_of_nonzeros(values: &[f32]) -> f32 {
        let count: u32 = values.iter().map(|value| u32::from(*value != 0.0)).sum();
        count as f32 / values.len().max(1) as f32
    }

    /// Adds the transpose of `left`, `[places, filters]`, times `patches`, `[places, len]`.
    fn add_outer_products(sums: &mut [f32], left: &[f32], patches: &[f32], len: usize) {
        let filters = sums.len() / len;
        for (left, patch) in left.chunks_exact(filters).zip(patches.chunks_exact(len)) {
            for_each_nonzero(left, |filter, factor| {
                let sums = sums[filter * len..][..len].iter_mut().zip(patch);
                sums.for_each(|(sum, value)| *sum = value.mul_add(factor, *sum));
            });
        }
    }

    /// Adds `left`, `[places, filters]`, times `right`, `[filters, len]`, to `patches`, `[places, len]`.
    fn add_sparse_product(patches: &mut [f32], left: &[f32], right: &[f32], len: usize) {
        let filters = right.len() / len;
        for (left, patch) in left.chunks_exact(filters).zip(patches.chunks_exact_mut(len)) {
            for_each_nonzero(left, |filter, factor| {
                let sums = patch.iter_mut().zip(&right[filter * len..][..len]);
                sums.for_each(|(sum, value)| *sum = value.mul_add(factor, *sum));
            });
        }
    }
}

/// Calls `each` with the index and value of each nonzero. The indices are collected first, since a branch for each
/// value would be mispredicted half of the time.
#[inline(always)]
fn for_each_nonzero(values: &[f32], mut each: impl FnMut(usize, f32)) {
    const PART: usize = 64;
    for (part, values) in values.chunks(PART).enumerate() {
        let mut places = [0_u8; PART];
        let mut count = 0;
        for (place, value) in values.iter().enumerate() {
            places[count] = place as u8;
            count += usize::from(*value != 0.0);
        }
        for place in &places[..count] {
            each(part * PART + usize::from(*place), values[usize::from(*place)]);
        }
    }
}

/// A group of samples: the gradients of the kernel and the bias, the output gradients, the outputs, the inputs, and
/// the input gradients.
type Task<'a> =
    (((&'a mut [f32], &'a mut [f32]), (&'a mut [f32], &'a [f32])), (&'a [f32], Option<&'a mut [f32]>));

impl Kernel for Convolution {
    fn outputs(&self) -> usize {
        let [rows, columns] = self.patches.places();
        rows * columns * self.filters
    }

    /// The transposed kernel, its transposed gradient for each group of samples, and the gradients of the bias.
    fn memory(&self, batch: usize, training: bool) -> usize {
        let kernel = self.patches.len() * self.filters;
        if training { kernel + batch.div_ceil(GROUP) * (kernel + self.filters) } else { 0 }
    }

    fn forward(&self, call: Forward) {
        let (input, weights) = (call.input.dense(), call.weights);
        let samples = call.output.chunks_mut(self.outputs()).zip(input.chunks(self.patches.inputs()));
        run_all(samples, self.operations(call.batch), |(output, input)| {
            self.run_sample(input, weights, output)
        });
    }

    fn backward(&self, call: Backward) {
        let Backward {
            batch,
            weights,
            memory,
            output,
            output_gradient,
            input_gradient,
            weight_gradients,
            ..
        } = call;
        let (len, filters) = (self.patches.len(), self.filters);
        let (inputs, outputs) = (self.patches.inputs(), self.outputs());
        let input = call.input.dense();
        let (transposed, groups) = memory.split_at_mut(len * filters);
        let (of_kernels, of_biases) = groups.split_at_mut(batch.div_ceil(GROUP) * len * filters);
        transpose(weights[0], filters, transposed);
        let transposed = &*transposed;
        let mut weight_gradients = weight_gradients.into_iter();
        let [of_kernel, of_bias] = std::array::from_fn(|_| weight_gradients.next().flatten());
        let of_inputs: Vec<Option<&mut [f32]>> = match input_gradient {
            Some(gradient) => gradient.chunks_mut(GROUP * inputs).map(Some).collect(),
            None => (0..batch.div_ceil(GROUP)).map(|_| None).collect(),
        };
        let tasks = of_kernels
            .chunks_mut(len * filters)
            .zip(of_biases.chunks_mut(filters))
            .zip(output_gradient.chunks_mut(GROUP * outputs).zip(output.chunks(GROUP * outputs)))
            .zip(input.chunks(GROUP * inputs).zip(of_inputs));
        let run = |(((of_kernels, of_biases), (of_outputs, own_outputs)), (input, mut of_inputs)): Task| {
            self.activation.differentiate(own_outputs, of_outputs);
            of_kernels.fill(0.0);
            sum_of_rows(of_outputs, of_biases);
            for (sample, of_output) in of_outputs.chunks_exact(outputs).enumerate() {
                let input = &input[sample * inputs..][..inputs];
                let of_input =
                    of_inputs.as_deref_mut().map(|of_inputs| &mut of_inputs[sample * inputs..][..inputs]);
                let of_kernel = of_kernel.is_some().then_some(&mut *of_kernels);
                self.run_sample_back(input, of_output, of_kernel, of_input, transposed);
            }
        };
        run_all(tasks, self.operations(batch), run);
        if let Some(of_kernel) = of_kernel {
            let (sum, rest) = of_kernels.split_at_mut(len * filters);
            rest.chunks_exact(len * filters).for_each(|group| add(sum, group));
            transpose(sum, len, of_kernel);
        }
        if let Some(of_bias) = of_bias {
            sum_of_rows(of_biases, of_bias);
        }
    }
}
