//! MNIST from the bundled sample, from custom files, and from the published files if they are available.

#[path = "../examples/bundle_mnist.rs"]
#[allow(dead_code, reason = "its main function is not for tests")]
mod bundle_mnist;
mod common;

use std::{
    fs::{self, File},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use burn::tensor::{DType, TensorData};
use common::{Server, gzip, options};
use flate2::read::GzDecoder;
use kindling_data::{DataChoice, DataError, DataOptions, Kind, Loaded, Samples, Source, mnist};
use tempfile::{TempDir, tempdir};
use zip::{ZipWriter, write::SimpleFileOptions};

const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
];

fn bundled() -> Loaded<Samples> {
    mnist::load(&DataOptions::default().choice(DataChoice::Bundled)).unwrap()
}

/// Returns the images: Keras' `x` array.
fn images(samples: &Samples) -> TensorData {
    samples.inputs()[0].data()
}

fn labels(samples: &Samples) -> Vec<i32> {
    samples.classes().unwrap()
}

/// Returns the directory of the published files, if it exists next to this checkout.
fn published() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/mnist");
    if !folder.is_dir() {
        println!("skipped: there is no directory {}", folder.display());
        return None;
    }
    Some(folder)
}

/// Returns an IDX file of unsigned bytes.
fn idx(shape: &[u32], values: &[u8]) -> Vec<u8> {
    let lengths: Vec<u8> = shape.iter().flat_map(|length| length.to_be_bytes()).collect();
    [&[0, 0, 8, shape.len() as u8], &lengths[..], values].concat()
}

/// Returns a `.npy` file of unsigned bytes.
fn npy(shape: &str, values: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), values].concat()
}

