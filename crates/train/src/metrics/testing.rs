//! Helpers for the unit tests of metrics.

use burn::tensor::{Device, Int, Tensor, TensorData};
use kindling_data::Column;
use kindling_models::{OutputSpec, activations::Linear};

use super::Metric;
use crate::{
    TrainError,
    losses::{Output, Target},
};

/// The numbers of rows of the three batches into which eight rows are split.
pub(super) const ROWS: [usize; 3] = [3, 4, 1];

/// Eight rows of probabilities of three classes, with ties in the fourth row.
pub(super) const SHARES: [f32; 24] = [
    0.6, 0.3, 0.1, 0.2, 0.5, 0.3, 0.1, 0.1, 0.8, 0.45, 0.45, 0.1, //
    0.3, 0.4, 0.3, 0.05, 0.9, 0.05, 0.7, 0.2, 0.1, 0.2, 0.2, 0.6,
];
pub(super) const CLASSES: [i32; 8] = [0, 1, 2, 1, 0, 1, 2, 2];
pub(super) const MULTI_HOT: [f32; 24] = [
    1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, //
    0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0,
];

/// Eight probabilities of one unit, one of them exactly 0.5.
pub(super) const BINARY_SHARES: [f32; 8] = [0.9, 0.5, 0.4, 0.8, 0.1, 0.7, 0.2, 0.51];
pub(super) const BINARY: [f32; 8] = [1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0];

/// A batch of predictions, `[rows, units]`, and targets.
pub(super) struct Batch {
    output: Output,
    target: Target,
}

impl Batch {
    /// Creates a batch with a target for each prediction.
    pub fn new(predictions: &[f32], targets: &[f32], units: usize) -> Self {
        let output = output(predictions, units);
        let target = Target::new(matrix(targets, units), &output).unwrap();
        Self { output, target }
    }

    /// Creates a batch with a class index for each row.
    pub fn classes(predictions: &[f32], classes: &[i32], units: usize) -> Self {
        let output = output(predictions, units);
        let data = TensorData::new(classes.to_vec(), [classes.len(), 1]);
        let classes = Tensor::<2, Int>::from_data(data, &Device::flex());
        let target = Target::new(classes, &output).unwrap();
        Self { output, target }
    }
}

fn matrix(values: &[f32], units: usize) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len() / units, units]), &Device::flex())
}

fn output(predictions: &[f32], units: usize) -> Output {
    Output::new(matrix(predictions, units), Linear)
}

/// Splits predictions and targets into batches of these numbers of rows.
pub(super) fn batches(predictions: &[f32], targets: &[f32], units: usize, rows: &[usize]) -> Vec<Batch> {
    let mut start = 0;
    let batch = |rows: &usize| {
        let values = start..start + rows * units;
        start = values.end;
        Batch::new(&predictions[values.clone()], &targets[values], units)
    };
    rows.iter().map(batch).collect()
}

/// Returns `classes` as one-hot vectors of three units.
pub(super) fn one_hot(classes: &[i32]) -> Vec<f32> {
    classes.iter().flat_map(|class| (0..3).map(move |unit| f32::from(u8::from(unit == *class)))).collect()
}

/// Asserts the values of the metric over three batches: for classes (as indices and as one-hot vectors), for
/// multi-hot vectors, and for one unit. `None` skips a case.
#[track_caller]
pub(super) fn assert_figures(metric: &dyn Metric, [classes, multi_hot, binary]: [Option<f64>; 3]) {
    let mut start = 0;
    let by_index = ROWS.map(|rows| {
        let range = start..start + rows;
        start = range.end;
        Batch::classes(&SHARES[range.start * 3..range.end * 3], &CLASSES[range], 3)
    });
    let cases = [
        (&by_index[..], classes),
        (&batches(&SHARES, &one_hot(&CLASSES), 3, &ROWS), classes),
        (&batches(&SHARES, &MULTI_HOT, 3, &ROWS), multi_hot),
        (&batches(&BINARY_SHARES, &BINARY, 1, &ROWS), binary),
    ];
    for (batches, expected) in cases {
        let Some(expected) = expected else { continue };
        let given = figure(metric, batches);
        assert!((given - expected).abs() <= 2e-7, "{metric:?}: expected {expected}, got {given}");
    }
}

/// Returns the value of the metric over all batches.
pub(super) fn figure(metric: &dyn Metric, batches: &[Batch]) -> f64 {
    let sums = |batch: &Batch| -> Vec<f64> {
        metric.sums(&batch.output, &batch.target).into_data().iter().collect()
    };
    let mut totals = sums(&batches[0]);
    batches[1..].iter().for_each(|batch| metric.accumulate(&mut totals, &sums(batch)));
    let rows: usize = batches.iter().map(|batch| batch.output.dims()[0]).sum();
    metric.figure(&totals, rows as f64)
}

/// Returns the error message of `check` for an output of this shape and these targets.
pub(super) fn refusal(metric: &dyn Metric, output: &[usize], target: &Column) -> String {
    metric.check(&OutputSpec::new("output", output), target).unwrap_err().to_string()
}

/// Checks that the metric accepts an output of this shape and these targets.
pub(super) fn accepts(metric: &dyn Metric, output: &[usize], target: &Column) -> Result<(), TrainError> {
    metric.check(&OutputSpec::new("output", output), target)
}
