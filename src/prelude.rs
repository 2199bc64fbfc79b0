//! What a training program needs: `use kindling::prelude::*;`.

pub use burn::tensor::Device;
pub use kindling_data::{Column, DataChoice, DataOptions, Samples, mnist, to_categorical};
pub use kindling_models::{
    Activation::{self, *},
    Architecture, DenseConfig, LayerConfig, Network, Regularizer, Sequential, Weights, networks,
};
pub use kindling_train::{
    Adam, Callback, Compile, CsvLogger, EarlyStopping, FitOptions, History, LearningRateScheduler, Logs,
    Loss::{self, *},
    Metric::{self, *},
    Mistake, Model, ModelCheckpoint, Optimizer, RmsProp, Sgd, confusion_matrix, most_confident_mistakes,
    plots::{Chart, ConfusionChart, ImageSheet, Tile, history_chart},
};

pub use crate::backend;
