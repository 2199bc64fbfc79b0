//! Boston Housing: Keras' numbers from the published file and the bundled copy, and files of the user's own.

#[path = "../examples/bundle_boston_housing.rs"]
#[allow(dead_code, reason = "its main function is not for tests")]
mod bundle_boston_housing;
mod common;

use burn::tensor::TensorData;
use common::{options, shared_data};
use kindling_data::{
    DataChoice, DataError, DataOptions, Kind, Loaded, Samples, Source, SplitOptions,
    boston_housing::{self, FEATURES},
};
use tempfile::tempdir;

fn bundled(split: &SplitOptions) -> Loaded<Samples> {
    boston_housing::load(split, &DataOptions::default().choice(DataChoice::Bundled)).unwrap()
}

fn features(samples: &Samples) -> TensorData {
    samples.inputs()[0].data()
}

fn prices(samples: &Samples) -> TensorData {
    samples.targets()[0].data()
}

/// Columns hold the file's `f64` values as `f32`.
fn values(data: &TensorData) -> Vec<f32> {
    data.clone().try_into_vec().unwrap()
}

/// The sum of the values, each times its row number from 1.
fn sum(data: &TensorData, width: usize) -> f64 {
    (1..)
        .zip(values(data).chunks(width))
        .map(|(row, values)| f64::from(row) * values.iter().copied().map(f64::from).sum::<f64>())
        .sum()
}

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-7 * expected.abs()
}

#[test]
fn it_is_what_keras_gives() {
    let Loaded { train, test, source, files, notice } = bundled(&SplitOptions::new());
    assert_eq!((source, files.len(), notice), (Source::Bundled, 0, None));
    assert_eq!(
        (features(&train).shape().as_slice(), prices(&train).shape().as_slice()),
        (&[404, 13][..], &[404][..])
    );
    assert_eq!(
        (features(&test).shape().as_slice(), prices(&test).shape().as_slice()),
        (&[102, 13][..], &[102][..])
    );
    assert_eq!(values(&prices(&train))[..5], [15.2, 42.3, 50.0, 21.1, 17.7]);
    assert_eq!(values(&prices(&test))[..5], [7.2, 18.8, 19.0, 27.0, 22.2]);
    let first = [1.23247, 0.0, 8.14, 0.0, 0.538, 6.142, 91.7, 3.9769, 4.0, 307.0, 21.0, 396.9, 18.72];
    assert_eq!(values(&features(&train))[..FEATURES], first);
    assert!(
        near(sum(&features(&train), FEATURES), 74414741.39394) && near(sum(&prices(&train), 1), 1862010.2)
    );

    let half = bundled(&SplitOptions::new().test_split(0.5).seed(1));
    assert_eq!((half.train.len(), half.test.len()), (253, 253));
    assert!(
        near(sum(&features(&half.train), FEATURES), 28875347.52599)
            && near(sum(&prices(&half.train), 1), 743784.2)
    );
    assert_eq!(values(&prices(&half.test))[..5], [16.1, 8.3, 26.6, 14.3, 15.0]);

    let all = bundled(&SplitOptions::new().test_split(0.0).seed(0));
    assert_eq!((all.train.len(), all.test.is_empty()), (506, true));
    assert!(near(sum(&features(&all.train), FEATURES), 116937144.2786));
}

#[test]
fn the_bundled_copy_has_the_numbers_of_the_published_file() {
    let Some(folder) = shared_data() else { return };
    let published = boston_housing::load(&SplitOptions::new(), &DataOptions::default().dir(&folder)).unwrap();
    let arrays = |samples: &Samples| (features(samples), prices(samples));
    let Loaded { train, test, .. } = bundled(&SplitOptions::new());
    assert_eq!(published.source, Source::Dir);
    assert_eq!(arrays(&published.train), arrays(&train));
    assert_eq!(arrays(&published.test), arrays(&test));
    // The file has the published hash, so that the cache accepts it.
    let cache = tempdir().unwrap();
    std::fs::create_dir(cache.path().join("boston_housing")).unwrap();
    let name = "boston_housing.npz";
    std::fs::copy(folder.join(name), cache.path().join("boston_housing").join(name)).unwrap();
    let cached = boston_housing::load(&SplitOptions::new(), &options(cache.path())).unwrap();
    assert_eq!((arrays(&cached.train), cached.source), (arrays(&train), Source::Cache));
}

#[test]
fn features_and_prices_are_floats() {
    let (train, test) = bundled(&SplitOptions::new()).into_parts();
    assert_eq!((train.len(), train.inputs()[0].sample_shape()), (404, &[13][..]));
    assert_eq!((test.targets()[0].kind(), test.targets()[0].sample_shape().len()), (Kind::Floats, 0));
}

fn own(table: &str) -> Result<Samples, DataError> {
    let folder = tempdir().unwrap();
    let archive = bundle_boston_housing::archive(table).unwrap();
    std::fs::write(folder.path().join("boston_housing.npz"), archive).unwrap();
    let options = DataOptions::default().dir(folder.path());
    boston_housing::load(&SplitOptions::new().test_split(0.0), &options).map(|boston| boston.train)
}

#[test]
fn files_of_ones_own_are_checked() {
    let row = "1,2,3,4,5,6,7,8,9,10,11,12,13,14\n";
    assert_eq!(own(&format!("names\n{row}{row}")).unwrap().len(), 2);
    let message = |table: &str| own(table).unwrap_err().to_string();
    let error = message(&format!("names\n{row}1,2,3,4,NaN,6,7,8,9,10,11,12,13,14\n"));
    assert!(error.ends_with("boston_housing.npz/x cannot be used: NaN in row 1, column 4"), "{error}");
    // Tracts are shuffled: the row is the file's.
    let error = message(&format!("names\n{row}{row}{row}1,2,3,4,1e300,6,7,8,9,10,11,12,13,14\n{row}"));
    assert!(error.ends_with("x cannot be used: 1e300 in row 3, column 4"), "{error}");
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
