//! The search order for files, without a network.

mod common;

use std::{fs, path::Path};

use common::{HELLO, TINY, WORLD, gzip, names_in, options};
use kindling_data::{DataChoice, DataError, Source, locate};
use tempfile::tempdir;

fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn the_bundled_sample_is_used_without_access_to_files() {
    let folder = tempdir().unwrap();
    let options = options(folder.path()).dir("no/such/folder").choice(DataChoice::Bundled);
    let located = locate(&TINY, &options).unwrap();
    assert_eq!((located.source, located.files.len(), located.notice), (Source::Bundled, 0, None));
}

#[test]
fn a_directory_is_read_instead_of_the_cache_without_hashing() {
    let folder = tempdir().unwrap();
    write(&folder.path().join("cache/tiny/greeting.txt"), HELLO);
    write(&folder.path().join("own/greeting.txt"), b"something else");
    let options = options(&folder.path().join("cache")).dir(folder.path().join("own"));
    let located = locate(&TINY, &options).unwrap();
    assert_eq!(located.source, Source::Dir);
    assert_eq!(located.files, [folder.path().join("own/greeting.txt")]);
}

#[test]
fn a_directory_may_contain_a_subdirectory_and_decompressed_files() {
    let folder = tempdir().unwrap();
    write(&folder.path().join("tiny/one"), WORLD);
    write(&folder.path().join("tiny/two.gz"), &gzip(WORLD));
    let located = locate(&TINY, &options(folder.path()).dir(folder.path())).unwrap();
    assert_eq!(located.files, [folder.path().join("tiny/one"), folder.path().join("tiny/two.gz")]);
}

#[test]
fn a_directory_without_the_files_is_an_error_even_if_the_cache_has_them() {
    let folder = tempdir().unwrap();
    write(&folder.path().join("tiny/greeting.txt"), HELLO);
    write(&folder.path().join("own/one.gz"), WORLD);
    for choice in [DataChoice::Auto, DataChoice::Full] {
        for own in ["own", "no-such-folder"] {
            let options = options(folder.path()).dir(folder.path().join(own)).choice(choice);
            let error = locate(&TINY, &options).unwrap_err();
            assert!(matches!(error, DataError::NotFound { .. }));
            let error = error.to_string();
            assert!(error.contains(own), "{error}");
            assert!(error.contains("(greeting.txt or one.gz, two.gz)"), "{error}");
        }
    }
}

#[test]
fn cached_files_are_used_if_they_have_the_published_hash() {
    let folder = tempdir().unwrap();
    write(&folder.path().join("tiny/one.gz"), &gzip(WORLD));
    write(&folder.path().join("tiny/two"), WORLD);
    let located = locate(&TINY, &options(folder.path()).choice(DataChoice::Full)).unwrap();
    assert_eq!(located.source, Source::Cache);
    assert_eq!(located.files, [folder.path().join("tiny/one.gz"), folder.path().join("tiny/two")]);
}

#[test]
fn a_cached_file_with_a_wrong_hash_is_renamed_and_reported() {
    let folder = tempdir().unwrap();
    let (one, full) = (folder.path().join("tiny/one.gz"), options(folder.path()).choice(DataChoice::Full));
    write(&folder.path().join("tiny/two.gz"), &gzip(WORLD));
    for (content, moved_to) in [
        (&gzip(b"changed")[..], "one.gz.wrong-sha256"),
        (&gzip(WORLD)[..20], "one.gz.wrong-sha256.1"),
        (b"not even a gzip file", "one.gz.wrong-sha256.2"),
    ] {
        write(&one, content);
        let error = locate(&TINY, &full).unwrap_err();
        assert!(matches!(error, DataError::Download { .. }));
        let (error, moved_to) = (error.to_string(), folder.path().join("tiny").join(moved_to));
        assert!(
            error.contains(&format!("one.gz: wrong SHA-256, moved to {}", moved_to.display())),
            "{error}"
        );
        assert!(error.contains("DataOptions::dir") && error.contains("DataChoice::Bundled"), "{error}");
        assert!(!error.contains("--"), "{error}");
        assert_eq!(fs::read(moved_to).unwrap(), content);
    }
    let names = ["one.gz.wrong-sha256", "one.gz.wrong-sha256.1", "one.gz.wrong-sha256.2", "tiny", "two.gz"];
    assert_eq!(names_in(folder.path()), names);
}

/// Uses a file whose reads fail: the memory of this process at address 0.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read_stays_and_is_not_replaced() {
    let folder = tempdir().unwrap();
    let server = common::Server::of(|name| (name == "greeting.txt").then(|| HELLO.to_vec()));
    let path = folder.path().join("tiny/greeting.txt");
    fs::create_dir(folder.path().join("tiny")).unwrap();
    std::os::unix::fs::symlink("/proc/self/mem", &path).unwrap();
    let options = options(folder.path()).mirrors([&server.url]);
    let error = locate(&TINY, &options.clone().choice(DataChoice::Full)).unwrap_err().to_string();
    let expected = format!("cannot download tiny: the cache: {} cannot be read: ", path.display());
    assert!(error.starts_with(&expected) && !error.contains("SHA-256"), "{error}");
    let located = locate(&TINY, &options).unwrap();
    assert_eq!(located.source, Source::Bundled);
    assert!(located.notice.unwrap().contains("greeting.txt cannot be read"));
    assert!(path.is_symlink());
    assert_eq!((names_in(folder.path()), server.requests()), (vec!["greeting.txt".into(), "tiny".into()], 0));
}

#[test]
fn an_incomplete_alternative_in_the_cache_is_not_used() {
    let folder = tempdir().unwrap();
    write(&folder.path().join("tiny/one.gz"), &gzip(WORLD));
    let located = locate(&TINY, &options(folder.path())).unwrap();
    assert_eq!(located.source, Source::Bundled);
}

#[test]
fn the_notice_of_a_fallback_contains_the_reason_and_the_meaning() {
    let folder = tempdir().unwrap();
    let located = locate(&TINY, &options(folder.path())).unwrap();
    assert_eq!((located.source, located.files.len()), (Source::Bundled, 0));
    assert_eq!(
        located.notice.unwrap(),
        "the full tiny data set is not available (no mirror is set): using the test fallback"
    );
    assert!(names_in(folder.path()).is_empty());
}
