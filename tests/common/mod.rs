//! Running the built example programs as a user would.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

/// The example program of that name, which `cargo test` has built beside the tests. Its environment says nothing of
/// data, and it reaches no network: a proxy that is not there stands before every mirror.
pub fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("a test knows its own path");
    let built = test.ancestors().nth(2).expect("tests are built into target/<profile>/deps");
    let mut command =
        Command::new(built.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION));
    for variable in
        ["KINDLING_DATA_DIR", "KINDLING_MIRROR", "KINDLING_BACKEND", "RUST_BACKTRACE", "NO_PROXY", "no_proxy"]
    {
        command.env_remove(variable);
    }
    command.env("KINDLING_CACHE_DIR", "/nonexistent").env("HTTPS_PROXY", "http://127.0.0.1:9");
    command
}

/// The folder with the complete data sets, where it exists; says so when it does not.
pub fn full_data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
        return None;
    }
    Some(folder)
}
