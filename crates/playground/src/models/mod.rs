//! Where models come from.
//!
//! A model of an earlier run of the book's program is used if it gives the test result that the run recorded, on the data that
//! is loaded here: then words, labels and scales are those that it was trained with. Otherwise a model is trained as the
//! program would.

mod context;
mod recipe;
mod slot;

pub use context::Context;
pub use recipe::{Origin, Recipe, Trained};
pub use slot::{Slot, Status};
