//! A custom type of each kind (loss, metric, layer, ...), and a model that uses all of them.

#![allow(dead_code, reason = "each test binary uses only some of the helpers")]

use burn::{
    config::Config,
    grad_clipping::GradientClippingConfig,
    module::{Module, Param},
    nn::{BatchNorm, BatchNormConfig},
    optim::{AdamWConfig, LionConfig, ModuleOptimizer},
    tensor::{Device, Tensor, TensorData, activation::sigmoid},
};
use kindling_data::{
    Column, DataError, Samples,
    preprocessing::Transform,
    splits::{Split, Splitter},
};
use kindling_models::{
    Init, ModelError, Pass, Regularizer, Sequential, SequentialNetwork, Value,
    activations::{Activation, Linear},
    initializers::{Initializer, Ones},
    layers::{BoxedLayer, Dense, Layer, LayerModule},
};
use kindling_train::{
    Callback, Compile, Compiling, TrainError, Training,
    losses::{Loss, Output, Target},
    metrics::{Direction, Metric},
    optimizers::Optimizer,
    schedules::{LearningRate, Schedule},
};
use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// `|prediction - target|^exponent`.
#[derive(Config, Debug)]
pub struct Powers {
    pub exponent: f32,
}

#[typetag::serde]
impl Loss for Powers {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        let error = (output.predictions() - target.values()).abs();
        output.per_sample(error.powf_scalar(self.exponent))
    }
}

/// The fraction of predictions with an absolute error below `tolerance`.
#[derive(Config, Debug)]
pub struct Within {
    pub tolerance: f64,
}

#[typetag::serde]
impl Metric for Within {
    fn name(&self) -> String {
        "within".into()
    }

    fn direction(&self) -> Direction {
        Direction::Max
    }

    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        let error = (output.predictions() - target.values()).abs();
        error.lower_elem(self.tolerance).float().sum()
    }
}

/// A learning rate that is halved every `every` steps.
#[derive(Config, Debug)]
pub struct Halved {
    pub rate: f64,
    pub every: u64,
}

#[typetag::serde]
impl Schedule for Halved {
    fn rate(&self, step: u64) -> f64 {
        self.rate * 0.5_f64.powi((step / self.every) as i32)
    }
}

/// Burn's Lion with Burn's gradient clipping.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lion {
    pub learning_rate: LearningRate,
}

#[typetag::serde]
impl Optimizer for Lion {
    fn learning_rate(&self) -> LearningRate {
        self.learning_rate.clone()
    }

    fn build(&self) -> Result<ModuleOptimizer, TrainError> {
        Ok(LionConfig::new().with_grad_clipping(Some(GradientClippingConfig::Norm(0.5))).init())
    }
}

/// Burn's AdamW.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BurnAdamW {
    pub learning_rate: f64,
}

#[typetag::serde]
impl Optimizer for BurnAdamW {
    fn learning_rate(&self) -> LearningRate {
        self.learning_rate.into()
    }

    fn build(&self) -> Result<ModuleOptimizer, TrainError> {
        let clipping = GradientClippingConfig::Value(0.1);
        Ok(AdamWConfig::new().with_grad_clipping(Some(clipping)).init())
    }
}

/// Burn's batch normalization, followed by a trainable factor per feature with an L2 penalty.
#[derive(Config, Debug)]
pub struct Scaled {
    pub penalty: f64,
}

#[derive(Module, Debug)]
pub struct ScaledModule {
    norm: BatchNorm,
    factors: Param<Tensor<1>>,
    #[module(skip)]
    regularizer: Regularizer,
}

#[typetag::serde]
impl Layer for Scaled {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        match input {
            [_] => Ok(input.to_vec()),
            _ => Err(format!("it takes vectors, gets samples of shape {input:?}: add a flatten layer")),
        }
    }

    fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
        let regularizer = Regularizer::l2(self.penalty);
        let norm = BatchNormConfig::new(input[0]).init(init.device());
        Ok(ScaledModule { norm, factors: init.weight([input[0]], &Ones)?, regularizer }.into())
    }
}

impl LayerModule for ScaledModule {
    fn forward(&self, input: Value, _: &Pass) -> Result<Value, ModelError> {
        let x = self.norm.forward(input.tensor::<2>()?);
        Ok((x * self.factors.val().unsqueeze()).into())
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        self.regularizer.penalty(self.factors.val())
    }
}

