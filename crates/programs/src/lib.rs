//! Shared code of the example programs.
//!
//! - [`program`]: the name, flags and defaults of a program of the book
//! - [`pictures`]: plots that several programs draw
//! - [`cli`]: command-line flags, the files of a run directory, and the flags to name in errors of the library
//! - [`files`]: reading of files that may come from an untrusted source
//! - [`index`]: the HTML page that lists all runs
//! - [`matrix`]: a matrix for plain loops, for comparison with Burn's operations
//! - [`memory`]: the allocator and the peak memory of the process
//! - [`timing`]: the time of a tensor operation

pub mod cli;
pub mod files;
pub mod index;
pub mod matrix;
pub mod memory;
pub mod pictures;
pub mod program;
pub mod timing;
