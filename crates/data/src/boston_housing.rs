//! Boston Housing: 506 census tracts of 1970 with the median price of a house, as `keras.datasets.boston_housing`
//! gives them.
//!
//! Harrison and Rubinfeld, "Hedonic prices and the demand for clean air", Journal of Environmental Economics and
//! Management 5, 1978; "Deep Learning with Python", section 3.6. One of its features, `B`, counts people by the
//! colour of their skin: use it to learn about regression and about what is in data, not to price houses.

use std::{
    io::{Cursor, Read, Seek},
    path::{Path, PathBuf},
};

use burn::tensor::TensorData;

use crate::{
    Alternative, Column, DataError, DataOptions, Located, PublishedFile, Release, Samples, Source,
    SplitOptions, features::check_finite, locate, npz::Archive, numpy_random::RandomState,
    split_options::training_samples,
};

/// Features of a tract.
pub const FEATURES: usize = 13;

/// What the features are: crime rate, large lots, industry, river, nitric oxides, rooms, age, distance to work,
/// highways, tax, pupils a teacher, black people (of sorts), poor people.
pub const FEATURE_NAMES: [&str; FEATURES] =
    ["CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B", "LSTAT"];

/// The data set as Keras published it.
pub const RELEASE: Release = Release {
    dataset: "boston_housing",
    alternatives: &[Alternative {
        files: &[PublishedFile {
            name: "boston_housing.npz",
            sha256: "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
        }],
        mirrors: &["https://storage.googleapis.com/tensorflow/tf-keras-datasets/"],
    }],
    fallback: Source::Bundled,
    fallback_meaning: "the bundled copy stands in, which has the same numbers",
};

/// The training and the test tracts, shuffled.
#[derive(Clone, Debug)]
pub struct BostonHousing {
    /// 404 tracts to learn from.
    pub train: Houses,
    /// 102 tracts to test with.
    pub test: Houses,
    /// Where they came from.
    pub source: Source,
    /// The file they were read from; none for the bundled copy.
    pub files: Vec<PathBuf>,
    /// One line for the user if the bundled copy had to stand in.
    pub notice: Option<String>,
}

/// Tracts with the prices of their houses; all numbers are finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Houses {
    /// The features, each in a unit of its own: `f64` `[tracts, 13]`, see [`FEATURE_NAMES`].
    pub features: TensorData,
    /// The median price of a house, in 1000 dollars of 1970: `f64` `[tracts]`.
    pub prices: TensorData,
}

/// Loads Boston Housing from wherever `options` allow, and splits it as `split` says.
///
/// # Errors
/// Those of [`locate()`]; [`DataError::Argument`] if the split is none; in files of the user's own also
/// [`DataError::Format`], [`DataError::Unsupported`] and [`DataError::LengthMismatch`], if they are not laid out as
/// Boston Housing or hold numbers that are not finite.
pub fn load(split: &SplitOptions, options: &DataOptions) -> Result<BostonHousing, DataError> {
    training_samples(0, split.test_split)?;
    let Located { source, files, notice } = locate(&RELEASE, options)?;
    let (features, prices) = match files.first() {
        Some(path) => read(Archive::open(path)?)?,
        None => {
            let file = Cursor::new(&include_bytes!("../bundled/boston_housing/boston_housing.npz")[..]);
            read(Archive::new(file, Path::new("bundled/boston_housing.npz"))?)?
        }
    };
    let order = RandomState::new(split.seed).permutation(prices.len());
    let (train, test) = order.split_at(training_samples(prices.len(), split.test_split)?);
    let houses = |order: &[usize]| {
        let rows = order.iter().flat_map(|&tract| &features[tract * FEATURES..][..FEATURES]).copied();
        let chosen = order.iter().map(|&tract| prices[tract]);
        Houses {
            features: TensorData::new(rows.collect(), [order.len(), FEATURES]),
            prices: TensorData::new(chosen.collect(), [order.len()]),
        }
    };
    Ok(BostonHousing { train: houses(train), test: houses(test), source, files, notice })
}

impl Houses {
    /// Number of tracts.
    pub fn len(&self) -> usize {
        self.prices.num_elements()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The features, as they are, as inputs `[13]`, and the prices as targets `[]`, ready for `fit`.
    ///
    /// Features of such different ranges want a [`StandardScaler`](crate::StandardScaler) first.
    ///
    /// # Errors
    /// None in practice: the arrays were checked when they were loaded.
    pub fn into_samples(self) -> Result<Samples, DataError> {
        Samples::new(Column::floats(self.features)?, Column::floats(self.prices)?)
    }
}

/// The features, row after row, and the prices, in the file's order.
fn read<R: Read + Seek>(mut archive: Archive<R>) -> Result<(Vec<f64>, Vec<f64>), DataError> {
    let mut floats = |name: &str, width: usize, expected: &str| -> Result<Vec<f64>, DataError> {
        let path = archive.path_of(name);
        let array = archive.array(name)?;
        let shape = array.shape().to_vec();
        let fits = match shape[..] {
            [tracts] => tracts > 0 && name == "y",
            [tracts, features] => tracts > 0 && features == width && name == "x",
            _ => false,
        };
        if !fits || !array.dtype().is_float() {
            let reason = format!(
                "it holds {:?} values of shape {shape:?}, not floats of shape {expected}",
                array.dtype()
            );
            return Err(DataError::unsupported(&path, reason));
        }
        let values = array.convert::<f64>().try_into_vec::<f64>();
        let values = values.map_err(|error| DataError::format(&path, error.to_string()))?;
        check_finite(&values, width).map_err(|reason| DataError::unsupported(&path, reason))?;
        Ok(values)
    };
    let features = floats("x", FEATURES, "[n, 13], n at least 1")?;
    let prices = floats("y", 1, "[n], n at least 1")?;
    if features.len() != FEATURES * prices.len() {
        let what = format!("{} and {}", archive.path_of("x").display(), archive.path_of("y").display());
        return Err(DataError::LengthMismatch { what, left: features.len() / FEATURES, right: prices.len() });
    }
    Ok((features, prices))
}
