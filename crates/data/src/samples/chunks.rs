//! Samples that do not fit in memory.

use super::samples::Samples;
use crate::error::DataError;

/// A source of samples that are read in chunks because they do not fit in memory. `Model::fit_chunks` trains on it.
///
/// [`CsvChunks::encoded`](crate::tables::CsvChunks::encoded) returns the chunks of a CSV file.
pub trait Chunks {
    /// Returns the number of samples of each chunk, at least 1.
    fn lengths(&self) -> Vec<usize>;

    /// Reads the chunk at `index`.
    ///
    /// # Errors
    /// Returns an error if the chunk cannot be read.
    fn read(&self, index: usize) -> Result<Samples, DataError>;
}
