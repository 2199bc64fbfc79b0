#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
//!
//! # Map of the modules
//!
//! Each module uses only those above it.
//!
//! | module | contents |
//! | --- | --- |
//! | [`DataError`] (`error.rs`) | the error of every fallible function |
//! | [`random`] | all randomness, derived from one seed; NumPy's legacy generator |
//! | `samples` | [`Column`], [`Samples`], [`Batch`]: arrays, views and batches; Burn's `Dataset`; the leakage check |
//! | [`splits`] | splitters with scikit-learn's names |
//! | [`preprocessing`] | scalers, imputers, and [`Transform`], their trait |
//! | `text` | [`Texts`] as lists of word ids, [`WordIndex`], multi-hot and padded arrays |
//! | [`tables`] | CSV files, and columns as features and targets |
//! | [`synthetic`] | generated clocks, series, sequences and texts |
//! | `formats` | [`idx`], [`npy`], [`npz`] and [`pickle`] files |
//! | `sources` | [`DataOptions`], [`locate()`]: directories, cache, mirrors; [`files`] |
//! | `datasets` | [`mnist`], [`imdb`], [`reuters`], [`boston_housing`] and their result, [`Loaded`] |

mod datasets;
mod error;
mod formats;
pub mod preprocessing;
pub mod random;
mod samples;
mod sources;
pub mod splits;
pub mod synthetic;
pub mod tables;
mod text;

pub use datasets::{Loaded, SplitOptions, boston_housing, imdb, mnist, reuters};
pub use error::DataError;
pub use formats::{idx, npy, npz, pickle};
pub use preprocessing::{
    Fill, MinMaxScaler, Pipeline, RobustScaler, SimpleImputer, StandardScaler, Transform, channels_first,
    channels_last, drop_values,
};
pub use random::numpy as numpy_random;
pub use samples::{
    Array, Batch, Chunks, Column, IntoData, IntoShape, Kind, Sample, Samples, SparseColumns, SparseRows,
    check_leakage, drop_duplicates, to_categorical,
};
pub use sources::{
    Alternative, DataChoice, DataOptions, Located, PublishedFile, Release, Source, files, locate,
};
pub use synthetic::{DriftingSeries, SyntheticSequences, SyntheticText, clocks};
pub use text::{
    End, INDEX_FROM, PadOptions, Sequences, TextOptions, TextVectorization, Texts, WordIndex, multi_hot,
    pad_sequences,
};
