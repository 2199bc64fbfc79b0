//! Programs that are interrupted by Ctrl-C, SIGTERM, or at any moment by SIGKILL, and resumed.
#![cfg(unix)]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use kindling_e2e::{Program, json};

/// Runs a program on bundled data, sends it a signal once it has printed `lines` lines or after a time, and returns its exit
/// status and standard error.
struct Interruption<'a> {
    program: Program,
    arguments: &'a [&'a str],
    signal: &'a str,
}

impl Interruption<'_> {
    fn run(&self, out: &Path, wait: impl FnOnce(&mut dyn BufRead)) -> (ExitStatus, String) {
        let mut child = Command::new(self.program.path())
            .args(["--data", "bundled", "--out"])
            .arg(out)
            .args(self.arguments)
            .env("KINDLING_CACHE_DIR", "/nonexistent")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        wait(&mut lines);
        let id = child.id().to_string();
        // The program may have ended already.
        let _ = Command::new("kill").args(["-s", self.signal, &id]).stderr(Stdio::null()).status();
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        let output = child.wait_with_output().unwrap();
        (output.status, String::from_utf8(output.stderr).unwrap())
    }
}

/// Waits for the line of an epoch.
fn epoch(number: usize) -> impl FnOnce(&mut dyn BufRead) {
    move |lines| {
        let start = format!("Epoch {number}/");
        assert!(lines.lines().map_while(Result::ok).any(|line| line.contains(&start)), "no epoch {number}");
    }
}

/// The results that must be the same, but for times.
fn results(out: &Path) -> Vec<Vec<u8>> {
    let files = ["history.json", "history.csv", "model.safetensors", "model.keras"];
    files.iter().map(|name| fs::read(out.join(name)).unwrap()).collect()
}

const MNIST: &[&str] = &["--epochs", "6"];

#[test]
fn a_signal_saves_the_training_and_says_how_to_continue() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    Program("ch02_mnist").run(&whole, MNIST);
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let out = folder.path().join(signal);
        let interruption = Interruption { program: Program("ch02_mnist"), arguments: MNIST, signal };
        let (status, error) = interruption.run(&out, epoch(2));
        assert_eq!(status.code(), Some(code), "{error}");
        assert!(error.contains("interrupted; its state is in") && error.contains("--resume"), "{error}");
        assert!(!out.join("result.json").exists());
        Program("ch02_mnist").run(&out, &[MNIST, &["--resume"]].concat());
        assert!(results(&out) == results(&whole), "{signal}");
        let left: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().contains("unfinished")), "{left:?}");
    }
}

#[test]
fn folds_that_were_finished_are_not_trained_again() {
    let arguments = &["--epochs", "4", "--batch-size", "4", "--jobs", "1", "--checkpoint-every", "1"];
    let folder = tempfile::tempdir().unwrap();
    let (whole, out) = (folder.path().join("whole"), folder.path().join("out"));
    Program("ch03_boston").run(&whole, arguments);
    let interruption = Interruption { program: Program("ch03_boston"), arguments, signal: "INT" };
    let second = out.join("checkpoints/fold-2");
    let (status, error) = interruption.run(&out, |_| {
        while !second.exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    if status.success() {
        println!("skipped: the folds were finished before the signal");
        return;
    }
    assert_eq!(status.code(), Some(130), "{error}");
    let first = out.join("checkpoints/fold-1/checkpoint-0004-0000000.keras");
    let before = fs::metadata(&first).unwrap().modified().unwrap();
    Program("ch03_boston").run(&out, &[arguments, &["--resume"][..]].concat());
    assert_eq!(fs::metadata(&first).unwrap().modified().unwrap(), before);
    assert!(results(&out) == results(&whole));
    for figure in ["fold_mae", "mean_mae", "test_mae"] {
        assert_eq!(json(&out.join("result.json"))[figure], json(&whole.join("result.json"))[figure]);
    }
}

#[test]
fn kills_at_any_moment_lose_nothing() {
    let arguments = &["--epochs", "3", "--batch-size", "64", "--checkpoint-every", "7s"];
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    Program("ch02_mnist").run(&whole, arguments);
    let out = folder.path().join("out");
    let resumed = [arguments, &["--resume"][..]].concat();
    for kill in 0..8_u64 {
        let interruption =
            Interruption { program: Program("ch02_mnist"), arguments: &resumed, signal: "KILL" };
        interruption.run(&out, |_| std::thread::sleep(Duration::from_millis(60 + 37 * kill)));
    }
    Program("ch02_mnist").run(&out, &resumed);
    assert!(results(&out) == results(&whole));
}

#[test]
fn a_run_with_other_options_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let arguments = ["--epochs", "1", "--checkpoint-every", "1"];
    Program("ch02_mnist").run(out.path(), &arguments);
    let refused = |arguments: &[&str]| {
        let mut command = Program("ch02_mnist").command();
        command.args(["--data", "bundled", "--resume", "--out"]).arg(out.path()).args(arguments);
        let assert = command.assert().failure().code(1);
        String::from_utf8(assert.get_output().stderr.clone()).unwrap()
    };
    for (other, difference) in [
        (["--batch-size", "64"], "batch_size is 64 in this run, and 128"),
        (["--seed", "1"], "seed is 1 in this run, and 0"),
        (["--learning-rate", "0.01"], "learning_rate is 0.01 in this run, and 0.001"),
    ] {
        let error = refused(&[&["--epochs", "2"][..], &other].concat());
        assert!(error.contains(difference) && !error.contains("panicked"), "{error}");
    }
    // What was there is still there.
    assert!(out.path().join("result.json").exists());
    // More epochs go on from the last one.
    let printed = Program("ch02_mnist").run(out.path(), &["--epochs", "2", "--resume"]);
    assert!(printed.contains("Epoch 2/2") && !printed.contains("Epoch 1/2"), "{printed}");
}

#[test]
fn a_run_that_fails_leaves_the_results_of_the_run_before() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    Program("ch02_mnist").run(&out, &["--epochs", "1"]);
    let before = results(&out);
    let mut command = Program("ch02_mnist").command();
    command
        .args(["--data", "bundled", "--epochs", "2", "--quiet", "--learning-rate", "1e30", "--out"])
        .arg(&out);
    let assert = command.assert().failure().code(1);
    let error = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(!error.contains("panicked"), "{error}");
    assert!(results(&out) == before);
}

