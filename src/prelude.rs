//! What a training program needs: `use kindling::prelude::*;`.

pub use burn::tensor::Device;
pub use kindling_data::{
    Column, DataChoice, DataOptions, Fill, PadOptions, Samples, SimpleImputer, Source, SplitOptions,
    StandardScaler, SyntheticSequences, TextOptions, Texts, boston_housing, channels_first, channels_last,
    check_leakage, drop_duplicates, drop_values, imdb, mnist, reuters, splits, to_categorical,
};
pub use kindling_models::{
    Activation::{self, *},
    Architecture, Conv2dConfig, DenseConfig, Input, InputSpec, LayerConfig, LstmConfig, Network, OutputSpec,
    Padding, Pass, Regularizer, Sequential, SequentialNetwork, Value, Weights,
    networks::{self, Stack},
};
pub use kindling_train::{
    Adam, Baseline, Best, Callback, Comparison, Compile, CsvLogger, EarlyStopping, Experiment, FitOptions,
    Fold, FoldResult, History, LearningRateScheduler, Logs,
    Loss::{self, *},
    Metric::{self, *},
    Mistake, Model, ModelCheckpoint, Objective, Optimizer, RmsProp, Search, SearchSpace, Settings, Sgd, Task,
    TrainError, Trial, VariantResult, Verdict,
    callbacks::Training,
    confusion_matrix, cross_validate, ctc_decode, exponential_moving_average, most_confident_mistakes,
    plots::{Chart, ConfusionChart, ImageSheet, Tile, history_chart},
    random_accuracy,
    report::{Report, Section},
    turning_point,
};

pub use crate::backend;
