//! The same training of several variants, each with several seeds.

use kindling_data::Samples;
use kindling_models::Network;

use crate::{Comparison, FitOptions, History, Model, TrainError, VariantResult, parallel::side_by_side};

/// Variants of a network, an optimizer or a loss that are to be compared on the same samples.
///
/// Every variant is trained once for each seed, so that a difference between two of them can be told from luck.
///
/// ```
/// use burn::tensor::{Device, TensorData};
/// use kindling_data::{Column, Samples};
/// use kindling_models::{Activation::{Linear, Relu}, Sequential};
/// use kindling_train::{Compile, Experiment, FitOptions, Loss, Metric, RmsProp};
///
/// let (x, y) = (TensorData::from([[0.0_f32], [1.0], [2.0]]), TensorData::from([0.0_f32, 1.0, 4.0]));
/// let samples = Samples::new(Column::floats(x)?, Column::floats(y)?)?;
/// let compile = |units| move |seed| {
///     let network = Sequential::new(1).dense(units, Relu).dense(1, Linear);
///     network.compile(&Device::flex(), seed, RmsProp::default(), Loss::MeanSquaredError, [Metric::Mae])
/// };
/// let comparison = Experiment::new(&samples, &samples, || FitOptions::new().epochs(2))
///     .variant("small", compile(4))
///     .variant("large", compile(64))
///     .seeds(0..3)
///     .run()?;
/// assert_eq!(comparison.variants()[0].mean_curve("val_loss").len(), 2);
/// println!("{comparison}");
/// # Ok::<(), kindling_train::TrainError>(())
/// ```
pub struct Experiment<'a> {
    train: Samples,
    validation: Samples,
    options: Box<dyn Fn() -> FitOptions + Sync + 'a>,
    variants: Vec<Variant<'a>>,
    seeds: Vec<u64>,
    jobs: usize,
    verbose: bool,
}

struct Variant<'a> {
    name: String,
    compile: Box<dyn Fn(u64) -> Compiled + Sync + 'a>,
}

type Compiled = Result<Box<dyn Candidate>, TrainError>;

/// A model, whatever its network.
trait Candidate {
    fn parameters(&self) -> usize;

    fn fit(&mut self, samples: &Samples, options: FitOptions) -> Result<History, TrainError>;
}

impl<N: Network> Candidate for Model<N> {
    fn parameters(&self) -> usize {
        self.network().num_params()
    }

    fn fit(&mut self, samples: &Samples, options: FitOptions) -> Result<History, TrainError> {
        Model::fit(self, samples, options)
    }
}

impl<'a> Experiment<'a> {
    /// No variants yet; the seed 0, one training at a time, without output.
    ///
    /// `options` makes each training's options; `validation` is added to them as their validation data.
    pub fn new(train: &Samples, validation: &Samples, options: impl Fn() -> FitOptions + Sync + 'a) -> Self {
        Self {
            train: train.clone(),
            validation: validation.clone(),
            options: Box::new(options),
            variants: Vec::new(),
            seeds: vec![0],
            jobs: 1,
            verbose: false,
        }
    }

    /// Adds a variant: what [`compile`](crate::Compile::compile) makes, for a seed. It is called on several threads.
    pub fn variant<N: Network + 'static>(
        mut self,
        name: impl Into<String>,
        compile: impl Fn(u64) -> Result<Model<N>, TrainError> + Sync + 'a,
    ) -> Self {
        let compile = move |seed| -> Compiled { Ok(Box::new(compile(seed)?)) };
        self.variants.push(Variant { name: name.into(), compile: Box::new(compile) });
        self
    }

    /// What each variant is trained with, one after the other; 0 alone by default.
    pub fn seeds(self, seeds: impl IntoIterator<Item = u64>) -> Self {
        Self { seeds: seeds.into_iter().collect(), ..self }
    }

    /// How many trainings run side by side on threads; 1. The results do not depend on it, but the seconds do.
    pub fn jobs(self, jobs: usize) -> Self {
        Self { jobs, ..self }
    }

    /// Whether a line is printed after each training; no.
    pub fn verbose(self, verbose: bool) -> Self {
        Self { verbose, ..self }
    }

    /// Trains every variant with every seed.
    ///
    /// # Errors
    /// Before anything is trained: when there are no variants or no seeds, two variants share a name, `jobs` is 0, or
    /// a variant cannot be built. Later: when a training fails. Errors of a variant name it.
    pub fn run(self) -> Result<Comparison, TrainError> {
        let parameters = self.check()?;
        let runs = self.variants.len() * self.seeds.len();
        let histories = side_by_side(runs, self.jobs, |run| {
            self.train(&self.variants[run / self.seeds.len()], self.seeds[run % self.seeds.len()])
        })?;
        let of_variant = self.variants.iter().zip(parameters).zip(histories.chunks(self.seeds.len()));
        let result = |((variant, parameters), histories): ((&Variant, _), &[History])| VariantResult {
            name: variant.name.clone(),
            parameters,
            histories: histories.to_vec(),
        };
        Ok(Comparison { variants: of_variant.map(result).collect() })
    }

    /// The number of parameters of each variant, once it is sure that all of them can be built.
    fn check(&self) -> Result<Vec<usize>, TrainError> {
        let Some(seed) = self.seeds.first() else {
            return Err(TrainError::argument("seeds", "[]", "give at least one"));
        };
        if self.variants.is_empty() {
            return Err(TrainError::argument("variants", "[]", "add at least one"));
        }
        let mut names: Vec<&str> = self.variants.iter().map(|variant| variant.name.as_str()).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let remedy = "two variants have this name; give each its own";
            return Err(TrainError::argument("a variant's name", format!("{:?}", pair[0]), remedy));
        }
        let parameters = |variant: &Variant| Ok(variant.compile(*seed)?.parameters());
        self.variants.iter().map(parameters).collect()
    }

    fn train(&self, variant: &Variant, seed: u64) -> Result<History, TrainError> {
        let options = (self.options)().validation_data(&self.validation);
        let history = variant.compile(seed)?.fit(&self.train, options).map_err(variant.named())?;
        if self.verbose {
            let (epochs, seconds) = (history.epochs(), history.epoch_seconds().iter().sum::<f64>());
            let last = history.get("val_loss").last().copied().unwrap_or(f64::NAN);
            let name = &variant.name;
            println!("{name}, seed {seed}: {epochs} epochs, {seconds:.1}s - val_loss: {last:.4}");
        }
        Ok(history)
    }
}

impl Variant<'_> {
    fn compile(&self, seed: u64) -> Compiled {
        (self.compile)(seed).map_err(self.named())
    }

    /// Says which variant an error came from.
    fn named(&self) -> impl Fn(TrainError) -> TrainError {
        |source| TrainError::Variant { name: self.name.clone(), source: Box::new(source) }
    }
}
