//! Metrics are computed from totals over the epoch, not as means over batches.

use crate::common::{Running, classes, constant, data, floats, kernel_and_bias, numbers, standstill};
use burn::tensor::{Device, Tensor};
use kindling_data::Samples;
use kindling_models::{Sequential, Weights, activations::Linear};
use kindling_train::{
    Callback, Compile, FitOptions, TrainError, Training,
    losses::{MeanSquaredError, Output, Target},
    metrics::{Direction, Mae, Metric},
};
use serde::{Deserialize, Serialize};

/// The harmonic mean of precision and recall of predictions above zero: `2 tp / (2 tp + fp + fn)`.
#[derive(Debug, Serialize, Deserialize)]
struct Harmonic;

#[typetag::serde]
impl Metric for Harmonic {
    fn name(&self) -> String {
        "harmonic".into()
    }

    fn direction(&self) -> Direction {
        Direction::Max
    }

    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        let (predicted, actual) =
            (output.predictions().greater_elem(0.0).float(), target.values().greater_elem(0.0).float());
        let both = (predicted.clone() * actual.clone()).sum();
        Tensor::cat(vec![both, predicted.sum(), actual.sum()], 0)
    }

    fn figure(&self, totals: &[f64], _: f64) -> f64 {
        2.0 * totals[0] / (totals[1] + totals[2])
    }
}

/// A metric that returns the number of rows.
#[derive(Debug, Serialize, Deserialize)]
struct Rows;

#[typetag::serde]
impl Metric for Rows {
    fn name(&self) -> String {
        "rows".into()
    }

    fn direction(&self) -> Direction {
        Direction::Max
    }

    fn sums(&self, output: &Output, _: &Target) -> Tensor<1> {
        let [rows, _] = output.dims();
        Tensor::full([1], rows as f32, &output.predictions().device())
    }

    fn figure(&self, totals: &[f64], rows: f64) -> f64 {
        assert_eq!(totals[0], rows);
        rows
    }
}

/// Samples with features from -2.5 to 3.5, which are the predictions. Every third target is positive.
fn signs(count: usize) -> Samples {
    let features: Vec<f32> = (0..count).map(|i| (i % 7) as f32 - 2.5).collect();
    let targets: Vec<f32> = (0..count).map(|i| if i % 3 == 0 { 1.0 } else { -1.0 }).collect();
    Samples::new(floats(&features, [count, 1]), floats(&targets, [count])).unwrap()
}

/// Computes the harmonic mean over the first `count` of [`signs`].
fn harmonic(count: usize) -> f64 {
    let (mut both, mut predicted, mut actual) = (0.0, 0.0, 0.0);
    for i in 0..count {
        let (own, target) = (f64::from(u8::from(i % 7 > 2)), f64::from(u8::from(i % 3 == 0)));
        (both, predicted, actual) = (both + own * target, predicted + own, actual + target);
    }
    2.0 * both / (predicted + actual)
}

#[test]
fn metrics_do_not_depend_on_the_batch_size() {
    let samples = signs(100);
    for batch_size in [1, 3, 7, 32, 99, 100] {
        let mut model = constant(standstill(), (Harmonic, Rows));
        model.set_weights(&kernel_and_bias(1.0, 0.0)).unwrap();
        let options =
            FitOptions::new().batch_size(batch_size).epochs(2).validation_data(&samples.slice(0..41));
        let history = model.fit(&samples, &options).unwrap();
        // Exactly equal, because sums of ones are exact.
        assert_eq!(history.get("harmonic"), [harmonic(100); 2], "{batch_size}");
        assert_eq!(history.get("val_harmonic"), [harmonic(41); 2]);
        assert_eq!((history.get("rows"), history.get("val_rows")), (&[100.0; 2][..], &[41.0; 2][..]));
    }
}

