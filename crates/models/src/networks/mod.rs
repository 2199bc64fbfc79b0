//! The book's networks, by name.

mod mnist;

pub use mnist::MnistConfig;
