//! Sample-weighted means over batches, read back from the device only now and then.

use burn::tensor::Tensor;

use crate::{Logs, TrainError, objective::Head};

/// Batches whose figures may wait on the device; there are fewer where they are read at the progress bar's pace.
const PENDING: usize = 1024;

/// A batch's mean loss, and the sums over its samples of all that is reported of its outputs; still on the device.
pub(crate) struct Figures {
    samples: usize,
    values: Vec<Tensor<1>>,
}

impl Figures {
    pub fn new(samples: usize, loss: Tensor<1>, sums: Vec<Tensor<1>>) -> Self {
        Self { samples, values: std::iter::once(loss).chain(sums).collect() }
    }
}

/// What may be wrong with figures that are read back.
#[derive(Debug)]
pub(crate) enum Fault {
    /// One is infinite or not a number.
    NotFinite { name: String, value: f64, step: usize },
    /// They cannot be read.
    Device(TrainError),
}

impl Fault {
    /// The error, once it is known where it happened; `prefix` is `val_` in validation.
    pub fn at(self, prefix: &str, epoch: usize) -> TrainError {
        match self {
            Self::NotFinite { name, value, step } => {
                TrainError::NotFinite { name: format!("{prefix}{name}"), value, epoch, step }
            }
            Self::Device(error) => error,
        }
    }
}

/// Means over the batches so far: each batch counts by its number of samples, as in Keras.
pub(crate) struct Meter {
    names: Vec<String>,
    pending: Vec<Figures>,
    sums: Vec<f64>,
    samples: usize,
    /// Batches that have been read.
    steps: usize,
}

impl Meter {
    pub fn new(heads: &[Head]) -> Self {
        let mut names = vec!["loss".to_owned()];
        let mut plain_names = Vec::new();
        for name in heads.iter().flat_map(|head| Self::names_of(head, heads.len())) {
            // As Keras, which numbers those that come again.
            names.push(match plain_names.iter().filter(|own| **own == name).count() {
                0 => name.clone(),
                earlier => format!("{name}_{earlier}"),
            });
            plain_names.push(name);
        }
        Self { sums: vec![0.0; names.len()], names, pending: Vec::new(), samples: 0, steps: 0 }
    }

    /// What is reported of an output: its metrics, and where there are several outputs also its loss, as Keras.
    fn names_of(head: &Head, outputs: usize) -> Vec<String> {
        let metrics = head.objective.metrics.iter().map(|metric| metric.name());
        match outputs {
            1 => metrics.map(str::to_owned).collect(),
            _ => {
                let names = std::iter::once("loss").chain(metrics);
                names.map(|name| format!("{}_{name}", head.output.name)).collect()
            }
        }
    }

    /// Takes in a batch's figures.
    pub fn add(&mut self, figures: Figures) -> Result<(), Fault> {
        self.pending.push(figures);
        if self.pending.len() == PENDING { self.settle() } else { Ok(()) }
    }

    /// The means so far; nothing before the first batch.
    pub fn read(&mut self) -> Result<Logs, Fault> {
        self.settle()?;
        let mut logs = Logs::default();
        for (name, sum) in self.names.iter().zip(&self.sums) {
            logs.set(name, sum / self.samples as f64);
        }
        Ok(logs)
    }

    /// Reads the pending figures back, all at once.
    fn settle(&mut self) -> Result<(), Fault> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut counts = Vec::with_capacity(self.pending.len());
        let mut values = Vec::with_capacity(self.pending.len() * self.names.len());
        for figures in self.pending.drain(..) {
            counts.push(figures.samples);
            values.extend(figures.values);
        }
        let values = Tensor::cat(values, 0).try_into_data();
        let values = values.map_err(|error| Fault::Device(TrainError::device(error)))?.convert::<f64>();
        let values = values.as_slice::<f64>().unwrap_or_default();
        for (samples, batch) in counts.into_iter().zip(values.chunks(self.names.len())) {
            self.steps += 1;
            if let Some(bad) = batch.iter().position(|value| !value.is_finite()) {
                return Err(Fault::NotFinite {
                    name: self.names[bad].clone(),
                    value: batch[bad],
                    step: self.steps,
                });
            }
            self.samples += samples;
            let [loss, sums @ ..] = batch else { continue };
            self.sums[0] += loss * samples as f64;
            for (sum, value) in self.sums[1..].iter_mut().zip(sums) {
                *sum += value;
            }
        }
        Ok(())
    }
}
