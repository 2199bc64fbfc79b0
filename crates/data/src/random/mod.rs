//! Random number generators, all derived from one seed.
//!
//! Every generator is identified by a purpose and an index (epoch, step, or layer). Generators share no state. Therefore the
//! same seed gives the same numbers on every backend and with any number of threads, and a resumed run needs only its
//! position.

pub mod numpy;

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

/// The purpose of random numbers. Each purpose has a separate stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The initial weights of a layer; the index is the position of the layer.
    Weights,
    /// The order of an epoch's samples; the index is the epoch, from 0.
    Shuffle,
    /// The units that a dropout layer drops; the index counts steps and layers.
    Dropout,
    /// The samples that a splitter holds out; the index is the repeat, or the class.
    Split,
    /// Synthetic data; the index is the position of the sample.
    Synthetic,
    /// The values of a sample that are dropped; the index is the position of the sample.
    Missing,
    /// The hyperparameters that a search tries.
    Search,
    /// The seed of a backend's own generator; the index is 0 while a network is built, and afterwards the step plus one.
    Backend,
}

/// Returns the generator of a purpose and index: ChaCha with 8 rounds, which is the same on every platform.
pub fn generator(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    // 2^56 indices per purpose: more than the steps of any run.
    generator.set_stream((purpose as u64) << 56 | index);
    generator
}

/// Returns `count` numbers, uniformly distributed from `-limit` to `limit`, of the [`generator`] with the given purpose and
/// index.
///
/// # Panics
/// Panics if `limit` is negative or not finite.
pub fn uniform(count: usize, limit: f32, seed: u64, purpose: Purpose, index: u64) -> Vec<f32> {
    let mut generator = generator(seed, purpose, index);
    (0..count).map(|_| generator.random_range(-limit..=limit)).collect()
}

/// Returns the order of the samples in an epoch: a permutation of `0..len`. Epochs start at 0.
pub fn epoch_order(seed: u64, epoch: usize, len: usize) -> Vec<usize> {
    order(seed, Purpose::Shuffle, epoch as u64, len)
}

/// Returns `0..len`, shuffled by the [`generator`] with the given purpose and index.
pub fn order(seed: u64, purpose: Purpose, index: u64, len: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    order.shuffle(&mut generator(seed, purpose, index));
    order
}

/// Returns a sample of the standard normal distribution (Box-Muller transform).
pub fn normal(random: &mut impl RngExt) -> f64 {
    let (radius, angle): (f64, f64) = (random.random(), random.random());
    // 1 - radius is above 0, so that its logarithm is finite.
    (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// Returns a sample of the standard normal distribution truncated to [-2, 2], by rejection sampling.
pub fn truncated_normal(random: &mut impl RngExt) -> f64 {
    loop {
        let number = normal(random);
        if number.abs() <= 2.0 {
            return number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn each_purpose_and_index_has_separate_reproducible_numbers() {
        let first = |seed, purpose, index| generator(seed, purpose, index).next_u64();
        let drawn = [
            first(0, Purpose::Weights, 0),
            first(0, Purpose::Weights, 1),
            first(0, Purpose::Shuffle, 0),
            first(1, Purpose::Weights, 0),
        ];
        assert_eq!(first(0, Purpose::Weights, 1), drawn[1]);
        assert!((0..4).all(|i| (0..i).all(|j| drawn[i] != drawn[j])), "{drawn:?}");
    }

    #[test]
    fn uniform_numbers_are_distributed_evenly() {
        let drawn = uniform(10_000, 0.5, 3, Purpose::Synthetic, 0);
        let below = |bound: f32| drawn.iter().filter(|number| **number < bound).count();
        assert_eq!((below(-0.5), below(0.5 + f32::EPSILON)), (0, drawn.len()));
        for (bound, share) in [(-0.4, 0.1), (0.0, 0.5), (0.4, 0.9)] {
            let found = below(bound) as f64 / drawn.len() as f64;
            assert!((found - share).abs() < 0.02, "{found} of the numbers are below {bound}");
        }
        assert_eq!(drawn, uniform(10_000, 0.5, 3, Purpose::Synthetic, 0));
        assert_ne!(drawn, uniform(10_000, 0.5, 4, Purpose::Synthetic, 0));
    }

    #[test]
    fn each_epoch_has_a_different_permutation() {
        let order = epoch_order(7, 0, 1000);
        assert_ne!(order, epoch_order(7, 1, 1000));
        let mut sorted = order;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
    }
}
