//! Loads or trains the models.
//!
//! The model of an earlier run of the book's program is used if it reproduces the recorded test result on the data loaded here.
//! Then vocabulary, labels and scaling match those of its training. Otherwise, a model is trained as in the program.

mod context;
mod recipe;
mod slot;

pub use context::Context;
pub use recipe::{Origin, Recipe, Trained};
pub use slot::{Slot, Status};
