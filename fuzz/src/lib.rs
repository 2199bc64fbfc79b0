//! Helpers for the fuzz targets: inputs as files, and mutation of archives.

pub mod archive;

use std::{fs, path::Path, sync::LazyLock};

use tempfile::TempDir;

/// The temporary directory of this process. `fuzz/run` deletes it, because libFuzzer exits without running destructors.
static SCRATCH: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

/// Calls `write` with the directory for seed inputs, if `fuzz/run` requests them. For seeds that are not among the fixtures.
pub fn seeds(write: impl FnOnce(&Path)) {
    if let Some(folder) = std::env::var_os("KINDLING_FUZZ_SEEDS") {
        write(Path::new(&folder));
    }
}

/// Calls `read` with the path of a file with this content; see [`on_directory`].
pub fn on_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    on_directory(&[(name, bytes)], |directory| read(&directory.join(name)));
}

/// Calls `read` with a directory that contains these files, and checks that nothing is written next to the directory.
pub fn on_directory(files: &[(&str, &[u8])], read: impl FnOnce(&Path)) {
    let directory = SCRATCH.path().join("input");
    for (name, bytes) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    read(&directory);
    fs::remove_dir_all(&directory).unwrap();
    let left: Vec<_> = fs::read_dir(SCRATCH.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "files were written next to the input: {left:?}");
}
