//! Early stopping stops at the same epochs and restores the same weights as in Keras.

use crate::common::{AtEpochEnd, constant, numbers, parameters, script};
use burn::tensor::Tensor;
use kindling_train::{
    Callback, FitOptions, TrainError, Training,
    callbacks::{EarlyStopping, ModelCheckpoint, ReduceLrOnPlateau},
    losses::{Output, Target},
    metrics::{Direction, Metric},
    optimizers::Sgd,
};
use serde::{Deserialize, Serialize};

/// Gradient descent with a learning rate that halves the error in each step, so the weights differ after every epoch.
fn halving() -> Sgd {
    Sgd::new(0.125)
}

/// A metric that is higher for better models, with a name that does not suggest so.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ranking;

#[typetag::serde]
impl Metric for Ranking {
    fn name(&self) -> String {
        "ranking".into()
    }

    fn direction(&self) -> Direction {
        Direction::Max
    }

    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        (output.predictions() - target.values()).abs().neg().sum()
    }
}

const LOSSES: &[f64] = &[5.0, 4.0, 4.5, 4.2, 3.9, 4.0, 4.1, 4.2, 4.3];
const RANKINGS: &[f64] = &[0.5, 0.6, 0.6, 0.55, 0.7, 0.7, 0.7, 0.7];

/// Trains while `name` has these values. Returns the number of epochs, and the epoch, counted from 0, whose weights
/// the model has at the end.
fn run(name: &'static str, figures: &'static [f64], mut stopping: EarlyStopping) -> (usize, usize) {
    let mut weights = Vec::new();
    let mut note = AtEpochEnd(|training: &mut Training| {
        weights.push(parameters(&training.model().weights()?));
        Ok(())
    });
    let options = FitOptions::new().epochs(figures.len()).batch_size(1);
    let mut model = constant(halving(), [Ranking]);
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut script(name, figures), &mut note, &mut stopping];
    let history = model.fit_with(&numbers(&[1.0]), &options, callbacks).unwrap();
    let same = history.get(name).iter().zip(figures).all(|(logged, figure)| logged.total_cmp(figure).is_eq());
    assert!(same && history.get(name).len() == history.epochs(), "the history must include the last epoch");
    let last = parameters(&model.weights().unwrap());
    (history.epochs(), weights.iter().position(|weights| *weights == last).unwrap())
}

fn on_loss() -> EarlyStopping {
    EarlyStopping::new("val_loss").restore_best_weights(true)
}

/// Expected values: `keras.callbacks.EarlyStopping(..., restore_best_weights=True)` on the same metrics.
#[test]
fn stops_at_the_same_epochs_as_keras() {
    for (patience, expected) in [(0, (3, 1)), (1, (3, 1)), (2, (4, 1)), (3, (8, 4)), (9, (9, 4))] {
        assert_eq!(run("val_loss", LOSSES, on_loss().patience(patience)), expected, "patience {patience}");
    }
    for (patience, expected) in [(0, (3, 1)), (1, (3, 1)), (2, (4, 1)), (3, (8, 4)), (4, (8, 4))] {
        let stopping = EarlyStopping::new("val_ranking").restore_best_weights(true).patience(patience);
        assert_eq!(run("val_ranking", RANKINGS, stopping), expected, "patience {patience}");
    }
}

#[test]
fn nan_is_never_an_improvement() {
    const NAN_FIRST: &[f64] = &[f64::NAN, 5.0, 4.0, f64::NAN, 3.0, 3.5, 3.5];
    assert_eq!(run("val_loss", NAN_FIRST, on_loss().patience(2)), (7, 4));
    let ranking = || EarlyStopping::new("val_ranking").restore_best_weights(true);
    assert_eq!(run("val_ranking", &[f64::NAN, 0.5, 0.4, 0.4], ranking().patience(2)), (4, 1));
    // Without any value, no epoch is the best.
    assert_eq!(run("val_loss", &[f64::NAN; 4], on_loss().patience(3)), (3, 2));
}

#[test]
fn improvements_exceed_the_absolute_value_of_min_delta() {
    assert_eq!(run("val_loss", LOSSES, on_loss().patience(2).min_delta(0.5)), (4, 1));
    assert_eq!(run("val_loss", LOSSES, on_loss().patience(3).min_delta(-0.5)), (5, 1));
    assert_eq!(run("val_loss", LOSSES, on_loss().patience(4).min_delta(1.5)), (5, 0));
}

#[test]
fn the_direction_can_be_set() {
    assert_eq!(run("val_loss", LOSSES, on_loss().patience(2).mode(Direction::Max)), (3, 0));
    let falling = EarlyStopping::new("val_ranking").restore_best_weights(true).mode(Direction::Min);
    assert_eq!(run("val_ranking", RANKINGS, falling), (2, 0));
    let score = EarlyStopping::new("score").restore_best_weights(true).patience(2);
    assert_eq!(run("score", LOSSES, score.clone().mode(Direction::Min)), (4, 1));
    assert_eq!(run("score", LOSSES, score.mode(Direction::Max)), (3, 0));
}

