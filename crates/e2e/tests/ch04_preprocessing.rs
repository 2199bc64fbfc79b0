//! Runs the program of section 4.3.

use kindling_e2e::{Program, check_plots, json};

const PROGRAM: Program = Program("ch04_preprocessing");

#[test]
fn preprocessing_lowers_the_error() {
    for seed in ["0", "1", "2"] {
        let out = tempfile::tempdir().unwrap();
        let printed = PROGRAM.run(out.path(), &["--seed", seed]);
        assert!(
            printed.contains("boston_housing from bundled, 404 training and 102 test samples"),
            "{printed}"
        );
        let result = json(&out.path().join("result.json"));
        let figure = |name: &str| result[name].as_f64().unwrap();

        assert!(figure("scaled_mae") < 0.8 * figure("unscaled_mae"), "{result}");
        assert!(figure("scaled_mae") < 3.3, "{result}");

        // Training with missing values raises the error without missing values, and lowers it with many.
        let errors = |name: &str| {
            let errors: Vec<f64> =
                result[name].as_array().unwrap().iter().map(|mae| mae.as_f64().unwrap()).collect();
            assert!(errors.is_sorted(), "{errors:?}");
            errors
        };
        let (all, missing) = (errors("mae_trained_on_all"), errors("mae_trained_with_missing"));
        assert_eq!(result["test_rates"], serde_json::json!([0.0, 0.1, 0.2, 0.4]));
        assert!(all[0] < missing[0] && missing[2] < all[2] && missing[3] < 0.85 * all[3], "{result}");

        // With better features, both the network and its error are smaller.
        let [pixels, tips, angles] = ["pixels", "tips", "angles"].map(|features| {
            (
                figure(&format!("clock_{features}_parameters")),
                figure(&format!("clock_{features}_error_minutes")),
            )
        });
        assert_eq!([pixels.0, tips.0, angles.0], [65_730.0, 226.0, 0.0]);
        assert!(angles.1 < 1e-6 && tips.1 < 0.7 * pixels.1 && pixels.1 < 10.0, "{result}");

        let houses = format!("boston_housing, bundled; flex, seed {seed}");
        check_plots(out.path(), &["scaling", "missing_values"], &houses);
        check_plots(out.path(), &["clocks", "clocks_error"], &format!("synthetic clocks; flex, seed {seed}"));
    }
}

#[test]
fn the_same_seed_gives_the_same_figures() {
    let [one, other] = [(); 2].map(|()| {
        let out = tempfile::tempdir().unwrap();
        let printed = PROGRAM.run(out.path(), &["--quiet"]);
        let result = json(&out.path().join("result.json"));
        (printed, result["mae_trained_with_missing"].clone(), result["clock_pixels_error_minutes"].clone())
    });
    assert_eq!(one, other);
    assert_eq!(one.0.lines().count(), 1);
    assert!(one.0.starts_with("Clocks are read with an error of "), "{}", one.0);
}
