//! Unusual environments: no home directory, no terminal, unknown locales, read-only or deleted directories.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use kindling_e2e::{End, Program, contents, full_data};

use crate::{table, tree, unprivileged, writable};

const MNIST: &[&str] = &["--data", "bundled", "--epochs", "1"];

#[test]
fn results_do_not_depend_on_terminal_locale_or_home() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    Program("ch02_mnist").run(&whole, &MNIST[2..]);
    for (index, variables) in [
        &["TERM=dumb", "LC_ALL=C"][..],
        &["TERM=", "LC_ALL=tr_TR.UTF-8", "COLUMNS=0", "LINES=-1"],
        &["TERM=none", "LANG=%%", "LC_ALL=POSIX", "COLUMNS=many"],
        &["-u", "TERM", "-u", "HOME", "-u", "XDG_CACHE_HOME", "-u", "LANG", "-u", "PATH"],
        &["HOME=/nonexistent", "XDG_CACHE_HOME=relative", "TMPDIR=/nonexistent"],
        &["HOME=relative", "RUST_LOG=trace", "CLICOLOR_FORCE=1"],
    ]
    .into_iter()
    .enumerate()
    {
        let out = folder.path().join(index.to_string());
        let mut command = Program("ch02_mnist").started_by(&[&["env"][..], variables].concat());
        End::success(command.current_dir(folder.path()).args(MNIST).arg("--out").arg(&out));
        assert!(contents(&out) == contents(&whole), "{variables:?}");
    }
    assert!(!folder.path().join("relative").exists());
}

#[test]
fn a_deleted_current_directory() {
    let folder = tempfile::tempdir().unwrap();
    let (out, data, gone) =
        (folder.path().join("out"), folder.path().join("data.csv"), folder.path().join("gone"));
    table(&data);
    let in_a_gone_directory = |program: &'static str| {
        fs::create_dir(&gone).unwrap();
        let shell = format!("cd '{0}' && rmdir '{0}' && exec \"$0\" \"$@\"", gone.display());
        Program(program).started_by(&["sh", "-c", &shell])
    };
    // The default output directory is relative.
    let words = ["cannot write to target/kindling/ch02_mnist: choose another directory with --out"];
    End::failure(in_a_gone_directory("ch02_mnist").args(MNIST), &words);
    End::success(in_a_gone_directory("ch02_mnist").args(MNIST).arg("--record").arg("--out").arg(&out));
    End::success(in_a_gone_directory("verify").arg(&out));
    End::success(in_a_gone_directory("replay").args(["--step", "2"]).arg(&out));
    End::success(in_a_gone_directory("compare").arg(&out).arg(&out));
    let model = folder.path().join("model");
    let mut train = in_a_gone_directory("train_csv");
    End::success(train.arg(&data).args(["--target", "y", "--max-epochs", "2", "--out"]).arg(&model));
    End::success(in_a_gone_directory("predict").arg("--model").arg(&model).arg(&data));
}

#[test]
fn a_missing_temporary_directory_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    Program("ch02_mnist").run(&out, &["--epochs", "1", "--record"]);
    for (program, flags) in [("verify", &[][..]), ("replay", &["--step", "0"])] {
        let mut command = Program(program).command();
        command.env("TMPDIR", "/nonexistent").args(flags).arg(&out);
        End::failure(
            &mut command,
            &["cannot create a temporary directory: set TMPDIR to a writable directory", "/nonexistent"],
        );
    }
}

#[test]
fn read_only_directories() {
    let Some(setpriv) = unprivileged(0) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (run, data, locked) =
        (folder.path().join("run"), folder.path().join("data.csv"), folder.path().join("locked"));
    table(&data);
    Program("ch02_mnist").run(&run, &["--epochs", "1", "--record"]);
    let mut train = Program("train_csv").command();
    let model = folder.path().join("model");
    End::success(train.arg(&data).args(["--target", "y", "--max-epochs", "2", "--out"]).arg(&model));
    // The other user can write to a single directory, and runs copies of the programs because the target directory may not be
    // readable.
    writable(&folder.path().join("own"));
    fs::create_dir(&locked).unwrap();
    let copies = folder.path().join("programs");
    fs::create_dir(&copies).unwrap();
    for program in ["ch02_mnist", "train_csv", "predict", "verify", "replay", "compare"] {
        fs::copy(Program(program).path(), copies.join(program)).unwrap();
    }
    let copied = ["sh", "-c", "exec \"$COPIES/${0##*/}\" \"$@\""].map(String::from);
    let other = |program: &'static str| {
        let mut command = Program(program).started_by(&[&setpriv[..], &copied].concat());
        command.env("COPIES", &copies);
        command
    };
    let before = tree(folder.path());
    for out in [locked.clone(), locked.join("deeper")] {
        let words = ["cannot write to ", "choose another directory with --out", "Permission denied"];
        End::failure(other("ch02_mnist").args(MNIST).arg("--out").arg(&out), &words);
        End::failure(other("train_csv").arg(&data).args(["--target", "y", "--out"]).arg(&out), &words);
    }
    let mut predict = other("predict");
    predict.arg("--model").arg(&model).arg(&data).arg("--out").arg(locked.join("predicted.csv"));
    End::failure(
        &mut predict,
        &["predicted.csv", "Permission denied", "choose a directory that can be written to"],
    );
    // These programs only read the run directory.
    End::success(other("verify").arg(&run));
    End::success(other("replay").args(["--step", "1"]).arg(&run));
    End::success(other("compare").arg(&run).arg(&run));
    assert_eq!(tree(folder.path()), before);
    // A program in a directory without access must not be reported as not built.
    let (closed, program) = (folder.path().join("closed"), copies.join("ch02_mnist"));
    fs::create_dir(&closed).unwrap();
    fs::rename(&program, closed.join("ch02_mnist")).unwrap();
    symlink(closed.join("ch02_mnist"), &program).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let words = ["cannot access ", "ch02_mnist", "Permission denied", "access to its directory"];
    End::failure(other("verify").arg(&run), &words);
}

#[test]
fn a_read_only_cache_is_named() {
    let (Some(data), Some(setpriv)) = (full_data(), unprivileged(1)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (own, locked) = (folder.path().join("own"), folder.path().join("locked"));
    writable(&own);
    fs::create_dir(&locked).unwrap();
    let mirror = kindling_e2e::Mirror::of(&data, std::time::Duration::ZERO);
    let mut command = Program("ch03_boston").started_by(&setpriv);
    command
        .env("KINDLING_CACHE_DIR", &locked)
        .env("KINDLING_MIRROR", &mirror.url)
        .env("NO_PROXY", "127.0.0.1");
    let end = End::of(command.args(["--epochs", "1", "--out"]).arg(own.join("out")));
    assert_eq!(end.code, 0, "{}", end.error);
    let named = format!("cannot write {}", locked.join("boston_housing").display());
    assert!(end.error.contains(&named) && end.error.contains("Permission denied"), "{}", end.error);
    assert_eq!(tree(&locked).len(), 0);
}
