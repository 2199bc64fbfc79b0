//! Loading with all bundled data except Reuters:
//! `cargo test --release -p kindling-data --no-default-features --features bundled-mnist,bundled-boston-housing --test without_reuters`.
#![cfg(all(
    feature = "bundled-mnist",
    feature = "bundled-boston-housing",
    not(any(feature = "bundled-reuters", feature = "download"))
))]

use kindling_data::{
    DataChoice, DataOptions, Source, SplitOptions, TextOptions, boston_housing, mnist, reuters,
};

#[test]
fn only_reuters_is_missing() {
    let options = DataOptions::default().choice(DataChoice::Bundled).quiet();
    assert_eq!(mnist::load(&options).unwrap().source, Source::Bundled);
    assert_eq!(boston_housing::load(&SplitOptions::new(), &options).unwrap().source, Source::Bundled);
    let error = reuters::load(&TextOptions::new(), &options).unwrap_err().to_string();
    let expected = "the bundled copy of reuters is not compiled in: enable the feature `bundled-reuters`";
    assert!(error.starts_with(expected), "{error}");
}
