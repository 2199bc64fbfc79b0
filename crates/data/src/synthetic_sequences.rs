//! Made-up sequences in which the order is what counts: for networks that read step by step.

use burn::tensor::TensorData;
use rand::RngExt;

use crate::{
    Column, DataError, Samples,
    random::{Purpose, generator, normal},
};

/// Most symbols that a signal shows; it shows at least two.
const MOST_SHOWN: usize = 4;

/// Steps of a pause before a symbol, and of a symbol: least and most.
const PAUSE: (usize, usize) = (1, 3);
const SHOWN: (usize, usize) = (2, 4);

/// Deviation of a signal's noise; a symbol is 1 high.
const NOISE: f64 = 0.3;

/// Sequences to make up; the first `n` of them are the same for any `samples`.
///
/// ```
/// use kindling_data::SyntheticSequences;
///
/// # fn main() -> Result<(), kindling_data::DataError> {
/// let made_up = SyntheticSequences { samples: 100, steps: 30, symbols: 5, seed: 0 };
/// assert_eq!(made_up.which_first()?.inputs()[0].sample_shape(), [30]);
/// assert_eq!(made_up.signals()?.inputs()[0].sample_shape(), [30, 5]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntheticSequences {
    /// How many sequences.
    pub samples: usize,
    /// Steps of each.
    pub steps: usize,
    /// How many symbols there are.
    pub symbols: usize,
    /// What everything random comes from.
    pub seed: u64,
}

impl SyntheticSequences {
    /// Ids `[samples, steps]`, below `symbols`, and classes: 1 where symbol 0 comes before symbol 1. Each of the two is in
    /// every sequence once, the others are anywhere: which ones are there says nothing.
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
            // Any other place.
            let one = (zero + random.random_range(1..self.steps)) % self.steps;
            (ids[start + zero], ids[start + one]) = (0, 1);
            classes.push(i32::from(zero < one));
        }
        Samples::new(
            Column::ids(TensorData::new(ids, [self.samples, self.steps]))?,
            Column::classes(TensorData::new(classes, [self.samples]))?,
        )
    }

    /// Noisy signals `[samples, steps, symbols]`, and the symbols that each one shows, two to four: `[samples, 4]`, from 1,
    /// filled up with 0. A symbol lifts a channel of its own for two to four steps, after a pause of one to three.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there are no symbols, or too few steps to show four of them.
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
            Column::floats(TensorData::new(values, [self.samples, self.steps, self.symbols]))?,
            Column::ids(TensorData::new(labels, [self.samples, MOST_SHOWN]))?,
        )
    }
}

fn at_least(name: &'static str, value: usize, least: usize) -> Result<(), DataError> {
    match value >= least {
        true => Ok(()),
        false => Err(DataError::Argument {
            name,
            value: value.to_string(),
            remedy: format!("ask for at least {least}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADE_UP: SyntheticSequences = SyntheticSequences { samples: 200, steps: 30, symbols: 5, seed: 3 };

    fn integers(samples: &Samples, column: &Column) -> Vec<i32> {
        samples.integers(column).unwrap()
    }

    #[test]
    fn the_class_says_which_of_two_symbols_comes_first() {
        let samples = MADE_UP.which_first().unwrap();
        let (ids, classes) = (integers(&samples, &samples.inputs()[0]), samples.classes().unwrap());
        for (ids, class) in ids.chunks(30).zip(&classes) {
            let places =
                |symbol| ids.iter().enumerate().filter(move |(_, id)| **id == symbol).map(|(i, _)| i);
            assert_eq!((places(0).count(), places(1).count()), (1, 1));
            assert_eq!(places(0).next() < places(1).next(), *class == 1);
            assert!(ids.iter().all(|id| (0..5).contains(id)));
        }
        // Both classes are as frequent, within three deviations.
        let ones: i32 = classes.iter().sum();
        assert!((79..=121).contains(&ones), "{ones}");
    }

    #[test]
    fn a_signal_shows_its_symbols_in_their_order() {
        let samples = MADE_UP.signals().unwrap();
        let values: Vec<f32> = samples.input().iter().collect();
        let labels = integers(&samples, &samples.targets()[0]);
        let right = values.chunks(30 * 5).zip(labels.chunks(4)).filter(|(signal, labels)| {
            // What a threshold makes of it: noise alone is as high about once in twenty steps and channels.
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
        assert!((10..150).contains(&right), "{right} of 200: neither random nor plain to see");
    }

    #[test]
    fn a_sequence_depends_on_the_seed_and_its_place_alone() {
        let fewer = SyntheticSequences { samples: 10, ..MADE_UP }.signals().unwrap().input();
        assert_eq!(MADE_UP.signals().unwrap().slice(0..10).input(), fewer);
        assert_ne!(SyntheticSequences { samples: 10, seed: 4, ..MADE_UP }.signals().unwrap().input(), fewer);
    }

    #[test]
    fn what_cannot_be_made_up_is_refused() {
        for (made_up, expected) in [
            (SyntheticSequences { symbols: 2, ..MADE_UP }.which_first(), "symbols is 2: ask for at least 3"),
            (SyntheticSequences { steps: 1, ..MADE_UP }.which_first(), "steps is 1: ask for at least 2"),
            (SyntheticSequences { symbols: 0, ..MADE_UP }.signals(), "symbols is 0: ask for at least 1"),
            (SyntheticSequences { steps: 27, ..MADE_UP }.signals(), "steps is 27: ask for at least 28"),
        ] {
            assert!(made_up.unwrap_err().to_string().contains(expected), "{expected}");
        }
    }
}
