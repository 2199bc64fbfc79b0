//! Synthetic texts with the layout of IMDB, as a replacement for data that cannot be bundled.
//!
//! Word frequencies follow Zipf's law, and text lengths have the distribution of reviews. Some words are more frequent in
//! one of the classes. The fraction of such words that indicate a text's own class varies, so some texts are misleading and
//! no model reaches an accuracy of 1.

use rand::RngExt;

use crate::{
    error::DataError,
    random::{Purpose, generator, normal},
    text::{Texts, WordIndex},
};

/// Number of the most frequent words, such as "the" and "a", that indicate no class.
const NEUTRAL: usize = 50;

/// Fraction of the other words that indicate a class.
const LEANING: f64 = 0.10;

/// Fraction of a text's words that is drawn from the words that indicate a class.
const PICKED: f64 = 0.20;

/// Fraction of those words that indicate the text's own class: mean and standard deviation over texts.
const OWN: (f64, f64) = (0.75, 0.14);

/// Words per text: median, standard deviation of the logarithm, minimum, maximum. The mean is 235.
const LENGTH: (f64, f64, f64, f64) = (175.0, 0.768, 10.0, 2_500.0);

/// The exponent of Zipf's law.
const ZIPF: f64 = 1.0;

/// The generator index of the vocabulary, which no text uses.
const WORDS_INDEX: u64 = 1 << 55;

/// Parameters of synthetic texts.
///
/// ```
/// use kindling_data::SyntheticText;
///
/// # fn main() -> Result<(), kindling_data::DataError> {
/// let synthetic = SyntheticText { samples: 100, words: 5_000, classes: 2, seed: 0 };
/// let texts = synthetic.texts()?;
/// assert_eq!((texts.len(), synthetic.word_index().len()), (100, 5_000));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntheticText {
    /// Number of texts.
    pub samples: usize,
    /// Vocabulary size: ranks 1 to `words`.
    pub words: usize,
    /// Number of classes, all equally frequent.
    pub classes: usize,
    /// The seed of all randomness.
    pub seed: u64,
}

impl SyntheticText {
    /// Generates texts as word ranks, where rank 1 is the most frequent word. The first `n` texts do not depend on `samples`.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there are no classes, or too few words for them.
    pub fn texts(&self) -> Result<Texts, DataError> {
        if self.classes == 0 || self.classes > 1_000 {
            return Err(DataError::argument("classes", self.classes, "give 1 to 1000"));
        }
        let least = NEUTRAL + 20 * self.classes;
        if self.words < least || self.words > 1 << 24 {
            let remedy = format!("give {least} to {} for {} classes", 1 << 24, self.classes);
            return Err(DataError::argument("words", self.words, remedy));
        }
        let lean = self.lean();
        let all = Zipf::of(1..=self.words as u32);
        let leaning: Vec<_> = (0..self.classes)
            .map(|class| {
                Zipf::of((1..=self.words as u32).filter(|&rank| lean[rank as usize - 1] == Some(class)))
            })
            .collect();
        let mut texts = Texts::default();
        for sample in 0..self.samples {
            let mut random = generator(self.seed, Purpose::Synthetic, sample as u64);
            let class = random.random_range(0..self.classes);
            let (median, deviation, shortest, longest) = LENGTH;
            let length = (median * (deviation * normal(&mut random)).exp()).clamp(shortest, longest) as usize;
            let own = OWN.0 + OWN.1 * normal(&mut random);
            texts.labels.push(class as i32);
            texts.sequences.push((0..length).map(|_| {
                let words = match random.random::<f64>() {
                    picked if picked >= PICKED => &all,
                    picked if picked < PICKED * own || self.classes == 1 => &leaning[class],
                    _ => &leaning[(class + random.random_range(1..self.classes)) % self.classes],
                };
                words.draw(random.random())
            }));
        }
        Ok(texts)
    }

    /// Returns the class that each word indicates, in order of ranks. Every class has at least one word.
    fn lean(&self) -> Vec<Option<usize>> {
        let mut random = generator(self.seed, Purpose::Synthetic, WORDS_INDEX);
        let mut lean: Vec<_> = (0..self.words)
            .map(|word| {
                let leans = random.random_bool(LEANING) && word >= NEUTRAL;
                leans.then(|| random.random_range(0..self.classes))
            })
            .collect();
        for class in 0..self.classes {
            lean[NEUTRAL + class] = Some(class);
        }
        lean
    }

    /// Returns a word index with a pronounceable word for each rank.
    pub fn word_index(&self) -> WordIndex {
        (1..=self.words as u32).map(|rank| (word(rank), rank)).collect()
    }
}

/// Returns the word of a rank, with two syllables for the most frequent words and more for the others.
fn word(rank: u32) -> String {
    const CONSONANTS: &[u8; 16] = b"bdfgjklmnprstvwz";
    const VOWELS: &[u8; 5] = b"aeiou";
    const SYLLABLES: u32 = 80;
    // Consecutive ranks differ in their first syllable, because 37 and 80 are coprime.
    let mut rest = rank + SYLLABLES;
    let mut word = String::new();
    while rest > 0 {
        let syllable = (rest * 37) % SYLLABLES;
        rest /= SYLLABLES;
        word.push(CONSONANTS[syllable as usize % 16].into());
        word.push(VOWELS[syllable as usize / 16].into());
    }
    word
}

/// Number of equal parts of the cumulative distribution, whose bounds are precomputed to speed up sampling.
const PARTS: usize = 1 << 14;

/// The distribution of a set of words according to Zipf's law.
struct Zipf {
    ranks: Vec<u32>,
    /// The cumulative frequency of each word.
    sums: Vec<f64>,
    /// The index of the first word of each part, and of the last word.
    parts: Vec<usize>,
}

