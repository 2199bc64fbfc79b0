//! Runs the program on losses.

use kindling_e2e::{Program, check_plots, json};

const PROGRAM: Program = Program("ch03_losses");

#[test]
fn each_task_has_a_loss_and_ctc_decodes_signals() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &[]);
    let result = json(&out.path().join("result.json"));
    let figure = |name: &str| result[name].as_f64().unwrap();

    for row in [
        "one of two classes       Sigmoid          BinaryCrossentropy",
        "one of many classes      Softmax          SparseCategoricalCrossentropy",
        "any number               Linear           MeanSquaredError",
        "a sequence of labels     Softmax          CTC",
    ] {
        assert!(printed.contains(row), "{printed}");
    }
    // The derivatives with respect to the logit at p = 0.01 and target 1 are p - 1 and -2 p (1 - p)^2.
    assert!((figure("cross_entropy_slope") + 0.99).abs() < 1e-3, "{result}");
    assert!((figure("squared_error_slope") + 0.019602).abs() < 1e-3, "{result}");
    assert!(printed.contains("predicted 0.50: loss 0.693"), "{printed}");

    assert!(figure("signals_read_before_training") < 0.1 && figure("signals_read") > 0.8, "{result}");
    let last = printed.lines().last().unwrap();
    let read = format!("Read without a mistake: {:.4} of the synthetic test signals", figure("signals_read"));
    assert_eq!(last, read);
    check_plots(out.path(), &["signals_loss", "signals"], "synthetic signals; flex, seed 0");
    check_plots(out.path(), &["costs"], "flex, seed 0");
}

#[test]
fn errors_name_an_invalid_seed() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--seed", "none"]);
    assert!(error.contains("--seed"), "{error}");
}
