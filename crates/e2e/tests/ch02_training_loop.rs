//! Runs the program of section 2.4 on the training loop and backpropagation.

use kindling::data::random::{Purpose, uniform};
use kindling_e2e::{Program, check_plots, full_data, json};
use serde_json::Value;

const PROGRAM: Program = Program("ch02_training_loop");

fn figure(result: &Value, name: &str) -> f64 {
    result[name].as_f64().unwrap_or_else(|| panic!("no {name} in {result}"))
}

#[test]
fn the_training_loop_learns_to_classify_digits() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &[]);
    assert!(printed.contains("mnist from bundled, 12000 training and 2000 test samples"), "{printed}");
    assert!(printed.contains("\nEpoch 1/2: ") && printed.contains("\nEpoch 2/2: "), "{printed}");
    let result = json(&out.path().join("result.json"));
    // The loss of a uniform prediction over ten classes is ln(10).
    assert!((figure(&result, "first_loss") - 10_f64.ln()).abs() < 0.3, "{result}");
    assert!(figure(&result, "last_loss") < 0.6, "{result}");
    let accuracy = figure(&result, "test_accuracy");
    assert!(accuracy > 0.89, "{result}");
    let last = printed.lines().last().unwrap();
    // 12,000 digits are 94 batches per epoch.
    assert!(last.starts_with(&format!("Test accuracy {accuracy:.4} after 188 steps")), "{last}");
    check_plots(out.path(), &["training_loop"], "mnist, bundled; flex, seed 0");
}

#[test]
fn learning_rates_that_are_too_high_or_too_low_learn_less() {
    let [long, right, short] = ["3", "0.3", "0.01"].map(|rate| {
        let out = tempfile::tempdir().unwrap();
        PROGRAM.run(out.path(), &["--learning-rate", rate]);
        figure(&json(&out.path().join("result.json")), "test_accuracy")
    });
    assert!(long < 0.2 && short > 0.5 && short < right - 0.1, "{long} {right} {short}");
}

#[test]
fn errors_name_invalid_epochs_and_learning_rates() {
    let out = tempfile::tempdir().unwrap();
    for arguments in
        [["--epochs", "0"], ["--learning-rate", "0"], ["--learning-rate", "-1"], ["--learning-rate", "fast"]]
    {
        let error = PROGRAM.fail(out.path(), &arguments);
        assert!(error.contains(arguments[0]) && error.contains(arguments[1]), "{arguments:?}: {error}");
    }
}

#[test]
fn the_accuracy_is_higher_on_full_mnist() {
    let Some(data) = full_data() else { return };
    let out = tempfile::tempdir().unwrap();
    let mut command = PROGRAM.command();
    command.args(["--data", "full", "--data-dir"]).arg(data).arg("--out").arg(out.path()).assert().success();
    let result = json(&out.path().join("result.json"));
    assert!(figure(&result, "test_accuracy") > 0.94, "{result}");
}

/// Returns the loss of the program's small network in double precision. `numbers` contains x `[3, 2]`, the targets `[3]`, and
/// the weights: w1 `[2, 2]`, b1 `[2]`, w2 `[2]`, b2 `[1]`.
fn loss(numbers: &[f64]) -> f64 {
    let (x, rest) = numbers.split_at(6);
    let (targets, rest) = rest.split_at(3);
    let (w1, rest) = rest.split_at(4);
    let (b1, rest) = rest.split_at(2);
    let (w2, b2) = rest.split_at(2);
    let error = |sample: usize| {
        let hidden = |unit: usize| {
            let a = x[2 * sample] * w1[unit] + x[2 * sample + 1] * w1[2 + unit] + b1[unit];
            1.0 / (1.0 + (-a).exp())
        };
        hidden(0) * w2[0] + hidden(1) * w2[1] + b2[0] - targets[sample]
    };
    (0..3).map(|sample| error(sample).powi(2)).sum::<f64>() / 3.0
}

#[test]
fn manual_and_autodiff_gradients_equal_finite_differences() {
    for seed in [0, 1, 2] {
        let out = tempfile::tempdir().unwrap();
        let printed = PROGRAM.run(out.path(), &["--seed", &seed.to_string()]);
        let result = json(&out.path().join("result.json"));
        assert!(figure(&result, "largest_gradient_difference") < 1e-6, "{result}");

        let drawn = [6, 3, 4, 2, 2, 1].into_iter().zip(0..);
        let drawn = drawn.flat_map(|(count, index)| uniform(count, 1.0, seed, Purpose::Synthetic, index));
        let numbers: Vec<f64> = drawn.map(f64::from).collect();
        let rows = printed.lines().filter(|line| line.starts_with("| w") || line.starts_with("| b"));
        let rows: Vec<Vec<f64>> = rows
            .map(|row| {
                row.split(" | ").skip(1).filter_map(|cell| cell.trim_end_matches(" |").parse().ok()).collect()
            })
            .filter(|row: &Vec<f64>| !row.is_empty())
            .collect();
        assert_eq!(rows.len(), 9, "{printed}");
        for (weight, row) in (9..).zip(rows) {
            let moved = |by: f64| {
                let mut numbers = numbers.clone();
                numbers[weight] += by;
                loss(&numbers)
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!(
                row.len() == 2 && row.iter().all(|gradient| (gradient - slope).abs() < 2e-6),
                "{row:?} {slope}"
            );
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_result() {
    let [one, same, other] = ["1", "1", "2"].map(|seed| {
        let out = tempfile::tempdir().unwrap();
        PROGRAM.run(out.path(), &["--seed", seed]);
        let result = json(&out.path().join("result.json"));
        ["last_loss", "test_accuracy"].map(|name| figure(&result, name))
    });
    assert!(one == same && one[0] != other[0], "{one:?} {same:?} {other:?}");
}