/// Returns the names in a run's directory.
fn names(out: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_second_run_that_is_interrupted_can_be_resumed_and_the_first_ones_states_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let other = &["--epochs", "6", "--seed", "1"];
    let interrupted = |arguments| Interruption { program: Program("ch02_mnist"), arguments, signal: "INT" };
    let (status, _) = interrupted(MNIST).run(&out, epoch(4));
    assert_eq!(status.code(), Some(130));
    let (status, error) = interrupted(other).run(&out, epoch(1));
    assert_eq!(status.code(), Some(130));
    assert!(error.contains("states of an earlier run were moved to"), "{error}");
    assert_eq!(fs::read_dir(out.join("checkpoints-before/model")).unwrap().count(), 1);
    Program("ch02_mnist").run(&out, &[other, &["--resume"][..]].concat());
    let whole = folder.path().join("whole");
    Program("ch02_mnist").run(&whole, other);
    assert!(results(&out) == results(&whole));
    // A run that is complete leaves its results, and what was moved.
    let left: Vec<String> = names(&out).into_iter().filter(|name| !whole.join(name).exists()).collect();
    assert_eq!(left, ["checkpoints-before"]);
}

#[test]
fn of_a_damaged_state_the_one_before_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let arguments = &["--epochs", "3", "--checkpoint-every", "1"];
    Program("ch02_mnist").run(&out, arguments);
    let states = out.join("checkpoints/model");
    assert_eq!(names(&states), ["checkpoint-0002-0000000.keras", "checkpoint-0003-0000000.keras"]);
    fs::write(states.join("checkpoint-0003-0000000.keras"), "").unwrap();
    let mut command = Program("ch02_mnist").command();
    command.args(["--data", "bundled", "--resume", "--out"]).arg(&out).args(arguments);
    let assert = command.assert().failure().code(1);
    let error = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    let older = "delete it to resume from ";
    assert!(error.contains(older) && error.contains("checkpoint-0002-0000000.keras"), "{error}");
}

#[test]
fn a_signal_after_the_last_epoch_lets_the_results_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, out) = (folder.path().join("whole"), folder.path().join("out"));
    let arguments = &["--epochs", "2"];
    Program("ch02_mnist").run(&whole, arguments);
    let interruption = Interruption { program: Program("ch02_mnist"), arguments, signal: "INT" };
    let (status, error) = interruption.run(&out, epoch(2));
    // The signal may come before the training has noticed that it is complete.
    if status.code() == Some(130) {
        assert!(error.contains("To continue"), "{error}");
        Program("ch02_mnist").run(&out, &[arguments, &["--resume"][..]].concat());
    } else {
        assert!(status.success(), "{error}");
    }
    assert!(results(&out) == results(&whole));
}

#[test]
fn runs_with_one_directory_do_not_share_states() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    std::thread::scope(|scope| {
        for seed in 0..6 {
            let out = &out;
            scope.spawn(move || {
                let seed = seed.to_string();
                Program("ch02_mnist")
                    .run(out, &["--epochs", "1", "--seed", &seed, "--checkpoint-every", "20s"]);
            });
        }
    });
    let seed = json(&out.join("result.json"))["seed"].to_string();
    let alone = folder.path().join("alone");
    Program("ch02_mnist").run(&alone, &["--epochs", "1", "--seed", &seed]);
    assert!(results(&out) == results(&alone), "the files are of one run");
    assert!(names(&out).iter().all(|name| !name.starts_with("unfinished")), "{:?}", names(&out));
}
