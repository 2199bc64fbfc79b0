//! Tables: the parts of `train_csv` that [`crate::training`] does not share with texts and images.

mod columns;
mod importance;
pub mod leakage;
pub mod missing;
mod read;
mod sections;

pub use columns::Columns;
pub use read::read;
pub use sections::sections;
