//! MNIST: 70,000 handwritten digits, as `keras.datasets.mnist` gives them.
//!
//! LeCun, Cortes and Burges, <https://yann.lecun.com/exdb/mnist/>; "Deep Learning with Python", section 2.1.

use std::path::{Path, PathBuf};

use burn::{
    data::dataset::{Dataset, DatasetError},
    tensor::{DType, TensorData},
};

use crate::{
    Alternative, DataError, DataOptions, Located, PublishedFile, Release, Source, idx, locate, npz::Archive,
};
use crate::{Column, Samples};

/// Height and width of an image, in pixels.
pub const SIDE: usize = 28;

/// Digits to tell apart.
pub const CLASSES: usize = 10;

/// MNIST as it was published: Keras' archive, or the four files of its authors.
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
    fallback_meaning: "the bundled 12,000 training and 2,000 test digits stand in, \
        so expect a test accuracy of about 0.96 instead of 0.98",
};

/// The training and the test digits.
#[derive(Clone, Debug)]
pub struct Mnist {
    /// Digits to learn from: 60,000, or 12,000 of the bundled sample.
    pub train: Digits,
    /// Digits to test with: 10,000, or 2,000 of the bundled sample.
    pub test: Digits,
    /// Where they came from.
    pub source: Source,
    /// The files they were read from; none for the bundled sample.
    pub files: Vec<PathBuf>,
    /// One line for the user if the bundled sample had to stand in.
    pub notice: Option<String>,
}

/// Images of digits with their labels; at least one.
#[derive(Clone, Debug)]
pub struct Digits {
    images: TensorData,
    labels: TensorData,
}

/// One digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigitItem {
    /// Rows of pixels, from 0 (paper) to 255 (ink).
    pub image: [[u8; SIDE]; SIDE],
    /// The digit, 0 to 9.
    pub label: u8,
}

/// Loads MNIST from wherever `options` allow.
///
/// # Errors
/// Those of [`locate()`]; in files of the user's own also [`DataError::Format`], [`DataError::Unsupported`] and
/// [`DataError::LengthMismatch`], if they are not laid out as MNIST.
pub fn load(options: &DataOptions) -> Result<Mnist, DataError> {
    let Located { source, files, notice } = locate(&RELEASE, options)?;
    let (train, test) = match files.as_slice() {
        [train_images, train_labels, test_images, test_labels] => {
            (Digits::open(train_images, train_labels)?, Digits::open(test_images, test_labels)?)
        }
        [archive, ..] => {
            let mut archive = Archive::open(archive)?;
            let mut digits = |images, labels| {
                let (images_path, labels_path) = (archive.path_of(images), archive.path_of(labels));
                Digits::new(archive.array(images)?, archive.array(labels)?, &images_path, &labels_path)
            };
            (digits("x_train", "y_train")?, digits("x_test", "y_test")?)
        }
        [] => bundled()?,
    };
    Ok(Mnist { train, test, source, files, notice })
}

/// The sample that is compiled in; `bundled/mnist/README.md` says how it was made.
fn bundled() -> Result<(Digits, Digits), DataError> {
    macro_rules! file {
        ($name:literal) => {
            (Path::new(concat!("bundled/", $name)), &include_bytes!(concat!("../bundled/mnist/", $name))[..])
        };
    }
    let digits = |(images, images_bytes), (labels, labels_bytes)| {
        Digits::new(idx::read(images_bytes, images)?, idx::read(labels_bytes, labels)?, images, labels)
    };
    Ok((
        digits(file!("train-images-idx3-ubyte.gz"), file!("train-labels-idx1-ubyte.gz"))?,
        digits(file!("t10k-images-idx3-ubyte.gz"), file!("t10k-labels-idx1-ubyte.gz"))?,
    ))
}

impl Digits {
    /// The images as inputs `[28, 28]` and the labels as classes, ready for `fit`; nothing is copied.
    ///
    /// # Errors
    /// None in practice: the arrays were checked when they were loaded.
    pub fn into_samples(self) -> Result<Samples, DataError> {
        Samples::new(Column::pixels(self.images)?, Column::classes(self.labels)?)
    }

    fn open(images: &Path, labels: &Path) -> Result<Self, DataError> {
        Self::new(idx::open(images)?, idx::open(labels)?, images, labels)
    }

    /// Checks that these are digits; the paths name the arrays in errors.
    fn new(
        images: TensorData,
        labels: TensorData,
        images_path: &Path,
        labels_path: &Path,
    ) -> Result<Self, DataError> {
        let count = match images.shape().as_slice() {
            &[count, SIDE, SIDE] if count > 0 && images.dtype() == DType::U8 => count,
            shape => {
                let reason = format!(
                    "it holds {:?} values of shape {shape:?}, MNIST's images are U8 of shape [n, 28, 28], n at least 1",
                    images.dtype()
                );
                return Err(DataError::unsupported(images_path, reason));
            }
        };
        if labels.shape().len() != 1 || labels.dtype() != DType::U8 {
            let (shape, dtype) = (labels.shape().as_slice(), labels.dtype());
            let reason =
                format!("it holds {dtype:?} values of shape {shape:?}, MNIST's labels are U8 of shape [n]");
            return Err(DataError::unsupported(labels_path, reason));
        }
        if labels.num_elements() != count {
            let what = format!("{} and {}", images_path.display(), labels_path.display());
            return Err(DataError::LengthMismatch { what, left: count, right: labels.num_elements() });
        }
        if let Some(index) = labels.as_bytes().iter().position(|&label| usize::from(label) >= CLASSES) {
            let reason = format!("label {index} is {}, labels are 0 to 9", labels.as_bytes()[index]);
            return Err(DataError::unsupported(labels_path, reason));
        }
        Ok(Self { images, labels })
    }

    /// How many digits these are; at least one.
    #[expect(clippy::len_without_is_empty, reason = "they never are")]
    pub fn len(&self) -> usize {
        self.labels.num_elements()
    }

    /// Pixels from 0 (paper) to 255 (ink): unsigned bytes, `[len, 28, 28]`.
    pub fn images(&self) -> &TensorData {
        &self.images
    }

    /// Digits from 0 to 9: unsigned bytes, `[len]`.
    pub fn labels(&self) -> &TensorData {
        &self.labels
    }

    /// The [images](Digits::images) and the [labels](Digits::labels).
    pub fn into_parts(self) -> (TensorData, TensorData) {
        (self.images, self.labels)
    }
}

/// Makes the digits at home in Burn's own `DataLoaderBuilder`.
impl Dataset<DigitItem> for Digits {
    fn get(&self, index: usize) -> Result<DigitItem, DatasetError> {
        let pixels = &self.images.as_bytes()[index * SIDE * SIDE..][..SIDE * SIDE];
        let mut image = [[0; SIDE]; SIDE];
        image.as_flattened_mut().copy_from_slice(pixels);
        Ok(DigitItem { image, label: self.labels.as_bytes()[index] })
    }

    fn len(&self) -> usize {
        self.len()
    }
}
