//! The program of section 3.5, run as a user runs it.

use kindling_e2e::{Program, check_plots, full_data, json, mean_of_seeds};

const PROGRAM: Program = Program("ch03_reuters");

#[test]
fn it_learns_topics_and_shows_what_a_bottleneck_costs() {
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
    // Two labels drawn by their shares of the test newswires agree that often.
    assert!((0.15..0.23).contains(&figure("random_accuracy")), "{result}");
    assert!(figure("best_val_accuracy") > figure("bottleneck_best_val_accuracy"), "{result}");
    assert_eq!(result["train_samples"], 7982);

    // Both encodings of the labels: the first epochs of this run, and of the same one with one-hot vectors.
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
fn topics_as_integers_and_as_one_hot_vectors_give_the_same() {
    let [integers, one_hot] = [&["--final"][..], &["--final", "--one-hot"]].map(|form| {
        let out = tempfile::tempdir().unwrap();
        PROGRAM.run(out.path(), &[form, &["--epochs", "2"]].concat());
        // Each run trains the other encoding, too.
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
fn values_that_cannot_be_used_are_named() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--bottleneck", "0"]);
    assert!(error.contains("--bottleneck") && error.contains("at least 1"), "{error}");
}

#[test]
fn the_final_model_is_as_good_as_the_book() {
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
