//! MNIST from the bundled sample, from files of one's own, and from the published files where they are at hand.

#[path = "../examples/bundle_mnist.rs"]
#[allow(dead_code, reason = "its main function is not for tests")]
mod bundle_mnist;
mod common;

use std::{
    fs::{self, File},
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use burn::{
    data::{
        dataloader::{DataLoaderBuilder, batcher::Batcher},
        dataset::Dataset,
    },
    tensor::{DType, Device, Int, Tensor, TensorData},
};
use common::{Server, gzip, options};
use flate2::read::GzDecoder;
use kindling_data::{
    DataChoice, DataError, DataOptions, Source,
    mnist::{self, DigitItem, Digits, Mnist},
};
use tempfile::{TempDir, tempdir};
use zip::{ZipWriter, write::SimpleFileOptions};

const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
];

fn bundled() -> Mnist {
    mnist::load(&DataOptions::default().choice(DataChoice::Bundled)).unwrap()
}

/// The folder of the published files, if this checkout has one beside it.
fn published() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/mnist");
    if !folder.is_dir() {
        println!("skipped: there is no folder {}", folder.display());
        return None;
    }
    Some(folder)
}

/// An IDX file of unsigned bytes.
fn idx(shape: &[u32], values: &[u8]) -> Vec<u8> {
    let lengths: Vec<u8> = shape.iter().flat_map(|length| length.to_be_bytes()).collect();
    [&[0, 0, 8, shape.len() as u8], &lengths[..], values].concat()
}

/// A `.npy` file of unsigned bytes.
fn npy(shape: &str, values: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), values].concat()
}

