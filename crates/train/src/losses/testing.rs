//! Helpers for the unit tests of losses.

use burn::tensor::{Device, Tensor, TensorData};
use kindling_models::{IntoPart, Value, activations::Activation};

use super::{Loss, Output, Target};

/// The shape of two samples with two steps of three units.
pub(super) const SHAPE: [usize; 3] = [2, 2, 3];
pub(super) const LOGITS: [f32; 12] = [2.0, -1.0, 0.5, -0.5, 3.0, 1.0, 0.0, 0.0, 0.0, 0.25, -4.0, 1.5];
pub(super) const REAL: [f32; 12] = [1.5, -1.0, 0.0, 0.0, 2.0, 4.0, 1.0, 0.0, -3.0, 0.5, 1.0, 1.25];
pub(super) const SHARES: [f32; 12] = [0.7, 0.2, 0.1, 0.1, 0.3, 0.6, 0.2, 0.5, 0.3, 1.0, 0.0, 0.0];
pub(super) const BINARY: [f32; 12] = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];

/// Returns the mean loss of logits, `[batch, ..., units]`, for targets of the same shape, and its gradient.
pub(super) fn measure<const D: usize>(
    loss: impl Loss,
    activation: impl IntoPart<dyn Activation>,
    logits: &[f32],
    target: &[f32],
    shape: [usize; D],
) -> (f64, Vec<f64>)
where
    Value: From<Tensor<D>>,
{
    let tensor = |values: &[f32], device: &Device| {
        Tensor::<D>::from_data(TensorData::new(values.to_vec(), shape), device)
    };
    let logits = tensor(logits, &Device::flex().autodiff()).require_grad();
    let output = Output::new(logits.clone(), activation);
    let target = Target::new(tensor(target, &Device::flex()), &output).unwrap();
    let losses = loss.per_sample(&output, &target);
    assert_eq!(losses.dims(), [shape[0]], "one loss per sample");
    let mean = losses.mean();
    let gradients = mean.backward();
    let gradient = logits.grad(&gradients).unwrap().into_data();
    (f64::from(mean.into_scalar::<f32>()), gradient.iter().collect())
}

/// Asserts the mean loss of the same twelve numbers in three shapes: two samples with two steps of three units, four
/// samples of three units, and twelve samples of one unit.
#[track_caller]
pub(super) fn assert_losses(
    loss: impl Loss + Clone,
    activation: impl IntoPart<dyn Activation> + Clone,
    target: &[f32],
    [several, single]: [f64; 2],
) {
    let (three_axes, _) = measure(loss.clone(), activation.clone(), &LOGITS, target, SHAPE);
    let (rows, _) = measure(loss.clone(), activation.clone(), &LOGITS, target, [4, 3]);
    let (units, _) = measure(loss, activation, &LOGITS, target, [12, 1]);
    assert_close(&[three_axes, rows, units], &[several, several, single], 2e-6);
}

#[track_caller]
pub(super) fn assert_close(given: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(given.len(), expected.len(), "expected {expected:?}, got {given:?}");
    let close = |(given, expected): (&f64, &f64)| (given - expected).abs() <= tolerance;
    assert!(given.iter().zip(expected).all(close), "expected {expected:?}, got {given:?}");
}
