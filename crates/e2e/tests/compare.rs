//! Tests the program `compare`.

use std::{fs, path::Path};

use kindling::{
    activations::{Relu, Softmax, Tanh},
    losses::SparseCategoricalCrossentropy,
    metrics::Accuracy,
    optimizers::{RmsProp, Sgd},
    prelude::*,
};
use kindling_e2e::{Program, root};

fn compare(first: &Path, second: &Path, arguments: &[&str]) -> String {
    let mut command = Program("compare").command();
    let assert = command.arg(first).arg(second).args(arguments).assert().success();
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

/// Returns the lines that are marked as different.
fn marked(report: &str) -> Vec<String> {
    let lines = report.lines().filter_map(|line| line.strip_prefix('≠'));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn network(units: usize) -> Sequential {
    Sequential::new(4).dense(units, Relu).dense(5, Tanh).dense(3, Softmax)
}

#[test]
fn a_model_equals_itself() {
    let twin = root().join("crates/e2e/fixtures/twins/lstm_stack.mid.keras");
    let report = compare(&twin, &twin, &[]);
    assert_eq!(marked(&report), [""; 0]);
    assert!(report.ends_with("The models are the same\n"), "{report}");
}

#[test]
fn settings_and_weights_are_compared_layer_by_layer() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.keras"), folder.path().join("b.keras"));
    let save = |network: Sequential, rate: f64, path: &Path| {
        let compiling = network.compile(RmsProp::new(rate), SparseCategoricalCrossentropy, [Accuracy]);
        compiling.on(&Device::flex()).unwrap().save(path).unwrap();
    };
    // An inserted layer does not shift the others.
    save(network(6), 0.001, &a);
    save(Sequential::new(4).dense(6, Relu).dropout(0.5).dense(5, Tanh).dense(3, Softmax), 0.01, &b);
    let report = compare(&a, &b, &[]);
    assert_eq!(marked(&report), ["layer dropout (Dropout)", "rate 0.5", "learning_rate 0.001 0.01"]);
    assert!(report.contains("  dense_2: 0"), "{report}");
    assert!(report.ends_with("The models differ: settings\n"), "{report}");
    // Another layer size.
    save(network(7), 0.001, &b);
    let report = compare(&a, &b, &[]);
    assert_eq!(
        marked(&report)[..3],
        [
            "units 6 7",
            "dense: kernel [4, 6], bias [6] and kernel [4, 7], bias [7]",
            "dense_1: kernel [6, 5], bias [5] and kernel [7, 5], bias [5]"
        ]
    );
    assert!(marked(&report)[3].starts_with("optimizer: vars/2 [4, 6]"), "{report}");
    // Another optimizer, given as a run directory.
    let compiling = network(6).compile(Sgd::new(0.001), SparseCategoricalCrossentropy, [Accuracy]);
    compiling.on(&Device::flex()).unwrap().save(folder.path().join("model.keras")).unwrap();
    let report = compare(&a, folder.path(), &[]);
    assert!(marked(&report).contains(&"optimizer RMSprop SGD".into()), "{report}");
}

#[test]
fn the_first_layer_with_other_outputs_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.keras"), folder.path().join("b.keras"));
    let compiling = network(6).compile(RmsProp::new(0.001), SparseCategoricalCrossentropy, [Accuracy]);
    let mut model = compiling.on(&Device::flex()).unwrap();
    model.save(&a).unwrap();
    // One bias value of the second layer is changed.
    let weights = model.weights().unwrap();
    let changed = weights.iter().map(|(name, data)| {
        let mut values: Vec<f32> = data.iter::<f32>().collect();
        if name == "dense_1.bias" {
            values[2] += 0.25;
        }
        (name.to_owned(), TensorData::new(values, data.shape().clone()))
    });
    model.set_weights(&kindling::models::Weights::from_tensors(changed.collect())).unwrap();
    model.save(&b).unwrap();

    let data = folder.path().join("x.csv");
    fs::write(&data, "0,0,0,0\n1,2,3,4\n-4,3,2,1\n1,1,1,1\n").unwrap();
    let data = data.to_str().unwrap();
    let report = compare(&a, &b, &["--data", data]);
    let layers = marked(&report);
    assert!(layers[0].starts_with("dense_1: 2.500e-1, at bias[2]: 0 and 0.25"), "{report}");
    assert!(layers[1].starts_with("dense_1: ") && layers[2].starts_with("dense_2: "), "{report}");
    assert!(report.contains("  dense: 0.000e0\n"), "{report}");
    assert!(report.contains("First layer with an output difference above 1e-5: dense_1\n"), "{report}");
    assert!(report.ends_with("The models differ: weights, outputs\n"), "{report}");
    let report = compare(&a, &b, &["--data", data, "--tolerance", "100"]);
    assert!(report.contains("All output differences are within 1e2\n"), "{report}");
}

#[test]
fn models_that_cannot_be_compared_are_errors() {
    let twins = root().join("crates/e2e/fixtures/twins");
    let (a, b) = (twins.join("lstm_stack.keras"), twins.join("gru_series.keras"));
    for (second, arguments, reason) in [
        (&b, &["--data", "x.npy"][..], "the models have different input shapes"),
        (&root().join("README.md"), &[], "is not a .keras file"),
        (&root().join("nonexistent.keras"), &[], "nonexistent.keras"),
    ] {
        let assert = Program("compare").command().arg(&a).arg(second).args(arguments).assert().code(1);
        let error = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(error.contains(reason), "{error}");
    }
}
