//! Custom parts: defines every kind of part that a user can define, and trains on Boston Housing with them. Expect about 85% of
//! the predicted test prices to be off by less than 5,000 dollars.
//!
//! A part is a type that implements a trait. The built-in parts implement the same traits. `#[typetag::serde]` registers a part
//! by name, so that it is saved and loaded with the model. kindling is the only dependency needed.

use kindling::{
    activations::{Activation, Linear},
    burn::{
        self,
        config::Config,
        grad_clipping::GradientClippingConfig,
        module::{Module, Param},
        nn::{BatchNorm, BatchNormConfig, Linear as BurnLinear, LinearConfig},
        optim::{LionConfig, ModuleOptimizer},
        tensor::{
            Tensor,
            activation::{relu, sigmoid},
        },
    },
    data::{DataError, SplitOptions},
    experiments::{Devices, Experiment},
    initializers::{Initializer, Ones},
    layers::{BoxedLayer, Dense, Layer, LayerModule},
    losses::{Loss, Output, Target},
    metrics::{Direction, Mae, Metric},
    models::ModelError,
    optimizers::{Adam, Optimizer},
    prelude::*,
    preprocessing::Transform,
    rand::{RngExt, rngs::ChaCha8Rng},
    schedules::{LearningRate, Schedule},
    splits::{Split, Splitter},
    typetag,
};

/// Preprocessing: subtracts the mean of each feature and divides by the maximum distance from the mean.
#[derive(Config, Debug)]
struct CenterAndBound {
    mean: Vec<f32>,
    bound: Vec<f32>,
}

impl CenterAndBound {
    fn fit(values: &TensorData, features: usize) -> Self {
        let values: Vec<f32> = values.iter().collect();
        let column = |feature: usize| values.iter().skip(feature).step_by(features);
        let mean = |feature| column(feature).sum::<f32>() * features as f32 / values.len() as f32;
        let mean: Vec<f32> = (0..features).map(mean).collect();
        let distances =
            |feature: usize| column(feature).map(|x| (x - mean[feature]).abs()).collect::<Vec<_>>();
        let bound = |feature| distances(feature).into_iter().fold(f32::MIN_POSITIVE, f32::max);
        Self { bound: (0..features).map(bound).collect(), mean }
    }
}

#[typetag::serde]
impl Transform for CenterAndBound {
    fn transform(&self, values: &TensorData) -> Result<TensorData, DataError> {
        let fitted = self.mean.iter().zip(&self.bound).cycle();
        let scaled = values.iter::<f32>().zip(fitted).map(|(x, (mean, bound))| (x - mean) / bound);
        Ok(TensorData::new(scaled.collect::<Vec<_>>(), values.shape().clone()))
    }
}

/// Splitter: holds out every n-th sample.
struct EveryNth(usize);

impl Splitter for EveryNth {
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
        let (validation, train) = (0..samples.len()).partition(|position| position % self.0 == 0);
        Ok(vec![Split { train, validation }])
    }
}

/// Activation: `x * sigmoid(beta * x)`.
#[derive(Config, Debug)]
struct Swish {
    beta: f64,
}

#[typetag::serde]
impl Activation for Swish {
    fn apply(&self, x: Value) -> Value {
        x.map_rows(|x| x.clone() * sigmoid(x * self.beta))
    }
}

/// Initializer: a fraction of the values is uniform within ±0.3; the others are zero.
#[derive(Config, Debug)]
struct Sparse {
    share: f64,
}

#[typetag::serde]
impl Initializer for Sparse {
    fn values(&self, shape: &[usize], random: &mut ChaCha8Rng) -> Vec<f32> {
        let draw = |_| if random.random_bool(self.share) { random.random_range(-0.3..0.3) } else { 0.0 };
        (0..shape.iter().product()).map(draw).collect()
    }
}

/// Layer: multiplies each feature by a trainable factor.
#[derive(Config, Debug)]
struct Scale {}

#[derive(Module, Debug)]
struct ScaleModule {
    factors: Param<Tensor<1>>,
}

#[typetag::serde]
impl Layer for Scale {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        Ok(input.to_vec())
    }

    fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
        Ok(ScaleModule { factors: init.weight([input[0]], &Ones)? }.into())
    }
}

impl LayerModule for ScaleModule {
    fn forward(&self, input: Value, _: &Pass) -> Result<Value, ModelError> {
        Ok(input.map_rows(|x| x * self.factors.val().unsqueeze()))
    }
}

/// Loss: quadratic for errors below `delta`, linear above (the Huber loss).
#[derive(Config, Debug)]
struct Robust {
    delta: f64,
}

#[typetag::serde]
impl Loss for Robust {
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
        let error = (output.predictions() - target.values()).abs();
        let near = error.clone().clamp_max(self.delta);
        output.per_sample(near.clone() * (error - near * 0.5))
    }
}

