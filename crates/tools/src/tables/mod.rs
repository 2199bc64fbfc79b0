//! Tables: what `train_csv` does beside what all trainings have in common.

mod columns;
mod importance;
pub mod leakage;
mod read;
mod sections;

pub use columns::Columns;
pub use read::read;
pub use sections::sections;
