//! The cache: files of earlier downloads, verified by their SHA-256.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{DataOptions, PublishedFile, Release, failure::Failure, notice::warn};

/// The result of searching the cache for a release.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The intact files of one alternative.
    Files(Vec<PathBuf>),
    /// No complete alternative.
    Nothing,
    /// A file that cannot be read and must not be replaced by a download.
    Unreadable,
}

/// The state of one cached file.
enum State {
    Intact,
    WrongContent,
    Unreadable(io::Error),
}

/// Searches `dir` for the first alternative whose files are all intact. Files with a wrong hash are renamed.
pub(super) fn find(
    release: &Release,
    dir: &Path,
    options: &DataOptions,
    failures: &mut Vec<Failure>,
) -> Found {
    let mut found = Found::Nothing;
    for alternative in release.alternatives {
        let Some(files) = alternative.find(dir) else { continue };
        let mut intact = true;
        for (path, published) in files.iter().zip(alternative.files) {
            match state(path, published) {
                State::Intact => {}
                State::WrongContent => {
                    intact = false;
                    let outcome = move_aside(path);
                    warn(
                        &format!("{} does not have the published SHA-256: {outcome}", path.display()),
                        options,
                    );
                    failures.push(Failure::new(path.display(), format!("wrong SHA-256, {outcome}")));
                }
                State::Unreadable(error) => {
                    intact = false;
                    found = Found::Unreadable;
                    warn(&format!("{} cannot be read: {error}", path.display()), options);
                    let reason = format!("{} cannot be read: {error}", path.display());
                    failures.push(Failure::new("the cache", reason));
                }
            }
        }
        if intact {
            return Found::Files(files);
        }
    }
    found
}

/// Returns the files of the first alternative whose files are all intact, without reporting others.
pub(super) fn find_files(release: &Release, dir: &Path) -> Option<Vec<PathBuf>> {
    release.alternatives.iter().find_map(|alternative| {
        let files = alternative.find(dir)?;
        let mut pairs = files.iter().zip(alternative.files);
        pairs.all(|(path, published)| matches!(state(path, published), State::Intact)).then_some(files)
    })
}

fn state(path: &Path, published: &PublishedFile) -> State {
    match File::open(path).and_then(|file| published.hash(file)) {
        Ok(hash) if hash == published.sha256 => State::Intact,
        // Errors of the operating system have a code; errors of a damaged gzip stream do not.
        Err(error) if error.raw_os_error().is_some() => State::Unreadable(error),
        Ok(_) | Err(_) => State::WrongContent,
    }
}

/// Renames a file to an unused name, and describes the outcome.
fn move_aside(path: &Path) -> String {
    let name = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(".wrong-sha256");
        name.push(suffix);
        PathBuf::from(name)
    };
    let mut target = name("");
    let mut number = 0;
    while fs::symlink_metadata(&target).is_ok() {
        number += 1;
        target = name(&format!(".{number}"));
    }
    match fs::rename(path, &target) {
        Ok(()) => format!("moved to {}", target.display()),
        Err(error) => format!("it could not be moved ({error})"),
    }
}
