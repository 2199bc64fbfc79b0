#![doc = include_str!("../README.md")]

pub mod backend;
pub mod cli;
pub mod naive;
pub mod prelude;

pub use kindling_data as data;
pub use kindling_models as models;
pub use kindling_train as train;
