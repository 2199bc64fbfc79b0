//! Interrupts programs by SIGINT, SIGTERM and SIGHUP, and resumes them.
#![cfg(unix)]

use std::{fs, io::BufRead, path::Path, process::Command, time::Duration};

use kindling_e2e::{Interruption, Program, json, results, signaled};

/// Waits until an epoch is printed.
fn epoch(number: usize) -> impl FnOnce(&mut dyn BufRead) {
    move |lines| {
        let start = format!("Epoch {number}/");
        assert!(lines.lines().map_while(Result::ok).any(|line| line.contains(&start)), "no epoch {number}");
    }
}

/// Returns whether child processes receive SIGHUP: under `nohup` it is ignored.
fn sighup_is_received() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 1 == 0)
}

const MNIST: &[&str] = &["--epochs", "6"];

#[test]
fn a_signal_saves_the_training_and_prints_the_command_to_continue() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    Program("ch02_mnist").run(&whole, MNIST);
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        if signal == "HUP" && !sighup_is_received() {
            eprintln!("skipped: SIGHUP is ignored in this process, as under nohup");
            continue;
        }
        let out = folder.path().join(signal);
        let interruption = Interruption { program: Program("ch02_mnist"), arguments: MNIST, signal };
        let (status, error) = interruption.run(&out, epoch(2));
        assert_eq!(status.code(), Some(code), "{error}");
        assert!(
            error.contains("interrupted; its state was saved to") && error.contains("--resume"),
            "{error}"
        );
        assert!(!out.join("result.json").exists());
        let printed = Program("ch02_mnist").run(&out, &[MNIST, &["--resume"]].concat());
        assert_eq!(printed.matches("Resumed from epoch ").count(), 1, "{printed}");
        assert!(results(&out) == results(&whole), "{signal}");
        let left: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().contains("unfinished")), "{left:?}");
    }
}

#[test]
fn a_program_under_nohup_survives_sighup() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, out) = (folder.path().join("whole"), folder.path().join("out"));
    Program("ch02_mnist").run(&whole, MNIST);
    let mut command = Command::new("nohup");
    command.arg(Program("ch02_mnist").path()).args(["--data", "bundled", "--out"]).arg(&out).args(MNIST);
    let (status, error) = signaled(&mut command, "HUP", epoch(1));
    assert!(status.success(), "{error}");
    assert!(results(&out) == results(&whole));
}

#[test]
fn finished_folds_are_not_trained_again() {
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
        println!("skipped: the program finished before the signal");
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
fn resuming_with_other_options_is_refused() {
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
        (["--batch-size", "64"], "batch_size is 64 in this run and 128"),
        (["--seed", "1"], "seed is 1 in this run and 0"),
        (["--learning-rate", "0.01"], "learning_rate is 0.01 in this run and 0.001"),
    ] {
        let error = refused(&[&["--epochs", "2"][..], &other].concat());
        assert!(error.contains(difference) && !error.contains("panicked"), "{error}");
    }
    // The existing results are kept.
    assert!(out.path().join("result.json").exists());
    // With more epochs, the training continues after the last one.
    let printed = Program("ch02_mnist").run(out.path(), &["--epochs", "2", "--resume"]);
    assert!(printed.contains("Epoch 2/2") && !printed.contains("Epoch 1/2"), "{printed}");
}

#[test]
fn a_failed_run_keeps_the_results_of_the_previous_run() {
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

/// Returns the sorted file names in a run directory.
fn names(out: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_interrupted_second_run_can_be_resumed_and_the_checkpoints_of_the_first_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let other = &["--epochs", "6", "--seed", "1"];
    let interrupted = |arguments| Interruption { program: Program("ch02_mnist"), arguments, signal: "INT" };
    let (status, _) = interrupted(MNIST).run(&out, epoch(4));
    assert_eq!(status.code(), Some(130));
    let (status, error) = interrupted(other).run(&out, epoch(1));
    assert_eq!(status.code(), Some(130));
    assert!(error.contains("checkpoints of an earlier run were moved to"), "{error}");
    assert_eq!(fs::read_dir(out.join("checkpoints-before/model")).unwrap().count(), 1);
    Program("ch02_mnist").run(&out, &[other, &["--resume"][..]].concat());
    let whole = folder.path().join("whole");
    Program("ch02_mnist").run(&whole, other);
    assert!(results(&out) == results(&whole));
    // A complete run leaves its results and the moved checkpoints.
    let left: Vec<String> = names(&out).into_iter().filter(|name| !whole.join(name).exists()).collect();
    assert_eq!(left, ["checkpoints-before"]);
}

#[test]
fn a_damaged_checkpoint_is_an_error_that_names_the_previous_one() {
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
fn after_a_signal_in_the_last_epoch_the_results_are_complete() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, out) = (folder.path().join("whole"), folder.path().join("out"));
    let arguments = &["--epochs", "2"];
    Program("ch02_mnist").run(&whole, arguments);
    let interruption = Interruption { program: Program("ch02_mnist"), arguments, signal: "INT" };
    let (status, error) = interruption.run(&out, epoch(2));
    // The signal may arrive before the training ends: then it must be resumable.
    if status.code() == Some(130) {
        assert!(error.contains("To continue"), "{error}");
        Program("ch02_mnist").run(&out, &[arguments, &["--resume"][..]].concat());
    } else {
        assert!(status.success(), "{error}");
    }
    assert!(results(&out) == results(&whole));
}

#[test]
fn concurrent_runs_in_one_directory_do_not_mix_files() {
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
    assert!(results(&out) == results(&alone), "the files are from different runs");
    assert!(names(&out).iter().all(|name| !name.starts_with("unfinished")), "{:?}", names(&out));
}
