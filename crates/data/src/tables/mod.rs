//! Tables of numbers, categories, dates, and texts: from CSV files to samples.
//!
//! - [`Table`]: the content of a CSV file; each column has a [`ColumnKind`], with the reason for this choice
//! - [`Encoder`]: converts a column to numeric features; a [`ColumnTransformer`] has one encoder per column
//! - [`Target`]: converts the target column for training, and predictions back to values and class names
//!
//! Encoders and targets are fitted to the training rows only, and saved with the model.

mod column_transformer;
mod directory;
mod encoders;
mod infer;
mod options;
mod read;
mod table;
mod target;
mod value;

pub use column_transformer::ColumnTransformer;
pub use directory::ClassFiles;
pub use encoders::{DateEncoder, Encoder, NumericEncoder, OneHotEncoder, OrdinalEncoder, Scale, TextEncoder};
pub use options::CsvOptions;
pub use read::{CsvChunks, EncodedChunks};
pub use table::{ColumnKind, Table, TableColumn};
pub use target::{LabelEncoder, Target};
pub use value::Decimal;

#[cfg(test)]
mod tests;
