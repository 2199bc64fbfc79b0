//! Arithmetic that the kernels share.

mod math;
mod matmul;
mod memory;
mod narrow;
mod product;
mod sums;
mod threads;
mod vectorized;

pub use math::{exp, sigmoid, tanh};
pub use matmul::{Matrix, matmul};
pub use memory::Memory;
pub use product::{add_product, transpose};
pub use sums::{add, sum_of_rows};
pub use threads::run_all;
pub use vectorized::instructions;
pub(crate) use vectorized::{Level, vectorized};
