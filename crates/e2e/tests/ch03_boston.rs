//! The program of section 3.6, run as a user runs it.

use kindling_e2e::{Program, check_plots, full_data, json, mean_of_seeds};

const PROGRAM: Program = Program("ch03_boston");

#[test]
fn four_folds_are_scored_drawn_and_recorded() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &["--epochs", "15", "--batch-size", "16"]);
    assert!(printed.contains("boston_housing from bundled, 404 training and 102 test samples"), "{printed}");
    assert!(printed.contains("Mean absolute error of each fold: ["), "{printed}");
    assert!(printed.lines().last().unwrap().contains("mae: "), "{printed}");

    let result = json(&out.path().join("result.json"));
    let scores: Vec<f64> =
        result["fold_mae"].as_array().unwrap().iter().map(|score| score.as_f64().unwrap()).collect();
    assert_eq!(scores.len(), 4);
    let mean = scores.iter().sum::<f64>() / 4.0;
    assert!((result["mean_mae"].as_f64().unwrap() - mean).abs() < 1e-9, "{result}");
    assert_eq!(result["validation_curve"].as_array().unwrap().len(), 15);
    assert!(result["test_mae"].as_f64().unwrap() < 6.0, "{result}");
    check_plots(
        out.path(),
        &["mae", "mae_smoothed", "training_loss", "training_mae"],
        "boston_housing, bundled; flex, seed 0",
    );
}

#[test]
fn folds_side_by_side_give_what_folds_in_turn_give() {
    let [one, three] = ["1", "3"].map(|jobs| {
        let out = tempfile::tempdir().unwrap();
        PROGRAM.run(out.path(), &["--epochs", "3", "--batch-size", "16", "--jobs", jobs]);
        let result = json(&out.path().join("result.json"));
        (result["fold_mae"].clone(), result["validation_curve"].clone(), result["test_mae"].clone())
    });
    assert_eq!(one, three);
}

#[test]
fn values_that_cannot_be_used_are_named() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--epochs", "1", "--jobs", "0"]);
    assert!(error.contains("jobs"), "{error}");
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--batch-size", "0"]);
    assert!(error.contains("batch-size"), "{error}");
}

#[test]
fn four_folds_are_as_good_as_the_book() {
    let Some(data) = full_data() else { return };
    let mean = mean_of_seeds(|seed| PROGRAM.run_on(&data, &["--seed", seed])["mean_mae"].as_f64().unwrap());
    assert!(mean <= 2.6, "{mean}");
}

#[test]
fn the_final_model_is_as_good_as_the_book() {
    let Some(data) = full_data() else { return };
    let mean = mean_of_seeds(|seed| {
        let result = PROGRAM.run_on(&data, &["--final", "--seed", seed]);
        assert_eq!((&result["epochs"], &result["batch_size"]), (&80.into(), &16.into()));
        result["test_mae"].as_f64().unwrap()
    });
    assert!(mean <= 2.9, "{mean}");
}
