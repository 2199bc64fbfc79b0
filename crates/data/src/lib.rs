#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
//!
//! # Modules
//!
//! Each module depends only on modules above it in this table.
//!
//! | module | contents |
//! | --- | --- |
//! | [`DataError`] (`error.rs`) | the error type |
//! | [`random`] | random number generators derived from one seed; NumPy's legacy generator |
//! | `samples` | [`Column`], [`Samples`], [`Batch`]: arrays, views, and batches; conversions from and to Burn's `Dataset`; leakage check |
//! | [`splits`] | train/validation/test splits with the names of scikit-learn |
//! | [`preprocessing`] | scalers, imputers, and their trait [`Transform`] |
//! | `text` | [`Texts`] as sequences of word ids, [`WordIndex`], multi-hot and padded arrays |
//! | [`tables`] | CSV files, and the encoding of columns as features and targets |
//! | [`synthetic`] | generated clock faces, time series, sequences, and texts |
//! | [`files`] | atomic writes, hashes of files, and remedies for errors of the system |
//! | `formats` | readers of [`idx`], [`npy`], [`npz`], and [`pickle`] files |
//! | `sources` | [`DataOptions`], [`locate()`]: directories, cache, and mirrors |
//! | `datasets` | [`mnist`], [`imdb`], [`reuters`], [`boston_housing`], and their result type [`Loaded`] |

mod datasets;
mod error;
pub mod files;
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
pub use sources::{Alternative, DataChoice, DataOptions, Located, PublishedFile, Release, Source, locate};
pub use synthetic::{DriftingSeries, SyntheticSequences, SyntheticText, clocks};
pub use text::{
    End, INDEX_FROM, PadOptions, Sequences, TextOptions, TextVectorization, Texts, WordIndex, multi_hot,
    pad_sequences,
};
