//! Products of sparse batches with a kernel.
//!
//! For a wide kernel, both passes iterate over the columns of the batch, that is, over rows of the kernel, and keep a
//! block of a kernel row in registers. The rows of the kernel are read once, in order, and the block of the batch's
//! outputs (or of their gradients) that a column's values are multiplied with stays in the L1 cache. Blocks of the
//! outputs are contiguous in memory: rows of a wide kernel are a power of two apart, and would compete for a few
//! cache lines.
//!
//! A row of a narrow kernel is a single vector, so sorting by column gains nothing: the batch is read by row, as long
//! as a good part of the columns have values. Each column has a row of the gradient.

use std::ops::Range;

use kindling_data::SparseRows;

use super::Activation;
use crate::{
    cpu::{Memory, run_all, vectorized},
    kernel::OuterValues,
};

/// Number of kernel rows whose gradients one thread computes at a time.
pub(crate) const KERNEL_ROWS: usize = 32;

/// Number of values in the largest block.
pub(crate) const WIDEST: usize = 64;

/// Number of parts into which a batch is divided for several threads.
const PARTS: usize = 8;

/// Maximum number of units of a narrow kernel.
const NARROW: usize = 16;

/// Maximum number of columns per value for which all rows of a narrow kernel's gradient are written.
const MOST_COLUMNS: usize = 4;

/// Returns whether products with a kernel of this number of units read the batch by row instead of by column.
pub fn reads_rows(input: &SparseRows, units: usize) -> bool {
    units <= NARROW && input.width() / MOST_COLUMNS <= input.columns().len()
}

/// Returns memory for the outputs of a batch, or for their gradients, in blocks.
fn blocks(batch: usize, units: usize) -> Memory {
    Memory::of(units.next_multiple_of(block(units)) * batch)
}

/// Returns the number of values in a block: as many as fit into the registers, and no more than needed.
pub(crate) fn block(units: usize) -> usize {
    match units {
        0..=16 => 16,
        17..=32 => 32,
        _ => WIDEST,
    }
}

/// Writes the activation of `input · kernel + bias` to `output`, `[batch, units]`.
pub(super) fn product(
    input: &SparseRows,
    kernel: &[f32],
    bias: Option<&[f32]>,
    activation: Activation,
    output: &mut [f32],
) {
    let (batch, units) = (input.len(), output.len() / input.len().max(1));
    if output.is_empty() {
        return;
    }
    if reads_rows(input, units) {
        let rows = batch.div_ceil(PARTS);
        let parts = output.chunks_mut(rows * units).enumerate();
        run_all(parts, input.columns().len() * units, |(index, output)| {
            let samples = index * rows..index * rows + output.len() / units;
            match units {
                8 => add_rows::<8>(input, kernel, bias, samples, output),
                16 => add_rows::<16>(input, kernel, bias, samples, output),
                _ => add_some_rows(input, kernel, bias, samples, output),
            }
            activation.apply(output);
        });
        return;
    }
    let mut memory = blocks(batch, units);
    let size = block(units);
    // The part of each output that belongs to a block.
    let mut parts: Vec<Vec<&mut [f32]>> = Vec::new();
    parts.resize_with(units.div_ceil(size), || Vec::with_capacity(batch));
    for output in output.chunks_exact_mut(units) {
        output.chunks_mut(size).zip(&mut parts).for_each(|(part, of_block)| of_block.push(part));
    }
    let blocks = memory.chunks_mut(batch * size).zip(parts).enumerate();
    run_all(blocks, input.columns().len() * units, |(index, (block, mut outputs))| {
        match size {
            16 => add_columns::<16>(input, kernel, units, index, block),
            32 => add_columns::<32>(input, kernel, units, index, block),
            _ => add_columns::<64>(input, kernel, units, index, block),
        }
        let bias = bias.map(|bias| &bias[index * size..units.min((index + 1) * size)]);
        finish(block, size, bias, activation, &mut outputs);
    });
}

vectorized! {
    /// Writes a block's part of the outputs, with bias and activation.
    fn finish(
        block: &[f32],
        size: usize,
        bias: Option<&[f32]>,
        activation: Activation,
        outputs: &mut [&mut [f32]],
    ) {
        for (output, sums) in outputs.iter_mut().zip(block.chunks_exact(size)) {
            output.copy_from_slice(&sums[..output.len()]);
            if let Some(bias) = bias {
                output.iter_mut().zip(bias).for_each(|(output, bias)| *output += bias);
            }
            activation.apply(output);
        }
    }
}

