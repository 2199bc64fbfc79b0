//! The gradients of each kernel equal finite differences of its outputs.

use std::sync::Arc;

use kindling_data::SparseRows;
use kindling_ops::{
    kernel::{Backward, Forward, Input, Kernel},
    kernels::{
        Activation, Classes, Convolution, Dense, Difference, Dropout, Gru, Layer, Lstm, Patches, Pool,
        Pooling, Power, Sequence, SigmoidCrossEntropy, SimpleRnn, SoftmaxCrossEntropy, Stack,
    },
};

fn numbers(count: usize, step: f32) -> Vec<f32> {
    (0..count).map(|i| (i as f32 * step + 0.2).sin()).collect()
}

/// Returns the sum of the outputs, each times a different factor.
fn weighted(kernel: &dyn Kernel, batch: usize, input: Input, weights: &[Vec<f32>]) -> f64 {
    let outputs = run(kernel, batch, input, weights, &mut vec![f32::NAN; kernel.memory(batch, true)]);
    outputs
        .iter()
        .zip(factors(outputs.len()))
        .map(|(output, factor)| f64::from(*output) * f64::from(factor))
        .sum()
}

fn factors(count: usize) -> Vec<f32> {
    numbers(count, 0.37)
}

fn run(
    kernel: &dyn Kernel,
    batch: usize,
    input: Input,
    weights: &[Vec<f32>],
    memory: &mut [f32],
) -> Vec<f32> {
    let mut output = vec![f32::NAN; batch * kernel.outputs()];
    let weights: Vec<&[f32]> = weights.iter().map(Vec::as_slice).collect();
    kernel.forward(Forward { batch, input, weights: &weights, output: &mut output, memory, training: true });
    output
}

/// Checks the gradients with respect to a dense input, if there is one, and all weights.
fn check(kernel: &dyn Kernel, batch: usize, input: Input, weights: &[Vec<f32>]) {
    let mut memory = vec![f32::NAN; kernel.memory(batch, true)];
    let output = run(kernel, batch, input, weights, &mut memory);
    let inference = run(kernel, batch, input, weights, &mut vec![f32::NAN; kernel.memory(batch, true)]);
    assert_eq!(output, inference, "{kernel:?} must return the same output in training and inference");
    let mut of_input = match input {
        Input::Dense(values) => vec![f32::NAN; values.len()],
        Input::Sparse(_) => Vec::new(),
    };
    let mut of_weights: Vec<Vec<f32>> = weights.iter().map(|weight| vec![f32::NAN; weight.len()]).collect();
    let slices: Vec<&[f32]> = weights.iter().map(Vec::as_slice).collect();
    kernel.backward(Backward {
        batch,
        input,
        weights: &slices,
        output: &output,
        memory: &mut memory,
        output_gradient: &mut factors(output.len()),
        input_gradient: (!of_input.is_empty()).then_some(&mut of_input),
        weight_gradients: of_weights.iter_mut().map(|gradient| Some(gradient.as_mut_slice())).collect(),
        outer: None,
    });
    if let Input::Dense(values) = input {
        compare(kernel, "the input", &of_input, values, |values| {
            weighted(kernel, batch, Input::Dense(values), weights)
        });
    }
    for (index, gradient) in of_weights.iter().enumerate() {
        compare(kernel, &format!("weight {index}"), gradient, &weights[index], |values| {
            let mut weights = weights.to_vec();
            weights[index] = values.to_vec();
            weighted(kernel, batch, input, &weights)
        });
    }
}

fn compare(kernel: &dyn Kernel, of: &str, gradient: &[f32], at: &[f32], function: impl Fn(&[f32]) -> f64) {
    const STEP: f32 = 1.0 / 256.0;
    let largest = gradient.iter().fold(1.0_f32, |largest, value| largest.max(value.abs()));
    for place in 0..at.len() {
        let moved = |step: f32| {
            let mut values = at.to_vec();
            values[place] += step;
            function(&values)
        };
        let difference = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
        let own = f64::from(gradient[place]);
        assert!(
            (own - difference).abs() < 2e-3 * f64::from(largest),
            "{kernel:?}, {of}, {place}: {own}, finite difference {difference}"
        );
    }
}

/// Checks a kernel with a dense input, given the length of a sample and of each weight.
fn check_all(kernel: impl Kernel, batch: usize, inputs: usize, weights: &[usize]) {
    let input = numbers(batch * inputs, 0.71);
    let weights: Vec<Vec<f32>> =
        weights.iter().enumerate().map(|(index, len)| numbers(*len, 0.53 + index as f32)).collect();
    check(&kernel, batch, Input::Dense(&input), &weights);
}

