//! Training runs of several variants, each with several seeds.

use burn::tensor::Device;
use kindling_data::Samples;
use kindling_models::Network;

use super::{Comparison, Devices, VariantResult};
use crate::{Callback, FitOptions, History, Model, TrainError};

/// A comparison of variants of a network, an optimizer or a loss on the same samples.
///
/// Every variant is trained once per seed, so that differences between variants can be compared with the variation
/// between seeds.
///
/// ```
/// use burn::tensor::Device;
/// use kindling_data::{Column, Samples};
/// use kindling_models::{Sequential, activations::{Linear, Relu}};
/// use kindling_train::{Compile, FitOptions, experiments::{Devices, Experiment}};
/// use kindling_train::{losses::MeanSquaredError, metrics::Mae, optimizers::RmsProp};
///
/// let samples = Samples::new(Column::floats(vec![[0.0], [1.0], [2.0]])?, Column::floats(vec![0.0, 1.0, 4.0])?)?;
/// let compile = |units| move |seed, device: &Device| {
///     let network = Sequential::new(1).dense(units, Relu).dense(1, Linear);
///     network.compile(RmsProp::default(), MeanSquaredError, [Mae]).seed(seed).on(device)
/// };
/// let comparison = Experiment::new(&samples, &samples, &FitOptions::new().epochs(2))
///     .variant("small", compile(4))
///     .variant("large", compile(64))
///     .seeds(0..3)
///     .run(&Devices::from(&Device::flex()).jobs(2))?;
/// assert_eq!(comparison.variants()[0].mean_curve("val_loss").len(), 2);
/// println!("{comparison}");
/// # Ok::<(), kindling_train::TrainError>(())
/// ```
pub struct Experiment<'a> {
    train: Samples,
    options: FitOptions,
    variants: Vec<Variant<'a>>,
    seeds: Vec<u64>,
    callbacks: Option<Box<MakeCallbacks<'a>>>,
    on_finished: Option<Box<OnFinished<'a>>>,
}

type MakeCallbacks<'a> = dyn Fn(&str, u64) -> Vec<Box<dyn Callback>> + Sync + 'a;
type OnFinished<'a> = dyn Fn(Finished) + Sync + 'a;
type CompileVariant<'a> = dyn Fn(u64, &Device) -> Compiled + Sync + 'a;

/// A finished training run of an experiment.
#[derive(Clone, Copy, Debug)]
pub struct Finished<'a> {
    /// Name of the variant.
    pub variant: &'a str,
    /// Seed of the run.
    pub seed: u64,
    /// History of the run.
    pub history: &'a History,
}

struct Variant<'a> {
    name: String,
    compile: Box<CompileVariant<'a>>,
}

type Compiled = Result<Box<dyn Candidate>, TrainError>;

/// A model with any type of network.
trait Candidate {
    fn parameters(&self) -> usize;

    fn fit(
        &mut self,
        samples: &Samples,
        options: &FitOptions,
        callbacks: &mut [&mut dyn Callback],
    ) -> Result<History, TrainError>;
}

impl<N: Network> Candidate for Model<N> {
    fn parameters(&self) -> usize {
        self.network().num_params()
    }

    fn fit(
        &mut self,
        samples: &Samples,
        options: &FitOptions,
        callbacks: &mut [&mut dyn Callback],
    ) -> Result<History, TrainError> {
        self.fit_with(samples, options, callbacks)
    }
}

impl<'a> Experiment<'a> {
    /// Creates an experiment without variants. All runs use these options, with `validation` as the validation data.
    pub fn new(train: &Samples, validation: &Samples, options: &FitOptions) -> Self {
        Self {
            train: train.clone(),
            options: options.clone().validation_data(validation),
            variants: Vec::new(),
            seeds: vec![0],
            callbacks: None,
            on_finished: None,
        }
    }

