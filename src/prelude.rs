//! The names that most programs need: `use kindling::prelude::*;`
//!
//! None of them is also a name of `burn::nn`, so that both can be imported as a whole. Activations, losses, metrics and
//! optimizers are imported by name from their modules: `Relu` and `Dropout` are also layers of Burn.
//!
//! ```
//! use kindling::{burn::nn::*, prelude::*};
//! # let _ = (LinearConfig::new(2, 1), Sequential::new(2));
//! ```

pub use burn::tensor::{Device, TensorData};
pub use kindling_data::{Column, DataChoice, DataOptions, Samples, boston_housing, imdb, mnist, reuters};
pub use kindling_models::{Init, InputSpec, ModelError, Network, OutputSpec, Pass, Sequential, Value};
pub use kindling_train::{
    Callback, Compile, FitOptions, History, Logs, Model, Objective, Predictor, TrainError, Training,
};

pub use crate::backend;
