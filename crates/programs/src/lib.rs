//! What the example programs share.
//!
//! - [`program`]: the start of a program of the book
//! - [`pictures`]: the pictures that several programs draw
//! - [`cli`]: the flags of every program, the files of a run, and which flag remedies an error of the library
//! - [`index`]: the page of all runs
//! - [`memory`]: the allocator, and the peak memory of a process
//! - [`naive`]: tensor operations as plain loops, to compare Burn's with

pub mod cli;
pub mod index;
pub mod memory;
pub mod naive;
pub mod pictures;
pub mod program;
