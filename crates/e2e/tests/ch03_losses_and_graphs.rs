//! The program on layers, losses and graphs, run as a user runs it.

use std::fs;

use kindling_e2e::{Program, check_plots, json};

const PROGRAM: Program = Program("ch03_losses_and_graphs");

#[test]
fn each_kind_of_network_learns_what_it_is_for() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &[]);
    let result = json(&out.path().join("result.json"));
    let figure = |name: &str| result[name].as_f64().unwrap();

    // The table of tasks.
    for row in [
        "one of two classes       Sigmoid          BinaryCrossentropy",
        "a sequence of labels     Softmax          CTC",
    ] {
        assert!(printed.contains(row), "{printed}");
    }
    // Order is nothing to a bag of symbols: a guess.
    assert!(figure("order_accuracy") > 0.95, "{result}");
    assert!((0.4..0.6).contains(&figure("order_accuracy_without_order")), "{result}");
    assert!(printed.contains("lstm (LSTM)") && printed.contains("conv2d (Conv2D)"), "{printed}");
    assert!(figure("digits_accuracy") > 0.95, "{result}");
    assert!(figure("signals_read") > 0.8, "{result}");
    // Both heads: guesses would be off by 3.2, and right in 0.55 of all cases.
    assert!(figure("sum_mae") < 1.6 && figure("larger_accuracy") > 0.85, "{result}");
    let history = fs::read_to_string(out.path().join("graph_history.csv")).unwrap();
    let names = "loss,sum_loss,sum_mae,larger_loss,larger_accuracy";
    let validated = "val_loss,val_sum_loss,val_sum_mae,val_larger_loss,val_larger_accuracy";
    assert!(history.starts_with(&format!("epoch,{names},{validated}\n1,")), "{history}");

    let last = printed.lines().last().unwrap();
    assert!(last.starts_with("Test accuracy: order ") && last.contains("larger digit 0."), "{last}");
    check_plots(out.path(), &["order", "signals_loss", "signals"], "made-up sequences; flex, seed 0");
    let digits = ["digits", "sum_loss", "larger_loss", "graph_loss"];
    check_plots(out.path(), &digits, "mnist, bundled; flex, seed 0");
}

#[test]
fn values_that_cannot_be_used_are_named() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--backend", "abacus"]);
    assert!(error.contains("abacus"), "{error}");
    let error = PROGRAM.fail(out.path(), &["--seed", "none"]);
    assert!(error.contains("--seed"), "{error}");
}
