//! Tests the program `verify` with genuine and forged runs.

use std::{fs, path::Path};

use kindling_e2e::{Program, json, signaled};
use serde_json::{Value, json};

const RECORDED: &[&str] = &["--epochs", "3", "--record"];

fn verify(run: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Program("verify").command().arg(run).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    match output.status.code() {
        Some(0) => Ok(text(output.stdout)),
        Some(1) => Err(text(output.stderr)),
        other => panic!("{other:?}: {}", text(output.stderr)),
    }
}

/// Copies a run, changes the file `name`, updates its hash in the receipt, and returns the error of `verify`.
fn forged(run: &Path, folder: &Path, name: &str, arguments: &[&str], change: impl FnOnce(&Path)) -> String {
    let copy = folder.join(format!("forged-{name}"));
    copy_all(run, &copy);
    change(&copy.join(name));
    let error = verify(&copy, &[]).unwrap_err();
    let hash = {
        let output = kindling::data::files::sha256(fs::File::open(copy.join(name)).unwrap()).unwrap();
        Value::from(output)
    };
    let mut receipt = json(&copy.join("receipt.json"));
    if receipt["files"].get(name).is_some() {
        assert!(error.contains(&format!("{name} is not the file that the run wrote")), "{error}");
        receipt["files"][name] = hash;
        fs::write(copy.join("receipt.json"), receipt.to_string()).unwrap();
        return verify(&copy, arguments).unwrap_err();
    }
    error
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.path().is_dir() {
            true => copy_all(&entry.path(), &to.join(entry.file_name())),
            false => {
                fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
    }
}

#[test]
fn a_recorded_run_is_verified_and_a_forged_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    Program("ch02_mnist").run(&run, RECORDED);
    let entries = || fs::read_dir(&run).unwrap().count();
    let before = entries();
    let printed = verify(&run, &[]).unwrap();
    assert!(
        printed.contains("4 key frames match the receipt") && printed.ends_with("verified\n"),
        "{printed}"
    );
    assert_eq!(entries(), before, "files were left behind");
    let printed = verify(&run, &["--all"]).unwrap();
    assert!(printed.ends_with(
        "Repeated the whole run: all files are identical, except for times and memory usage\nverified\n"
    ));

    let error = forged(&run, folder.path(), "history.json", &[], |path| {
        let mut history = json(path);
        history["val_accuracy"][2] = json!(0.999);
        fs::write(path, history.to_string()).unwrap();
    });
    assert!(error.contains("history.json does not match the receipt"), "{error}");

    let better = |path: &Path| {
        let mut result = json(path);
        result["test_accuracy"] = json!(0.999);
        fs::write(path, result.to_string()).unwrap();
    };
    let error = forged(&run, folder.path(), "result.json", &["--all"], better);
    assert!(error.contains("result.json differs in the repeated run"), "{error}");

    let other = folder.path().join("other");
    Program("ch02_mnist").run(&other, &[RECORDED, &["--seed", "1"]].concat());
    for (name, expected) in [
        ("model.keras", "the weights of model.keras do not match the receipt"),
        ("model.safetensors", "do not match model.keras"),
        ("recording/checkpoint-0002-0000000.keras", "belongs to a training other than the receipt's"),
    ] {
        let error = forged(&run, folder.path(), name, &[], |path| {
            fs::copy(other.join(name), path).unwrap();
        });
        assert!(error.contains(expected), "{name}: {error}");
    }
}

/// Changes the receipt of a copied run.
fn with_receipt(run: &Path, copy: &Path, change: impl FnOnce(&mut Value)) {
    copy_all(run, copy);
    let mut receipt = json(&copy.join("receipt.json"));
    change(&mut receipt);
    fs::write(copy.join("receipt.json"), receipt.to_string()).unwrap();
}

/// Changes the entries of a copied run's receipt and recomputes its hash chain.
fn with_entries(run: &Path, copy: &Path, change: impl Fn(&mut Value)) {
    let hash = |texts: &[&str]| {
        let with_length = |text: &&str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
        let bytes: Vec<u8> = texts.iter().flat_map(with_length).collect();
        kindling::data::files::sha256(&*bytes).unwrap()
    };
    with_receipt(run, copy, |receipt| {
        let training = &mut receipt["training"];
        let mut chain = hash(&[training["version"].as_str().unwrap(), &training["identity"].to_string()]);
        for entry in training["entries"].as_array_mut().unwrap() {
            change(entry);
            let epochs = entry["epochs"].to_string();
            let text = |name| entry[name].as_str().unwrap();
            let parts = ["processor", "weights", "optimizer", "history"].map(text);
            chain = hash(&[&[chain.as_str(), &epochs][..], &parts].concat());
            entry["chain"] = json!(chain);
        }
    });
}

