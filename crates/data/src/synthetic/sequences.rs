//! Synthetic sequences whose targets depend on the order of their steps.

use rand::RngExt;

use crate::{
    error::DataError,
    random::{Purpose, generator, normal},
    samples::{Column, Samples},
};

/// Maximum number of symbols in a signal; the minimum is 2.
const MOST_SHOWN: usize = 4;

/// Minimum and maximum number of steps of the pause before a symbol, and of a symbol.
const PAUSE: (usize, usize) = (1, 3);
const SHOWN: (usize, usize) = (2, 4);

/// Standard deviation of a signal's noise; the amplitude of a symbol is 1.
const NOISE: f64 = 0.3;

/// Parameters of synthetic sequences. The first `n` sequences do not depend on `samples`.
///
/// ```
/// use kindling_data::SyntheticSequences;
///
/// # fn main() -> Result<(), kindling_data::DataError> {
/// let sequences = SyntheticSequences { samples: 100, steps: 30, symbols: 5, seed: 0 };
/// assert_eq!(sequences.which_first()?.inputs()[0].sample_shape(), [30]);
/// assert_eq!(sequences.signals()?.inputs()[0].sample_shape(), [30, 5]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntheticSequences {
    /// Number of sequences.
    pub samples: usize,
    /// Steps per sequence.
    pub steps: usize,
    /// Number of symbols.
    pub symbols: usize,
    /// The seed of all randomness.
    pub seed: u64,
}

impl SyntheticSequences {
    /// Generates samples with ids `[samples, steps]` below `symbols` as the input, and classes `[samples]` as the target: 1 if
    /// symbol 0 precedes symbol 1, otherwise 0. Both symbols occur exactly once in every sequence, so only their order
    /// determines the class.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there are fewer than three symbols or two steps.
    pub fn which_first(&self) -> Result<Samples, DataError> {
        at_least("symbols", self.symbols, 3)?;
        at_least("steps", self.steps, 2)?;
        let (mut ids, mut classes) = (Vec::with_capacity(self.samples * self.steps), Vec::new());
        for sample in 0..self.samples {
            let mut random = generator(self.seed, Purpose::Synthetic, sample as u64);
            let start = ids.len();
            ids.extend((0..self.steps).map(|_| random.random_range(2..self.symbols as i32)));
            let zero = random.random_range(0..self.steps);
            // Any other step.
            let one = (zero + random.random_range(1..self.steps)) % self.steps;
            (ids[start + zero], ids[start + one]) = (0, 1);
            classes.push(i32::from(zero < one));
        }
        Samples::new(Column::ids((ids, [self.samples, self.steps]))?, Column::classes(classes)?)
    }

    /// Generates samples with noisy signals `[samples, steps, symbols]` as the input, and the labels of their two to four
    /// symbols `[samples, 4]` as the target. Labels start at 1 and are padded with 0. A symbol raises its own channel by 1 for
    /// two to four steps, after a pause of one to three steps.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there are no symbols, or too few steps for four symbols.
    pub fn signals(&self) -> Result<Samples, DataError> {
        at_least("symbols", self.symbols, 1)?;
        at_least("steps", self.steps, MOST_SHOWN * (PAUSE.1 + SHOWN.1))?;
        let (mut values, mut labels) = (Vec::new(), Vec::with_capacity(self.samples * MOST_SHOWN));
        for sample in 0..self.samples {
            let mut random = generator(self.seed, Purpose::Synthetic, sample as u64);
            let noise = (0..self.steps * self.symbols).map(|_| (NOISE * normal(&mut random)) as f32);
            let mut signal: Vec<f32> = noise.collect();
            let (count, mut step) = (random.random_range(2..=MOST_SHOWN), 0);
            for _ in 0..count {
                let symbol = random.random_range(0..self.symbols);
                step += random.random_range(PAUSE.0..=PAUSE.1);
                for _ in 0..random.random_range(SHOWN.0..=SHOWN.1) {
                    signal[step * self.symbols + symbol] += 1.0;
                    step += 1;
                }
                labels.push(symbol as i32 + 1);
            }
            labels.resize((sample + 1) * MOST_SHOWN, 0);
            values.extend(signal);
        }
        Samples::new(
            Column::floats((values, [self.samples, self.steps, self.symbols]))?,
            Column::labels((labels, [self.samples, MOST_SHOWN]))?,
        )
    }
}

