//! Live training of small networks on points of a plane.
//!
//! - [`points`]: random shapes, and the checks of points
//! - [`table`]: points from a CSV file
//! - [`settings`]: the network and how it is trained
//! - [`session`]: one training, on a thread of its own
//! - [`sessions`]: all trainings, of which there are at most a few

pub mod points;
pub mod session;
pub mod sessions;
pub mod settings;
pub mod table;

pub use points::{Point, Sketch};
pub use sessions::Sessions;
pub use settings::{Question, Settings};
pub use table::Csv;
