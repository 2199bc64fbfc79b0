//! Made-up texts in the form of IMDB's: they stand in where real ones may not be bundled.
//!
//! Words are as frequent as Zipf's law has it, and texts as long as reviews are. Some words lean, secretly, to one of
//! the classes; what a text says for its class and against it differs from text to text, so that some texts are
//! misleading and no model gets all of them right.

use rand::RngExt;

use crate::{
    DataError, Texts, WordIndex,
    random::{Purpose, generator, normal},
};

/// The words that are in every text, as "the" and "a", lean to no class.
const NEUTRAL: usize = 50;

/// Which part of the other words lean to one of the classes.
const LEANING: f64 = 0.10;

/// Which part of a text are words picked because they lean.
const PICKED: f64 = 0.20;

/// Which part of those lean to the text's own class: mean, and deviation from text to text.
const OWN: (f64, f64) = (0.75, 0.14);

/// Words of a text: median, deviation of the logarithm, shortest, longest. The mean is 235.
const LENGTH: (f64, f64, f64, f64) = (175.0, 0.768, 10.0, 2_500.0);

/// Exponent of Zipf's law.
const ZIPF: f64 = 1.0;

/// The generator's index that decides about words, far from those of texts.
const WORDS_INDEX: u64 = 1 << 55;

/// Texts to make up.
///
/// ```
/// use kindling_data::SyntheticText;
///
/// # fn main() -> Result<(), kindling_data::DataError> {
/// let made_up = SyntheticText { samples: 100, words: 5_000, classes: 2, seed: 0 };
/// let texts = made_up.texts()?;
/// assert_eq!((texts.len(), made_up.word_index().len()), (100, 5_000));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntheticText {
    /// How many texts.
    pub samples: usize,
    /// How many words there are: ranks 1 to `words`.
    pub words: usize,
    /// How many classes there are, each of them as frequent.
    pub classes: usize,
    /// What everything random comes from.
    pub seed: u64,
}

