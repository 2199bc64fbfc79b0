//! Runs the program on graphs of layers.

use std::fs;

use kindling_e2e::{Program, check_plots, json};

const PROGRAM: Program = Program("ch03_graph");

#[test]
fn the_graph_is_drawn_and_learns_both_outputs() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &[]);
    let result = json(&out.path().join("result.json"));
    let figure = |name: &str| result[name].as_f64().unwrap();

    // Two inputs share their layers; their features are concatenated for two outputs.
    let drawn = printed.split_once("The graph").unwrap().1.lines().skip(2).take(7);
    let drawn: Vec<String> = drawn.map(|line| line.replace('─', " ")).collect();
    let words = |line: usize| drawn[line].split_whitespace().collect::<Vec<_>>().join(" ");
    let rows: Vec<String> = (0..7).map(words).collect();
    let expected = [
        "left [784] right [784]",
        "│ │",
        "digit: dense [64] digit: dense [64]",
        "└ ┬ ┘",
        "concatenate [128]",
        "┌ ┴ ┐",
        "sum: dense [64], dense_1 [1] larger: dense [64], dense_1 [1]",
    ];
    assert_eq!(rows, expected, "{printed}");

    // The constant baselines are known: the mean sum of two digits is about 9, and the left digit is not the larger one in 55%
    // of the samples.
    assert!((3.0..3.6).contains(&figure("baseline_sum_mae")), "{result}");
    assert!((0.52..0.58).contains(&figure("baseline_larger_accuracy")), "{result}");
    assert!(figure("sum_mae") < 0.5 * figure("baseline_sum_mae"), "{result}");
    assert!(figure("larger_accuracy") > 0.87, "{result}");
    // Without the weight of 0.1, the squared error dominates the other loss.
    assert!(figure("larger_accuracy") > figure("larger_accuracy_weight_1"), "{result}");

    let history = fs::read_to_string(out.path().join("graph_history.csv")).unwrap();
    let names = "loss,sum_loss,sum_mae,larger_loss,larger_accuracy";
    let validated = "val_loss,val_sum_loss,val_sum_mae,val_larger_loss,val_larger_accuracy";
    let mut lines = history.lines();
    assert_eq!(lines.next().unwrap(), format!("epoch,{names},{validated}"));
    // The loss is the weighted sum of the losses of both outputs.
    for line in lines {
        let figures: Vec<f64> = line.split(',').map(|figure| figure.parse().unwrap()).collect();
        assert!((figures[1] - (0.1 * figures[2] + figures[4])).abs() < 1e-4 * figures[1], "{line}");
    }
    let last = printed.lines().last().unwrap();
    assert!(
        last.contains(&format!("test accuracy of the larger digit {:.4}", figure("larger_accuracy"))),
        "{last}"
    );
    check_plots(out.path(), &["sum_loss", "larger_loss", "graph_loss"], "mnist, bundled; flex, seed 0");
}

#[test]
fn errors_name_an_unknown_backend() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--data", "bundled", "--backend", "abacus"]);
    assert!(error.contains("abacus"), "{error}");
}
