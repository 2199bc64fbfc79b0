//! Runs the program of section 2.3 on tensor operations.

use kindling_e2e::{Program, json};
use serde_json::json;

const PROGRAM: Program = Program("ch02_tensor_operations");

#[test]
fn loops_and_tensor_operations_give_the_same_results() {
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
    assert!(printed.lines().last().unwrap().starts_with("7 operations gave the same results"), "{printed}");
}

/// Returns the strides of a contiguous tensor of this shape.
fn contiguous(shape: &[usize]) -> Vec<usize> {
    (1..=shape.len()).map(|axis| shape[axis..].iter().product()).collect()
}

#[test]
fn views_share_memory_and_a_copy_does_not() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &["--size", "8"]);
    let result = json(&out.path().join("result.json"));
    let copied = contiguous(&[64, 3, 32, 10]);
    for (name, strides, numbers, shared) in [
        ("y", contiguous(&[32, 10]), 320, true),
        ("broadcast", vec![0, 0, 10, 1], 320, true),
        ("repeated", copied, 64 * 3 * 320, false),
        ("transposed", vec![1, 10], 320, true),
        ("reshaped", contiguous(&[10, 32]), 320, true),
    ] {
        assert_eq!(result[format!("{name}: strides")], json!(strides), "{name}");
        assert_eq!(result[format!("{name}: numbers")], json!(numbers), "{name}");
        assert_eq!(result[format!("{name}: in the same memory")], json!(shared), "{name}");
    }
    assert!(printed.contains("| broadcast to [64, 3, 32, 10] | [0, 0, 10, 1] | 320 | yes |"), "{printed}");
}

#[test]
fn sizes_out_of_range_are_rejected() {
    for size in ["0", "4097", "many"] {
        let out = tempfile::tempdir().unwrap();
        let error = PROGRAM.fail(out.path(), &["--size", size]);
        assert!(error.contains("--size") && error.contains(size), "{error}");
    }
}
