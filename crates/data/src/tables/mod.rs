//! Tables of numbers, words and dates: from CSV files to samples.
//!
//! - [`Table`]: what a CSV file holds, each column with a [`ColumnKind`] and the reason for it
//! - [`Encoder`]: how a column becomes numbers. [`ColumnTransformer`] gives each column its own
//! - [`Target`]: how the column to predict becomes a target, and predictions become values and names again
//!
//! All of them are fitted to the training rows only, and saved with the model.

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
