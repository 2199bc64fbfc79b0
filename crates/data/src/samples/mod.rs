//! Samples: inputs, targets, and sample weights, with views and batches of them.

mod array;
mod batch;
mod chunks;
mod column;
mod construct;
mod dataset;
mod fingerprint;
mod finite;
mod into_data;
mod kind;
mod leakage;
mod one_hot;
mod rows;
#[expect(clippy::module_inception, reason = "the file is named after its type, like the directory")]
mod samples;
mod shape;
mod sparse;
mod values;
mod weights;

pub use array::Array;
pub use batch::Batch;
pub use chunks::Chunks;
pub use column::Column;
pub(crate) use column::check_positions;
pub use dataset::Sample;
pub use into_data::IntoData;
pub use kind::Kind;
pub use leakage::{check_leakage, drop_duplicates};
pub use one_hot::to_categorical;
pub(crate) use rows::Rows;
pub use samples::Samples;
pub use shape::IntoShape;
pub use sparse::{SparseColumns, SparseRows};