#[test]
fn dense() {
    for activation in [Activation::Linear, Activation::Sigmoid, Activation::Tanh] {
        for batch in [1, 2, 6] {
            check_all(Dense { rows: 1, inputs: 5, units: 4, activation }, batch, 5, &[20, 4]);
        }
        check_all(Dense { rows: 3, inputs: 2, units: 3, activation }, 2, 6, &[6]);
    }
}

#[test]
fn sparse_dense() {
    // The batch of a narrow kernel is read by row unless there are more columns than values.
    for (width, units) in [(4, 1), (4, 8), (4, 16), (4, 17), (9, 1), (9, 16), (9, 17), (9, 40), (9, 70)] {
        let rows = |values: Option<Vec<f32>>| {
            SparseRows::new(vec![0, 2, 2, 5], vec![1, 3, 0, 1, 2], values, vec![width])
        };
        let kernel = Dense { rows: 1, inputs: width, units, activation: Activation::Tanh };
        let weights = [numbers(width * units, 0.53), numbers(units, 1.53)];
        for rows in [rows(None), rows(Some(numbers(5, 0.9)))] {
            check(&kernel, 3, Input::Sparse(&rows), &weights);
            // The same as for the dense batch.
            let dense = rows.dense().try_into_vec::<f32>().unwrap();
            let [sparse, dense] = [Input::Sparse(&rows), Input::Dense(&dense)]
                .map(|input| run(&kernel, 3, input, &weights, &mut vec![f32::NAN; kernel.memory(3, true)]));
            assert!(sparse.iter().zip(dense).all(|(sparse, dense)| (sparse - dense).abs() < 1e-6));
        }
    }
}

#[test]
fn stacks() {
    let dense = |inputs, units| Arc::new(Dense { rows: 1, inputs, units, activation: Activation::Tanh });
    let layers = vec![
        Layer { kernel: dense(4, 6), weights: 2 },
        Layer { kernel: Arc::new(Dropout { len: 6, kept: vec![0b1011_0111_0101], scale: 2.0 }), weights: 0 },
        Layer { kernel: dense(6, 3), weights: 1 },
        Layer { kernel: dense(3, 2), weights: 2 },
    ];
    check_all(Stack::new(layers), 2, 4, &[24, 6, 18, 6, 2]);
}

#[test]
fn cross_entropies() {
    check_all(SoftmaxCrossEntropy { targets: Classes::One(vec![2, 0, 1]), units: 4 }, 3, 4, &[]);
    let shares = Classes::Shares(vec![0.5, 0.25, 0.25, 0.0, 0.0, 2.0, 1.0, 0.0]);
    check_all(SoftmaxCrossEntropy { targets: shares, units: 4 }, 2, 4, &[]);
    for of in [Power::Absolute, Power::Square] {
        check_all(Difference { of, targets: vec![0.5, -3.0, 2.0, 0.25, 9.0, -1.0], units: 2 }, 3, 2, &[]);
    }
    check_all(SigmoidCrossEntropy { targets: vec![0.0, 1.0, 0.3, 1.0, 0.0, 0.0], units: 2 }, 3, 2, &[]);
}

#[test]
fn recurrent() {
    for (return_sequences, go_backwards) in [(false, false), (true, false), (false, true), (true, true)] {
        let sequence = Sequence { steps: 4, features: 3, units: 2, return_sequences, go_backwards };
        let (activation, gate) = (Activation::Tanh, Activation::Sigmoid);
        for batch in [1, 18] {
            check_all(SimpleRnn { sequence, activation }, batch, 12, &[6, 4, 2]);
            check_all(Lstm { sequence, activation, gate }, batch, 12, &[24, 16, 8]);
            check_all(Gru { sequence, activation, gate }, batch, 12, &[18, 12, 12]);
        }
        check_all(Lstm { sequence, activation, gate }, 2, 12, &[24, 16]);
        check_all(Gru { sequence, activation, gate }, 2, 12, &[18, 12]);
    }
}

#[test]
fn convolution_and_pooling() {
    let patches = Patches {
        lengths: [5, 4],
        channels: 2,
        size: [3, 2],
        strides: [1, 1],
        dilation: [1, 1],
        padding: [(0, 0), (0, 0)],
    };
    let padded = Patches { strides: [2, 1], padding: [(1, 2), (0, 1)], ..patches };
    let dilated = Patches { dilation: [1, 2], ..patches };
    for patches in [patches, padded, dilated] {
        for filters in [1, 3] {
            let kernel = Convolution { patches, filters, activation: Activation::Tanh };
            check_all(kernel, 10, patches.inputs(), &[patches.len() * filters, filters]);
        }
        for kind in [Pool::Max, Pool::Average] {
            check_all(Pooling { patches, kind }, 2, patches.inputs(), &[]);
        }
    }
}
