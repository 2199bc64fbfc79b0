//! Boston Housing: what Keras gives of the published file and of the bundled copy, and files of one's own.

#[path = "../examples/bundle_boston_housing.rs"]
#[allow(dead_code, reason = "its main function is not for tests")]
mod bundle_boston_housing;
mod common;

use burn::tensor::TensorData;
use common::{options, shared_data};
use kindling_data::{
    DataChoice, DataError, DataOptions, Source, SplitOptions,
    boston_housing::{self, BostonHousing, FEATURES, Houses},
};
use tempfile::tempdir;

fn bundled(split: &SplitOptions) -> BostonHousing {
    boston_housing::load(split, &DataOptions::default().choice(DataChoice::Bundled)).unwrap()
}

fn values(data: &TensorData) -> Vec<f64> {
    data.clone().try_into_vec().unwrap()
}

/// Sums of the values, times the row they are in, from 1.
fn sum(data: &TensorData, width: usize) -> f64 {
    (1..)
        .zip(values(data).chunks(width))
        .map(|(row, values)| f64::from(row) * values.iter().sum::<f64>())
        .sum()
}

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-9 * expected.abs()
}

#[test]
fn it_is_what_keras_gives() {
    let BostonHousing { train, test, source, files, notice } = bundled(&SplitOptions::new());
    assert_eq!((source, files.len(), notice), (Source::Bundled, 0, None));
    assert_eq!(
        (train.features.shape().as_slice(), train.prices.shape().as_slice()),
        (&[404, 13][..], &[404][..])
    );
    assert_eq!(
        (test.features.shape().as_slice(), test.prices.shape().as_slice()),
        (&[102, 13][..], &[102][..])
    );
    assert_eq!(values(&train.prices)[..5], [15.2, 42.3, 50.0, 21.1, 17.7]);
    assert_eq!(values(&test.prices)[..5], [7.2, 18.8, 19.0, 27.0, 22.2]);
    let first = [1.23247, 0.0, 8.14, 0.0, 0.538, 6.142, 91.7, 3.9769, 4.0, 307.0, 21.0, 396.9, 18.72];
    assert_eq!(values(&train.features)[..FEATURES], first);
    assert!(near(sum(&train.features, FEATURES), 74414741.39394) && near(sum(&train.prices, 1), 1862010.2));

    let half = bundled(&SplitOptions::new().test_split(0.5).seed(1));
    assert_eq!((half.train.len(), half.test.len()), (253, 253));
    assert!(
        near(sum(&half.train.features, FEATURES), 28875347.52599)
            && near(sum(&half.train.prices, 1), 743784.2)
    );
    assert_eq!(values(&half.test.prices)[..5], [16.1, 8.3, 26.6, 14.3, 15.0]);

    let all = bundled(&SplitOptions::new().test_split(0.0).seed(0));
    assert_eq!((all.train.len(), all.test.is_empty()), (506, true));
    assert!(near(sum(&all.train.features, FEATURES), 116937144.2786));
}

#[test]
fn the_bundled_copy_has_the_numbers_of_the_published_file() {
    let Some(folder) = shared_data() else { return };
    let published = boston_housing::load(&SplitOptions::new(), &DataOptions::default().dir(&folder)).unwrap();
    let BostonHousing { train, test, .. } = bundled(&SplitOptions::new());
    assert_eq!((&published.train, &published.test, published.source), (&train, &test, Source::Dir));
    // It has the published hash as well.
    let cache = tempdir().unwrap();
    std::fs::create_dir(cache.path().join("boston_housing")).unwrap();
    let name = "boston_housing.npz";
    std::fs::copy(folder.join(name), cache.path().join("boston_housing").join(name)).unwrap();
    let cached = boston_housing::load(&SplitOptions::new(), &options(cache.path())).unwrap();
    assert_eq!((cached.train, cached.source), (train, Source::Cache));
}

#[test]
fn they_are_samples_for_fit() {
    let samples = bundled(&SplitOptions::new()).train.into_samples().unwrap();
    assert_eq!((samples.len(), samples.inputs()[0].sample_shape()), (404, &[13][..]));
    assert!(samples.targets()[0].sample_shape().is_empty());
}

fn own(table: &str) -> Result<Houses, DataError> {
    let folder = tempdir().unwrap();
    let archive = bundle_boston_housing::archive(table).unwrap();
    std::fs::write(folder.path().join("boston_housing.npz"), archive).unwrap();
    let options = DataOptions::default().dir(folder.path());
    boston_housing::load(&SplitOptions::new().test_split(0.0), &options).map(|houses| houses.train)
}

#[test]
fn files_of_ones_own_are_checked() {
    let row = "1,2,3,4,5,6,7,8,9,10,11,12,13,14\n";
    assert_eq!(own(&format!("names\n{row}{row}")).unwrap().len(), 2);
    let message = |table: &str| own(table).unwrap_err().to_string();
    let error = message(&format!("names\n{row}1,2,3,4,NaN,6,7,8,9,10,11,12,13,14\n"));
    assert!(error.ends_with("boston_housing.npz/x cannot be used: NaN in row 1, column 4"), "{error}");
    let error = message("names\n1,2,3,4,5,6,7,8,9,10,11,12,13,inf\n");
    assert!(error.ends_with("y cannot be used: inf in row 0, column 0"), "{error}");
    assert!(
        message("names\n").contains("F64 values of shape [0, 13], not floats of shape [n, 13], n at least 1")
    );
    for test_split in [1.0, -0.1, f64::NAN] {
        let split = SplitOptions::new().test_split(test_split);
        assert!(boston_housing::load(&split, &DataOptions::default()).is_err());
    }
}