impl Zipf {
    fn of(ranks: impl Iterator<Item = u32>) -> Self {
        let ranks: Vec<u32> = ranks.collect();
        let mut total = 0.0;
        // Mandelbrot's shift limits the frequency of the most frequent word to less than 10%.
        let frequencies = ranks.iter().map(|&rank| (f64::from(rank) + 2.7).powf(-ZIPF));
        let sums: Vec<f64> = frequencies
            .map(|frequency| {
                total += frequency;
                total
            })
            .collect();
        let first_of = |part: usize| {
            let place = part as f64 / PARTS as f64 * total;
            sums.partition_point(|&sum| sum <= place).min(sums.len().saturating_sub(1))
        };
        let parts = (0..=PARTS).map(first_of).collect();
        Self { ranks, sums, parts }
    }

    /// Returns the rank at the quantile `place`, at least 0 and below 1.
    fn draw(&self, place: f64) -> u32 {
        let part = (place * PARTS as f64) as usize;
        let (first, last) = (self.parts[part], self.parts[part + 1]);
        let place = place * self.sums[self.sums.len() - 1];
        self.ranks[first + self.sums[first..last].partition_point(|&sum| sum <= place)]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const TEXTS: SyntheticText = SyntheticText { samples: 4_000, words: 20_000, classes: 2, seed: 3 };

    #[test]
    fn text_lengths_and_word_frequencies_have_the_expected_distributions() {
        let Texts { sequences, labels } = TEXTS.texts().unwrap();
        let mut lengths: Vec<_> = sequences.iter().map(<[u32]>::len).collect();
        lengths.sort_unstable();
        let mean = sequences.tokens().len() / lengths.len();
        assert!(
            (165..185).contains(&lengths[2_000]) && (225..245).contains(&mean),
            "{} {mean}",
            lengths[2_000]
        );
        assert!(lengths[0] >= 10 && lengths[3_999] <= 2_500);
        let ones = labels.iter().filter(|&&label| label == 1).count();
        assert!((1_900..2_100).contains(&ones), "{ones}");

        let mut counts = vec![0_usize; TEXTS.words + 1];
        sequences.tokens().iter().for_each(|&rank| counts[rank as usize] += 1);
        assert_eq!(counts[0], 0);
        let (first, tenth) = (counts[1] as f64, counts[10] as f64);
        assert!((2.5..4.5).contains(&(first / tenth)), "{first} {tenth}");
    }

    #[test]
    fn the_first_texts_do_not_depend_on_the_number_of_texts() {
        let texts = TEXTS.texts().unwrap();
        assert_eq!(TEXTS.texts().unwrap(), texts);
        let fewer = SyntheticText { samples: 10, ..TEXTS }.texts().unwrap();
        assert_eq!(fewer.sequences, texts.sequences.slice(0..10));
        assert_ne!(SyntheticText { samples: 10, seed: 4, ..TEXTS }.texts().unwrap(), fewer);
    }

    #[test]
    fn words_are_distinct_and_pronounceable() {
        let index = TEXTS.word_index();
        let words: HashSet<_> = (1..=20_000).map(|rank| index.word(rank).unwrap()).collect();
        assert_eq!(words.len(), 20_000);
        assert!(words.iter().all(|word| word.len() >= 4 && word.len() % 2 == 0));
    }

    /// Returns the test accuracy of a naive Bayes classifier on the presence of words.
    fn naive_bayes(synthetic: &SyntheticText, training: usize) -> f64 {
        let texts = synthetic.texts().unwrap();
        let present = |text: &[u32]| text.iter().map(|&rank| rank as usize).collect::<HashSet<_>>();
        let mut counts = vec![vec![1.0_f64; synthetic.words + 1]; synthetic.classes];
        let samples = || texts.sequences.iter().zip(&texts.labels);
        for (text, &label) in samples().take(training) {
            present(text).into_iter().for_each(|rank| counts[label as usize][rank] += 1.0);
        }
        let right = samples().skip(training).filter(|(text, label)| {
            let words = present(text);
            let score = |class: &usize| words.iter().map(|&rank| counts[*class][rank].ln()).sum::<f64>();
            let best = (0..synthetic.classes).max_by(|a, b| score(a).total_cmp(&score(b)));
            best == Some(**label as usize)
        });
        right.count() as f64 / (synthetic.samples - training) as f64
    }

    #[test]
    fn classes_can_be_learned_but_not_perfectly() {
        let reviews = SyntheticText { samples: 12_000, words: 10_000, classes: 2, seed: 113 };
        let (many, few) = (naive_bayes(&reviews, 10_000), naive_bayes(&reviews, 1_000));
        assert!((0.86..0.94).contains(&many) && few < many - 0.03, "{many} {few}");
        let topics = SyntheticText { samples: 4_000, words: 5_000, classes: 20, seed: 0 };
        let share = naive_bayes(&topics, 3_500);
        assert!((0.4..1.0).contains(&share), "{share}");
    }

    #[test]
    fn invalid_parameters_are_rejected() {
        for (synthetic, named) in [
            (SyntheticText { classes: 0, ..TEXTS }, "classes is 0"),
            (SyntheticText { words: 89, ..TEXTS }, "words is 89: give 90"),
            (SyntheticText { words: 1 << 25, ..TEXTS }, "words is 33554432"),
        ] {
            let error = synthetic.texts().unwrap_err().to_string();
            assert!(error.starts_with(named), "{error}");
        }
        let least = SyntheticText { samples: 3, words: 70, classes: 1, seed: 0 };
        assert_eq!(least.texts().unwrap().len(), 3);
    }
}
