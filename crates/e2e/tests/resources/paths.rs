//! Paths that are no UTF-8, or that a shell would read otherwise.

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::BufRead,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
    process::Command,
};

use kindling_e2e::{End, Program, contents, results, signaled};
use tempfile::TempDir;

use crate::table;

const NAMES: [&[u8]; 4] =
    [b"no \xff text", b"it's \"two\n-lines\" $(exit 3) `exit 4` \\ *", b"-dash", "  ß é 数 ".as_bytes()];

/// Starts a program in a directory, so that names may begin with a dash.
fn within(folder: &TempDir, program: &'static str) -> assert_cmd::Command {
    let mut command = Program(program).command();
    command.current_dir(folder.path());
    command
}

/// An option with a path.
fn option(name: &str, path: &OsStr) -> OsString {
    OsString::from_vec([name.as_bytes(), b"=", path.as_bytes()].concat())
}

#[test]
fn recorded_runs_are_verified_and_replayed() {
    for name in NAMES.map(OsStr::from_bytes) {
        let folder = tempfile::tempdir().unwrap();
        let mut train = within(&folder, "ch02_mnist");
        let printed = End::success(
            train.args(["--data", "bundled", "--epochs", "2", "--record"]).arg(option("--out", name)),
        );
        assert!(printed.contains("Test loss: "), "{printed}");
        let before = contents(&folder.path().join(name));
        let printed = End::success(within(&folder, "verify").arg("--").arg(name));
        assert!(printed.ends_with("verified\n"), "{printed}");
        let printed = End::success(within(&folder, "replay").args(["--step", "3", "--"]).arg(name));
        assert!(printed.starts_with("Step 3: epoch 1, step 4 of 94"), "{printed}");
        assert!(contents(&folder.path().join(name)) == before, "a replay writes nothing");
    }
}

#[test]
fn tables_models_and_predictions() {
    for name in NAMES.map(OsStr::from_bytes) {
        let folder = tempfile::tempdir().unwrap();
        let csv = OsString::from_vec([name.as_bytes(), b".csv"].concat());
        table(&folder.path().join(&csv));
        let mut train = within(&folder, "train_csv");
        train.args(["--target", "y", "--max-epochs", "3"]).arg(option("--out", name)).arg("--").arg(&csv);
        End::success(&mut train);
        let mut predict = within(&folder, "predict");
        let predictions = OsString::from_vec([name.as_bytes(), b"-predicted.csv"].concat());
        predict.arg(option("--model", name)).arg(option("--out", &predictions)).arg("--").arg(&csv);
        End::success(&mut predict);
        let text = fs::read_to_string(folder.path().join(predictions)).unwrap();
        assert!(text.starts_with("file,row,y\n"), "{text}");
        let printed = End::success(within(&folder, "compare").arg("--").arg(name).arg(name));
        assert!(printed.ends_with("The models are the same\n"), "{printed}");
    }
}

/// The line `To continue: ...`, pasted into a shell, continues the same run.
#[test]
fn the_printed_command_continues() {
    if Command::new("bash").arg("--version").output().is_err() {
        eprintln!("skipped: there is no bash");
        return;
    }
    let arguments = ["--data", "bundled", "--epochs", "5"];
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    Program("ch02_mnist").run(&whole, &arguments[2..]);
    for name in NAMES.map(OsStr::from_bytes) {
        let mut command = Command::new(Program("ch02_mnist").path());
        command.args(arguments).arg(option("--out", name)).current_dir(folder.path());
        // A variable that belongs to the command.
        command.env("KINDLING_DATA_DIR", name);
        let (status, error) = signaled(&mut command, "INT", |lines| {
            assert!(lines.lines().map_while(Result::ok).any(|line| line.starts_with("Epoch 1/")));
        });
        assert_eq!(status.code(), Some(130), "{error}");
        let (_, line) = error.split_once("To continue: ").unwrap();
        let mut bash = assert_cmd::Command::new("bash");
        let printed = End::success(bash.args(["-c", line]).current_dir(folder.path()));
        assert!(printed.contains("Resumed from epoch "), "{printed}");
        assert!(results(&folder.path().join(name)) == results(&whole), "{line}");
    }
}

#[test]
fn directories_and_variables_that_are_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join(OsStr::from_bytes(NAMES[0]));
    fs::create_dir(&odd).unwrap();
    let out: PathBuf = folder.path().join("out");
    let run = |arguments: &[&OsStr], variable: &str| {
        let mut command = Program("ch03_boston").command();
        End::of(command.args(["--epochs", "1", "--out"]).arg(&out).args(arguments).env(variable, &odd))
    };
    let named = odd.display().to_string();
    let data_dir = ["--data-dir".as_ref(), odd.as_os_str()];
    for end in [run(&data_dir, "UNUSED"), run(&[], "KINDLING_DATA_DIR"), run(&[], "KINDLING_BACKEND")] {
        assert!(end.code == 1 && end.error.contains(&named), "{}", end.error);
    }
    // The data set is not there, and cannot be downloaded.
    for variable in ["KINDLING_CACHE_DIR", "KINDLING_MIRROR", "RAYON_NUM_THREADS"] {
        let end = run(&[], variable);
        assert_eq!(end.code, 0, "{variable}: {}", end.error);
        assert!(end.printed.contains("boston_housing from bundled"), "{}", end.printed);
    }
    assert_eq!(fs::read_dir(&odd).unwrap().count(), 0);
    assert!(Path::new(&out).join("result.json").exists());
}