/// `x * sigmoid(beta * x)`.
#[derive(Config, Debug)]
pub struct Swish {
    pub beta: f64,
}

#[typetag::serde]
impl Activation for Swish {
    fn apply(&self, x: Value) -> Value {
        x.map_rows(|x| x.clone() * sigmoid(x * self.beta))
    }
}

/// Alternates between `size` and `-size`.
#[derive(Config, Debug)]
pub struct Alternating {
    pub size: f32,
}

#[typetag::serde]
impl Initializer for Alternating {
    fn values(&self, shape: &[usize], _: &mut ChaCha8Rng) -> Vec<f32> {
        let count = shape.iter().product();
        (0..count).map(|index: usize| if index.is_multiple_of(2) { self.size } else { -self.size }).collect()
    }

    fn is_random(&self) -> bool {
        false
    }
}

/// `sign(x) * ln(1 + |x|)`.
#[derive(Config, Debug)]
pub struct Logarithm {}

#[typetag::serde]
impl Transform for Logarithm {
    fn transform(&self, values: &TensorData) -> Result<TensorData, DataError> {
        let logarithms: Vec<f32> = values.iter::<f32>().map(|x| x.signum() * x.abs().ln_1p()).collect();
        Ok(TensorData::new(logarithms, values.shape().clone()))
    }
}

/// One fold per remainder: validates on the samples whose index has this remainder.
#[derive(Clone, Copy, Debug)]
pub struct Remainders(pub usize);

impl Splitter for Remainders {
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
        let split = |remainder| {
            let (validation, train) = (0..samples.len()).partition(|position| position % self.0 == remainder);
            Split { train, validation }
        };
        Ok((0..self.0).map(split).collect())
    }
}

/// A callback that records the learning rate of every step, and the metric `within` after each epoch.
#[derive(Debug, Default)]
pub struct Notebook {
    pub rates: Vec<f64>,
    pub within: Vec<f64>,
}

impl Callback for Notebook {
    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.rates.push(training.model().learning_rate());
        Ok(())
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.within.push(training.logs()?.require("within")?);
        training.log("epochs", (training.epoch + 1) as f64);
        Ok(())
    }
}

/// A regression model for four features that uses all custom types except the callback and the splitter.
pub fn compiling(seed: u64) -> Compiling<'static, SequentialNetwork> {
    let hidden = Dense::new(6).activation(Swish::new(1.5)).kernel_initializer(Alternating::new(0.25));
    let stack = Sequential::new(4).layer(Scaled::new(0.01)).layer(hidden).dropout(0.25).dense(1, Linear);
    let optimizer = Lion { learning_rate: Halved::new(0.01, 10).into() };
    stack.compile(optimizer, Powers::new(1.5), [Within::new(0.25)]).preprocessing(Logarithm::new()).seed(seed)
}

pub fn model(seed: u64) -> kindling_train::Model<SequentialNetwork> {
    compiling(seed).on(&Device::flex()).unwrap()
}

/// 60 samples with four features of different scales and a numeric target.
pub fn samples() -> Samples {
    let features: Vec<[f32; 4]> = (0..60_u64)
        .map(|i| {
            [0, 1, 2, 3]
                .map(|feature| 10_f32.powi(feature as i32 - 1) * crate::common::scattered(4 * i + feature))
        })
        .collect();
    let targets: Vec<f32> = features.iter().map(|x| 5.0 * x[0] - x[1] + 0.1 * x[2]).collect();
    Samples::new(Column::floats(features).unwrap(), Column::floats(targets).unwrap()).unwrap()
}

/// Computes the loss and metric of [`model`] from predictions and targets, on the host.
pub fn by_hand(predictions: &TensorData, targets: &TensorData) -> (f64, f64) {
    let errors: Vec<f64> = predictions
        .iter::<f64>()
        .zip(targets.iter::<f64>())
        .map(|(own, target)| (own - target).abs())
        .collect();
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / errors.len() as f64;
    let within = errors.iter().map(|error| f64::from(u8::from(*error < 0.25))).collect();
    (mean(errors.iter().map(|error| error.powf(1.5)).collect()), mean(within))
}
