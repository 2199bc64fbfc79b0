//! Runs the program of section 2.2 on tensors.

use std::fs;

use kindling_e2e::{Program, check_plots, json};

const PROGRAM: Program = Program("ch02_tensors");

#[test]
fn tensors_are_shown_with_rank_shape_and_type() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &[]);
    for (what, shape) in [
        ("scalar", "ndim 0  shape [] F32"),
        ("vector", "ndim 1  shape [5] F32"),
        ("matrix", "ndim 2  shape [3, 5] F32"),
        ("three matrices", "ndim 3  shape [3, 3, 5] F32"),
        ("all training images", "ndim 3  shape [12000, 28, 28] U8"),
        ("images[10..100]", "ndim 3  shape [90, 28, 28] U8"),
        ("images[-1], the last one", "ndim 3  shape [1, 28, 28] U8"),
        ("images[.., 14.., 14..], bottom right", "ndim 3  shape [12000, 14, 14] U8"),
        ("images[.., 7..-7, 7..-7], center", "ndim 3  shape [12000, 14, 14] U8"),
        ("images[384..512], batch 3", "ndim 3  shape [128, 28, 28] U8"),
        ("a batch, reshaped to vectors", "ndim 2  shape [128, 784] U8"),
        ("x, reshaped to [6, 1]", "ndim 2  shape [6, 1] F32"),
        ("x, transposed", "ndim 2  shape [2, 3] F32"),
    ] {
        let line = printed.lines().find(|line| line.trim_start().starts_with(&format!("{what} ")));
        let line = line.unwrap_or_else(|| panic!("no line of {what} in {printed}"));
        let without_gaps = line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(without_gaps.ends_with(&shape.replace("  ", " ")), "{line}");
    }
    assert!(printed.contains("x to [2, 3]   [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]"), "{printed}");
    assert!(printed.contains("x, transposed [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]"), "{printed}");
    let last = printed.lines().last().unwrap();
    assert!(last.contains("[12000, 28, 28]") && last.contains("[128, 28, 28]"), "{last}");

    let result = json(&out.path().join("result.json"));
    assert_eq!(result["digits_10_to_100"], serde_json::json!([90, 28, 28]));
    check_plots(out.path(), &["slices", "batch"], "mnist, bundled; flex, seed 0");
}

#[test]
fn the_last_batch_contains_the_remaining_samples() {
    let out = tempfile::tempdir().unwrap();
    // 12,000 digits are 93 batches of 128 and one of 96.
    let printed = PROGRAM.run(out.path(), &["--batch", "93", "--digit", "11999"]);
    assert!(printed.contains("images[11904..12032], batch 93"), "{printed}");
    assert_eq!(json(&out.path().join("result.json"))["batch"], serde_json::json!([96, 28, 28]));
}

#[test]
fn the_pictures_show_the_chosen_digit_and_batch() {
    let pictures = [[4, 3], [7, 3], [4, 10]].map(|[digit, batch]| {
        let out = tempfile::tempdir().unwrap();
        PROGRAM.run(out.path(), &["--digit", &digit.to_string(), "--batch", &batch.to_string()]);
        ["slices.png", "batch.png"].map(|name| fs::read(out.path().join(name)).unwrap())
    });
    let [[slices, batch], [other_slices, same_batch], [same_slices, other_batch]] = pictures;
    assert!(slices == same_slices && slices != other_slices);
    assert!(batch == same_batch && batch != other_batch);
}

#[test]
fn errors_name_digits_and_batches_out_of_range() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--digit", "12000"]);
    assert!(error.contains("--digit is 12000") && error.contains("0 to 11999"), "{error}");
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--batch", "94"]);
    assert!(error.contains("--batch is 94") && error.contains("0 to 93"), "{error}");
}
