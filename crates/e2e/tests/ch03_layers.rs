//! Runs the program on layers.

use kindling_e2e::{Program, check_plots, json};

const PROGRAM: Program = Program("ch03_layers");

#[test]
fn each_layer_is_best_on_its_kind_of_data() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &[]);
    let result = json(&out.path().join("result.json"));
    let figure = |name: &str| result[name].as_f64().unwrap();

    // Shapes are inferred: a 3x3 kernel removes two pixels per axis, and pooling halves the size and rounds down.
    for (layer, shape) in [
        ("conv2d", "[26, 26, 16]"),
        ("max_pooling2d", "[13, 13, 16]"),
        ("conv2d_1", "[11, 11, 32]"),
        ("max_pooling2d_1", "[5, 5, 32]"),
        ("conv2d_2", "[3, 3, 64]"),
        ("global_max_pooling2d", "[64]"),
        ("lstm", "[16]"),
    ] {
        assert!(printed.contains(&format!("  {layer:<24} {shape}\n")), "{layer}: {printed}");
    }
    let refused = "layer conv2d: expected images of shape [height, width, channels], found [32]";
    assert!(printed.contains(refused), "{printed}");

    // A bag of symbols contains no order, so the accuracy is that of guessing.
    assert!(figure("order_accuracy") > 0.95, "{result}");
    assert!((0.4..0.6).contains(&figure("order_accuracy_without_order")), "{result}");
    // The dense network learns centered digits but not shifted ones, although it has more weights.
    assert!(figure("digits_accuracy") > 0.95 && figure("digits_accuracy_dense") > 0.88, "{result}");
    assert!(figure("shifted_accuracy") > figure("shifted_accuracy_dense") + 0.25, "{result}");
    assert!(figure("weights_dense") >= figure("weights"), "{result}");

    let last = printed.lines().last().unwrap();
    assert!(last.starts_with("Test accuracy: order ") && last.contains("shifted digits 0."), "{last}");
    check_plots(out.path(), &["order"], "synthetic sequences; flex, seed 0");
    check_plots(out.path(), &["digits", "shifted", "shifted_accuracy"], "mnist, bundled; flex, seed 0");
}

#[test]
fn errors_name_an_unknown_backend() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--backend", "abacus"]);
    assert!(error.contains("abacus"), "{error}");
}
