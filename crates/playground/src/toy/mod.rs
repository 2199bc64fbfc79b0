//! Live training of small networks on points in the plane.
//!
//! - [`points`]: random data sets, and validation of points
//! - [`table`]: points from a CSV file
//! - [`settings`]: settings of the network and its training
//! - [`session`]: one training on its own thread
//! - [`sessions`]: all trainings, with a maximum number

pub mod points;
pub mod session;
pub mod sessions;
pub mod settings;
pub mod table;

pub use points::{Point, Sketch};
pub use sessions::Sessions;
pub use settings::{Question, Settings};
pub use table::Csv;
