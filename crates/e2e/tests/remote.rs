//! Training on another machine's device, over the loopback.
#![cfg(feature = "remote-server")]

use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

use kindling_e2e::{Program, Server, json};

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

#[test]
fn a_machine_that_dies_within_an_epoch_is_an_error_and_the_checkpoint_stays() {
    use kindling::{
        callbacks::ModelCheckpoint, losses::SparseCategoricalCrossentropy, metrics::Accuracy,
        models::Weights, networks, optimizers::RmsProp, prelude::*,
    };

    /// Stops the server in the second epoch.
    struct Kill(Option<Server>);

    impl Callback for Kill {
        fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
            if (training.epoch, training.step) == (1, 10) {
                self.0 = None;
            }
            Ok(())
        }
    }

    let server = Server::start("flex");
    let device = backend::device(&server.backend()).unwrap();
    let mnist = mnist::load(&DataOptions::default().choice(DataChoice::Bundled)).unwrap();
    let train = mnist.train.reshape(784).unwrap();
    let compile = |seed, device: &Device| {
        let network = networks::mnist(512);
        network
            .compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy])
            .seed(seed)
            .on(device)
            .unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let options = FitOptions::new().epochs(3).batch_size(128);
    let (mut checkpoint, mut kill) = (ModelCheckpoint::new(&path), Kill(Some(server)));
    let trained = compile(0, &device).fit_with(&train, &options, &mut [&mut checkpoint, &mut kill]);
    let error = trained.unwrap_err().to_string();
    assert!(error.contains("the device failed"), "{error}");
    assert!(error.contains("saved files are unchanged"), "{error}");

    // What the first epoch left is whole.
    let weights = Weights::read(&path).unwrap();
    let here = backend::device("flex").unwrap();
    let mut model = compile(1, &here);
    model.set_weights(&weights).unwrap();
    let accuracy = model.evaluate(&train).unwrap().require("accuracy").unwrap();
    assert!(accuracy > 0.85, "{accuracy}");
}

#[test]
fn a_program_whose_machine_dies_ends_with_a_message() {
    let server = Server::start("flex");
    let out = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(Program("ch02_mnist").path());
    command
        .args(["--data", "bundled", "--epochs", "1000", "--backend", &server.backend(), "--out"])
        .arg(out.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The first epoch has ended: the machine is in the middle of a later one.
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("Epoch 1/1000")));
    drop(server);
    let rest = std::thread::spawn(move || lines.for_each(drop));
    let output = child.wait_with_output().unwrap();
    rest.join().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("the device failed") && !error.contains("panicked"), "{error}");
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0, "files were left behind");
}
