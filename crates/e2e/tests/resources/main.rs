//! Runs programs with too little disk space, too few open files or threads, too little memory, and unusual paths and
//! environments. They must succeed, or fail with an error that names the remedy, without partial files.
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

/// Returns all files in a directory, recursively.
fn tree(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { tree(&path) } else { vec![path] }).collect()
}

/// Checks that a run has either all of its results or none, and no temporary files.
fn check_whole(out: &Path, code: i32) {
    assert_eq!(out.join("result.json").exists(), code == 0);
    let left: Vec<_> =
        tree(out).into_iter().filter(|path| path.extension() == Some("tmp".as_ref())).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Writes a table with a learnable target `y`.
fn table(path: &Path) {
    let row =
        |row: u32| format!("{},{},{}\n", row % 17, ["x", "y", "z"][row as usize % 3], row % 17 * 3 + row % 3);
    fs::write(path, format!("a,b,y\n{}", (0..200).map(row).collect::<String>())).unwrap();
}

/// Returns the `setpriv` command that starts a program as an unprivileged user. Process limits apply per user, so each test uses
/// another `user`. Prints a note and returns None if this user cannot switch users.
fn unprivileged(user: u32) -> Option<Vec<String>> {
    let id = 50_000 + 1000 * user + std::process::id() % 1000;
    let setpriv =
        ["setpriv".into(), format!("--reuid={id}"), format!("--regid={id}"), "--clear-groups".into()];
    let mut command = Command::new(&setpriv[0]);
    command.args(&setpriv[1..]).arg(Program("predict").path()).arg("--help");
    let works = command.output().is_ok_and(|output| output.status.success());
    if !works {
        eprintln!("skipped: this user cannot start a program as another user");
    }
    works.then(|| setpriv.to_vec())
}

/// Creates a world-writable directory.
fn writable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;

    fs::create_dir_all(path).unwrap();
    for directory in [path, path.parent().unwrap()] {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o777)).unwrap();
    }
}
