//! Runs the program of section 3.5.

use kindling_e2e::{Program, check_plots, full_data, json, mean_of_seeds};

const PROGRAM: Program = Program("ch03_reuters");

#[test]
fn topics_are_learned_and_a_bottleneck_lowers_accuracy() {
    let out = tempfile::tempdir().unwrap();
    let text = "Wheat and corn exports of grain fell, the agriculture department said";
    let printed = PROGRAM.run(out.path(), &["--epochs", "9", "--text", text]);
    assert!(printed.contains("reuters from bundled, 8982 training and 2246 test samples"), "{printed}");
    assert!(
        printed.contains("The first newswire, on earn:\n? ? ? said as a result of its december"),
        "{printed}"
    );
    assert!(printed.contains("647,214"), "{printed}");
    assert!(printed.contains(&format!("{text}\ngrain with probability")), "{printed}");
    assert!(printed.lines().any(|line| line.starts_with("  +") && line.ends_with(" wheat")), "{printed}");

    let result = json(&out.path().join("result.json"));
    let figure = |name: &str| result[name].as_f64().unwrap();
    assert!(figure("test_accuracy") > 0.75, "{result}");
    // The accuracy of random predictions with the class frequencies of the test set.
    assert!((0.15..0.23).contains(&figure("random_accuracy")), "{result}");
    assert!(figure("best_val_accuracy") > figure("bottleneck_best_val_accuracy"), "{result}");
    assert_eq!(result["train_samples"], 7982);

    // The first epochs are compared with those of the same training with one-hot labels.
    let history = json(&out.path().join("history.json"));
    for epoch in 0..3 {
        let loss = history["loss"][epoch].as_f64().unwrap();
        let line = format!("Epoch {}: loss {loss:.6} with integers, ", epoch + 1);
        assert!(printed.contains(&line), "{line}: {printed}");
    }
    assert!(figure("encodings_difference") < 1e-6, "{result}");
    assert!(printed.contains("CategoricalCrossentropy:\n[0, 0, 0, 1, 0, "), "{printed}");
    check_plots(out.path(), &["loss", "accuracy", "bottleneck", "classes"], "reuters, bundled; flex, seed 0");
}

#[test]
fn integer_and_one_hot_labels_give_the_same_results() {
    let [integers, one_hot] = [&["--final"][..], &["--final", "--one-hot"]].map(|form| {
        let out = tempfile::tempdir().unwrap();
        PROGRAM.run(out.path(), &[form, &["--epochs", "2"]].concat());
        // Each run also trains with the other encoding.
        let result = json(&out.path().join("result.json"));
        assert!(result["encodings_difference"].as_f64().unwrap() < 1e-6, "{result}");
        let history = json(&out.path().join("history.json"));
        ["loss", "accuracy"].map(|name| history[name][1].as_f64().unwrap())
    });
    for (integers, one_hot) in integers.into_iter().zip(one_hot) {
        assert!((integers - one_hot).abs() < 1e-4, "{integers} {one_hot}");
    }
}

#[test]
fn errors_name_invalid_values() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--bottleneck", "0"]);
    assert!(error.contains("--bottleneck") && error.contains("at least 1"), "{error}");
}

#[test]
fn the_final_accuracy_is_that_of_the_book() {
    let Some(data) = full_data() else { return };
    let mean = mean_of_seeds(|seed| {
        let result = PROGRAM.run_on(&data, &["--final", "--seed", seed]);
        assert_eq!((&result["epochs"], &result["batch_size"]), (&9.into(), &512.into()));
        result["test_accuracy"].as_f64().unwrap()
    });
    assert!(mean >= 0.775, "{mean}");
}

#[test]
fn a_bottleneck_of_four_units_loses_six_points() {
    let Some(data) = full_data() else { return };
    let lost = mean_of_seeds(|seed| {
        let result = PROGRAM.run_on(&data, &["--seed", seed]);
        let figure = |name: &str| result[name].as_f64().unwrap();
        figure("best_val_accuracy") - figure("bottleneck_best_val_accuracy")
    });
    assert!(lost >= 0.06, "{lost}");
}
