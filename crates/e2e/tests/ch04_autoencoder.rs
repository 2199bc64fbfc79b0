//! The autoencoder of section 4.1, run as a user runs it.

use kindling_e2e::{Program, check_plots, full_data, json, mean_of_seeds};

const PROGRAM: Program = Program("ch04_autoencoder");

#[test]
fn digits_come_through_the_bottleneck_and_more_so_through_a_wider_one() {
    let [narrow, wide] = ["2", "32"].map(|bottleneck| {
        let out = tempfile::tempdir().unwrap();
        let printed = PROGRAM.run(out.path(), &["--epochs", "5", "--bottleneck", bottleneck]);
        assert!(printed.contains("mnist from bundled, 12000 training and 2000 test samples"), "{printed}");
        let result = json(&out.path().join("result.json"));
        assert_eq!(result["bottleneck"].to_string(), bottleneck);
        check_plots(out.path(), &["loss", "reconstructions"], "mnist, bundled; flex, seed 0");
        assert!(out.path().join("model.safetensors").is_file());
        let [error, average] = ["test_mse", "average_digit_mse"].map(|name| result[name].as_f64().unwrap());
        // NumPy: ((x_test - x_train[:10000].mean(0)) ** 2).mean()
        assert!((average - AVERAGE_DIGIT_MSE).abs() < 1e-6, "{result}");
        error
    });
    assert!(wide < 0.035 && wide < 0.6 * narrow, "{wide}, {narrow}");
}

/// Of the bundled digits.
const AVERAGE_DIGIT_MSE: f64 = 0.0673923030678793;

#[test]
fn values_that_cannot_be_used_are_named() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--bottleneck", "0"]);
    assert!(error.contains("--bottleneck") && error.contains("at least 1"), "{error}");
}

#[test]
fn thirty_two_numbers_keep_most_of_a_digit() {
    let Some(data) = full_data() else { return };
    let mean = mean_of_seeds(|seed| {
        PROGRAM.run_on(&data, &["--seed", seed, "--epochs", "10"])["test_mse"].as_f64().unwrap()
    });
    assert!(mean <= 0.015, "{mean}");
}
