//! What the targets share: inputs as files, and archives whose entries are changed.

pub mod archive;

use std::{fs, path::Path, sync::LazyLock};

use tempfile::TempDir;

/// The directory of this process. `run` deletes it: libFuzzer ends without destructors.
static SCRATCH: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

/// Calls `write` with the folder for seeds if `run` asks for them, for those that the repository has no files of.
pub fn seeds(write: impl FnOnce(&Path)) {
    if let Some(folder) = std::env::var_os("KINDLING_FUZZ_SEEDS") {
        write(Path::new(&folder));
    }
}

/// Calls `read` with a file of this content, as [`on_directory`].
pub fn on_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    on_directory(&[(name, bytes)], |directory| read(&directory.join(name)));
}

/// Calls `read` with a directory of these files, and checks that nothing is written beside the directory.
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
    assert!(left.is_empty(), "written beside the input: {left:?}");
}
