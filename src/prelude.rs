//! What a training program needs: `use kindling::prelude::*;`.

pub use burn::tensor::Device;
pub use kindling_data::{
    Column, DataChoice, DataOptions, PadOptions, Samples, Source, SplitOptions, StandardScaler, TextOptions,
    Texts, boston_housing, imdb, mnist, reuters, splits, to_categorical,
};
pub use kindling_models::{
    Activation::{self, *},
    Architecture, DenseConfig, LayerConfig, Network, Regularizer, Sequential, SequentialNetwork, Weights,
    networks::{self, Stack},
};
pub use kindling_train::{
    Adam, Baseline, Best, Callback, Comparison, Compile, CsvLogger, EarlyStopping, Experiment, FitOptions,
    Fold, FoldResult, History, LearningRateScheduler, Logs,
    Loss::{self, *},
    Metric::{self, *},
    Mistake, Model, ModelCheckpoint, Optimizer, RmsProp, Search, SearchSpace, Settings, Sgd, Task, Trial,
    VariantResult, Verdict, confusion_matrix, cross_validate, exponential_moving_average,
    most_confident_mistakes,
    plots::{Chart, ConfusionChart, ImageSheet, Tile, history_chart},
    turning_point,
};

pub use crate::backend;