vectorized! {
    /// Writes the outputs of some samples, for a kernel of `B` units.
    fn add_rows<const B: usize>(
        input: &SparseRows,
        kernel: &[f32],
        bias: Option<&[f32]>,
        samples: Range<usize>,
        output: &mut [f32],
    ) {
        let ((kernel, _), (output, _)) = (kernel.as_chunks::<B>(), output.as_chunks_mut::<B>());
        let bias = bias.and_then(|bias| bias.first_chunk::<B>()).copied().unwrap_or([0.0; B]);
        for (sample, output) in samples.zip(output) {
            let (columns, values) = input.sample(sample);
            let mut sums = [0.0; B];
            match values {
                Some(values) => {
                    for (column, value) in columns.iter().zip(values) {
                        let weights = &kernel[*column as usize];
                        for lane in 0..B {
                            sums[lane] = weights[lane].mul_add(*value, sums[lane]);
                        }
                    }
                }
                None => {
                    for column in columns {
                        let weights = &kernel[*column as usize];
                        for lane in 0..B {
                            sums[lane] += weights[lane];
                        }
                    }
                }
            }
            for lane in 0..B {
                output[lane] = sums[lane] + bias[lane];
            }
        }
    }

    /// Adds to the gradient with respect to a kernel of `B` units.
    fn add_gradients<const B: usize>(input: &SparseRows, output_gradient: &[f32], gradient: &mut [f32]) {
        let ((of_outputs, _), (gradient, _)) =
            (output_gradient.as_chunks::<B>(), gradient.as_chunks_mut::<B>());
        if input.is_one_hot() {
            for (of_output, column) in of_outputs.iter().zip(input.columns()) {
                let sums = &mut gradient[*column as usize];
                for lane in 0..B {
                    sums[lane] += of_output[lane];
                }
            }
            return;
        }
        for (sample, of_output) in of_outputs.iter().enumerate() {
            let (columns, values) = input.sample(sample);
            for (place, column) in columns.iter().enumerate() {
                let sums = &mut gradient[*column as usize];
                let value = values.map_or(1.0, |values| values[place]);
                for lane in 0..B {
                    sums[lane] = of_output[lane].mul_add(value, sums[lane]);
                }
            }
        }
    }
}

/// Computes [`add_rows`] for any number of units.
fn add_some_rows(
    input: &SparseRows,
    kernel: &[f32],
    bias: Option<&[f32]>,
    samples: Range<usize>,
    output: &mut [f32],
) {
    let units = output.len() / samples.len().max(1);
    for (sample, output) in samples.zip(output.chunks_exact_mut(units)) {
        let (columns, values) = input.sample(sample);
        output.fill(0.0);
        for (place, column) in columns.iter().enumerate() {
            let value = values.map_or(1.0, |values| values[place]);
            let weights = &kernel[*column as usize * units..][..units];
            output.iter_mut().zip(weights).for_each(|(sum, weight)| *sum = weight.mul_add(value, *sum));
        }
        if let Some(bias) = bias {
            output.iter_mut().zip(bias).for_each(|(output, bias)| *output += bias);
        }
    }
}

/// Computes [`add_gradients`] for any number of units.
fn add_some_gradients(input: &SparseRows, output_gradient: &[f32], units: usize, gradient: &mut [f32]) {
    for (sample, of_output) in output_gradient.chunks_exact(units).enumerate() {
        let (columns, values) = input.sample(sample);
        for (place, column) in columns.iter().enumerate() {
            let value = values.map_or(1.0, |values| values[place]);
            let sums = &mut gradient[*column as usize * units..][..units];
            sums.iter_mut().zip(of_output).for_each(|(sum, of_output)| *sum = of_output.mul_add(value, *sum));
        }
    }
}

/// Writes the gradient with respect to a kernel for which [`reads_rows`] is true.
fn gradient_by_rows(input: &SparseRows, output_gradient: &[f32], units: usize, gradient: &mut [f32]) {
    gradient.fill(0.0);
    match units {
        8 => add_gradients::<8>(input, output_gradient, gradient),
        16 => add_gradients::<16>(input, output_gradient, gradient),
        _ => add_some_gradients(input, output_gradient, units, gradient),
    }
}

vectorized! {
    /// Writes block `index` of the outputs, `[batch, B]`.
    fn add_columns<const B: usize>(
        input: &SparseRows,
        kernel: &[f32],
        units: usize,
        index: usize,
        block: &mut [f32],
    ) {
        block.fill(0.0);
        let (block, _) = block.as_chunks_mut::<B>();
        let columns = input.by_column();
        let width = B.min(units - index * B);
        for (ends, column) in columns.offsets.windows(2).zip(&columns.columns) {
            let of_column = &kernel[*column as usize * units + index * B..][..width];
            // A copy whose length is known at compile time needs no call.
            let weights = match of_column.first_chunk::<B>() {
                Some(weights) => *weights,
                None => {
                    let mut weights = [0.0; B];
                    weights[..width].copy_from_slice(of_column);
                    weights
                }
            };
            let places = ends[0] as usize..ends[1] as usize;
            match &columns.values {
                Some(values) => {
                    for (row, value) in columns.rows[places.clone()].iter().zip(&values[places]) {
                        let sums = &mut block[*row as usize];
                        for lane in 0..B {
                            sums[lane] = weights[lane].mul_add(*value, sums[lane]);
                        }
                    }
                }
                None => {
                    for row in &columns.rows[places] {
                        let sums = &mut block[*row as usize];
                        for lane in 0..B {
                            sums[lane] += weights[lane];
                        }
                    }
                }
            }
        }
    }
}

