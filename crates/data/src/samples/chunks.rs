//! Samples that do not fit in memory.

use super::samples::Samples;
use crate::error::DataError;

/// Samples that are read in chunks, because they do not fit in memory. `Model::fit_chunks` trains on them.
///
/// [`CsvChunks::encoded`](crate::tables::CsvChunks::encoded) gives those of a CSV file.
pub trait Chunks {
    /// Returns the number of samples of each chunk, at least 1.
    fn lengths(&self) -> Vec<usize>;

    /// Reads a chunk.
    ///
    /// # Errors
    /// If it cannot be read.
    fn read(&self, index: usize) -> Result<Samples, DataError>;
}
