//! Runs the program of section 4.1, an autoencoder.

use kindling_e2e::{Program, check_plots, full_data, json, mean_of_seeds};

const PROGRAM: Program = Program("ch04_autoencoder");

#[test]
fn digits_are_reconstructed_better_with_a_wider_bottleneck() {
    let [narrow, wide] = ["2", "32"].map(|bottleneck| {
        let out = tempfile::tempdir().unwrap();
        let printed = PROGRAM.run(out.path(), &["--epochs", "5", "--bottleneck", bottleneck]);
        assert!(printed.contains("mnist from bundled, 12000 training and 2000 test samples"), "{printed}");
        let result = json(&out.path().join("result.json"));
        assert_eq!(result["bottleneck"].to_string(), bottleneck);
        for branch in ["Supervised", "Unsupervised", "Self-supervised", "Reinforcement"] {
            let line = printed.lines().find(|line| line.starts_with(branch)).expect(branch);
            assert_eq!(line.contains("this program"), branch == "Self-supervised", "{line}");
        }
        let plots = ["loss", "mse", "reconstructions", "codes"];
        check_plots(out.path(), &plots, "mnist, bundled; flex, seed 0");
        assert!(out.path().join("model.safetensors").is_file());
        let [error, average] = ["test_mse", "average_digit_mse"].map(|name| result[name].as_f64().unwrap());
        // NumPy: ((x_test - x_train[:10000].mean(0)) ** 2).mean()
        assert!((average - AVERAGE_DIGIT_MSE).abs() < 1e-6, "{result}");
        // Nearest neighbors by pixels do not depend on the network.
        let by_pixels = result["same_label_by_pixels"].as_f64().unwrap();
        assert_eq!(by_pixels, 0.864, "{result}");
        (error, result["same_label_by_code"].as_f64().unwrap())
    });
    assert!(wide.0 < 0.035 && wide.0 < 0.6 * narrow.0, "{wide:?}, {narrow:?}");
    // With ten classes, the accuracy of guessing is 0.1.
    assert!(wide.1 > 0.75 && (0.12..0.6).contains(&narrow.1), "{wide:?}, {narrow:?}");
}

/// Mean squared error of predicting the average training digit for the bundled test digits.
const AVERAGE_DIGIT_MSE: f64 = 0.0673923030678793;

#[test]
fn errors_name_invalid_values() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--bottleneck", "0"]);
    assert!(error.contains("--bottleneck") && error.contains("at least 1"), "{error}");
}

#[test]
fn thirty_two_units_reconstruct_full_mnist() {
    let Some(data) = full_data() else { return };
    let mean = mean_of_seeds(|seed| {
        PROGRAM.run_on(&data, &["--seed", seed, "--epochs", "10"])["test_mse"].as_f64().unwrap()
    });
    assert!(mean <= 0.015, "{mean}");
}