impl SyntheticText {
    /// The texts as ranks of words, 1 for the commonest; the first `n` of them are the same for any `samples`.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there are no classes, or too few words for each class to have some.
    pub fn texts(&self) -> Result<Texts, DataError> {
        if self.classes == 0 || self.classes > 1_000 {
            return Err(argument("classes", self.classes, "ask for 1 to 1000"));
        }
        let least = NEUTRAL + 20 * self.classes;
        if self.words < least || self.words > 1 << 24 {
            return Err(argument(
                "words",
                self.words,
                &format!("ask for {least} (so that some lean) to {}", 1 << 24),
            ));
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

    /// The class that each word leans to, by rank; some words for every class.
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

    /// A pronounceable word for each rank.
    pub fn word_index(&self) -> WordIndex {
        (1..=self.words as u32).map(|rank| (word(rank), rank)).collect()
    }
}

/// A made-up word: two syllables for the commonest, then three and more; another for every rank.
fn word(rank: u32) -> String {
    const CONSONANTS: &[u8; 16] = b"bdfgjklmnprstvwz";
    const VOWELS: &[u8; 5] = b"aeiou";
    const SYLLABLES: u32 = 80;
    // Neighbours in rank differ in their first syllable: 37 and 80 have no common divisor.
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

/// Parts that the frequencies laid end to end are cut into, to find a place among them at once.
const PARTS: usize = 1 << 14;

/// Some of the words, drawn as often as their ranks say.
struct Zipf {
    ranks: Vec<u32>,
    /// Sums of the frequencies up to each word.
    sums: Vec<f64>,
    /// The first word of each part, and the last word of all.
    parts: Vec<usize>,
}

impl Zipf {
    fn of(ranks: impl Iterator<Item = u32>) -> Self {
        let ranks: Vec<u32> = ranks.collect();
        let mut total = 0.0;
        // Mandelbrot's shift keeps the commonest word from being every tenth.
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

    /// The rank at `place`, which is from 0 and below 1, of the frequencies laid end to end.
    fn draw(&self, place: f64) -> u32 {
        let part = (place * PARTS as f64) as usize;
        let (first, last) = (self.parts[part], self.parts[part + 1]);
        let place = place * self.sums[self.sums.len() - 1];
        self.ranks[first + self.sums[first..last].partition_point(|&sum| sum <= place)]
    }
}

fn argument(name: &'static str, value: usize, remedy: &str) -> DataError {
    DataError::Argument { name, value: value.to_string(), remedy: remedy.into() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const MADE_UP: SyntheticText = SyntheticText { samples: 4_000, words: 20_000, classes: 2, seed: 3 };

    #[test]
    fn texts_are_as_long_as_reviews_and_words_as_frequent_as_zipf_says() {
        let Texts { sequences, labels } = MADE_UP.texts().unwrap();
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

        let mut counts = vec![0_usize; MADE_UP.words + 1];
        sequences.tokens().iter().for_each(|&rank| counts[rank as usize] += 1);
        assert_eq!(counts[0], 0);
        let (first, tenth) = (counts[1] as f64, counts[10] as f64);
        assert!((2.5..4.5).contains(&(first / tenth)), "{first} {tenth}");
    }

    #[test]
    fn the_same_seed_gives_the_same_texts_however_many() {
        let texts = MADE_UP.texts().unwrap();
        assert_eq!(MADE_UP.texts().unwrap(), texts);
        let fewer = SyntheticText { samples: 10, ..MADE_UP }.texts().unwrap();
        assert_eq!(fewer.sequences, texts.sequences.slice(0..10));
        assert_ne!(SyntheticText { samples: 10, seed: 4, ..MADE_UP }.texts().unwrap(), fewer);
    }

    #[test]
    fn words_are_all_different_and_can_be_said() {
        let index = MADE_UP.word_index();
        let words: HashSet<_> = (1..=20_000).map(|rank| index.word(rank).unwrap()).collect();
        assert_eq!(words.len(), 20_000);
        assert!(words.iter().all(|word| word.len() >= 4 && word.len() % 2 == 0));
    }

    /// The share of test texts that a naive Bayes classifier on the presence of words gets right.
    fn naive_bayes(made_up: &SyntheticText, training: usize) -> f64 {
        let texts = made_up.texts().unwrap();
        let present = |text: &[u32]| text.iter().map(|&rank| rank as usize).collect::<HashSet<_>>();
        let mut counts = vec![vec![1.0_f64; made_up.words + 1]; made_up.classes];
        let samples = || texts.sequences.iter().zip(&texts.labels);
        for (text, &label) in samples().take(training) {
            present(text).into_iter().for_each(|rank| counts[label as usize][rank] += 1.0);
        }
        let right = samples().skip(training).filter(|(text, label)| {
            let words = present(text);
            let score = |class: &usize| words.iter().map(|&rank| counts[*class][rank].ln()).sum::<f64>();
            let best = (0..made_up.classes).max_by(|a, b| score(a).total_cmp(&score(b)));
            best == Some(**label as usize)
        });
        right.count() as f64 / (made_up.samples - training) as f64
    }

    #[test]
    fn classes_can_be_learned_but_not_without_mistakes() {
        let reviews = SyntheticText { samples: 12_000, words: 10_000, classes: 2, seed: 113 };
        let (many, few) = (naive_bayes(&reviews, 10_000), naive_bayes(&reviews, 1_000));
        assert!((0.86..0.94).contains(&many) && few < many - 0.03, "{many} {few}");
        let topics = SyntheticText { samples: 4_000, words: 5_000, classes: 20, seed: 0 };
        let share = naive_bayes(&topics, 3_500);
        assert!((0.4..1.0).contains(&share), "{share}");
    }

    #[test]
    fn what_cannot_be_made_up_is_refused() {
        for (made_up, named) in [
            (SyntheticText { classes: 0, ..MADE_UP }, "classes is 0"),
            (SyntheticText { words: 89, ..MADE_UP }, "words is 89: ask for 90"),
            (SyntheticText { words: 1 << 25, ..MADE_UP }, "words is 33554432"),
        ] {
            let error = made_up.texts().unwrap_err().to_string();
            assert!(error.starts_with(named), "{error}");
        }
        let least = SyntheticText { samples: 3, words: 70, classes: 1, seed: 0 };
        assert_eq!(least.texts().unwrap().len(), 3);
    }
}
