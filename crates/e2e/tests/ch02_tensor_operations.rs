//! The program of section 2.3, run as a user runs it.

use kindling_e2e::{Program, check_plots, json};

const PROGRAM: Program = Program("ch02_tensor_operations");

#[test]
fn loops_and_tensors_give_the_same() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &["--size", "64", "--seed", "3"]);
    let result = json(&out.path().join("result.json"));
    for (operation, is_sum) in [
        ("relu(x)", false),
        ("x + y", false),
        ("x + v, broadcast", false),
        ("dot(v, w)", true),
        ("dot(x, v)", true),
        ("dot(x, y)", true),
        ("transpose(x)", false),
    ] {
        assert!(printed.contains(&format!("\n| {operation} | ")), "{printed}");
        let figure = |what: &str| result[format!("{operation}: {what}")].as_f64().unwrap();
        let allowed = if is_sum { 64e-6 } else { 0.0 };
        assert!(figure("largest difference") <= allowed, "{operation}: {result}");
        assert!(figure("milliseconds of loops") > 0.0 && figure("milliseconds of tensors") > 0.0, "{result}");
    }
    assert!(printed.contains("of [64, 3, 32, 10] and [32, 10]: [64, 3, 32, 10]"), "{printed}");
    assert!(printed.contains("of [64, 3, 32, 10] and [10, 5]: [64, 3, 32, 5]"), "{printed}");
    assert!(printed.lines().last().unwrap().starts_with("7 operations came out the same"), "{printed}");
}

#[test]
fn operations_on_points_move_turn_stretch_and_fold_a_letter() {
    let out = tempfile::tempdir().unwrap();
    PROGRAM.run(out.path(), &["--size", "8"]);
    let result = json(&out.path().join("result.json"));
    let (sine, cosine) = 40_f64.to_radians().sin_cos();
    let turned = |x: f64, y: f64| [x * cosine - y * sine, x * sine + y * cosine];
    // Where (0, 0) goes to, and (2, 3).
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
fn sizes_that_make_no_matrix_or_too_large_a_one_are_refused() {
    for size in ["0", "4097", "many"] {
        let out = tempfile::tempdir().unwrap();
        let error = PROGRAM.fail(out.path(), &["--size", size]);
        assert!(error.contains("--size") && error.contains(size), "{error}");
    }
}
