//! What programs do when space, open files, threads or memory run out, and with odd paths and surroundings: they work, or end with
//! an error that says what helps, and nothing is half-written.
#![cfg(target_os = "linux")]

mod determinism;
mod disk;
mod limits;
mod paths;
mod surroundings;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use kindling_e2e::Program;

/// Returns all files in a directory and its subdirectories.
fn tree(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { tree(&path) } else { vec![path] }).collect()
}

/// Checks that a run has all its results or none, and left no temporary file.
fn check_whole(out: &Path, code: i32) {
    assert_eq!(out.join("result.json").exists(), code == 0);
    let left: Vec<_> =
        tree(out).into_iter().filter(|path| path.extension() == Some("tmp".as_ref())).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Writes a table of which `y` can be learnt.
fn table(path: &Path) {
    let row =
        |row: u32| format!("{},{},{}\n", row % 17, ["x", "y", "z"][row as usize % 3], row % 17 * 3 + row % 3);
    fs::write(path, format!("a,b,y\n{}", (0..200).map(row).collect::<String>())).unwrap();
}

/// The arguments of `setpriv` for a user that has no rights, before those of a program. Limits of processes count all of a user:
/// each test that has one names another user. None, and a line that says it, where there are no rights to give up.
fn unprivileged(user: u32) -> Option<Vec<String>> {
    let id = 50_000 + 1000 * user + std::process::id() % 1000;
    let setpriv =
        ["setpriv".into(), format!("--reuid={id}"), format!("--regid={id}"), "--clear-groups".into()];
    let mut command = Command::new(&setpriv[0]);
    command.args(&setpriv[1..]).arg(Program("predict").path()).arg("--help");
    let works = command.output().is_ok_and(|output| output.status.success());
    if !works {
        eprintln!("skipped: this user cannot start a program as another one");
    }
    works.then(|| setpriv.to_vec())
}

/// Creates a directory that any user may write to.
fn writable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;

    fs::create_dir_all(path).unwrap();
    for directory in [path, path.parent().unwrap()] {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o777)).unwrap();
    }
}