/// Metric: the fraction of predictions with an error below `tolerance`.
#[derive(Config, Debug)]
struct Within {
    tolerance: f64,
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
        (output.predictions() - target.values()).abs().lower_elem(self.tolerance).float().sum()
    }
}

/// Schedule: increases the learning rate linearly over the first steps, then keeps it constant.
#[derive(Config, Debug)]
struct WarmUp {
    rate: f64,
    steps: u64,
}

#[typetag::serde]
impl Schedule for WarmUp {
    fn rate(&self, step: u64) -> f64 {
        self.rate * ((step + 1) as f64 / self.steps as f64).min(1.0)
    }
}

/// Optimizer: Burn's Lion with gradient clipping.
#[derive(Config, Debug)]
struct Lion {
    schedule: WarmUp,
}

#[typetag::serde]
impl Optimizer for Lion {
    fn learning_rate(&self) -> LearningRate {
        self.schedule.clone().into()
    }

    fn build(&self) -> Result<ModuleOptimizer, TrainError> {
        Ok(LionConfig::new().with_grad_clipping(Some(GradientClippingConfig::Norm(1.0))).init())
    }
}

/// Callback: remembers the epoch with the best `val_within`.
#[derive(Default)]
struct BestEpoch(Option<(usize, f64)>);

impl Callback for BestEpoch {
    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        let within = training.logs()?.require("val_within")?;
        if self.0.is_none_or(|(_, best)| within > best) {
            self.0 = Some((training.epoch + 1, within));
        }
        Ok(())
    }
}

/// Network: a residual network of Burn's layers. The model's seed determines its initial weights.
#[derive(Module, Debug)]
struct Residual {
    input: BurnLinear,
    blocks: Vec<(BatchNorm, BurnLinear)>,
    output: BurnLinear,
}

impl Residual {
    fn new(init: &mut Init, units: usize) -> Self {
        let linear = |inputs, outputs| LinearConfig::new(inputs, outputs).init(init.device());
        let block = |_| (BatchNormConfig::new(units).init(init.device()), linear(units, units));
        Self { input: linear(13, units), blocks: (0..2).map(block).collect(), output: linear(units, 1) }
    }
}

impl Network for Residual {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([13])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("price", [1])]
    }

    fn forward(&self, inputs: Vec<Value>, _: &Pass) -> Result<Vec<Value>, ModelError> {
        let mut x = self.input.forward(inputs[0].clone().tensor::<2>()?);
        for (norm, linear) in &self.blocks {
            x = x.clone() + linear.forward(relu(norm.forward(x)));
        }
        Ok(vec![self.output.forward(x).into()])
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = backend::default_device()?;
    let options = DataOptions::from_env().choice(DataChoice::Bundled);
    let (samples, test) = boston_housing::load(&SplitOptions::new(), &options)?.into_parts();
    let fold = samples.split(&EveryNth(5))?.swap_remove(0);
    let preprocessing = CenterAndBound::fit(&fold.train.input(), 13);

    // A Sequential with the custom layer, activation and initializer, compiled with the custom loss, metric, optimizer and schedule.
    let network = Sequential::new(13)
        .layer(Scale::new())
        .layer(Dense::new(64).activation(Swish::new(1.0)).kernel_initializer(Sparse::new(0.5)))
        .dense(1, Linear);
    let compile = |seed, device: &Device| {
        let optimizer = Lion::new(WarmUp::new(0.003, 200));
        let compiling = network.compile(optimizer, Robust::new(2.0), (Mae, Within::new(5.0)));
        compiling.preprocessing(preprocessing.clone()).seed(seed).on(device)
    };
    let mut model = compile(0, &device)?;
    println!("{}", model.summary());
    let options = FitOptions::new().epochs(100).batch_size(16).validation_data(&fold.validation);
    let mut best = BestEpoch::default();
    let history = model.fit_with(&fold.train, &options, &mut [&mut best])?;
    println!(
        "Best val_within: {:?} in the history, {:?} in the callback",
        history.best("val_within"),
        best.0
    );

    // The file contains all custom parts.
    let path = std::env::temp_dir().join(format!("own_parts-{}.keras", std::process::id()));
    model.save(&path)?;
    let loaded = Model::load(&path, &device)?;
    std::fs::remove_file(&path)?;
    assert_eq!(loaded.predict(&test)?, model.predict(&test)?);

    // The parts also work in experiments, here next to a network that is not a Sequential.
    let residual = |seed, device: &Device| {
        let metrics = (Mae, Within::new(5.0));
        let network =
            Model::new(|init| Ok(Residual::new(init, 32)), Adam::default(), Robust::new(2.0), metrics);
        network.preprocessing(preprocessing.clone()).seed(seed).on(device)
    };
    let experiment = Experiment::new(&fold.train, &fold.validation, &options);
    let experiment = experiment.variant("custom parts", compile).variant("residual", residual);
    println!("{}", experiment.seeds(0..3).run(&Devices::from(&device).jobs(2))?);
    println!("Test {}", loaded.evaluate(&test)?);
    Ok(())
}
