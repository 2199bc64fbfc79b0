//! Products of rows with a kernel, `[width, columns]`, and their gradients.

use crate::cpu::{Matrix, matmul};

/// Writes `inputs · kernel + bias`, `[rows, columns]`.
pub(super) fn product(
    inputs: &[f32],
    width: usize,
    kernel: &[f32],
    bias: Option<&[f32]>,
    output: &mut [f32],
) {
    let columns = kernel.len() / width.max(1);
    let rows = output.len() / columns.max(1);
    if let Some(bias) = bias {
        output.chunks_exact_mut(columns).for_each(|row| row.copy_from_slice(bias));
    }
    let (inputs, kernel) = (Matrix::rows(inputs, width), Matrix::rows(kernel, columns));
    matmul(output, [rows, columns, width], inputs, kernel, bias.is_some());
}

/// Writes the gradient with respect to the kernel, given the gradient with respect to the products, `[rows,
/// columns]`.
pub(super) fn kernel_gradient(inputs: &[f32], width: usize, of_products: &[f32], of_kernel: &mut [f32]) {
    let columns = of_kernel.len() / width.max(1);
    let rows = of_products.len() / columns.max(1);
    let (inputs, of_products) = (Matrix::transposed(inputs, width), Matrix::rows(of_products, columns));
    matmul(of_kernel, [width, columns, rows], inputs, of_products, false);
}

/// Writes the gradient with respect to the inputs, `[rows, width]`, given the gradient with respect to the products,
/// `[rows, columns]`.
pub(super) fn input_gradient(of_products: &[f32], kernel: &[f32], width: usize, of_inputs: &mut [f32]) {
    let columns = kernel.len() / width.max(1);
    let rows = of_products.len() / columns.max(1);
    let (of_products, kernel) = (Matrix::rows(of_products, columns), Matrix::transposed(kernel, columns));
    matmul(of_inputs, [rows, width, columns], of_products, kernel, false);
}
