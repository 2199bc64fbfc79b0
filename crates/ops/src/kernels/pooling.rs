//! Pooling over images and sequences with channels last.

use super::Patches;
use crate::{
    cpu::{run_all, vectorized},
    kernel::{Backward, Forward, Kernel},
};

/// Pooling: one value for each window and channel.
#[derive(Clone, Debug)]
pub struct Pooling {
    /// The windows over a sample.
    pub patches: Patches,
    /// The value of a window.
    pub kind: Pool,
}

/// The value of a window in a pooling layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// The largest value. The gradient goes to the first of equal maxima.
    Max,
    /// The mean, without padding.
    Average,
}

impl Pooling {
    /// Calls `each` with the index of each output and the indices of its window's values; the channels follow each
    /// index.
    fn for_each_window(&self, mut each: impl FnMut(usize, &mut dyn Iterator<Item = usize>)) {
        let Patches { lengths, channels, size, strides, dilation, padding } = self.patches;
        let [rows, columns] = self.patches.places();
        let inside = |axis: usize, place: usize, offset: usize| {
            let place = (place * strides[axis] + offset * dilation[axis]).checked_sub(padding[axis].0);
            place.filter(|place| *place < lengths[axis])
        };
        for row in 0..rows {
            for column in 0..columns {
                let ys = (0..size[0]).filter_map(|y| inside(0, row, y));
                let mut places = ys.flat_map(|y| {
                    let xs = (0..size[1]).filter_map(move |x| inside(1, column, x));
                    xs.map(move |x| (y * lengths[1] + x) * channels)
                });
                each((row * columns + column) * channels, &mut places);
            }
        }
    }

    /// Returns the cost: iterating over windows and channels takes longer than the arithmetic.
    fn operations(&self, batch: usize) -> usize {
        8 * batch * self.patches.inputs()
    }

    fn run_sample(&self, input: &[f32], output: &mut [f32]) {
        let channels = self.patches.channels;
        self.for_each_window(|place, window| {
            let output = &mut output[place..][..channels];
            match self.kind {
                Pool::Max => {
                    output.fill(f32::NEG_INFINITY);
                    window.for_each(|place| keep_largest(output, &input[place..][..channels]));
                }
                Pool::Average => {
                    output.fill(0.0);
                    let mut count = 0;
                    window.for_each(|place| {
                        add_scaled(output, &input[place..][..channels], 1.0);
                        count += 1;
                    });
                    output.iter_mut().for_each(|sum| *sum /= count.max(1) as f32);
                }
            }
        });
    }

    fn run_sample_back(&self, input: &[f32], output: &[f32], of_output: &[f32], of_input: &mut [f32]) {
        let channels = self.patches.channels;
        of_input.fill(0.0);
        let mut left = vec![0.0; channels];
        let mut places = Vec::new();
        self.for_each_window(|place, window| {
            let (output, of_output) = (&output[place..][..channels], &of_output[place..][..channels]);
            places.clear();
            places.extend(window);
            left.copy_from_slice(of_output);
            for place in &places {
                let (input, of_input) = (&input[*place..][..channels], &mut of_input[*place..][..channels]);
                match self.kind {
                    Pool::Max => give_to_largest(input, output, &mut left, of_input),
                    Pool::Average => add_scaled(of_input, of_output, 1.0 / places.len() as f32),
                }
            }
        });
    }
}

vectorized! {
    /// Writes the larger values. NaN is kept.
    fn keep_largest(largest: &mut [f32], values: &[f32]) {
        largest.iter_mut().zip(values).for_each(|(largest, value)| {
            *largest = if *value > *largest || value.is_nan() { *value } else { *largest };
        });
    }

    fn add_scaled(sums: &mut [f32], values: &[f32], factor: f32) {
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value * factor);
    }

    /// Moves the remaining gradients to the values that are the maximum of their window.
    fn give_to_largest(values: &[f32], largest: &[f32], left: &mut [f32], gradients: &mut [f32]) {
        let values = values.iter().zip(largest).zip(left.iter_mut().zip(gradients));
        values.for_each(|((value, largest), (left, gradient))| {
            let given = if value == largest { *left } else { 0.0 };
            *gradient += given;
            *left -= given;
        });
    }
}

impl Kernel for Pooling {
    fn outputs(&self) -> usize {
        let [rows, columns] = self.patches.places();
        rows * columns * self.patches.channels
    }

    fn forward(&self, call: Forward) {
        let samples = call.input.dense().chunks(self.patches.inputs());
        let tasks = samples.zip(call.output.chunks_mut(self.outputs()));
        run_all(tasks, self.operations(call.batch), |(input, output)| self.run_sample(input, output));
    }

    fn backward(&self, call: Backward) {
        let Some(of_input) = call.input_gradient else { return };
        let (inputs, outputs) = (self.patches.inputs(), self.outputs());
        let tasks = of_input
            .chunks_mut(inputs)
            .zip(call.input.dense().chunks(inputs))
            .zip(call.output.chunks(outputs).zip(call.output_gradient.chunks(outputs)));
        run_all(tasks, self.operations(call.batch), |((of_input, input), (output, of_output))| {
            self.run_sample_back(input, output, of_output, of_input);
        });
    }
}