#[test]
fn unknown_direction_is_an_error_before_training() {
    let mut stopping = EarlyStopping::new("val_score");
    let mut checkpoint = ModelCheckpoint::new("never-written").save_best_only("val_score");
    let mut reduce = ReduceLrOnPlateau::new("val_score");
    let callbacks: [(&str, &mut dyn Callback); 3] = [
        ("EarlyStopping", &mut stopping),
        ("ModelCheckpoint", &mut checkpoint),
        ("ReduceLrOnPlateau", &mut reduce),
    ];
    for (name, callback) in callbacks {
        let mut model = constant(halving(), [Ranking]);
        let callbacks: &mut [&mut dyn Callback] = &mut [&mut script("val_score", &[1.0]), callback];
        let error = model.fit_with(&numbers(&[1.0]), &FitOptions::new(), callbacks).unwrap_err();
        let start = format!("the callback {name} failed: {name} monitors val_score, which is not a metric");
        assert!(error.to_string().starts_with(&start), "{error}");
        assert!(error.to_string().contains("mode(Direction::Min)"), "{error}");
        assert_eq!(parameters(&model.weights().unwrap()), [0.0; 2], "the weights have changed");
    }
}

#[test]
fn last_weights_are_kept_by_default() {
    assert_eq!(run("val_loss", LOSSES, EarlyStopping::new("val_loss").patience(2)), (4, 3));
    assert_eq!(run("val_loss", LOSSES, EarlyStopping::new("val_loss").patience(9)), (9, 8));
}

#[test]
fn loss_and_metrics_of_the_run_can_be_monitored() {
    let samples = numbers(&[1.0]);
    // The squared error is quartered in each epoch: the third epoch is the last with an improvement of more than 0.05.
    for (monitor, epochs) in [("loss", 4), ("val_loss", 3)] {
        let mut stopping = EarlyStopping::new(monitor).min_delta(0.05).patience(1);
        let options = FitOptions::new().epochs(20).batch_size(1).validation_data(&samples);
        let history = constant(halving(), ()).fit_with(&samples, &options, &mut [&mut stopping]).unwrap();
        assert_eq!(history.epochs(), epochs, "{history}");
        assert_eq!(stopping.stopped_epoch(), Some(epochs - 1));
        assert_eq!(stopping.best_epoch(), Some(epochs - 2));
    }
    // The metric rises as the errors fall. The direction is that of the metric.
    let mut stopping = EarlyStopping::new("val_ranking").min_delta(0.1).patience(1);
    let options = FitOptions::new().epochs(20).batch_size(1).validation_data(&samples);
    let history = constant(halving(), [Ranking]).fit_with(&samples, &options, &mut [&mut stopping]).unwrap();
    assert_eq!(history.get("val_ranking"), [-0.5, -0.25, -0.125, -0.0625]);
}

#[test]
fn epochs_without_validation_are_skipped() {
    let samples = numbers(&[1.0]);
    let mut stopping = EarlyStopping::new("val_loss").min_delta(0.05).patience(1);
    let options = FitOptions::new().epochs(20).batch_size(1).validation_data(&samples).validation_freq(2);
    let history = constant(halving(), ()).fit_with(&samples, &options, &mut [&mut stopping]).unwrap();
    // The values are 1/16 and 1/256, then there is no improvement of more than 0.05.
    assert_eq!(history.epochs(), 6);
    assert_eq!(stopping.best_epoch(), Some(3));
}

#[test]
fn missing_metric_is_an_error_that_lists_the_available_ones() {
    let mut stopping = EarlyStopping::new("val_loss");
    let options = FitOptions::new().batch_size(1);
    let error =
        constant(halving(), ()).fit_with(&numbers(&[1.0]), &options, &mut [&mut stopping]).unwrap_err();
    assert!(matches!(error, TrainError::Callback { .. }), "{error:?}");
    let message = error.to_string();
    assert!(
        ["EarlyStopping", "val_loss", "one of loss"].iter().all(|part| message.contains(part)),
        "{message}"
    );
}

#[test]
fn model_can_be_trained_again_after_a_stop() {
    let samples = numbers(&[1.0]);
    let mut model = constant(halving(), ());
    let mut stopping = EarlyStopping::new("watched").patience(1).mode(Direction::Min);
    let epochs = [0, 1].map(|_| {
        let options = FitOptions::new().epochs(3).batch_size(1);
        let callbacks: &mut [&mut dyn Callback] =
            &mut [&mut script("watched", &[1.0, 2.0, 3.0]), &mut stopping];
        model.fit_with(&samples, &options, callbacks).unwrap().epochs()
    });
    assert_eq!(epochs, [2, 2]);
}
