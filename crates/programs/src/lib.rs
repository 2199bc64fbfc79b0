//! Shared code of the example programs.
//!
//! - [`program`]: the name, flags and defaults of a program of the book
//! - [`pictures`]: plots that several programs draw
//! - [`cli`]: command-line flags, the files of a run directory, and the flags to name in errors of the library
//! - [`index`]: the HTML page that lists all runs
//! - [`memory`]: the allocator and the peak memory of the process
//! - [`naive`]: tensor operations as plain loops, for comparison with Burn's

pub mod cli;
pub mod index;
pub mod memory;
pub mod naive;
pub mod pictures;
pub mod program;