fn at_least(name: &'static str, value: usize, least: usize) -> Result<(), DataError> {
    match value >= least {
        true => Ok(()),
        false => Err(DataError::argument(name, value, format!("give at least {least}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEQUENCES: SyntheticSequences = SyntheticSequences { samples: 200, steps: 30, symbols: 5, seed: 3 };

    #[test]
    fn the_class_is_the_order_of_two_symbols() {
        let samples = SEQUENCES.which_first().unwrap();
        let (ids, classes) = (samples.inputs()[0].integers().unwrap(), samples.classes().unwrap());
        for (ids, class) in ids.chunks(30).zip(&classes) {
            let places =
                |symbol| ids.iter().enumerate().filter(move |(_, id)| **id == symbol).map(|(i, _)| i);
            assert_eq!((places(0).count(), places(1).count()), (1, 1));
            assert_eq!(places(0).next() < places(1).next(), *class == 1);
            assert!(ids.iter().all(|id| (0..5).contains(id)));
        }
        // Both classes are equally frequent, within three standard deviations.
        let ones: i32 = classes.iter().sum();
        assert!((79..=121).contains(&ones), "{ones}");
    }

    #[test]
    fn a_signal_contains_its_symbols_in_order() {
        let samples = SEQUENCES.signals().unwrap();
        let values: Vec<f32> = samples.input().iter().collect();
        let labels = samples.targets()[0].integers().unwrap();
        let right = values.chunks(30 * 5).zip(labels.chunks(4)).filter(|(signal, labels)| {
            // Decodes the signal with a threshold, which noise alone exceeds in about one of twenty steps per channel.
            let mut seen: Vec<i32> = Vec::new();
            for step in signal.chunks(5) {
                let high = (0..5).max_by(|a, b| step[*a].total_cmp(&step[*b])).unwrap();
                seen.push(if step[high] > 0.6 { high as i32 + 1 } else { 0 });
            }
            seen.dedup();
            seen.retain(|symbol| *symbol > 0);
            let shown: Vec<i32> = labels.iter().copied().filter(|label| *label > 0).collect();
            assert!((2..=4).contains(&shown.len()) && labels.starts_with(&shown));
            seen == shown
        });
        let right = right.count();
        assert!((10..150).contains(&right), "{right} of 200 decoded: neither random nor trivial");
    }

    #[test]
    fn a_sequence_depends_only_on_the_seed_and_its_index() {
        let fewer = SyntheticSequences { samples: 10, ..SEQUENCES }.signals().unwrap().input();
        assert_eq!(SEQUENCES.signals().unwrap().slice(0..10).input(), fewer);
        assert_ne!(
            SyntheticSequences { samples: 10, seed: 4, ..SEQUENCES }.signals().unwrap().input(),
            fewer
        );
    }

    #[test]
    fn invalid_parameters_are_rejected() {
        for (sequences, expected) in [
            (SyntheticSequences { symbols: 2, ..SEQUENCES }.which_first(), "symbols is 2: give at least 3"),
            (SyntheticSequences { steps: 1, ..SEQUENCES }.which_first(), "steps is 1: give at least 2"),
            (SyntheticSequences { symbols: 0, ..SEQUENCES }.signals(), "symbols is 0: give at least 1"),
            (SyntheticSequences { steps: 27, ..SEQUENCES }.signals(), "steps is 27: give at least 28"),
        ] {
            assert!(sequences.unwrap_err().to_string().contains(expected), "{expected}");
        }
    }
}
