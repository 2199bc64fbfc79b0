//! Losses and metrics over the batches of an epoch, read back from the device only when they are asked for.

use burn::tensor::Tensor;
use kindling_models::Part;
use serde::{Deserialize, Serialize};

use super::{Logs, objective::Head};
use crate::{
    TrainError,
    metrics::{Direction, Metric, add},
};

/// Batches whose figures may wait on the device.
const PENDING: usize = 1024;

/// Numbers that may wait on the device, 16 MiB: metrics of many classes have several per class and batch.
const PENDING_VALUES: usize = 1 << 22;

/// Samples and steps of an epoch, as they may be in a file: numbers that `f64` holds.
const MOST: u64 = 1 << 53;

/// A batch's mean loss, and the sums over it of all that is reported beside it; still on the device.
pub(super) struct Figures {
    samples: usize,
    /// The loss `[1]`, then the sums of each [`Entry`].
    values: Vec<Tensor<1>>,
}

impl Figures {
    pub fn new(samples: usize, loss: Tensor<1>, sums: Vec<Tensor<1>>) -> Self {
        Self { samples, values: std::iter::once(loss).chain(sums).collect() }
    }
}

/// What may be wrong with figures that are read back.
#[derive(Debug)]
pub(super) enum Fault {
    /// One is infinite or not a number.
    NotFinite { name: String, value: f64, step: usize },
    /// A metric returned another number of sums than before.
    Sums { name: String, found: usize, before: usize, step: usize },
    /// They cannot be read.
    Device(TrainError),
}

impl Fault {
    /// The error, once it is known where it happened; `prefix` is `val_` in validation.
    pub fn at(self, prefix: &str, epoch: usize) -> TrainError {
        match self {
            Self::NotFinite { name, value, step } => {
                TrainError::NotFinite { name: format!("{prefix}{name}"), value, epoch, step, cause: None }
            }
            Self::Sums { name, found, before, step } => TrainError::Mismatch(format!(
                "the metric {name} returned {found} sums for batch {step}, {before} for the batches before it: return \
                 the same number for every batch"
            )),
            Self::Device(error) => error,
        }
    }
}

/// What a [`Meter`] has taken in, in a file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MeterState {
    loss: f64,
    samples: usize,
    steps: usize,
    entries: Vec<EntryState>,
}

#[derive(Debug, Serialize, Deserialize)]
struct EntryState {
    width: Option<usize>,
    totals: Vec<f64>,
}

/// A figure that is reported, and what it is computed from.
struct Entry {
    name: String,
    kind: Kind,
    /// How many sums there are; known after the first batch.
    width: Option<usize>,
    totals: Vec<f64>,
}

impl Entry {
    fn accumulate(&mut self, sums: Vec<f64>) {
        match &self.kind {
            _ if self.totals.is_empty() => self.totals = sums,
            Kind::Loss => add(&mut self.totals, &sums),
            Kind::Metric { metric, .. } => metric.accumulate(&mut self.totals, &sums),
        }
    }
}

enum Kind {
    /// The loss of one of several outputs: a sum over the samples.
    Loss,
    /// A metric, with the rows that one sample's output has.
    Metric { metric: Part<dyn Metric>, rows: f64 },
}

/// The names of the figures that are reported, in order, and which way they get better.
pub(super) fn directions(heads: &[Head]) -> Vec<(String, Direction)> {
    let direction = |entry: Entry| match entry.kind {
        Kind::Loss => (entry.name, Direction::Min),
        Kind::Metric { metric, .. } => (entry.name, metric.direction()),
    };
    std::iter::once(("loss".to_owned(), Direction::Min))
        .chain(entries(heads).into_iter().map(direction))
        .collect()
}

/// What is reported beside the loss: each output's metrics, and where there are several outputs also its loss, as Keras.
fn entries(heads: &[Head]) -> Vec<Entry> {
    let mut entries = Vec::<Entry>::new();
    let mut names = vec!["loss".to_owned()];
    for head in heads {
        let steps = head.output.shape.split_last().map_or(1, |(_, steps)| steps.iter().product());
        let loss = (heads.len() > 1).then(|| ("loss".to_owned(), Kind::Loss));
        let metrics = head
            .objective
            .metrics
            .iter()
            .map(|metric| (metric.name(), Kind::Metric { metric: metric.clone(), rows: steps as f64 }));
        for (name, kind) in loss.into_iter().chain(metrics) {
            let plain = if heads.len() > 1 { format!("{}_{name}", head.output.name) } else { name };
            // Names that occur again are numbered, as in Keras.
            let name = match names.iter().filter(|own| **own == plain).count() {
                0 => plain.clone(),
                earlier => format!("{plain}_{earlier}"),
            };
            names.push(plain);
            entries.push(Entry { name, kind, width: None, totals: Vec::new() });
        }
    }
    entries
}