#[test]
fn metrics_are_exact_for_more_batches_than_stay_on_the_device() {
    // Results are read back after at most 1024 batches. The evaluation has three batches.
    let samples = signs(2500);
    let mut model = constant(standstill(), [Harmonic]);
    model.set_weights(&kernel_and_bias(1.0, 0.0)).unwrap();
    let history = model.fit(&samples, &FitOptions::new().batch_size(1)).unwrap();
    assert_eq!(history.get("harmonic"), [harmonic(2500)]);
    let evaluated = model.evaluate(&signs(1100)).unwrap();
    assert_eq!(evaluated.get("harmonic"), Some(harmonic(1100)));
}

#[test]
fn callbacks_read_metrics_over_all_steps_so_far() {
    /// A callback that records the harmonic mean after each step.
    #[derive(Default)]
    struct Harmonics(Vec<f64>);
    impl Callback for Harmonics {
        fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
            self.0.push(training.logs()?.require("harmonic")?);
            Ok(())
        }
    }
    let (mut harmonics, mut losses) = (Harmonics::default(), Running::default());
    let mut model = constant(standstill(), [Harmonic]);
    model.set_weights(&kernel_and_bias(1.0, 0.0)).unwrap();
    let options = FitOptions::new().batch_size(8).shuffle(false);
    let history = model.fit_with(&signs(20), &options, &mut [&mut harmonics, &mut losses]).unwrap();
    assert_eq!(harmonics.0, [harmonic(8), harmonic(16), harmonic(20)]);
    assert_eq!(history.get("harmonic"), [harmonic(20)]);
    assert_eq!(losses.0[2], history.get("loss")[0]);
    // Reading metrics does not change the history.
    let mut unread = constant(standstill(), [Harmonic]);
    unread.set_weights(&kernel_and_bias(1.0, 0.0)).unwrap();
    assert_eq!(unread.fit(&signs(20), &options).unwrap(), history);
}

#[test]
fn each_step_of_a_sequence_is_a_row() {
    let network = Sequential::new([3, 1]).dense(1, Linear);
    let mut model =
        network.compile(standstill(), MeanSquaredError, (Rows, Harmonic, Mae)).on(&Device::flex()).unwrap();
    let weights =
        vec![("dense.kernel".to_owned(), data(&[1.0], [1, 1])), ("dense.bias".to_owned(), data(&[0.0], [1]))];
    model.set_weights(&Weights::from_tensors(weights)).unwrap();
    // There are 5 samples with 3 steps. Of these 15 rows, 9 have a positive prediction, 10 a positive target, and 8
    // both.
    let features = [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, 1.0];
    let targets = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0, -1.0];
    let samples = Samples::new(floats(&features, [5, 3, 1]), floats(&targets, [5, 3, 1])).unwrap();
    for batch_size in [1, 2, 5] {
        let history = model.fit(&samples, &FitOptions::new().batch_size(batch_size)).unwrap();
        let figures = ["rows", "harmonic"].map(|name| history.get(name)[0]);
        assert_eq!(figures, [15.0, 16.0 / 19.0]);
        let errors: f32 = features.iter().zip(&targets).map(|(own, target)| (own - target).abs()).sum();
        assert!((history.get("mae")[0] - f64::from(errors) / 15.0).abs() < 1e-6);
    }
}

#[test]
fn integer_targets_are_numbers_for_metrics() {
    let samples = Samples::new(floats(&[1.0, -1.0, 1.0], [3, 1]), classes(&[1, 1, 0])).unwrap();
    let mut model = constant(standstill(), [Harmonic]);
    model.set_weights(&kernel_and_bias(1.0, 0.0)).unwrap();
    assert_eq!(model.evaluate(&samples).unwrap().get("harmonic"), Some(2.0 / 4.0));
    assert!(
        constant(standstill(), [Harmonic])
            .evaluate(&numbers(&[-1.0]))
            .unwrap()
            .get("harmonic")
            .unwrap()
            .is_nan()
    );
}
