//! Generated data with known properties: clock faces, time series, sequences, and texts.

pub mod clocks;
mod sequences;
mod series;
mod texts;

pub use sequences::SyntheticSequences;
pub use series::DriftingSeries;
pub use texts::SyntheticText;
