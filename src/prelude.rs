//! What a training program needs: `use kindling::prelude::*;`.

pub use burn::tensor::Device;
pub use kindling_data::{
    Column, DataChoice, DataOptions, PadOptions, Samples, Source, SplitOptions, StandardScaler,
    SyntheticSequences, TextOptions, Texts, boston_housing, imdb, mnist, reuters, splits, to_categorical,
};
pub use kindling_models::{
    Activation::{self, *},
    Architecture, Conv2dConfig, DenseConfig, Input, InputSpec, LayerConfig, LstmConfig, Network, OutputSpec,
    Padding, Pass, Regularizer, Sequential, SequentialNetwork, Value, Weights,
    networks::{self, Stack},
};
pub use kindling_train::{
    Adam, Callback, Compile, CsvLogger, EarlyStopping, FitOptions, Fold, FoldResult, History,
    LearningRateScheduler, Logs,
    Loss::{self, *},
    Metric::{self, *},
    Mistake, Model, ModelCheckpoint, Objective, Optimizer, RmsProp, Sgd, Task, Verdict, confusion_matrix,
    cross_validate, ctc_decode, exponential_moving_average, most_confident_mistakes,
    plots::{Chart, ConfusionChart, ImageSheet, Tile, history_chart},
};

pub use crate::backend;
