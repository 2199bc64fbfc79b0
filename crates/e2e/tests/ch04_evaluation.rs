//! Runs the program of section 4.2 that compares evaluation protocols.

use kindling_e2e::{Program, check_plots, json};
use serde_json::Value;

const PROGRAM: Program = Program("ch04_evaluation");

const PROTOCOLS: [&str; 3] = ["hold_out_mae", "k_fold_mae", "repeated_k_fold_mae"];

fn scores(result: &Value, name: &str) -> Vec<f64> {
    result[name].as_array().unwrap().iter().map(|mae| mae.as_f64().unwrap()).collect()
}

fn deviation(scores: &[f64]) -> f64 {
    let count = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / count;
    (scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / count).sqrt()
}

#[test]
fn scores_of_k_fold_validation_depend_less_on_the_shuffle_than_hold_out() {
    for seed in ["0", "1"] {
        let out = tempfile::tempdir().unwrap();
        let printed = PROGRAM.run(out.path(), &["--seed", seed]);
        assert!(
            printed.contains("boston_housing from bundled, 404 training and 102 test samples"),
            "{printed}"
        );
        let result = json(&out.path().join("result.json"));
        let [hold_out, folds, repeated] = PROTOCOLS.map(|protocol| {
            let scores = scores(&result, protocol);
            assert!(scores.len() == 8 && scores.iter().all(|mae| (1.5..4.5).contains(mae)), "{scores:?}");
            deviation(&scores)
        });
        assert!(hold_out > 2.0 * folds && hold_out > 2.0 * repeated, "{hold_out} {folds} {repeated}");
        let last = format!("hold-out {hold_out:.3}, 4 folds {folds:.3}, 4 folds 3 times {repeated:.3}");
        assert!(printed.trim_end().ends_with(&last), "{printed}");
        check_plots(out.path(), &["protocols"], &format!("boston_housing, bundled; flex, seed {seed}"));
    }
}

#[test]
fn a_table_row_has_the_number_of_trainings_and_the_scores_of_a_protocol() {
    let [few, one] = ["3", "1"].map(|shuffles| {
        let out = tempfile::tempdir().unwrap();
        let printed = PROGRAM.run(out.path(), &["--shuffles", shuffles, "--epochs", "5"]);
        (printed, json(&out.path().join("result.json")))
    });
    for (protocol, name, trainings) in [
        (PROTOCOLS[0], "hold-out ", "1"),
        (PROTOCOLS[1], "4 folds  ", "4"),
        (PROTOCOLS[2], "4 folds 3 times ", "12"),
    ] {
        let line = few.0.lines().find(|line| line.starts_with(name)).expect(name);
        let columns: Vec<&str> = line[name.len()..].split_whitespace().collect();
        let scores = scores(&few.1, protocol);
        assert_eq!(columns[0], trainings, "{line}");
        assert_eq!(columns[2], format!("{:.3}", deviation(&scores)), "{line}");
        assert_eq!(columns[3..], scores.iter().map(|score| format!("{score:.2}")).collect::<Vec<_>>());
        // The score of a shuffle does not depend on the number of shuffles.
        assert_eq!(one.1[protocol].as_array().unwrap()[..], few.1[protocol].as_array().unwrap()[..1]);
    }
}

#[test]
fn errors_name_invalid_values() {
    let out = tempfile::tempdir().unwrap();
    for (arguments, named) in [(["--backend", "abacus"], "abacus"), (["--shuffles", "0"], "--shuffles")] {
        let error = PROGRAM.fail(out.path(), &[&["--data", "bundled"], &arguments[..]].concat());
        assert!(error.contains(named), "{error}");
    }
}
