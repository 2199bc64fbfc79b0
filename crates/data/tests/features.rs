//! Loading without bundled data and downloads:
//! `cargo test --release -p kindling-data --no-default-features --test features`.
#![cfg(not(any(feature = "bundled-mnist", feature = "bundled-reuters", feature = "download")))]

use kindling_data::{DataChoice, DataError, DataOptions, Source, TextOptions, imdb, mnist, reuters};
use tempfile::tempdir;

#[test]
fn errors_name_the_feature_to_enable() {
    let cache = tempdir().unwrap();
    let options = DataOptions::default().cache_dir(cache.path()).quiet();
    let bundled = "enable the feature `bundled-mnist`, in Cargo.toml as kindling = { version = \"0.1.0\", features = \
        [\"bundled-mnist\"] }; or set the directory of the published files with DataOptions::dir or KINDLING_DATA_DIR";
    let download = "downloads are not compiled in: enable the feature `download`, in Cargo.toml as kindling = { version \
        = \"0.1.0\", features = [\"download\"] }";

    let error = mnist::load(&options.clone().choice(DataChoice::Bundled)).unwrap_err();
    assert!(matches!(error, DataError::MissingFeature { .. }));
    assert_eq!(error.to_string(), format!("the bundled copy of mnist is not compiled in: {bundled}"));
    let error = mnist::load(&options).unwrap_err().to_string();
    let reason = format!("; the full data set is not available: {download}");
    assert_eq!(error, format!("the bundled copy of mnist is not compiled in: {bundled}{reason}"));
    let error = mnist::load(&options.clone().choice(DataChoice::Full)).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("cannot download mnist: download: {download}. Download the files")),
        "{error}"
    );
    let error = reuters::word_index(Source::Bundled, &options).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "the bundled copy of reuters is not compiled in: enable the feature `bundled-reuters`"
        ),
        "{error}"
    );
}

#[test]
fn synthetic_reviews_need_no_feature() {
    let cache = tempdir().unwrap();
    let options = DataOptions::default().cache_dir(cache.path()).quiet();
    let imdb = imdb::load(&TextOptions::new().num_words(100), &options).unwrap();
    assert_eq!((imdb.source, imdb.train.len()), (Source::Synthetic, 25_000));
}
