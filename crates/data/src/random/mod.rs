//! All randomness, derived from one seed.
//!
//! Every generator has an address: a purpose and an index (epoch, step, layer). No state is carried from one generator
//! to the next, so the same seed gives the same numbers on every backend and with any number of threads, and a resumed
//! run only needs its position.

pub mod numpy;

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

/// The purpose of random numbers; each has a stream of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Initial values of a layer's weights; the index is the layer's position.
    Weights,
    /// The order of an epoch's samples; the index is the epoch, from 0.
    Shuffle,
    /// The units that a dropout layer drops; the index counts steps and layers.
    Dropout,
    /// The samples that a splitter holds out; the index is the repeat, or the class.
    Split,
    /// Synthetic data; the index counts samples.
    Synthetic,
    /// The values of a sample that are made missing; the index is the sample's position.
    Missing,
    /// The hyper-parameters that a search tries.
    Search,
    /// The seed of a backend's own generator; the index is 0 while a network is built, then the step plus one.
    Backend,
}

/// Returns the generator of one purpose and index: ChaCha with 8 rounds, the same on every platform.
pub fn generator(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    // 2^56 indices per purpose: more than the steps of any run.
    generator.set_stream((purpose as u64) << 56 | index);
    generator
}

/// Returns `count` numbers, uniform from `-limit` to `limit`, of the [`generator`] at that address.
///
/// # Panics
/// Panics if `limit` is below 0 or not finite.
pub fn uniform(count: usize, limit: f32, seed: u64, purpose: Purpose, index: u64) -> Vec<f32> {
    let mut generator = generator(seed, purpose, index);
    (0..count).map(|_| generator.random_range(-limit..=limit)).collect()
}

/// Returns the order of the samples in an epoch, from 0: `0..len`, shuffled.
pub fn epoch_order(seed: u64, epoch: usize, len: usize) -> Vec<usize> {
    order(seed, Purpose::Shuffle, epoch as u64, len)
}

/// Returns `0..len`, shuffled by the [`generator`] of that purpose and index.
pub fn order(seed: u64, purpose: Purpose, index: u64, len: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    order.shuffle(&mut generator(seed, purpose, index));
    order
}

/// Returns a number of the standard normal distribution (Box-Muller transform).
pub fn normal(random: &mut impl RngExt) -> f64 {
    let (radius, angle): (f64, f64) = (random.random(), random.random());
    // 1 - radius is above 0, so that its logarithm is finite.
    (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// A number from the standard normal distribution; those beyond ±2 are drawn again.
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
    fn each_address_has_numbers_of_its_own_and_always_the_same() {
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
    fn uniform_numbers_fill_their_range_evenly() {
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
    fn an_epochs_order_is_a_permutation_and_differs_from_the_next() {
        let order = epoch_order(7, 0, 1000);
        assert_ne!(order, epoch_order(7, 1, 1000));
        let mut sorted = order;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
    }
}
