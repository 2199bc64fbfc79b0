//! The order of the search for files, without a network.

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
fn the_bundled_sample_is_chosen_without_a_look_at_files() {
    let folder = tempdir().unwrap();
    let options = options(folder.path()).dir("no/such/folder").choice(DataChoice::Bundled);
    let located = locate(&TINY, &options).unwrap();
    assert_eq!((located.source, located.files.len(), located.notice), (Source::Bundled, 0, None));
}

#[test]
fn a_folder_is_read_before_the_cache_and_without_a_hash() {
    let folder = tempdir().unwrap();
    write(&folder.path().join("cache/tiny/greeting.txt"), HELLO);
    write(&folder.path().join("own/greeting.txt"), b"something else");
    let options = options(&folder.path().join("cache")).dir(folder.path().join("own"));
    let located = locate(&TINY, &options).unwrap();
    assert_eq!(located.source, Source::Dir);
    assert_eq!(located.files, [folder.path().join("own/greeting.txt")]);
}

#[test]
fn a_folder_may_hold_one_for_the_data_set_and_unpacked_files() {
    let folder = tempdir().unwrap();
    write(&folder.path().join("tiny/one"), WORLD);
    write(&folder.path().join("tiny/two.gz"), &gzip(WORLD));
    let located = locate(&TINY, &options(folder.path()).dir(folder.path())).unwrap();
    assert_eq!(located.files, [folder.path().join("tiny/one"), folder.path().join("tiny/two.gz")]);
}

#[test]
fn a_folder_without_the_files_is_an_error_even_if_the_cache_has_them() {
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
fn the_cache_counts_if_its_content_is_the_published_one() {
    let folder = tempdir().unwrap();
    write(&folder.path().join("tiny/one.gz"), &gzip(WORLD));
    write(&folder.path().join("tiny/two"), WORLD);
    let located = locate(&TINY, &options(folder.path()).choice(DataChoice::Full)).unwrap();
    assert_eq!(located.source, Source::Cache);
    assert_eq!(located.files, [folder.path().join("tiny/one.gz"), folder.path().join("tiny/two")]);
}

#[test]
fn a_damaged_file_in_the_cache_is_deleted_and_told_of() {
    let folder = tempdir().unwrap();
    write(&folder.path().join("tiny/one.gz"), &gzip(b"changed"));
    write(&folder.path().join("tiny/two.gz"), &gzip(WORLD));
    let error = locate(&TINY, &options(folder.path()).choice(DataChoice::Full)).unwrap_err();
    assert!(matches!(error, DataError::Download { .. }));
    let error = error.to_string();
    assert!(error.contains("one.gz: not the published SHA-256, deleted"), "{error}");
    assert!(error.contains("--data-dir") && error.contains("--data bundled"), "{error}");
    assert_eq!(names_in(folder.path()), ["tiny", "two.gz"]);
}

#[test]
fn an_incomplete_cache_is_no_cache() {
    let folder = tempdir().unwrap();
    write(&folder.path().join("tiny/one.gz"), &gzip(WORLD));
    let located = locate(&TINY, &options(folder.path())).unwrap();
    assert_eq!(located.source, Source::Bundled);
}

#[test]
fn a_fallback_says_why_and_what_it_means() {
    let folder = tempdir().unwrap();
    let located = locate(&TINY, &options(folder.path())).unwrap();
    assert_eq!((located.source, located.files.len()), (Source::Bundled, 0));
    assert_eq!(
        located.notice.unwrap(),
        "the full tiny cannot be had (there is no mirror to ask): a wave of the hand stands in"
    );
    assert!(names_in(folder.path()).is_empty());
}
