//! Measures one size.

use std::time::Instant;

use kindling::{
    data::{Array, SyntheticText, Texts},
    losses::BinaryCrossentropy,
    metrics::Accuracy,
    networks,
    optimizers::RmsProp,
    prelude::*,
};
use kindling_programs::memory::{peak_mb, reset_peak};
use serde_json::json;

use crate::common::{Fields, median};

/// Samples per step, as in the book.
const BATCH: usize = 512;

/// The number of reviews and the vocabulary size.
#[derive(Clone, Copy, PartialEq)]
pub struct Size {
    pub samples: usize,
    pub words: usize,
}

impl Size {
    /// Generates the reviews, encodes them, trains on them, and returns times and peak memory.
    ///
    /// The peak memory of training alone is available only on systems where a process can reset its peak.
    pub fn measure(self, epochs: usize) -> anyhow::Result<Fields> {
        let start = Instant::now();
        // Ranks start at 1, so the largest rank is the last column.
        let synthetic = SyntheticText { samples: self.samples, words: self.words - 1, classes: 2, seed: 0 };
        let texts = synthetic.texts()?;
        let generate_s = start.elapsed().as_secs_f64();

        let (start, words_of_texts) = (Instant::now(), texts.sequences.tokens().len());
        let samples = texts.multi_hot(self.words)?;
        let encode_s = start.elapsed().as_secs_f64();
        drop::<Texts>(texts);

        let words_read = words_read(&samples);
        let loading_mb = peak_mb();
        let compiling = networks::imdb(self.words, 16).compile(
            RmsProp::default(),
            BinaryCrossentropy::default(),
            [Accuracy],
        );
        let mut model = compiling.on(&backend::default_device()?)?;
        let options = FitOptions::new().batch_size(BATCH);
        let first = model.fit(&samples, &options)?;
        // Reset after the first epoch, because the allocator returns the memory of the texts with a delay.
        let is_reset = reset_peak();
        let history = model.fit(&samples, &options.clone().initial_epoch(1).epochs(epochs))?;
        let epoch_s = median(history.epoch_seconds());
        Ok(Fields::from_iter([
            ("samples".into(), self.samples.into()),
            ("words".into(), self.words.into()),
            ("words_of_texts".into(), words_of_texts.into()),
            ("words_read".into(), words_read.into()),
            ("generate_s".into(), generate_s.into()),
            ("encode_s".into(), encode_s.into()),
            ("first_epoch_s".into(), first.epoch_seconds()[0].into()),
            ("epoch_s".into(), epoch_s.into()),
            ("step_us".into(), (epoch_s / self.samples.div_ceil(BATCH) as f64 * 1e6).into()),
            ("ns_per_word".into(), (epoch_s / words_read as f64 * 1e9).into()),
            ("loading_mb".into(), json!(loading_mb)),
            ("training_mb".into(), json!(peak_mb().filter(|_| is_reset))),
            ("accuracy".into(), json!(history.get("accuracy").last())),
        ]))
    }
}

/// Returns the number of words read per epoch: the distinct words of each review.
fn words_read(samples: &Samples) -> usize {
    let starts = (0..samples.len()).step_by(BATCH);
    let ones = |start: usize| -> usize {
        let places: Vec<usize> = (start..samples.len().min(start + BATCH)).collect();
        let inputs = samples.batch(&places).inputs;
        inputs
            .iter()
            .map(|input| if let Array::Sparse(rows) = input { rows.columns().len() } else { 0 })
            .sum()
    };
    starts.map(ones).sum()
}
