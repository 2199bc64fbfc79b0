//! Cross-validation: folds are independent of each other and of the number of threads.

use crate::common::cpu;
use burn::tensor::{Device, TensorData};
use kindling_data::{Column, Samples, splits::KFold};
use kindling_models::{
    Sequential,
    activations::{Linear, Relu},
};
use kindling_train::{
    Compile, FitOptions, TrainError,
    experiments::{CrossValidation, FoldResult, cross_validate, exponential_moving_average},
    losses::MeanSquaredError,
    metrics::Mae,
    optimizers::RmsProp,
};

/// `y = x0 - 2 * x1`, on 40 points.
fn samples() -> Samples {
    let x: Vec<f32> = (0..80).map(|i| (i as f32 * 0.7).sin()).collect();
    let y: Vec<f32> = x.chunks(2).map(|point| point[0] - 2.0 * point[1]).collect();
    let (x, y) = (TensorData::new(x, [40, 2]), TensorData::new(y, [40]));
    Samples::new(Column::floats(x).unwrap(), Column::floats(y).unwrap()).unwrap()
}

fn validate(jobs: usize) -> CrossValidation {
    let network = Sequential::new(2).dense(8, Relu).dense(1, Linear);
    cross_validate(&samples(), &KFold::new(4), &cpu(jobs), |fold, device| {
        let seed = fold.index as u64;
        let compiling = network.compile(RmsProp::default(), MeanSquaredError, [Mae]);
        let mut model = compiling.seed(seed).on(device)?;
        let options = FitOptions::new().epochs(3).batch_size(5).validation_data(&fold.validation);
        let history = model.fit(&fold.train, &options)?;
        Ok(FoldResult { history, score: model.evaluate(&fold.validation)? })
    })
    .unwrap()
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let (one, three) = (validate(1), validate(3));
    assert_eq!(one.scores("mae"), three.scores("mae"));
    for (one, three) in one.folds().iter().zip(three.folds()) {
        assert_eq!(one.history.get("val_mae"), three.history.get("val_mae"));
    }
    assert_eq!(validate(64).scores("mae"), one.scores("mae"));
}

#[test]
fn statistics_are_computed_over_the_folds() {
    let validation = validate(2);
    let scores = validation.scores("mae");
    assert_eq!(scores.len(), 4);
    let mean = scores.iter().sum::<f64>() / 4.0;
    let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / 4.0;
    assert!((validation.mean("mae") - mean).abs() < 1e-12);
    assert!((validation.deviation("mae") - variance.sqrt()).abs() < 1e-12);

    let curve = validation.mean_curve("val_mae");
    let second = validation.folds().iter().map(|fold| fold.history.get("val_mae")[1]).sum::<f64>() / 4.0;
    assert_eq!(curve.len(), 3);
    assert!((curve[1] - second).abs() < 1e-12);
    // The last validation of a fold equals its score.
    assert_eq!(validation.folds()[2].history.get("val_mae")[2], scores[2]);
}

#[test]
fn error_of_the_first_failed_fold_is_returned() {
    for jobs in [1, 4] {
        let result = cross_validate(&samples(), &KFold::new(4), &cpu(jobs), |fold, _| match fold.index {
            0 => Ok(validate(1).folds()[0].clone()),
            index => Err(TrainError::Mismatch(format!("fold {index}"))),
        });
        assert_eq!(result.unwrap_err().to_string(), "fold 1");
    }
}

#[test]
fn invalid_splits_and_jobs_are_errors() {
    let never = |_, _: &Device| -> Result<FoldResult, TrainError> { unreachable!() };
    assert!(cross_validate(&samples(), &KFold::new(41), &cpu(1), never).is_err());
    assert!(
        cross_validate(&samples(), &KFold::new(4), &cpu(0), never)
            .unwrap_err()
            .to_string()
            .contains("jobs is 0")
    );
}

#[test]
fn moving_average_matches_the_book() {
    let smoothed = exponential_moving_average(&[1.0, 2.0, 0.0], 0.9);
    let expected = [1.0, 1.1, 0.99];
    assert!(
        smoothed.iter().zip(expected).all(|(own, expected)| (own - expected).abs() < 1e-12),
        "{smoothed:?}"
    );
    assert!(exponential_moving_average(&[], 0.9).is_empty());
}
