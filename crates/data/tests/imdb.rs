//! IMDB: comparison with Keras, the synthetic replacement, and custom files.

mod common;

use std::fs;

use common::{
    options, shared_data,
    texts::{Fingerprint, bundled, fingerprint, folder_with},
};
use kindling_data::{DataChoice, DataOptions, Source, TextOptions, imdb};
use tempfile::tempdir;

#[test]
fn imdb_equals_keras_data() {
    let Some(folder) = shared_data() else { return };
    let options = DataOptions::default().dir(&folder);
    let new = TextOptions::new;
    let cases: [(TextOptions, [Fingerprint; 2]); 7] = [
        (
            new(),
            [
                (25000, 478307, 5967509, 888120, [218, 189, 141], [1, 14, 22, 16]),
                (25000, 398454, 5769389, 897282, [68, 260, 603], [1, 591, 202, 14]),
            ],
        ),
        (
            new().num_words(10_000),
            [
                (25000, 720936, 5967509, 888120, [218, 189, 141], [1, 14, 22, 16]),
                (25000, 402614, 5769389, 897282, [68, 260, 603], [1, 591, 202, 14]),
            ],
        ),
        (
            new().num_words(10_000).maxlen(100),
            [
                (2777, 354237, 190411, 990916, [43, 99, 93], [1, 778, 128, 74]),
                (2967, 360834, 201486, 804424, [68, 88, 70], [1, 591, 202, 14]),
            ],
        ),
        (
            new().num_words(5000).skip_top(20).oov_char(None),
            [
                (25000, 135426, 3616780, 888120, [138, 114, 96], [22, 43, 530, 973]),
                (25000, 346610, 3518833, 897282, [39, 159, 329], [591, 202, 31, 717]),
            ],
        ),
        (
            new().num_words(1000).start_char(None).index_from(0).seed(7),
            [
                (25000, 234027, 5942509, 827741, [213, 140, 89], [11, 17, 97, 25]),
                (25000, 84050, 5744389, 407936, [145, 261, 93], [20, 11, 2, 4]),
            ],
        ),
        (
            new().start_char(None).index_from(2).oov_char(Some(0)).num_words(20_000),
            [
                (25000, 211970, 5942509, 888120, [217, 188, 140], [13, 21, 15, 42]),
                (25000, 786519, 5744389, 897282, [67, 259, 602], [590, 201, 13, 30]),
            ],
        ),
        (
            new().num_words(500).start_char(Some(5)).index_from(10).seed(u32::MAX).skip_top(6),
            [
                (25000, 520048, 5967509, 303076, [505, 159, 280], [2, 40, 93, 2]),
                (25000, 81277, 5769389, 9601, [81, 296, 168], [2, 21, 54, 195]),
            ],
        ),
    ];
    for (text, parts) in cases {
        let imdb = imdb::load(&text, &options).unwrap();
        assert_eq!([fingerprint(&imdb.train), fingerprint(&imdb.test)], parts, "{text:?}");
        assert_eq!(
            (imdb.source, imdb.files, imdb.notice),
            (Source::Dir, vec![folder.join("imdb.npz")], None)
        );
    }
    let imdb = imdb::load(&new().num_words(0).maxlen(0), &options).unwrap();
    let lengths: Vec<_> = imdb.train.sequences.iter().take(8).map(<[u32]>::len).collect();
    assert_eq!(lengths, [218, 189, 141, 550, 147, 43, 123, 562]);
    assert_eq!(fingerprint(&imdb.train).1, 478307);
    let error = imdb::load(&new().maxlen(3).num_words(100), &options).unwrap_err().to_string();
    assert_eq!(error, "maxlen is 3: no text is shorter; increase it");

    let index = imdb::word_index(Source::Dir, &options).unwrap();
    assert_eq!((index.len(), index.rank("the")), (88_584, Some(1)));
    // The cache accepts the file because it has the published hash.
    let cache = tempdir().unwrap();
    fs::create_dir(cache.path().join("imdb")).unwrap();
    fs::copy(folder.join("imdb_word_index.json"), cache.path().join("imdb/imdb_word_index.json")).unwrap();
    assert_eq!(imdb::word_index(Source::Cache, &common::options(cache.path())).unwrap(), index);
}

#[test]
fn synthetic_reviews_replace_imdb_with_a_notice() {
    let folder = tempdir().unwrap();
    let text = TextOptions::new().num_words(10_000);
    let synthetic = imdb::load(&text, &options(folder.path())).unwrap();
    assert_eq!(
        (synthetic.train.len(), synthetic.test.len(), synthetic.source),
        (25_000, 25_000, Source::Synthetic)
    );
    assert!(synthetic.notice.unwrap().contains("NOT IMDB"));
    let asked_for = imdb::load(&text, &bundled()).unwrap();
    assert!(asked_for.notice.unwrap().contains("NOT IMDB"));
    assert_eq!(asked_for.train, synthetic.train);
    assert!(imdb::load(&text, &options(folder.path()).choice(DataChoice::Full)).is_err());

    let index = imdb::word_index(synthetic.source, &bundled()).unwrap();
    let review = asked_for.train.sequences.get(0).unwrap();
    assert_eq!(index.decode(review).split(' ').count(), review.len());
    let error = imdb::word_index(Source::Cache, &options(folder.path())).unwrap_err().to_string();
    assert!(error.contains("imdb_word_index.json"), "{error}");
}

#[test]
fn errors_describe_invalid_custom_files() {
    let new = TextOptions::new;
    let folder = folder_with(
        "imdb.npz",
        &[("x_train", "y_train", &[&[1]], &[1]), ("x_test", "y_test", &[&[1]], &[2])],
    );
    let options = DataOptions::default().dir(folder.path());
    let error = imdb::load(&new(), &options).unwrap_err().to_string();
    assert!(
        error.contains("imdb.npz/y_test cannot be used: label 0 is 2, expected labels from 0 to 1"),
        "{error}"
    );
    let error = imdb::load(&new().test_split(0.2), &options).unwrap_err().to_string();
    assert_eq!(error, "test_split is 0.2: IMDB is published with a test set; remove the option");
    let error = imdb::word_index(Source::Dir, &options).unwrap_err().to_string();
    assert!(error.contains("imdb_word_index.json"), "{error}");
}
