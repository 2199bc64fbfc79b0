//! Trains on a remote device through the loopback interface.
#![cfg(feature = "remote-server")]

use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

use kindling_e2e::{Program, Server, json};

/// With `ndarray`, both sides run the same operations. `flex` has custom kernels only locally, which round differently.
#[cfg(feature = "ndarray")]
#[test]
fn losses_equal_those_of_local_training() {
    let server = Server::start("ndarray");
    let history = |backend: &str| {
        let out = tempfile::tempdir().unwrap();
        Program("ch02_mnist").run(out.path(), &["--backend", backend, "--epochs", "2", "--quiet"]);
        json(&out.path().join("history.json"))
    };
    let (here, there) = (history("ndarray"), history(&server.backend()));
    for name in ["loss", "accuracy", "val_loss", "val_accuracy"] {
        for epoch in 0..2 {
            let figure = |history: &serde_json::Value| history[name][epoch].as_f64().unwrap();
            let apart = (figure(&here) - figure(&there)).abs();
            assert!(apart <= 1e-5, "{name} {epoch}: {apart:e}");
        }
    }
}

#[test]
fn the_devices_to_serve_are_listed() {
    let assert = Program("serve_device").command().args(["--backend", "list"]).assert().success();
    assert!(String::from_utf8_lossy(&assert.get_output().stdout).contains("flex"));
    let assert = Program("serve_device").command().args(["--backend", "abacus"]).assert().code(1);
    assert!(String::from_utf8_lossy(&assert.get_output().stderr).contains("--backend list"));
}

#[test]
fn an_unreachable_machine_is_named() {
    let out = tempfile::tempdir().unwrap();
    // Nothing listens on port 9 (discard).
    let error = Program("ch02_mnist").fail(out.path(), &["--backend", "remote:127.0.0.1:9"]);
    assert!(error.contains("no device at 127.0.0.1:9") && error.contains("serve_device"), "{error}");
}

#[test]
fn a_lost_connection_is_an_error_and_the_checkpoint_is_kept() {
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

    // The checkpoint of the first epoch is complete.
    let weights = Weights::read(&path).unwrap();
    let here = backend::device("flex").unwrap();
    let mut model = compile(1, &here);
    model.set_weights(&weights).unwrap();
    let accuracy = model.evaluate(&train).unwrap().require("accuracy").unwrap();
    assert!(accuracy > 0.85, "{accuracy}");
}

#[test]
fn a_program_reports_a_lost_connection() {
    let server = Server::start("flex");
    let out = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(Program("ch02_mnist").path());
    command
        .args(["--data", "bundled", "--epochs", "1000", "--backend", &server.backend(), "--out"])
        .arg(out.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The server is killed during a later epoch.
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

/// Loses one of several machines.
mod several {
    use std::sync::Mutex;

    use kindling::{
        experiments::{Devices, Search, SearchPlan, SearchSpace, Trial},
        losses::SparseCategoricalCrossentropy,
        metrics::{Accuracy, Best},
        networks,
        optimizers::RmsProp,
        prelude::*,
    };

    use super::*;

    /// Stops the server during the first training that uses it.
    struct Kill<'a>(&'a Mutex<Option<Server>>);

    impl Callback for Kill<'_> {
        fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
            if training.step == 3 {
                *self.0.lock().unwrap() = None;
            }
            Ok(())
        }
    }

    /// Searches on the named devices; the server `killed` stops during the search.
    fn search(names: &[String], killed: Option<Server>) -> Result<Vec<Trial<usize>>, TrainError> {
        let mnist = mnist::load(&DataOptions::default().choice(DataChoice::Bundled)).unwrap();
        let train = mnist.train.reshape(784).unwrap().slice(0..1200);
        let folder = tempfile::tempdir().unwrap();
        let plan = SearchPlan::grid(SearchSpace::new().choice("units", [4_usize, 8, 16, 32, 64, 128]));
        let search = Search::<serde_json::Value>::open(plan, folder.path().join("search.json")).unwrap();
        let devices = Devices::new(names.iter().map(|name| (name, backend::device(name).unwrap()))).jobs(2);
        let (target, killed) = (killed.as_ref().map(Server::backend), Mutex::new(killed));
        let target = target.map(|name| backend::device(&name).unwrap());
        let trials = search.run(&devices, |settings, device| {
            let units = settings["units"].as_u64().unwrap() as usize;
            let network = networks::mnist(units);
            let compiling = network.compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy]);
            let mut model = compiling.on(device)?;
            let options = FitOptions::new().epochs(2).batch_size(64);
            let history = match target.as_ref() == Some(device) {
                true => model.fit_with(&train, &options, &mut [&mut Kill(&killed)])?,
                false => model.fit(&train, &options)?,
            };
            Ok(history.best("loss"))
        })?;
        let units = |settings: &serde_json::Value| settings["units"].as_u64().unwrap() as usize;
        Ok(trials
            .iter()
            .map(|trial| Trial { settings: units(&trial.settings), score: trial.score })
            .collect())
    }

    #[test]
    fn unfinished_trials_of_a_lost_machine_are_trained_on_the_others() {
        let [stays, dies] = [Server::start("flex"), Server::start("flex")];
        let names = [dies.backend(), stays.backend()];
        let trials = search(&names, Some(dies)).unwrap();
        // The results equal those of training everything on the remaining machine.
        let alone = search(&names[1..], None).unwrap();
        assert_eq!(trials, alone);
        assert!(
            trials.iter().all(|trial| matches!(trial.score, Some(Best { value, .. }) if value.is_finite()))
        );
    }

    #[test]
    fn if_no_machine_is_left_the_error_names_all() {
        let server = Server::start("flex");
        let name = server.backend();
        let error = search(std::slice::from_ref(&name), Some(server)).unwrap_err().to_string();
        assert!(error.contains("all devices failed") && error.contains(&name), "{error}");
    }

    #[test]
    fn a_program_continues_without_a_lost_machine() {
        let [stays, dies] = [Server::start("flex"), Server::start("flex")];
        let out = tempfile::tempdir().unwrap();
        let devices = format!("{},{}", dies.backend(), stays.backend());
        let mut command = std::process::Command::new(Program("ch04_workflow").path());
        command.args([
            "--data",
            "bundled",
            "--dataset",
            "reuters",
            "--epochs",
            "5",
            "--trials",
            "6",
            "--devices",
        ]);
        command.args([&devices, "--out"]).arg(out.path());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().ends_with(". Regularized and tuned")));
        drop(dies);
        let rest = std::thread::spawn(move || lines.for_each(drop));
        let output = child.wait_with_output().unwrap();
        rest.join().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && !error.contains("panicked"), "{error}");
        let result = json(&out.path().join("result.json"));
        let trials = result["trials"].as_array().unwrap();
        assert!(trials.len() == 6 && trials.iter().all(|trial| trial["score"]["value"].is_f64()), "{result}");
    }

    #[test]
    fn folds_are_spread_over_machines() {
        let servers = [Server::start("flex"), Server::start("flex")];
        let fold_mae = |devices: &str| {
            let out = tempfile::tempdir().unwrap();
            Program("ch03_boston")
                .run(out.path(), &["--devices", devices, "--epochs", "2", "--batch-size", "16"]);
            json(&out.path().join("result.json"))["fold_mae"].clone()
        };
        let [one, two] = servers.each_ref().map(Server::backend);
        assert_eq!(fold_mae(&format!("{one},{two}")), fold_mae(&one));
    }
}