#[test]
fn a_forged_receipt_is_detected() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    Program("ch02_mnist").run(&run, &["--epochs", "2"]);
    assert!(verify(&run, &[]).unwrap().ends_with("verified\n"), "without a recording, too");

    let copy = folder.path().join("broken");
    with_receipt(&run, &copy, |receipt| {
        receipt["training"]["entries"][1]["weights"] = json!("0".repeat(64));
    });
    let error = verify(&copy, &[]).unwrap_err();
    assert!(error.contains("chain is broken at epoch 1"), "{error}");

    let copy = folder.path().join("whole");
    with_entries(&run, &copy, |entry| {
        if entry["epochs"] == 1 {
            entry["weights"] = json!("0".repeat(64));
        }
    });
    for arguments in [&[][..], &["--all"]] {
        let error = verify(&copy, arguments).unwrap_err();
        assert!(
            error.contains("the repeated training differs: ") && error.contains("the weights after epoch 1"),
            "{error}"
        );
    }

    // If the run was made on another kind of processor, results are compared with a tolerance.
    let copy = folder.path().join("elsewhere");
    let elsewhere = |entry: &mut Value| {
        entry["processor"] = json!("another");
        entry["weights"] = json!("0".repeat(64));
    };
    with_entries(&run, &copy, elsewhere);
    let error = verify(&copy, &[]).unwrap_err();
    assert!(error.contains("the weights of model.keras do not match"), "{error}");
    let copy = folder.path().join("near");
    with_entries(&run, &copy, |entry| entry["processor"] = json!("another"));
    for arguments in [&[][..], &["--all"]] {
        let printed = verify(&copy, arguments).unwrap();
        assert!(
            printed.contains("results are not bitwise identical") && printed.contains("within the tolerance"),
            "{printed}"
        );
    }
}

#[test]
fn a_receipt_cannot_name_another_program_or_omit_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    Program("ch02_mnist").run(&run, &["--epochs", "1"]);
    for (index, example) in ["/bin/true", "../ch02_mnist", "."].into_iter().enumerate() {
        let copy = folder.path().join(format!("program-{index}"));
        with_receipt(&run, &copy, |receipt| receipt["example"] = json!(example));
        let error = verify(&copy, &[]).unwrap_err();
        assert!(error.contains("is not a program name"), "{error}");
    }
    // A program that makes no receipts could write to a file of the directory's choice.
    let (copy, table) = (folder.path().join("writes"), folder.path().join("table.csv"));
    let rows: String = (0..60).map(|row| format!("{},{row}\n", row * 7 % 13)).collect();
    fs::write(&table, format!("x,y\n{rows}")).unwrap();
    let written = folder.path().join("written.toml");
    with_receipt(&run, &copy, |receipt| {
        receipt["example"] = json!("train_csv");
        receipt["arguments"] = json!([table, "--target", "y", "--write-config", written]);
    });
    let error = verify(&copy, &["--all"]).unwrap_err();
    assert!(error.contains("unexpected argument '--recorded-run'") && !written.exists(), "{error}");
    let copy = folder.path().join("help");
    with_receipt(&run, &copy, |receipt| receipt["arguments"] = json!(["--help"]));
    for arguments in [&[][..], &["--all"]] {
        let error = verify(&copy, arguments).unwrap_err();
        assert!(error.contains("the run's program did not repeat"), "{error}");
    }
    for (file, arguments) in [("result.json", &[][..]), ("confusion.svg", &["--all"])] {
        let copy = folder.path().join(file);
        with_receipt(&run, &copy, |receipt| {
            receipt["files"].as_object_mut().unwrap().remove(file).unwrap();
        });
        let error = verify(&copy, arguments).unwrap_err();
        assert!(error.contains(&format!("the receipt has no entry for {file}")), "{error}");
    }
}

#[test]
fn a_receipt_cannot_name_files_elsewhere_or_another_machine() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    Program("ch02_mnist").run(&run, &["--epochs", "1", "--record"]);
    for (index, name) in
        ["/etc/passwd", "../run/loss.svg", "recording/run.json", "loss.svg/", ".."].into_iter().enumerate()
    {
        let copy = folder.path().join(format!("file-{index}"));
        with_receipt(&run, &copy, |receipt| receipt["files"][name] = json!("0".repeat(64)));
        let error = verify(&copy, &[]).unwrap_err();
        assert!(error.contains(&format!("{name:?} is not a file name")), "{error}");
    }
    let remote = [
        json!(["--backend=remote:127.0.0.1:9"]),
        json!(["--backend", "remote:127.0.0.1:9"]),
        json!(["--devices", "flex,remote:127.0.0.1:9"]),
    ];
    for (index, arguments) in remote.into_iter().enumerate() {
        let copy = folder.path().join(format!("remote-{index}"));
        with_receipt(&run, &copy, |receipt| receipt["arguments"] = arguments);
        let command = copy.join("recording/run.json");
        fs::copy(copy.join("receipt.json"), command).unwrap();
        for (program, argument) in [("verify", "--all"), ("replay", "--page")] {
            let assert = Program(program).command().arg(&copy).arg(argument).assert().code(1);
            let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
            assert!(error.contains("device of another machine, remote:127.0.0.1:9: if you trust"), "{error}");
        }
    }
}

