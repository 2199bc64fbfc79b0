//! Runs the same programs on every backend that is compiled in.

use kindling::backend;
use kindling_e2e::{Program, Server, json};

/// Returns the `--backend` value of each backend, with the server that the remote backend needs.
fn backends() -> Vec<(String, Option<Server>)> {
    let server = |name| (name == "remote").then(|| Server::start("flex"));
    let named =
        |name: &str, server: Option<Server>| (server.as_ref().map_or(name.into(), Server::backend), server);
    backend::compiled_in().map(|name| named(name, server(name))).collect()
}

/// Trains on each backend and checks that the results `figures` differ from those of the first backend by at most `apart`
/// (relative for values above 1).
fn train_everywhere(program: Program, arguments: &[&str], figures: &[&str], apart: f64) {
    let mut reference: Option<Vec<f64>> = None;
    for (backend, _server) in backends() {
        let out = tempfile::tempdir().unwrap();
        program.run(out.path(), &[&["--backend", &backend, "--quiet"], arguments].concat());
        let result = json(&out.path().join("result.json"));
        assert_eq!(result["backend"], backend.as_str());
        let own: Vec<f64> = figures.iter().map(|figure| result[figure].as_f64().unwrap()).collect();
        println!("{backend}: {figures:?} {own:?}");
        let reference = reference.get_or_insert_with(|| own.clone());
        for (own, reference) in own.iter().zip(reference) {
            assert!(
                (own - *reference).abs() <= apart * reference.abs().max(1.0),
                "{backend}: {own} {reference}"
            );
        }
    }
}

#[test]
fn mnist_gives_the_same_results() {
    train_everywhere(Program("ch02_mnist"), &["--epochs", "1"], &["test_loss", "test_accuracy"], 2e-3);
}

#[test]
fn imdb_gives_the_same_results() {
    let arguments = ["--final", "--epochs", "1"];
    train_everywhere(Program("ch03_imdb"), &arguments, &["test_loss", "test_accuracy"], 2e-3);
    let arguments = ["--final", "--embedding", "--epochs", "1"];
    train_everywhere(Program("ch03_imdb"), &arguments, &["test_loss", "test_accuracy"], 2e-3);
}

#[test]
fn reuters_gives_the_same_results() {
    let arguments = ["--final", "--epochs", "1"];
    train_everywhere(Program("ch03_reuters"), &arguments, &["test_loss", "test_accuracy"], 5e-3);
}

#[test]
fn cross_validation_gives_the_same_results() {
    let arguments = ["--epochs", "2", "--batch-size", "16"];
    train_everywhere(Program("ch03_boston"), &arguments, &["mean_mae", "test_mae"], 1e-3);
}

#[test]
fn folds_on_several_devices_give_the_results_of_one_device() {
    let arguments = ["--epochs", "2", "--batch-size", "16"];
    let backends = backends();
    let names: Vec<&str> = backends.iter().map(|(name, _)| name.as_str()).collect();
    let [one, several] = [names[0].into(), names.join(",")].map(|devices: String| {
        let out = tempfile::tempdir().unwrap();
        Program("ch03_boston").run(out.path(), &[&["--devices", &devices], &arguments[..]].concat());
        let result = json(&out.path().join("result.json"));
        let folds = result["fold_mae"].as_array().unwrap();
        folds.iter().map(|mae| mae.as_f64().unwrap()).collect::<Vec<f64>>()
    });
    for (one, several) in one.iter().zip(&several) {
        assert!((one - several).abs() < 1e-3 * one, "{one} {several}");
    }
}

#[test]
fn backends_are_listed_with_their_devices() {
    let assert = Program("ch02_mnist").command().args(["--backend", "list"]).assert().success();
    let printed = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    for name in backend::compiled_in() {
        assert!(printed.lines().any(|line| line.starts_with(name)), "{name} in {printed}");
    }
    assert!(!printed.contains("no device found"), "a driver is missing: {printed}");
}

#[test]
fn the_environment_selects_a_backend_and_the_flag_takes_precedence() {
    let out = tempfile::tempdir().unwrap();
    let program = || {
        let mut command = Program("ch02_mnist").command();
        command
            .env(backend::VARIABLE, "abacus")
            .args(["--data", "bundled", "--epochs", "1", "--out"])
            .arg(out.path());
        command
    };
    let assert = program().assert().failure();
    let error = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(error.contains("there is no backend \"abacus\""), "{error}");
    let first = backend::compiled_in().next().unwrap();
    program().args(["--backend", first]).assert().success();
}

#[test]
fn missing_devices_are_named() {
    let out = tempfile::tempdir().unwrap();
    for name in backend::compiled_in() {
        let asked = format!("{name}:99");
        let error = Program("ch02_mnist").fail(out.path(), &["--backend", &asked]);
        let expected = if name == "remote" { "no device at 99" } else { "has no device \"99\"" };
        assert!(error.contains(expected), "{error}");
    }
    let error = Program("ch03_boston").fail(out.path(), &["--data", "bundled", "--devices", "flex:1"]);
    assert!(error.contains("flex"), "{error}");
}
