//! MNIST: 70,000 handwritten digits, as in `keras.datasets.mnist`.
//!
//! LeCun, Cortes and Burges, <https://yann.lecun.com/exdb/mnist/>; "Deep Learning with Python", section 2.1.

use std::path::Path;

use burn::tensor::{DType, TensorData};

use super::{Loaded, bundled::bundled_file};
use crate::{
    error::DataError,
    formats::{idx, npz::Archive},
    samples::{Column, Samples},
    sources::{Alternative, DataOptions, PublishedFile, Release, Source, locate},
};

/// Height and width of an image, in pixels.
pub const SIDE: usize = 28;

/// Number of classes: the digits 0 to 9.
pub const CLASSES: usize = 10;

/// The published files: Keras' archive, or the four files of the authors.
pub const RELEASE: Release = Release {
    dataset: "mnist",
    alternatives: &[
        Alternative {
            files: &[PublishedFile {
                name: "mnist.npz",
                sha256: "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
            }],
            mirrors: &["https://storage.googleapis.com/tensorflow/tf-keras-datasets/"],
        },
        Alternative {
            files: &[
                PublishedFile {
                    name: "train-images-idx3-ubyte.gz",
                    sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                },
                PublishedFile {
                    name: "train-labels-idx1-ubyte.gz",
                    sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                },
                PublishedFile {
                    name: "t10k-images-idx3-ubyte.gz",
                    sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                },
                PublishedFile {
                    name: "t10k-labels-idx1-ubyte.gz",
                    sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                },
            ],
            mirrors: &[
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
            ],
        },
    ],
    fallback: Source::Bundled,
    fallback_meaning: "using the bundled sample of 12,000 training and 2,000 test digits; \
        expect a test accuracy of about 0.95 to 0.96 instead of 0.98",
};

/// Loads MNIST: 60,000 training and 10,000 test images, pixels `[samples, 28, 28]`, with the digits 0 to 9 as classes
/// `[samples]`. The bundled sample has 12,000 training and 2,000 test images.
///
/// `train.inputs()[0].data()` is Keras' `x_train`: `u8` from 0 (background) to 255 (ink). Batches contain `f32` from 0 to 1.
///
/// ```
/// use kindling_data::{DataChoice, DataOptions, mnist};
///
/// let options = DataOptions::default().choice(DataChoice::Bundled);
/// let (train, test) = mnist::load(&options)?.into_parts();
/// assert_eq!(train.inputs()[0].data().shape().as_slice(), [12_000, 28, 28]);
/// assert_eq!(test.classes().unwrap()[..3], [4, 0, 1]);
/// # Ok::<(), kindling_data::DataError>(())
/// ```
///
/// # Errors
/// The errors of [`locate()`]. For files in [`DataOptions::dir`] also [`DataError::Format`], [`DataError::Unsupported`],
/// and [`DataError::LengthMismatch`], if they do not have MNIST's layout. [`DataError::MissingFeature`] if the bundled
/// sample is needed but not compiled in.
pub fn load(options: &DataOptions) -> Result<Loaded<Samples>, DataError> {
    let located = locate(&RELEASE, options)?;
    let parts = match located.files.as_slice() {
        [train_images, train_labels, test_images, test_labels] => {
            let (train, test) =
                rayon::join(|| open(train_images, train_labels), || open(test_images, test_labels));
            (train?, test?)
        }
        [path, ..] => {
            let part = |images, labels| {
                let mut archive = Archive::open(path)?;
                let (images_path, labels_path) = (archive.path_of(images), archive.path_of(labels));
                samples(archive.array(images)?, archive.array(labels)?, &images_path, &labels_path)
            };
            let (train, test) = rayon::join(|| part("x_train", "y_train"), || part("x_test", "y_test"));
            (train?, test?)
        }
        [] => bundled(located.unavailable.as_deref())?,
    };
    Ok(Loaded::new(parts, located, options))
}

/// Returns the bundled sample; see `bundled/mnist/README.md` for how it was selected.
fn bundled(unavailable: Option<&str>) -> Result<(Samples, Samples), DataError> {
    let read =
        |bytes: Result<&[u8], DataError>, name: &str| idx::read(bytes?, &Path::new("bundled").join(name));
    let part = |images, labels, name: &str| {
        let (images_name, labels_name) = (format!("{name}-images"), format!("{name}-labels"));
        let (images, labels) = (read(images, &images_name)?, read(labels, &labels_name)?);
        samples(images, labels, images_name.as_ref(), labels_name.as_ref())
    };
    let train = part(
        bundled_file!("bundled-mnist", "mnist", "train-images-idx3-ubyte.gz", unavailable),
        bundled_file!("bundled-mnist", "mnist", "train-labels-idx1-ubyte.gz", unavailable),
        "train",
    )?;
    let test = part(
        bundled_file!("bundled-mnist", "mnist", "t10k-images-idx3-ubyte.gz", unavailable),
        bundled_file!("bundled-mnist", "mnist", "t10k-labels-idx1-ubyte.gz", unavailable),
        "t10k",
    )?;
    Ok((train, test))
}

fn open(images: &Path, labels: &Path) -> Result<Samples, DataError> {
    samples(idx::open(images)?, idx::open(labels)?, images, labels)
}

/// Checks that the arrays have MNIST's layout; the paths identify them in errors.
fn samples(
    images: TensorData,
    labels: TensorData,
    images_path: &Path,
    labels_path: &Path,
) -> Result<Samples, DataError> {
    let count = match images.shape().as_slice() {
        &[count, SIDE, SIDE] if count > 0 && images.dtype() == DType::U8 => count,
        shape => {
            let reason = format!(
                "it contains {:?} values of shape {shape:?}, expected images: U8 values of shape [n, 28, 28], n at least 1",
                images.dtype()
            );
            return Err(DataError::unsupported(images_path, reason));
        }
    };
    if labels.shape().len() != 1 || labels.dtype() != DType::U8 {
        let (shape, dtype) = (labels.shape().as_slice(), labels.dtype());
        let reason = format!(
            "it contains {dtype:?} values of shape {shape:?}, expected labels: U8 values of shape [n]"
        );
        return Err(DataError::unsupported(labels_path, reason));
    }
    if labels.num_elements() != count {
        let what = format!("{} and {}", images_path.display(), labels_path.display());
        return Err(DataError::LengthMismatch { what, left: count, right: labels.num_elements() });
    }
    if let Some(index) = labels.as_bytes().iter().position(|&label| usize::from(label) >= CLASSES) {
        let reason = format!("label {index} is {}, expected labels from 0 to 9", labels.as_bytes()[index]);
        return Err(DataError::unsupported(labels_path, reason));
    }
    Samples::new(Column::pixels(images)?, Column::classes(labels)?)
}