#[test]
#[cfg(unix)]
fn files_of_other_kinds_or_sizes_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    Program("ch02_mnist").run(&run, &["--epochs", "1"]);
    let copy = folder.path().join("pipe");
    copy_all(&run, &copy);
    for (name, error) in [("loss.svg", "not a regular file"), ("receipt.json", "not a regular file")] {
        fs::remove_file(copy.join(name)).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(copy.join(name)).status().unwrap().success());
        let found = verify(&copy, &[]).unwrap_err();
        assert!(found.contains(name) && found.contains(error), "{found}");
    }
    // A sparse file of 100 MiB.
    fs::File::options().write(true).open(run.join("receipt.json")).unwrap().set_len(100 << 20).unwrap();
    let error = verify(&run, &[]).unwrap_err();
    assert!(error.contains("receipt.json") && error.contains("larger than 65536 KiB"), "{error}");
}

#[test]
fn a_recording_of_another_run_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    Program("ch02_mnist").run(&run, &["--epochs", "2"]);
    let other = folder.path().join("other");
    Program("ch02_mnist").run(&other, &[RECORDED, &["--seed", "1"]].concat());
    copy_all(&other.join("recording"), &run.join("recording"));
    let printed = verify(&run, &[]).unwrap();
    assert!(printed.contains("The recording belongs to another run and is not used"), "{printed}");
    assert!(printed.ends_with("verified\n"), "{printed}");
    // A run that replaces a recorded run also removes its recording.
    Program("ch02_mnist").run(&other, &["--epochs", "1"]);
    assert!(!other.join("recording").exists());
    assert!(verify(&other, &[]).unwrap().ends_with("verified\n"));
}

#[test]
fn a_moved_run_is_verified_without_its_environment() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let data = kindling_e2e::root().join("crates/data/bundled/mnist");
    let mut command = Program("ch02_mnist").command();
    command.current_dir(data.parent().unwrap()).args(["--epochs", "1", "--data-dir", "mnist", "--out"]);
    command.arg(&run).assert().success();
    assert!(verify(&run, &[]).unwrap().ends_with("verified\n"));
    let moved = folder.path().join("moved");
    fs::rename(&run, &moved).unwrap();
    assert!(verify(&moved, &["--all"]).unwrap().ends_with("verified\n"));
}

#[test]
#[cfg(unix)]
fn after_a_signal_the_child_process_and_its_files_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (run, temporary) = (folder.path().join("run"), folder.path().join("temporary"));
    fs::create_dir(&temporary).unwrap();
    Program("ch02_mnist").run(&run, &["--epochs", "2"]);
    let is_empty = || fs::read_dir(&temporary).unwrap().next().is_none();
    let mut command = std::process::Command::new(Program("verify").path());
    command.arg(&run).arg("--all").env("TMPDIR", &temporary);
    let (status, _) = signaled(&mut command, "TERM", |_| {
        while is_empty() {
            std::thread::yield_now();
        }
    });
    assert_eq!(status.code(), Some(143));
    assert!(is_empty(), "files were left behind");

    // The second of several repetitions.
    let copy = folder.path().join("elsewhere");
    with_entries(&run, &copy, |entry| entry["processor"] = json!("another"));
    let names =
        || -> Vec<_> { fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().file_name()).collect() };
    let mut command = std::process::Command::new(Program("verify").path());
    command.arg(&copy).arg("--all").env("TMPDIR", &temporary);
    let (status, _) = signaled(&mut command, "TERM", |_| {
        let first = loop {
            match names().pop() {
                Some(name) => break name,
                None => std::thread::yield_now(),
            }
        };
        while names().iter().all(|name| *name == first) {
            std::thread::yield_now();
        }
    });
    assert_eq!(status.code(), Some(143));
    assert!(is_empty(), "files were left behind");
}

#[test]
fn a_directory_without_a_receipt_is_an_error() {
    let run = tempfile::tempdir().unwrap();
    let error = verify(run.path(), &[]).unwrap_err();
    assert!(error.contains("receipt.json") && error.contains("trained one network"), "{error}");
}