/// Returns the gradient with respect to the kernel, given the gradient with respect to the output, `[batch, units]`.
pub(super) fn outer(input: &SparseRows, output_gradient: &[f32]) -> OuterValues {
    let units = output_gradient.len() / input.len().max(1);
    match reads_rows(input, units) {
        true => {
            let mut gradient = Memory::of(input.width() * units);
            gradient_by_rows(input, output_gradient, units, &mut gradient);
            OuterValues::OfWeight(gradient)
        }
        false => OuterValues::OfProduct(to_blocks(output_gradient, units)),
    }
}

/// Writes the gradient with respect to the kernel, `[columns, units]`, given the gradient with respect to the output,
/// `[batch, units]`.
pub(super) fn kernel_gradient(input: &SparseRows, output_gradient: &[f32], gradient: &mut [f32]) {
    let units = output_gradient.len() / input.len().max(1);
    match units {
        0 => gradient.fill(0.0),
        _ if reads_rows(input, units) => gradient_by_rows(input, output_gradient, units, gradient),
        _ => gradient_of_blocks(input, &to_blocks(output_gradient, units), units, gradient),
    }
}

/// Writes the gradient with respect to the kernel, given the blocks of [`to_blocks`].
pub(crate) fn gradient_of_blocks(input: &SparseRows, blocks: &[f32], units: usize, gradient: &mut [f32]) {
    let chunks = gradient.chunks_mut(KERNEL_ROWS * units).enumerate();
    run_all(chunks, input.columns().len() * units, |(index, gradient)| {
        gradient.fill(0.0);
        sum_rows(input, blocks, units, (index * KERNEL_ROWS) as u32, gradient);
    });
}

/// Returns the gradients of the outputs, `[batch, units]`, in blocks.
fn to_blocks(output_gradient: &[f32], units: usize) -> Memory {
    let (batch, size) = (output_gradient.len() / units, block(units));
    let mut memory = blocks(batch, units);
    for (row, gradients) in output_gradient.chunks_exact(units).enumerate() {
        for (index, part) in gradients.chunks(size).enumerate() {
            let place = (index * batch + row) * size;
            memory[place..][..part.len()].copy_from_slice(part);
            memory[place + part.len()..place + size].fill(0.0);
        }
    }
    memory
}

/// Writes the nonzero gradients of the kernel's rows from `first` on, given the blocks of [`to_blocks`].
pub(crate) fn sum_rows(input: &SparseRows, memory: &[f32], units: usize, first: u32, gradient: &mut [f32]) {
    let columns = &input.by_column().columns;
    let rows = (gradient.len() / units) as u32;
    let begin = columns.partition_point(|column| *column < first);
    let end = columns.partition_point(|column| *column < first + rows);
    let size = block(units);
    let mut sums = Memory::of(KERNEL_ROWS.min(end - begin) * size);
    for index in 0..units.div_ceil(size) {
        for begin in (begin..end).step_by(KERNEL_ROWS) {
            let positions = begin..end.min(begin + KERNEL_ROWS);
            sum_block(input, memory, units, index, positions.clone(), &mut sums);
            for (column, sums) in columns[positions].iter().zip(sums.chunks_exact(size)) {
                let row = &mut gradient[(column - first) as usize * units..][..units];
                let part = &mut row[index * size..units.min((index + 1) * size)];
                part.copy_from_slice(&sums[..part.len()]);
            }
        }
    }
}

/// Writes block `index` of the gradients of the kernel rows for the columns at `positions`. Each has the length of a
/// block.
pub(crate) fn sum_block(
    input: &SparseRows,
    memory: &[f32],
    units: usize,
    index: usize,
    positions: Range<usize>,
    sums: &mut [f32],
) {
    let size = block(units);
    let of_block = &memory[index * input.len() * size..][..input.len() * size];
    match size {
        16 => sum_values::<16>(input, of_block, positions, sums),
        32 => sum_values::<32>(input, of_block, positions, sums),
        _ => sum_values::<64>(input, of_block, positions, sums),
    }
}

vectorized! {
    fn sum_values<const B: usize>(
        input: &SparseRows,
        block: &[f32],
        positions: Range<usize>,
        sums: &mut [f32],
    ) {
        let columns = input.by_column();
        let ((block, _), (sums, _)) = (block.as_chunks::<B>(), sums.as_chunks_mut::<B>());
        for (position, all) in positions.zip(sums) {
            let places = columns.offsets[position] as usize..columns.offsets[position + 1] as usize;
            let mut sums = [0.0_f32; B];
            match &columns.values {
                Some(values) => {
                    for (row, value) in columns.rows[places.clone()].iter().zip(&values[places]) {
                        let gradients = &block[*row as usize];
                        for lane in 0..B {
                            sums[lane] = gradients[lane].mul_add(*value, sums[lane]);
                        }
                    }
                }
                None => {
                    for row in &columns.rows[places] {
                        let gradients = &block[*row as usize];
                        for lane in 0..B {
                            sums[lane] += gradients[lane];
                        }
                    }
                }
            }
            *all = sums;
        }
    }
}
