//! Recorded runs are verified, and forged ones are found out.

use std::{fs, path::Path};

use kindling_e2e::{Program, json};
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

/// Copies a run, changes it, and makes the receipt agree with the changed file.
fn forged(run: &Path, folder: &Path, name: &str, change: impl FnOnce(&Path)) -> String {
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
        assert!(error.contains(&format!("{name} is not the file that the run has written")), "{error}");
        receipt["files"][name] = hash;
        fs::write(copy.join("receipt.json"), receipt.to_string()).unwrap();
        return verify(&copy, &[]).unwrap_err();
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
    assert!(verify(&run, &[]).unwrap().ends_with("verified\n"));
    let printed = verify(&run, &["--all"]).unwrap();
    assert!(
        ["Epoch 1: repeated", "Epoch 2:", "Epoch 3:"].iter().all(|line| printed.contains(line)),
        "{printed}"
    );

    let error = forged(&run, folder.path(), "history.json", |path| {
        let mut history = json(path);
        history["val_accuracy"][2] = json!(0.999);
        fs::write(path, history.to_string()).unwrap();
    });
    assert!(error.contains("history.json: val_accuracy is"), "{error}");

    let other = folder.path().join("other");
    Program("ch02_mnist").run(&other, &[RECORDED, &["--seed", "1"]].concat());
    for (name, expected) in [
        ("model.keras", "is not that of the last key frame"),
        ("model.safetensors", "is not in the last key frame"),
        ("recording/checkpoint-0002-0000000.keras", "of another training"),
    ] {
        let error = forged(&run, folder.path(), name, |path| {
            fs::copy(other.join(name), path).unwrap();
        });
        assert!(error.contains(expected), "{name}: {error}");
    }

    // A receipt of other results, with a chain that is whole, is contradicted by the training.
    let copy = folder.path().join("receipt");
    copy_all(&run, &copy);
    let mut receipt = json(&copy.join("receipt.json"));
    receipt["training"]["entries"][1]["weights"] = json!("0".repeat(64));
    fs::write(copy.join("receipt.json"), receipt.to_string()).unwrap();
    let error = verify(&copy, &[]).unwrap_err();
    assert!(error.contains("chain is broken at epoch 1"), "{error}");
}

#[test]
fn a_run_without_a_recording_says_what_it_lacks() {
    let run = tempfile::tempdir().unwrap();
    Program("ch02_mnist").run(run.path(), &["--epochs", "1"]);
    let error = verify(run.path(), &[]).unwrap_err();
    assert!(error.contains("receipt.json") && error.contains("--record"), "{error}");
}
