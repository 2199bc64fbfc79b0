//! The program on layers, run as a user runs it.

use kindling_e2e::{Program, check_plots, json};

const PROGRAM: Program = Program("ch03_layers");

#[test]
fn each_layer_wins_on_the_tensors_that_it_is_for() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &[]);
    let result = json(&out.path().join("result.json"));
    let figure = |name: &str| result[name].as_f64().unwrap();

    // Only the first layer was given a shape: a kernel of 3 x 3 takes two pixels, pooling halves and rounds down.
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

    // Order is nothing to a bag of symbols: a guess.
    assert!(figure("order_accuracy") > 0.95, "{result}");
    assert!((0.4..0.6).contains(&figure("order_accuracy_without_order")), "{result}");
    // The dense network has learned digits in the middle, and has more weights.
    assert!(figure("digits_accuracy") > 0.95 && figure("digits_accuracy_dense") > 0.88, "{result}");
    assert!(figure("shifted_accuracy") > figure("shifted_accuracy_dense") + 0.25, "{result}");
    assert!(figure("weights_dense") >= figure("weights"), "{result}");

    let last = printed.lines().last().unwrap();
    assert!(last.starts_with("Test accuracy: order ") && last.contains("shifted digits 0."), "{last}");
    check_plots(out.path(), &["order"], "synthetic sequences; flex, seed 0");
    check_plots(out.path(), &["digits", "shifted", "shifted_accuracy"], "mnist, bundled; flex, seed 0");
}

#[test]
fn values_that_cannot_be_used_are_named() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--backend", "abacus"]);
    assert!(error.contains("abacus"), "{error}");
}