    /// Adds a variant. `compile` compiles its model with a seed on a device, and may be called on several threads.
    pub fn variant<N: Network + 'static>(
        mut self,
        name: impl Into<String>,
        compile: impl Fn(u64, &Device) -> Result<Model<N>, TrainError> + Sync + 'a,
    ) -> Self {
        let compile = move |seed, device: &Device| -> Compiled { Ok(Box::new(compile(seed, device)?)) };
        self.variants.push(Variant { name: name.into(), compile: Box::new(compile) });
        self
    }

    /// Sets the seeds with which each variant is trained. Default: `[0]`.
    pub fn seeds(self, seeds: impl IntoIterator<Item = u64>) -> Self {
        Self { seeds: seeds.into_iter().collect(), ..self }
    }

    /// Sets a closure that creates the callbacks of each run from the name of the variant and the seed. Default: no
    /// callbacks.
    pub fn callbacks(self, callbacks: impl Fn(&str, u64) -> Vec<Box<dyn Callback>> + Sync + 'a) -> Self {
        Self { callbacks: Some(Box::new(callbacks)), ..self }
    }

    /// Sets a closure that is called after each run, on its thread, for example to show progress. Default: none.
    pub fn on_finished(self, on_finished: impl Fn(Finished) + Sync + 'a) -> Self {
        Self { on_finished: Some(Box::new(on_finished)), ..self }
    }

    /// Trains every variant with every seed, in parallel on the devices.
    ///
    /// # Errors
    /// Returns an error before training if there are no variants, seeds or devices, two variants have the same name,
    /// or a variant cannot be built. Returns an error during training if a run or all devices fail. Errors of a
    /// variant contain its name.
    pub fn run(self, devices: &Devices) -> Result<Comparison, TrainError> {
        let parameters = self.check(devices.first()?)?;
        let runs = self.variants.len() * self.seeds.len();
        let histories = devices.run(runs, |run, device| {
            let (variant, seed) = (run / self.seeds.len(), run % self.seeds.len());
            self.train(&self.variants[variant], self.seeds[seed], device)
        })?;
        let of_variant = self.variants.iter().zip(parameters).zip(histories.chunks(self.seeds.len()));
        let result = |((variant, parameters), histories): ((&Variant, _), &[History])| VariantResult {
            name: variant.name.clone(),
            parameters,
            histories: histories.to_vec(),
        };
        Ok(Comparison { variants: of_variant.map(result).collect() })
    }

    /// Checks that all variants can be built, and returns their numbers of parameters.
    fn check(&self, device: &Device) -> Result<Vec<usize>, TrainError> {
        let Some(seed) = self.seeds.first() else {
            return Err(TrainError::argument("seeds", "[]", "give at least one"));
        };
        if self.variants.is_empty() {
            return Err(TrainError::argument("variants", "[]", "add at least one"));
        }
        let mut names: Vec<&str> = self.variants.iter().map(|variant| variant.name.as_str()).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let remedy = "two variants have this name; give each variant a unique name";
            return Err(TrainError::argument("a variant's name", format!("{:?}", pair[0]), remedy));
        }
        let parameters = |variant: &Variant| Ok(variant.compile(*seed, device)?.parameters());
        self.variants.iter().map(parameters).collect()
    }

    fn train(&self, variant: &Variant, seed: u64, device: &Device) -> Result<History, TrainError> {
        let mut callbacks =
            self.callbacks.as_ref().map_or_else(Vec::new, |callbacks| callbacks(&variant.name, seed));
        let mut called: Vec<&mut dyn Callback> =
            callbacks.iter_mut().map(|callback| &mut **callback as &mut dyn Callback).collect();
        let history = variant.compile(seed, device)?.fit(&self.train, &self.options, &mut called);
        let history = history.map_err(variant.named())?;
        if let Some(on_finished) = &self.on_finished {
            on_finished(Finished { variant: &variant.name, seed, history: &history });
        }
        Ok(history)
    }
}

impl Variant<'_> {
    fn compile(&self, seed: u64, device: &Device) -> Compiled {
        (self.compile)(seed, device).map_err(self.named())
    }

    /// Returns a function that adds the name of the variant to an error.
    fn named(&self) -> impl Fn(TrainError) -> TrainError {
        |source| TrainError::Variant { name: self.name.clone(), source: Box::new(source) }
    }
}