/// Creates a directory with MNIST's four files: the given training set, and a test set of one digit.
fn folder_with(images: &[u8], labels: &[u8]) -> TempDir {
    let folder = tempdir().unwrap();
    let contents = [images, labels, &idx(&[1, 28, 28], &[0; 784]), &idx(&[1], &[9])];
    for (name, content) in NAMES.iter().zip(contents) {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn load_from(folder: &TempDir) -> Result<Loaded<Samples>, DataError> {
    mnist::load(&options(folder.path()).dir(folder.path()))
}

#[test]
fn the_bundled_sample_is_balanced() {
    let Loaded { train, test, source, files, notice } = bundled();
    assert_eq!((source, files.len(), notice), (Source::Bundled, 0, None));
    for (digits, per_digit) in [(&train, 1_200), (&test, 200)] {
        let count = 10 * per_digit;
        assert_eq!(digits.len(), count);
        assert_eq!(images(digits).shape().as_slice(), [count, 28, 28]);
        assert_eq!(images(digits).dtype(), DType::U8);
        assert_eq!((digits.inputs()[0].kind(), digits.targets()[0].kind()), (Kind::Pixels, Kind::Classes));
        let labels = labels(digits);
        for digit in 0..10 {
            assert_eq!(labels.iter().filter(|&&label| label == digit).count(), per_digit);
        }
    }
    assert_eq!(labels(&train)[..6], [1, 6, 9, 3, 0, 4]);
    assert_eq!(labels(&test)[..6], [4, 0, 1, 7, 5, 6]);
}

#[test]
fn without_a_network_the_bundled_sample_is_used_with_a_notice() {
    let folder = tempdir().unwrap();
    let mnist = mnist::load(&options(folder.path())).unwrap();
    assert_eq!((mnist.source, mnist.train.len()), (Source::Bundled, 12_000));
    let notice = mnist.notice.unwrap();
    assert!(notice.ends_with("about 0.95 to 0.96 instead of 0.98"), "{notice}");
}

#[test]
fn the_full_data_set_is_an_error_if_it_is_not_available() {
    let folder = tempdir().unwrap();
    let error = mnist::load(&options(folder.path()).choice(DataChoice::Full)).unwrap_err().to_string();
    assert!(error.contains("mnist.npz or train-images-idx3-ubyte.gz"), "{error}");
}

#[test]
fn custom_digits_are_read_from_idx_files() {
    let pixels: Vec<u8> = (0..2 * 784).map(|pixel| (pixel % 251) as u8).collect();
    let folder = folder_with(&gzip(&idx(&[2, 28, 28], &pixels)), &idx(&[2], &[3, 8]));
    let mnist = load_from(&folder).unwrap();
    assert_eq!((mnist.source, mnist.train.len(), mnist.test.len()), (Source::Dir, 2, 1));
    assert_eq!(mnist.files, NAMES.map(|name| folder.path().join(name)));

    let (train, _) = mnist.into_parts();
    assert_eq!(images(&train.slice(1..2)), TensorData::new(pixels[784..].to_vec(), [1, 28, 28]));
    assert_eq!(images(&train), TensorData::new(pixels, [2, 28, 28]));
    assert_eq!(labels(&train), [3, 8]);
}

#[test]
fn custom_digits_are_read_from_an_archive() {
    let load = |test_labels: &[u8]| {
        let folder = tempdir().unwrap();
        let mut zip = ZipWriter::new(File::create(folder.path().join("mnist.npz")).unwrap());
        for (name, content) in [
            ("x_test", npy("(1, 28, 28)", &[1; 784])),
            ("x_train", npy("(2, 28, 28)", &[2; 2 * 784])),
            ("y_train", npy("(2,)", &[3, 8])),
            ("y_test", npy(&format!("({},)", test_labels.len()), test_labels)),
        ] {
            zip.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
            zip.write_all(&content).unwrap();
        }
        zip.finish().unwrap();
        load_from(&folder)
    };
    let mnist = load(&[9]).unwrap();
    assert_eq!((mnist.source, mnist.files.len()), (Source::Dir, 1));
    assert_eq!(labels(&mnist.train), [3, 8]);
    assert_eq!((images(&mnist.test), labels(&mnist.test)), (TensorData::from([[[1_u8; 28]; 28]]), vec![9]));

    let error = load(&[9, 9]).unwrap_err();
    assert!(matches!(error, DataError::LengthMismatch { left: 1, right: 2, .. }));
    let error = error.to_string();
    assert!(
        error.contains("mnist.npz/x_test and")
            && error.contains("mnist.npz/y_test differ in length (1 and 2"),
        "{error}"
    );
}

#[test]
fn files_with_another_layout_are_rejected() {
    let refused = |images: &[u8], labels: &[u8], reason: &str| {
        let error = load_from(&folder_with(images, labels)).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    };
    let (image, label) = (idx(&[1, 28, 28], &[0; 784]), idx(&[1], &[0]));
    refused(&idx(&[1, 32, 32], &[0; 1024]), &label, "shape [1, 32, 32]");
    refused(&idx(&[1, 784], &[0; 784]), &label, "shape [1, 784]");
    refused(&idx(&[0, 28, 28], &[]), &idx(&[0], &[]), "n at least 1");
    refused(&image, &idx(&[1, 1], &[0]), "expected labels: U8 values of shape [n]");
    refused(&image, &idx(&[2], &[0, 0]), "1 and 2 samples");
    refused(
        &idx(&[2, 28, 28], &[0; 2 * 784]),
        &idx(&[2], &[9, 12]),
        "label 1 is 12, expected labels from 0 to 9",
    );
    refused(&image[..100], &label, "train-images-idx3-ubyte.gz is damaged");
}

#[test]
fn the_published_files_are_read_in_full() {
    let Some(folder) = published() else { return };
    let check = |digits: &Samples, count, first: [i32; 6]| {
        assert_eq!(images(digits).shape().as_slice(), [count, 28, 28]);
        assert_eq!(labels(digits)[..6], first);
    };
    let mnist = mnist::load(&DataOptions::default().dir(&folder)).unwrap();
    check(&mnist.train, 60_000, [5, 0, 4, 1, 9, 2]);
    check(&mnist.test, 10_000, [7, 2, 1, 0, 4, 1]);
}

#[test]
fn the_published_files_are_downloaded_and_verified() {
    let Some(folder) = published() else { return };
    let server = Server::of(move |name| fs::read(folder.join(name)).ok());
    let cache = tempdir().unwrap();
    let options = options(cache.path()).mirrors([&server.url]).choice(DataChoice::Full);
    for source in [Source::Download, Source::Cache] {
        let mnist = mnist::load(&options).unwrap();
        assert_eq!((mnist.source, mnist.train.len(), mnist.notice), (source, 60_000, None));
        assert_eq!(mnist.files, NAMES.map(|name| cache.path().join("mnist").join(name)));
    }
}

#[test]
fn the_bundled_sample_equals_the_output_of_its_program() {
    let Some(folder) = published() else { return };
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundled/mnist");
    for (part, per_digit) in bundle_mnist::PARTS {
        for (name, content) in bundle_mnist::sample(&folder, part, per_digit).unwrap() {
            let mut unpacked = Vec::new();
            GzDecoder::new(&fs::read(bundled.join(&name)).unwrap()[..]).read_to_end(&mut unpacked).unwrap();
            assert!(unpacked == content, "{name} differs");
        }
    }
}
