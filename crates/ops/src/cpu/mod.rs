//! Arithmetic that kernels share.

mod math;
mod matmul;
mod memory;
mod product;
mod threads;
mod vectorized;

pub use math::{exp, sigmoid, tanh};
pub use matmul::{Matrix, matmul};
pub use memory::Memory;
pub use product::{add_product, transpose};
pub use threads::run_all;
pub(crate) use vectorized::{Level, vectorized};
