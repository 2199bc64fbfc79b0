//! Boston Housing: 506 census tracts of 1970 with the median price of a house, as `keras.datasets.boston_housing`.
//!
//! Harrison and Rubinfeld, "Hedonic prices and the demand for clean air", Journal of Environmental Economics and
//! Management 5, 1978; "Deep Learning with Python", section 3.6. The data set is kept for its history in teaching only:
//! the feature `B` assumes that racial segregation sets prices. Do not use it to price houses.

use std::{
    io::{Cursor, Read, Seek},
    path::Path,
};

use super::{Loaded, SplitOptions, bundled::bundled_file, split_options::training_samples};
use crate::{
    error::DataError,
    formats::npz::Archive,
    preprocessing::table::find_non_finite_f32,
    random::numpy::RandomState,
    samples::{Column, Samples},
    sources::{Alternative, DataOptions, PublishedFile, Release, Source, locate},
};

/// Number of features of a tract.
pub const FEATURES: usize = 13;

/// The names of the features, as published:
///
/// - `CRIM`: crime rate per capita;
/// - `ZN`: percentage of residential land zoned for lots over 25,000 square feet;
/// - `INDUS`: percentage of non-retail business acres;
/// - `CHAS`: 1 if the tract bounds the Charles River, otherwise 0;
/// - `NOX`: concentration of nitric oxides, parts per 10 million;
/// - `RM`: average number of rooms per dwelling;
/// - `AGE`: percentage of owner-occupied units built before 1940;
/// - `DIS`: weighted distance to five employment centers;
/// - `RAD`: index of accessibility to radial highways;
/// - `TAX`: property tax rate per 10,000 dollars;
/// - `PTRATIO`: number of pupils per teacher;
/// - `B`: `1000 * (Bk - 0.63)^2`, where `Bk` is the proportion of Black residents;
/// - `LSTAT`: percentage of the population of lower status.
pub const FEATURE_NAMES: [&str; FEATURES] =
    ["CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B", "LSTAT"];

/// The data set, as published by Keras.
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
    fallback_meaning: "using the bundled copy, which has the same numbers",
};

/// Loads Boston Housing and splits it as `split` says: by default 404 training and 102 test tracts, with features
/// `[samples, 13]` (see [`FEATURE_NAMES`]) and median prices `[samples]` in 1000 dollars of 1970.
///
/// The features have different units: scale them with a [`StandardScaler`](crate::StandardScaler) first.
///
/// ```
/// use kindling_data::{DataChoice, DataOptions, SplitOptions, boston_housing};
///
/// let options = DataOptions::default().choice(DataChoice::Bundled);
/// let (train, test) = boston_housing::load(&SplitOptions::new(), &options)?.into_parts();
/// assert_eq!((train.len(), test.len(), train.inputs()[0].sample_shape()), (404, 102, &[13][..]));
/// # Ok::<(), kindling_data::DataError>(())
/// ```
///
/// # Errors
/// As [`locate()`]. [`DataError::Argument`] if the test split is not in `0.0..1.0`. For files in a directory of the user's
/// own also [`DataError::Format`], [`DataError::Unsupported`] and [`DataError::LengthMismatch`], if they are not laid out
/// as Boston Housing or hold NaN, infinite values or values beyond `f32`. [`DataError::MissingFeature`] if the bundled copy is needed but not
/// compiled in.
pub fn load(split: &SplitOptions, options: &DataOptions) -> Result<Loaded<Samples>, DataError> {
    training_samples(0, split.test_split)?;
    let located = locate(&RELEASE, options)?;
    let (features, prices) = match located.files.first() {
        Some(path) => read(Archive::open(path)?)?,
        None => {
            let file = Cursor::new(bundled_file!(
                "boston_housing",
                "boston_housing.npz",
                located.unavailable.as_deref()
            )?);
            read(Archive::new(file, Path::new("bundled/boston_housing.npz"))?)?
        }
    };
    let order = RandomState::new(split.seed).permutation(prices.len());
    let (train, test) = order.split_at(training_samples(prices.len(), split.test_split)?);
    let part = |order: &[usize]| {
        let rows = order.iter().flat_map(|&tract| &features[tract * FEATURES..][..FEATURES]).copied();
        let prices: Vec<f64> = order.iter().map(|&tract| prices[tract]).collect();
        Samples::new(
            Column::floats((rows.collect::<Vec<f64>>(), [order.len(), FEATURES]))?,
            Column::floats(prices)?,
        )
    };
    Ok(Loaded::new((part(train)?, part(test)?), located, options))
}

/// In bytes: a thousand times the published features.
const LARGEST_ARRAY: u64 = 1 << 26;

/// Reads the features, row after row, and the prices, in the file's order.
fn read<R: Read + Seek>(mut archive: Archive<R>) -> Result<(Vec<f64>, Vec<f64>), DataError> {
    let mut floats = |name: &str, width: usize, expected: &str| -> Result<Vec<f64>, DataError> {
        let path = archive.path_of(name);
        let array = archive.array_up_to(LARGEST_ARRAY, name)?;
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
        // Samples hold them as f32, in another order.
        match find_non_finite_f32(&values, width) {
            Some(found) => Err(DataError::unsupported(&path, found)),
            None => Ok(values),
        }
    };
    let features = floats("x", FEATURES, "[n, 13], n at least 1")?;
    let prices = floats("y", 1, "[n], n at least 1")?;
    if features.len() != FEATURES * prices.len() {
        let what = format!("{} and {}", archive.path_of("x").display(), archive.path_of("y").display());
        return Err(DataError::LengthMismatch { what, left: features.len() / FEATURES, right: prices.len() });
    }
    Ok((features, prices))
}
