//! Training on another machine's device, over the loopback.
#![cfg(feature = "remote-server")]

mod common;

use std::{fs, process::Stdio, time::Duration};

use common::{Program, Server, json};

/// The figures of each epoch.
fn history(backend: &str) -> serde_json::Value {
    let out = tempfile::tempdir().unwrap();
    Program("ch02_mnist").run(out.path(), &["--backend", backend, "--epochs", "2", "--quiet"]);
    json(&out.path().join("history.json"))
}

#[test]
fn losses_are_those_of_this_machine() {
    let server = Server::start("flex");
    let (here, there) = (history("flex"), history(&server.backend()));
    for name in ["loss", "accuracy", "val_loss", "val_accuracy"] {
        for epoch in 0..2 {
            let figure = |history: &serde_json::Value| history[name][epoch].as_f64().unwrap();
            let apart = (figure(&here) - figure(&there)).abs();
            assert!(apart <= 1e-5, "{name} {epoch}: {apart:e}");
        }
    }
}

#[test]
fn a_machine_that_is_not_there_is_named() {
    let out = tempfile::tempdir().unwrap();
    // Nothing listens on the port of discarded bytes.
    let error = Program("ch02_mnist").fail(out.path(), &["--backend", "remote:127.0.0.1:9"]);
    assert!(error.contains("no device at 127.0.0.1:9") && error.contains("serve_device"), "{error}");
}