/// Losses and metrics over the batches so far. A batch's loss counts by its number of samples, as in Keras.
pub(super) struct Meter {
    entries: Vec<Entry>,
    pending: Vec<Figures>,
    /// Numbers in `pending`.
    pending_values: usize,
    loss: f64,
    samples: usize,
    /// Batches taken in.
    steps: usize,
    /// Batches that have been read.
    read: usize,
}

impl Meter {
    pub fn new(heads: &[Head]) -> Self {
        Self {
            entries: entries(heads),
            pending: Vec::new(),
            pending_values: 0,
            loss: 0.0,
            samples: 0,
            steps: 0,
            read: 0,
        }
    }

    /// Returns what has been taken in.
    pub fn state(&mut self) -> Result<MeterState, Fault> {
        self.settle()?;
        let entry = |entry: &Entry| EntryState { width: entry.width, totals: entry.totals.clone() };
        let Self { loss, samples, steps, .. } = *self;
        Ok(MeterState { loss, samples, steps, entries: self.entries.iter().map(entry).collect() })
    }

    /// Creates a meter that has taken in what another one had; `None` if that one had other entries, or more than there can be.
    pub fn resumed(heads: &[Head], state: &MeterState) -> Option<Self> {
        let mut meter = Self::new(heads);
        if meter.entries.len() != state.entries.len() || state.samples.max(state.steps) as u64 > MOST {
            return None;
        }
        for (entry, state) in meter.entries.iter_mut().zip(&state.entries) {
            if !state.totals.is_empty() && state.width != Some(state.totals.len()) {
                return None;
            }
            (entry.width, entry.totals) = (state.width, state.totals.clone());
        }
        let MeterState { loss, samples, steps, .. } = *state;
        Some(Self { loss, samples, steps, read: steps, ..meter })
    }

    /// Takes in a batch's figures.
    pub fn add(&mut self, figures: Figures) -> Result<(), Fault> {
        self.steps += 1;
        for (entry, sums) in self.entries.iter_mut().zip(&figures.values[1..]) {
            let [found] = sums.dims();
            let before = *entry.width.get_or_insert(found);
            if found != before {
                return Err(Fault::Sums { name: entry.name.clone(), found, before, step: self.steps });
            }
        }
        self.pending_values += figures.values.iter().map(|sums| sums.dims()[0]).sum::<usize>();
        self.pending.push(figures);
        let full = self.pending.len() == PENDING || self.pending_values >= PENDING_VALUES;
        if full { self.settle() } else { Ok(()) }
    }

    /// The figures over all batches so far; none before the first batch.
    pub fn read(&mut self) -> Result<Logs, Fault> {
        self.settle()?;
        let mut logs = Logs::default();
        if self.samples == 0 {
            return Ok(logs);
        }
        let samples = self.samples as f64;
        logs.set("loss", self.loss / samples);
        for entry in &self.entries {
            let figure = match &entry.kind {
                Kind::Loss => entry.totals.iter().sum::<f64>() / samples,
                Kind::Metric { metric, rows } => metric.figure(&entry.totals, samples * rows),
            };
            logs.set(&entry.name, figure);
        }
        Ok(logs)
    }

    /// Reads the pending figures back, all at once.
    fn settle(&mut self) -> Result<(), Fault> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.pending_values = 0;
        let mut counts = Vec::with_capacity(self.pending.len());
        let mut values = Vec::with_capacity(self.pending.len() * (1 + self.entries.len()));
        for figures in self.pending.drain(..) {
            counts.push(figures.samples);
            values.extend(figures.values);
        }
        let values = Tensor::cat(values, 0).try_into_data();
        let values = values.map_err(|error| Fault::Device(TrainError::device(error)))?;
        let mut values = values.iter::<f64>();
        for samples in counts {
            self.read += 1;
            let step = self.read;
            let not_finite = |name: &str, value| Fault::NotFinite { name: name.to_owned(), value, step };
            let loss = values.next().unwrap_or(f64::NAN);
            if !loss.is_finite() {
                return Err(not_finite("loss", loss));
            }
            self.samples += samples;
            self.loss += loss * samples as f64;
            for entry in &mut self.entries {
                let width = entry.width.unwrap_or(0);
                let sums: Vec<f64> = values.by_ref().take(width).collect();
                if let Some(sum) = sums.iter().find(|sum| !sum.is_finite()) {
                    return Err(not_finite(&entry.name, *sum));
                }
                entry.accumulate(sums);
            }
        }
        Ok(())
    }
}
