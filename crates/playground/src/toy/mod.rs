//! Small networks that learn to separate points of a plane while one watches.
//!
//! - [`points`]: shapes that are drawn at random, and what points must be
//! - [`table`]: points from a CSV file
//! - [`settings`]: the network and how it is trained
//! - [`session`]: one training, on a thread of its own
//! - [`sessions`]: all trainings, of which there are few

pub mod points;
pub mod session;
pub mod sessions;
pub mod settings;
pub mod table;

pub use points::{Point, Sketch};
pub use sessions::Sessions;
pub use settings::{Question, Settings};
pub use table::Csv;
