//! The names that most programs need: `use kindling::prelude::*;`
//!
//! The prelude shares no name with `burn::nn`, so both can be glob-imported. Import activations, losses, metrics and
//! optimizers by name from their modules: `Relu` and `Dropout` are also layers of Burn.
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