/// A folder with MNIST's four files, where the training part is as given and the test part is one good digit.
fn folder_with(images: &[u8], labels: &[u8]) -> TempDir {
    let folder = tempdir().unwrap();
    let contents = [images, labels, &idx(&[1, 28, 28], &[0; 784]), &idx(&[1], &[9])];
    for (name, content) in NAMES.iter().zip(contents) {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn load_from(folder: &TempDir) -> Result<Mnist, DataError> {
    mnist::load(&options(folder.path()).dir(folder.path()))
}

#[test]
fn the_bundled_sample_has_as_many_of_each_digit() {
    let Mnist { train, test, source, files, notice } = bundled();
    assert_eq!((source, files.len(), notice), (Source::Bundled, 0, None));
    for (digits, per_digit) in [(&train, 1_200), (&test, 200)] {
        let count = 10 * per_digit;
        assert_eq!(digits.len(), count);
        assert_eq!(digits.images().shape().as_slice(), [count, 28, 28]);
        assert_eq!(digits.labels().shape().as_slice(), [count]);
        assert_eq!((digits.images().dtype(), digits.labels().dtype()), (DType::U8, DType::U8));
        for digit in 0..10 {
            let labels = digits.labels().as_bytes();
            assert_eq!(labels.iter().filter(|&&label| label == digit).count(), per_digit);
        }
    }
    assert_eq!(train.labels().as_bytes()[..6], [1, 6, 9, 3, 0, 4]);
    assert_eq!(test.labels().as_bytes()[..6], [4, 0, 1, 7, 5, 6]);
}

#[test]
fn without_a_network_the_bundled_sample_stands_in_with_a_notice() {
    let folder = tempdir().unwrap();
    let mnist = mnist::load(&options(folder.path())).unwrap();
    assert_eq!((mnist.source, mnist.train.len()), (Source::Bundled, 12_000));
    let notice = mnist.notice.unwrap();
    assert!(notice.ends_with("about 0.96 instead of 0.98"), "{notice}");
}

#[test]
fn all_of_the_data_or_an_error() {
    let folder = tempdir().unwrap();
    let error = mnist::load(&options(folder.path()).choice(DataChoice::Full)).unwrap_err().to_string();
    assert!(error.contains("mnist.npz or train-images-idx3-ubyte.gz"), "{error}");
}

#[test]
fn digits_of_ones_own_are_read_from_idx_files() {
    let pixels: Vec<u8> = (0..2 * 784).map(|pixel| (pixel % 251) as u8).collect();
    let folder = folder_with(&gzip(&idx(&[2, 28, 28], &pixels)), &idx(&[2], &[3, 8]));
    let mnist = load_from(&folder).unwrap();
    assert_eq!((mnist.source, mnist.train.len(), mnist.test.len()), (Source::Dir, 2, 1));
    assert_eq!(mnist.files, NAMES.map(|name| folder.path().join(name)));

    let DigitItem { image, label } = mnist.train.get(1).unwrap();
    assert_eq!((image.as_flattened(), label), (&pixels[784..], 8));
    let (images, labels) = mnist.train.into_parts();
    assert_eq!(images, TensorData::new(pixels, [2, 28, 28]));
    assert_eq!(labels, TensorData::from([3u8, 8]));
}

#[test]
fn digits_of_ones_own_are_read_from_an_archive() {
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
    assert_eq!(mnist.train.labels(), &TensorData::from([3u8, 8]));
    assert_eq!(mnist.test.get(0).unwrap(), DigitItem { image: [[1; 28]; 28], label: 9 });

    let error = load(&[9, 9]).unwrap_err();
    assert!(matches!(error, DataError::LengthMismatch { left: 1, right: 2, .. }));
    let error = error.to_string();
    assert!(error.contains("mnist.npz/x_test and") && error.contains("mnist.npz/y_test: 1 and 2"), "{error}");
}

#[test]
fn what_is_not_laid_out_as_mnist_is_refused() {
    let refused = |images: &[u8], labels: &[u8], reason: &str| {
        let error = load_from(&folder_with(images, labels)).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    };
    let (image, label) = (idx(&[1, 28, 28], &[0; 784]), idx(&[1], &[0]));
    refused(&idx(&[1, 32, 32], &[0; 1024]), &label, "shape [1, 32, 32]");
    refused(&idx(&[1, 784], &[0; 784]), &label, "shape [1, 784]");
    refused(&idx(&[0, 28, 28], &[]), &idx(&[0], &[]), "n at least 1");
    refused(&image, &idx(&[1, 1], &[0]), "MNIST's labels are U8 of shape [n]");
    refused(&image, &idx(&[2], &[0, 0]), "1 and 2 samples");
    refused(&idx(&[2, 28, 28], &[0; 2 * 784]), &idx(&[2], &[9, 12]), "label 1 is 12, labels are 0 to 9");
    refused(&image[..100], &label, "train-images-idx3-ubyte.gz is damaged");
}

/// Stacks digits as Burn's guide does.
#[derive(Clone)]
struct DigitBatcher;

#[derive(Clone, Debug)]
struct DigitBatch {
    images: Tensor<3>,
    labels: Tensor<1, Int>,
}

impl Batcher<DigitItem, DigitBatch> for DigitBatcher {
    fn batch(&self, items: Vec<DigitItem>, device: &Device) -> DigitBatch {
        let pixels: Vec<f32> =
            items.iter().flat_map(|item| item.image.as_flattened()).map(|&pixel| f32::from(pixel)).collect();
        let labels: Vec<i64> = items.iter().map(|item| item.label.into()).collect();
        DigitBatch {
            images: Tensor::from_data(TensorData::new(pixels, [items.len(), 28, 28]), device),
            labels: Tensor::from_data(TensorData::new(labels, [items.len()]), device),
        }
    }
}

#[test]
fn burns_own_data_loader_takes_digits() {
    let digits = Arc::new(bundled().test);
    let loader = DataLoaderBuilder::new(DigitBatcher).batch_size(64).build(digits.clone());
    let batches: Vec<DigitBatch> = loader.iter().map(Result::unwrap).collect();
    assert_eq!((loader.num_items(), batches.len()), (2_000, 32));
    assert_eq!(batches[0].images.dims(), [64, 28, 28]);
    assert_eq!(batches[31].images.dims(), [16, 28, 28]);
    let labels: Vec<u8> =
        batches.iter().flat_map(|batch| batch.labels.to_data().iter::<u8>().collect::<Vec<_>>()).collect();
    assert_eq!(labels, digits.labels().as_bytes());

    let shuffled =
        DataLoaderBuilder::new(DigitBatcher).batch_size(64).shuffle(7).num_workers(2).build(digits);
    assert_eq!(shuffled.iter().map(|batch| batch.unwrap().labels.dims()[0]).sum::<usize>(), 2_000);
}

#[test]
fn the_published_files_are_read_in_full() {
    let Some(folder) = published() else { return };
    let check = |digits: &Digits, count, first: [u8; 6]| {
        assert_eq!(digits.images().shape().as_slice(), [count, 28, 28]);
        assert_eq!(digits.labels().as_bytes()[..6], first);
    };
    let mnist = mnist::load(&DataOptions::default().dir(&folder)).unwrap();
    check(&mnist.train, 60_000, [5, 0, 4, 1, 9, 2]);
    check(&mnist.test, 10_000, [7, 2, 1, 0, 4, 1]);
}

#[test]
fn the_published_files_pass_the_download_with_their_hashes() {
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
fn the_bundled_sample_is_what_its_program_makes() {
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
