//! Few open files, small files, few threads, little memory.

use std::{
    fs,
    path::{Path, PathBuf},
};

use kindling_e2e::{End, Program, contents};

use crate::{check_whole, table, tree, unprivileged, writable};

const MNIST: &[&str] = &["--data", "bundled", "--epochs", "1", "--checkpoint-every", "1"];
const BOSTON: &[&str] = &["--data", "bundled", "--epochs", "1", "--batch-size", "16", "--jobs", "4"];

/// Runs a program in a shell with a limit, and checks what it leaves behind.
fn limited(program: Program, limit: &str, arguments: &[&str], out: &Path) -> End {
    let end = End::of(program.limited(limit).args(arguments).arg("--out").arg(out));
    check_whole(out, end.code);
    end
}

#[test]
fn few_open_files() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.csv");
    table(&data);
    let csv = [data.to_str().unwrap(), "--target", "y", "--max-epochs", "2"];
    let record = [MNIST, &["--record"]].concat();
    let mut failures = 0;
    for (name, arguments) in [("ch02_mnist", record.as_slice()), ("ch03_boston", BOSTON), ("train_csv", &csv)]
    {
        for files in [4, 6, 8, 16, 64] {
            let out = folder.path().join(format!("{name}-{files}"));
            let end = limited(Program(name), &format!("-n {files}"), arguments, &out);
            if end.code == 1 {
                failures += 1;
                let error = &end.error;
                // The file that is read again for the receipt is named without the remedy.
                let remedy = error.contains("(ulimit -n)") || error.contains("cannot read ");
                assert!(error.contains("Too many open files") && remedy, "{error}");
                assert!(!error.contains("delete"), "{error}");
            }
            assert!(end.code == 0 || files < 16, "{name} with {files} files: {}", end.error);
        }
    }
    assert!(failures > 0, "four files were enough");
    // The file of a search that cannot be opened now is not to be deleted.
    let out = folder.path().join("search");
    let search = ["--data", "bundled", "--dataset", "boston_housing", "--epochs", "1", "--trials", "2"];
    let end = limited(Program("ch04_workflow"), "-n 4", &search, &out);
    assert!(end.code == 1 && !end.error.contains("delete"), "{}", end.error);
}

#[test]
fn files_that_grow_too_large() {
    let folder = tempfile::tempdir().unwrap();
    for blocks in [0, 8, 2000] {
        let out = folder.path().join(blocks.to_string());
        let end = limited(Program("ch02_mnist"), &format!("-f {blocks}"), MNIST, &out);
        let error = &end.error;
        assert!(end.code == 1 && error.contains("File too large"), "{blocks}: {error}");
        assert!(error.contains(&out.display().to_string()) && error.contains("(ulimit -f)"), "{error}");
    }
}

#[test]
fn few_threads() {
    let Some(setpriv) = unprivileged(2) else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.csv");
    table(&data);
    let csv = [data.to_str().unwrap(), "--target", "y", "--max-epochs", "2"];
    let mut ends = Vec::new();
    for (name, arguments) in [("ch02_mnist", MNIST), ("ch03_boston", BOSTON), ("train_csv", &csv)] {
        let run = |threads: u32| {
            let parent = folder.path().join(name);
            writable(&parent);
            let out = parent.join(threads.to_string());
            let limit = format!("--nproc={threads}");
            let starter = [vec!["prlimit".to_owned(), limit], setpriv.clone()].concat();
            let mut program = Program(name).started_by(&starter);
            program.env("RAYON_NUM_THREADS", "4");
            let end = End::of(program.args(arguments).arg("--out").arg(&out));
            check_whole(&out, end.code);
            (end, out)
        };
        let (_, whole) = run(1000);
        for threads in [1, 2, 3, 5, 6] {
            let (end, out) = run(threads);
            ends.push(end.code);
            match end.code {
                0 => assert!(contents(&out) == contents(&whole), "{name} on {threads} threads"),
                _ => assert!(
                    end.error.contains("cannot start a thread: allow more processes"),
                    "{}",
                    end.error
                ),
            }
        }
    }
    assert!(ends.contains(&0) && ends.contains(&1), "{ends:?}");
}

/// Rust ends a program that gets no memory, with a message, and a library that it uses panics. What it has written is then what a
/// killed program leaves.
#[test]
fn little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let run = |out: &Path, limit: &str| {
        let mut command = Program("ch02_mnist").limited(limit);
        command.args(MNIST).args(["--resume", "--out"]).arg(out).output().unwrap()
    };
    let whole = folder.path().join("whole");
    assert!(run(&whole, "-v unlimited").status.success());
    for mebibytes in [60, 100, 200, 400] {
        let out: PathBuf = folder.path().join(mebibytes.to_string());
        let output = run(&out, &format!("-v {}", mebibytes << 10));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            let words = ["memory allocation of ", "MemError", "cannot start a thread: "];
            assert!(words.iter().any(|words| error.contains(words)), "{error}");
            assert!(!out.join("result.json").exists());
        }
        assert!(run(&out, "-v unlimited").status.success());
        assert!(contents(&out) == contents(&whole), "{mebibytes} MiB: {:?}", tree(&out));
    }
    assert!(fs::exists(whole.join("model.keras")).unwrap());
}
