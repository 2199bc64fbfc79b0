//! Runs the program of section 2.3 on the geometry of tensor operations.

use kindling_e2e::{Program, check_plots, json};
use serde_json::Value;

const PROGRAM: Program = Program("ch02_geometry");

fn figure(result: &Value, name: &str) -> f64 {
    result[name].as_f64().unwrap_or_else(|| panic!("no {name} in {result}"))
}

#[test]
fn tensor_operations_translate_rotate_scale_and_clip_a_letter() {
    let out = tempfile::tempdir().unwrap();
    PROGRAM.run(out.path(), &[]);
    let result = json(&out.path().join("result.json"));
    let (sine, cosine) = 40_f64.to_radians().sin_cos();
    let turned = |x: f64, y: f64| [x * cosine - y * sine, x * sine + y * cosine];
    // The images of the points (0, 0) and (2, 3).
    let [affine_x, affine_y] = turned(2.0 * 1.5, 3.0 * 0.5);
    let affine = [affine_x + 0.5, affine_y - 1.0];
    for (name, expected) in [
        ("translation", [[1.5, 0.5], [3.5, 3.5]]),
        ("rotation", [[0.0, 0.0], turned(2.0, 3.0)]),
        ("scaling", [[0.0, 0.0], [3.0, 1.5]]),
        ("affine", [[0.5, -1.0], affine]),
        ("affine_relu", [[0.5, 0.0], affine]),
    ] {
        let found: Vec<f64> = result[name].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        for (found, expected) in found.iter().zip(expected.as_flattened()) {
            assert!((found - expected).abs() < 1e-5, "{name}: {found} {expected}");
        }
        check_plots(out.path(), &[name], "the outline of a letter; flex, seed 0");
    }
}

#[test]
fn areas_change_by_the_determinant_until_relu_clips_them() {
    let out = tempfile::tempdir().unwrap();
    PROGRAM.run(out.path(), &[]);
    let result = json(&out.path().join("result.json"));
    // The letter has a stem of 0.5 by 3 and bars of 1.5 by 0.5 and 1 by 0.5. The scaling factors are 1.5 and 0.5.
    let area = 1.5 + 0.75 + 0.5;
    for (name, determinant) in [("translation", 1.0), ("rotation", 1.0), ("scaling", 0.75), ("affine", 0.75)]
    {
        let found = figure(&result, &format!("{name}: area"));
        assert!((found - area * determinant).abs() < 1e-4, "{name}: {found}");
    }
    assert!(figure(&result, "affine_relu: area") < 0.7 * figure(&result, "affine: area"), "{result}");
    assert!(figure(&result, "largest_difference") < 1e-5, "{result}");
    let percent = figure(&result, "percent_on_axes");
    assert!(percent > 20.0 && percent < 50.0, "{percent}");
}

#[test]
fn a_letter_rotated_to_negative_coordinates_is_clipped_to_a_line() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &["--angle", "180"]);
    let result = json(&out.path().join("result.json"));
    let turned: Vec<f64> =
        result["rotation"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    assert!((turned[2] + 2.0).abs() < 1e-5 && (turned[3] + 3.0).abs() < 1e-5, "{turned:?}");
    assert!(figure(&result, "affine_relu: area") < 1e-6, "{result}");
    assert_eq!(figure(&result, "percent_on_axes"), 100.0);
    assert!(
        printed.contains("rotation by 180 degrees") && printed.contains("100% of the letter"),
        "{printed}"
    );
}

#[test]
fn angles_that_are_not_numbers_are_rejected() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--angle", "right"]);
    assert!(error.contains("--angle") && error.contains("right"), "{error}");
}
