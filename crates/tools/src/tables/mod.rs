//! Tables: what `train_csv` does beside what all trainings have in common.

mod columns;
mod importance;
pub mod leakage;
pub mod missing;
mod read;
mod sections;

pub use columns::Columns;
pub use read::read;
pub use sections::sections;
