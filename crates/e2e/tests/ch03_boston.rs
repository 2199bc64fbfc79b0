//! Runs the program of section 3.6.

use kindling::{
    data::SplitOptions,
    prelude::{DataChoice, DataOptions, boston_housing},
};
use kindling_e2e::{Program, check_plots, full_data, json, mean_of_seeds};

const PROGRAM: Program = Program("ch03_boston");

#[test]
fn four_folds_are_evaluated_plotted_and_recorded() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &["--epochs", "15", "--batch-size", "16"]);
    assert!(printed.contains("boston_housing from bundled, 404 training and 102 test samples"), "{printed}");
    assert!(printed.contains("Mean absolute error of each fold: ["), "{printed}");
    assert!(printed.lines().last().unwrap().contains("mae: "), "{printed}");
    for fold in 1..=4 {
        let line = format!("Fold {fold} of 4: validation MAE ");
        assert_eq!(printed.matches(&line).count(), 1, "{line}: {printed}");
    }

    let result = json(&out.path().join("result.json"));
    let scores: Vec<f64> =
        result["fold_mae"].as_array().unwrap().iter().map(|score| score.as_f64().unwrap()).collect();
    assert_eq!(scores.len(), 4);
    let mean = scores.iter().sum::<f64>() / 4.0;
    assert!((result["mean_mae"].as_f64().unwrap() - mean).abs() < 1e-9, "{result}");
    assert!(result["folds_seconds"].as_f64().unwrap() > 0.0, "{result}");
    assert_eq!(result["validation_curve"].as_array().unwrap().len(), 15);
    assert!(result["test_mae"].as_f64().unwrap() < 6.0, "{result}");
    check_plots(
        out.path(),
        &["folds", "mae", "mae_smoothed", "training_loss", "training_mae"],
        "boston_housing, bundled; flex, seed 0",
    );
}

#[test]
fn the_final_model_has_the_first_of_nine_seeds() {
    let errors = |seed: &str| {
        let out = tempfile::tempdir().unwrap();
        let printed = PROGRAM.run(out.path(), &["--final", "--epochs", "4", "--seeds", "9", "--seed", seed]);
        check_plots(out.path(), &["seeds"], &format!("boston_housing, bundled; flex, seed {seed}"));
        let result = json(&out.path().join("result.json"));
        let errors: Vec<f64> =
            result["seeds_mae"].as_array().unwrap().iter().map(|mae| mae.as_f64().unwrap()).collect();
        assert_eq!((errors.len(), &result["test_mae"]), (9, &result["seeds_mae"][0]));
        let [low, high] = [f64::min, f64::max].map(|of| errors.iter().copied().reduce(of).unwrap());
        let words = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&format!("all lie between {low:.2} and {high:.2}.")), "{printed}");
        errors
    };
    let (zero, one) = (errors("0"), errors("1"));
    assert_eq!(zero[1..], one[..8]);
    assert!(zero[0] != zero[1], "{zero:?}");
}

#[test]
fn the_constant_baseline_is_the_best_constant_on_the_training_set() {
    let out = tempfile::tempdir().unwrap();
    PROGRAM.run(out.path(), &["--final", "--epochs", "1"]);
    let result = json(&out.path().join("result.json"));
    let figure = |name: &str| result[name].as_f64().unwrap();
    let options = DataOptions::default().choice(DataChoice::Bundled);
    let boston = boston_housing::load(&SplitOptions::new(), &options).unwrap();
    let [train, test] = [&boston.train, &boston.test]
        .map(|samples| samples.targets()[0].data().iter::<f64>().collect::<Vec<_>>());
    let mae = |prices: &[f64], constant: f64| {
        prices.iter().map(|price| (price - constant).abs()).sum::<f64>() / prices.len() as f64
    };
    // The best constant for the mean absolute error is the median: no price has a lower error, and the mean has a higher one.
    let (constant, lowest) =
        (figure("constant_answer"), train.iter().map(|price| mae(&train, *price)).fold(f64::MAX, f64::min));
    assert!(mae(&train, constant) < lowest + 1e-9, "{constant}: {} {lowest}", mae(&train, constant));
    assert!(mae(&train, constant) < mae(&train, train.iter().sum::<f64>() / train.len() as f64));
    assert!((mae(&test, constant) - figure("constant_mae")).abs() < 1e-9, "{result}");
}

#[test]
fn folds_in_parallel_give_the_same_results_as_sequential_ones() {
    let [one, three] = ["1", "3"].map(|jobs| {
        let out = tempfile::tempdir().unwrap();
        PROGRAM.run(out.path(), &["--epochs", "3", "--batch-size", "16", "--jobs", jobs]);
        let result = json(&out.path().join("result.json"));
        (result["fold_mae"].clone(), result["validation_curve"].clone(), result["test_mae"].clone())
    });
    assert_eq!(one, three);
}

#[test]
fn errors_name_invalid_values() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--epochs", "1", "--jobs", "0"]);
    assert!(error.contains("jobs"), "{error}");
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--batch-size", "0"]);
    assert!(error.contains("batch-size"), "{error}");
}

#[test]
fn the_error_of_four_folds_is_that_of_the_book() {
    let Some(data) = full_data() else { return };
    let mean = mean_of_seeds(|seed| PROGRAM.run_on(&data, &["--seed", seed])["mean_mae"].as_f64().unwrap());
    assert!(mean <= 2.6, "{mean}");
}

#[test]
fn the_final_error_is_that_of_the_book() {
    let Some(data) = full_data() else { return };
    let mean = mean_of_seeds(|seed| {
        let result = PROGRAM.run_on(&data, &["--final", "--seed", seed]);
        assert_eq!((&result["epochs"], &result["batch_size"]), (&80.into(), &16.into()));
        result["test_mae"].as_f64().unwrap()
    });
    assert!(mean <= 2.9, "{mean}");
}
