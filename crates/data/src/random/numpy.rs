//! NumPy's legacy generator, `numpy.random.RandomState`, which determines the order of Keras' data sets.
//!
//! It is used for that purpose only; all other random numbers come from [`random`](crate::random). Matsumoto and Nishimura,
//! "Mersenne Twister", 1998; seeding and bounded integers as in NumPy's `_mt19937.pyx` (`_legacy_seeding`)
//! and `distributions.c` (`random_interval`).

/// Size of the state, in words.
const SIZE: usize = 624;

/// Distance of the words that are combined into a new one.
const DISTANCE: usize = 397;

/// The generator `numpy.random.RandomState(seed)`: Mersenne Twister MT19937.
///
/// ```
/// use kindling_data::numpy_random::RandomState;
///
/// assert_eq!(RandomState::new(113).permutation(506)[..6], [22, 202, 368, 335, 461, 323]);
/// ```
#[derive(Clone, Debug)]
pub struct RandomState {
    state: [u32; SIZE],
    position: usize,
}

impl RandomState {
    /// Creates the generator from an integer seed, as NumPy does.
    pub fn new(seed: u32) -> Self {
        let mut state = [seed; SIZE];
        for i in 1..SIZE {
            let previous = state[i - 1];
            state[i] = (previous ^ (previous >> 30)).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { state, position: SIZE }
    }

    /// Shuffles `values`, like `RandomState.shuffle` for a list or a one-dimensional array.
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            let other = self.up_to(last as u64) as usize;
            values.swap(last, other);
        }
    }

    /// Returns `0..len`, [shuffled](Self::shuffle).
    pub fn permutation(&mut self, len: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..len).collect();
        self.shuffle(&mut order);
        order
    }

    /// Returns a uniformly distributed number from 0 to `max`, inclusive, by rejection sampling.
    fn up_to(&mut self, max: u64) -> u64 {
        if max == 0 {
            return 0;
        }
        let mask = u64::MAX >> max.leading_zeros();
        loop {
            let bits = match u32::try_from(max) {
                Ok(_) => self.next_u32().into(),
                Err(_) => u64::from(self.next_u32()) << 32 | u64::from(self.next_u32()),
            };
            if bits & mask <= max {
                return bits & mask;
            }
        }
    }

    fn next_u32(&mut self) -> u32 {
        if self.position == SIZE {
            self.renew();
        }
        let mut word = self.state[self.position];
        self.position += 1;
        word ^= word >> 11;
        word ^= word << 7 & 0x9d2c_5680;
        word ^= word << 15 & 0xefc6_0000;
        word ^ word >> 18
    }

    fn renew(&mut self) {
        for i in 0..SIZE {
            let joined = self.state[i] & 0x8000_0000 | self.state[(i + 1) % SIZE] & 0x7fff_ffff;
            let twist = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + DISTANCE) % SIZE] ^ joined >> 1 ^ twist;
        }
        self.position = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First value, last value, and the sum of (value + 1) * (index + 1) modulo 1000003.
    type Order = (usize, usize, u64);

    /// Seed, length, and the first and the second shuffle of `numpy.arange(length)` with one
    /// `numpy.random.RandomState(seed)`.
    #[rustfmt::skip]
    const SHUFFLES: [(u32, usize, Order, Order); 44] = [
        (0, 1, (0, 0, 1), (0, 0, 1)),
        (0, 2, (1, 0, 4), (0, 1, 5)),
        (0, 3, (2, 0, 10), (2, 1, 11)),
        (0, 10, (2, 5, 285), (3, 4, 323)),
        (0, 506, (329, 172, 445193), (279, 360, 648071)),
        (0, 624, (356, 559, 557484), (5, 622, 931130)),
        (0, 11228, (3844, 2732, 274721), (10049, 6094, 281557)),
        (0, 25000, (14149, 2732, 699911), (24761, 7186, 188541)),
        (0, 65536, (55458, 2732, 416585), (4157, 35981, 456958)),
        (0, 65537, (52973, 43567, 12275), (4157, 35981, 129219)),
        (0, 100000, (3582, 68268, 89444), (10655, 1298, 856827)),
        (1, 1, (0, 0, 1), (0, 0, 1)),
        (1, 2, (0, 1, 5), (0, 1, 5)),
        (1, 3, (0, 1, 13), (1, 0, 11)),
        (1, 10, (2, 5, 312), (9, 7, 293)),
        (1, 506, (307, 37, 101610), (457, 176, 336491)),
        (1, 624, (362, 37, 626841), (305, 178, 756128)),
        (1, 11228, (5332, 235, 319759), (9657, 7043, 269703)),
        (1, 25000, (21492, 235, 732530), (21152, 7225, 128986)),
        (1, 65536, (35180, 62501, 328432), (56641, 52266, 444376)),
        (1, 65537, (5024, 5192, 415536), (36992, 52266, 385513)),
        (1, 100000, (43660, 98539, 473365), (21868, 62341, 793155)),
        (113, 1, (0, 0, 1), (0, 0, 1)),
        (113, 2, (0, 1, 5), (1, 0, 4)),
        (113, 3, (2, 1, 11), (1, 2, 13)),
        (113, 10, (9, 5, 294), (6, 2, 286)),
        (113, 506, (22, 165, 343727), (473, 2, 87140)),
        (113, 624, (296, 165, 795937), (437, 588, 968622)),
        (113, 11228, (1341, 4828, 649722), (3873, 3563, 94944)),
        (113, 25000, (7798, 14501, 422540), (22748, 16517, 323371)),
        (113, 65536, (64997, 47269, 252887), (62642, 46281, 345598)),
        (113, 65537, (43686, 30282, 452831), (10499, 53150, 635955)),
        (113, 100000, (15687, 88226, 590782), (3378, 17563, 64122)),
        (u32::MAX, 1, (0, 0, 1), (0, 0, 1)),
        (u32::MAX, 2, (0, 1, 5), (1, 0, 4)),
        (u32::MAX, 3, (1, 2, 13), (1, 0, 11)),
        (u32::MAX, 10, (6, 3, 267), (9, 2, 310)),
        (u32::MAX, 506, (464, 419, 626883), (231, 68, 225373)),
        (u32::MAX, 624, (2, 419, 854285), (442, 513, 601576)),
        (u32::MAX, 11228, (9950, 10659, 350184), (4637, 6248, 367776)),
        (u32::MAX, 25000, (6139, 16674, 22466), (16815, 15784, 98956)),
        (u32::MAX, 65536, (11690, 27043, 290789), (13353, 54894, 903181)),
        (u32::MAX, 65537, (24985, 27043, 592369), (44746, 54894, 415155)),
        (u32::MAX, 100000, (85117, 27043, 525991), (97539, 88281, 443381)),
    ];

    #[test]
    fn generates_the_same_words_as_numpy() {
        for (seed, words) in [
            (0, [2357136044, 2546248239, 3071714933, 3791854820, 341544762, 747805126]),
            (1, [1791095845, 4282876139, 3093770124, 2006116153, 1104314680, 2514098677]),
            (113, [3659249829, 529109724, 317413538, 1743398014, 4023317220, 374345350]),
            (u32::MAX, [419326371, 479346978, 3918654476, 1027084080, 3860652269, 1315897766]),
        ] {
            let mut generator = RandomState::new(seed);
            let drawn: Vec<u32> = (0..700).map(|_| generator.next_u32()).collect();
            assert_eq!([0, 1, 2, 623, 624, 699].map(|i: usize| drawn[i]), words, "seed {seed}");
        }
    }

    #[test]
    fn shuffles_like_numpy() {
        for (seed, len, first, second) in SHUFFLES {
            let mut generator = RandomState::new(seed);
            for expected in [first, second] {
                let order = generator.permutation(len);
                let sum =
                    order.iter().zip(1..).map(|(&value, place)| (value as u64 + 1) * place).sum::<u64>();
                let found = (order[0], order[len - 1], sum % 1_000_003);
                assert_eq!(found, expected, "seed {seed}, length {len}");
            }
        }
    }

    #[test]
    fn reproduces_the_orders_of_the_data_sets() {
        let mut generator = RandomState::new(113);
        assert_eq!(generator.permutation(25_000)[..6], [7798, 13226, 18078, 793, 17499, 23003]);
        assert_eq!(generator.permutation(25_000)[..6], [22748, 4083, 8015, 13688, 5310, 4466]);
        assert_eq!(RandomState::new(113).permutation(11_228)[..6], [1341, 4427, 5095, 2044, 3024, 1792]);
        assert_eq!(RandomState::new(113).permutation(506)[..6], [22, 202, 368, 335, 461, 323]);
        assert!(RandomState::new(113).permutation(0).is_empty());
    }

    #[test]
    fn ranges_beyond_32_bits_use_two_words() {
        // numpy.random.RandomState(113)._bit_generator: random_raw() << 32 | random_raw(), as `random_interval`.
        let bits = (3659249829 << 32 | 529109724) & (u64::MAX >> 31);
        let mut generator = RandomState::new(113);
        let drawn = generator.up_to((1 << 33) - 1);
        assert_eq!(drawn, bits);
        assert_eq!(generator.up_to(0), 0);
    }
}
