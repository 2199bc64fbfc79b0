//! The data sets of "Deep Learning with Python", part one, with the names and arguments of `keras.datasets`.

pub mod boston_housing;
mod bundled;
pub mod imdb;
mod loaded;
pub mod mnist;
pub mod reuters;
mod split_options;
mod text_archive;

pub use loaded::Loaded;
pub use split_options::SplitOptions;
