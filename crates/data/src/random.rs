//! All randomness, drawn from one seed.
//!
//! Every draw has an address: what it is for and which one it is (epoch, step, layer). Nothing is carried over
//! from one draw to the next, so the same seed gives the same numbers on every backend and in any number of
//! threads, and a run that is taken up again only needs to know where it was.

use rand::{SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

/// What random numbers are drawn for: one stream of the seed each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Initial values of a layer's weights; the index is the layer's place.
    Weights,
    /// The order of an epoch's samples; the index is the epoch, from 0.
    Shuffle,
    /// What a dropout layer drops; the index counts steps and layers.
    Dropout,
    /// Which samples are held out; the index is the repeat, or the class.
    Split,
    /// Made-up data; the index counts samples.
    Synthetic,
    /// Which hyper-parameters are tried.
    Search,
}

/// The generator for one purpose and index. ChaCha with 8 rounds: the same numbers on every platform.
pub fn generator(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    // 2^56 indices a purpose: more than steps in any run.
    generator.set_stream((purpose as u64) << 56 | index);
    generator
}

/// The order of the samples in an epoch (from 0): `0..len`, shuffled.
pub fn epoch_order(seed: u64, epoch: usize, len: usize) -> Vec<usize> {
    order(seed, Purpose::Shuffle, epoch as u64, len)
}

/// `0..len`, shuffled, for one purpose and index.
pub fn order(seed: u64, purpose: Purpose, index: u64, len: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    order.shuffle(&mut generator(seed, purpose, index));
    order
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
    fn an_epochs_order_is_a_permutation_and_differs_from_the_next() {
        let order = epoch_order(7, 0, 1000);
        assert_ne!(order, epoch_order(7, 1, 1000));
        let mut sorted = order;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
    }
}
