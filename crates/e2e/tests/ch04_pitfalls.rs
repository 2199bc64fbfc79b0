//! Runs the program of section 4.2 that shows misleading splits.

use kindling::{prelude::*, splits::HoldOut};
use kindling_e2e::{Program, check_plots, json};

const PROGRAM: Program = Program("ch04_pitfalls");

#[test]
fn every_pitfall_gives_a_misleading_score() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &["--seed", "1"]);
    assert!(printed.contains("boston_housing from bundled, 404 training and 102 test samples"), "{printed}");
    assert!(printed.contains("mnist from bundled, 12000 training and 2000 test samples"), "{printed}");

    let result = json(&out.path().join("result.json"));
    let figure = |name: &str| result[name].as_f64().unwrap();
    let figures =
        |name: &str| result[name].as_array().unwrap().iter().map(|f| f.as_f64().unwrap()).collect::<Vec<_>>();

    // The last fifth of the sorted digits contains the classes 8 and 9, which are missing from the training set.
    assert_eq!(result["sorted_last_classes_trained_on"], 8);
    assert!(figure("sorted_last_validation_accuracy") < 0.05 && figure("sorted_last_test_accuracy") < 0.85);
    for split in ["shuffled", "stratified"] {
        assert_eq!(result[format!("sorted_{split}_classes_trained_on")], 10);
        let accuracy = |part: &str| figure(&format!("sorted_{split}_{part}_accuracy"));
        assert!(accuracy("test") > 0.87, "{result}");
        assert!((accuracy("validation") - accuracy("test")).abs() < 0.04, "{result}");
    }
    let furthest = |name: &str| figures(name).iter().map(|share| (share - 0.2).abs()).fold(0.0, f64::max);
    assert!(furthest("sorted_stratified_held_out_shares") < 0.003, "{result}");
    assert!(furthest("sorted_shuffled_held_out_shares") > 0.01, "{result}");

    check_plots(out.path(), &["sorted_digits"], "mnist, bundled; flex, seed 1");
    check_plots(out.path(), &["arrow_of_time"], "synthetic series; flex, seed 1");

    // The last line contains each misleading score next to the correct one.
    let pairs = [
        ["sorted_last_validation_accuracy", "sorted_stratified_validation_accuracy"],
        ["shuffled_mae", "time_series_mae"],
        ["doubled_mae", "distinct_mae"],
    ];
    for [misleading, correct] in pairs {
        let pair = format!(" {:.3} and {:.3} (", figure(misleading), figure(correct));
        assert!(printed.lines().last().unwrap().contains(&pair), "{pair}: {printed}");
    }

    // The houses and their copies are shuffled, and the last quarter is held out.
    let positions = Column::classes((0..808).collect::<Vec<i32>>()).unwrap();
    let doubled = Samples::new(positions.clone(), positions).unwrap();
    let fold = doubled.split(&HoldOut::random(0.25).seed(1)).unwrap().swap_remove(0);
    let [train, held_out] = [fold.train, fold.validation].map(|part| part.classes().unwrap());
    let leaked = held_out.iter().filter(|house| train.contains(&((**house + 404) % 808))).count();
    assert_eq!(
        (result["doubled_leaked"].as_u64(), result["distinct_leaked"].as_u64()),
        (Some(leaked as u64), Some(0))
    );
    let found =
        format!("Leak found, as intended: {leaked} of 202 held-out samples are also in the training set");
    assert!(printed.contains(&found), "{printed}");
    assert_eq!(printed.matches("Leak found, as intended: ").count(), 2, "{printed}");
    assert_eq!(result["reuters_leaked"], 242);
    assert!(figure("doubled_mae") < 0.85 * figure("distinct_mae"), "{result}");
    // The error on new houses is higher than the validation error with leaked copies.
    let gap = |key: &str| figure(&format!("{key}_new_houses_mae")) - figure(&format!("{key}_mae"));
    assert!(gap("doubled") > 0.0, "{result}");
}

#[test]
fn a_split_in_time_order_predicts_the_future_error_and_a_shuffled_one_underestimates_it() {
    for seed in ["0", "1", "2"] {
        let out = tempfile::tempdir().unwrap();
        PROGRAM.run(out.path(), &["--seed", seed, "--quiet"]);
        let result = json(&out.path().join("result.json"));
        let off =
            |name: &str| (result[name].as_f64().unwrap() - result["future_mae"].as_f64().unwrap()).abs();
        let shuffled = off("shuffled_mae");
        assert!(off("last_mae") < shuffled && off("time_series_mae") < shuffled, "{result}");
        assert!(
            result["shuffled_mae"].as_f64() < result["future_mae"].as_f64().map(|mae| mae / 2.0),
            "{result}"
        );
    }
}

#[test]
fn errors_name_an_unknown_backend() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--backend", "abacus"]);
    assert!(error.contains("abacus"), "{error}");
}
