//! Ways of parting samples into some to train on and some to validate with, named and behaving as scikit-learn's.

use rand::seq::SliceRandom;

use crate::{
    DataError, Samples,
    random::{Purpose, generator},
};

/// Positions of the samples of one split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// To train on.
    pub train: Vec<usize>,
    /// To validate with.
    pub validation: Vec<usize>,
}

/// A protocol of evaluation: one or several splits of the same samples.
pub trait Splitter {
    /// The splits, in order.
    ///
    /// # Errors
    /// When the samples are too few for the protocol, or not of the kind that it needs.
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError>;
}

/// `k` folds of neighbouring samples; each serves once to validate with. As `sklearn.model_selection.KFold`: the first
/// `len % k` folds hold one sample more.
#[derive(Clone, Copy, Debug)]
pub struct KFold {
    folds: usize,
    shuffle: Option<u64>,
}

/// As [`KFold`], with the same share of each class in every fold: `sklearn.model_selection.StratifiedKFold`.
#[derive(Clone, Copy, Debug)]
pub struct StratifiedKFold {
    folds: usize,
    shuffle: Option<u64>,
}

/// [`KFold`], several times over, shuffled anew each time: `sklearn.model_selection.RepeatedKFold`.
#[derive(Clone, Copy, Debug)]
pub struct RepeatedKFold {
    folds: usize,
    repeats: usize,
    seed: u64,
}

/// One split, a share of the samples held out: `sklearn.model_selection.ShuffleSplit` with one split.
#[derive(Clone, Copy, Debug)]
pub struct HoldOut {
    share: f64,
    shuffle: Option<u64>,
}

/// Splits that never look ahead: each validates with the samples that follow those trained on, in their order in
/// time. As `sklearn.model_selection.TimeSeriesSplit`.
#[derive(Clone, Copy, Debug)]
pub struct TimeSeriesSplit {
    splits: usize,
}

impl KFold {
    /// `folds` folds, in the samples' order.
    pub fn new(folds: usize) -> Self {
        Self { folds, shuffle: None }
    }

    /// Shuffles the samples before they are parted.
    pub fn shuffle(self, seed: u64) -> Self {
        Self { shuffle: Some(seed), ..self }
    }
}

impl StratifiedKFold {
    /// `folds` folds, in the samples' order within each class.
    pub fn new(folds: usize) -> Self {
        Self { folds, shuffle: None }
    }

    /// Shuffles the samples of each class before they are parted.
    pub fn shuffle(self, seed: u64) -> Self {
        Self { shuffle: Some(seed), ..self }
    }
}

impl RepeatedKFold {
    /// `repeats` times `folds` folds; each time has a shuffle of its own, drawn from `seed`.
    pub fn new(folds: usize, repeats: usize, seed: u64) -> Self {
        Self { folds, repeats, seed }
    }
}

impl HoldOut {
    /// Holds out the last `share` of the samples, in their order.
    pub fn last(share: f64) -> Self {
        Self { share, shuffle: None }
    }

    /// Holds out a random `share` of the samples.
    pub fn random(share: f64, seed: u64) -> Self {
        Self { share, shuffle: Some(seed) }
    }
}

impl TimeSeriesSplit {
    /// So many splits: the samples are cut into one part more, and each split validates with the next part.
    pub fn new(splits: usize) -> Self {
        Self { splits }
    }
}

impl Splitter for KFold {
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
        check_folds(self.folds, samples.len())?;
        Ok(by_fold(&neighbours(&order(samples.len(), self.shuffle, 0), self.folds), self.folds))
    }
}

impl Splitter for RepeatedKFold {
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
        check_folds(self.folds, samples.len())?;
        if self.repeats == 0 {
            return Err(argument("repeats", 0, "give at least 1"));
        }
        let repeat = |repeat| {
            let order = order(samples.len(), Some(self.seed), repeat as u64);
            by_fold(&neighbours(&order, self.folds), self.folds)
        };
        Ok((0..self.repeats).flat_map(repeat).collect())
    }
}

impl Splitter for StratifiedKFold {
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
        check_folds(self.folds, samples.len())?;
        let classes = samples.classes();
        let classes =
            classes.ok_or_else(|| argument("the target", "not of classes", "stratify by class indices"))?;
        // In the order in which they first occur, as scikit-learn does.
        let mut members: Vec<(i32, Vec<usize>)> = Vec::new();
        for (position, class) in classes.iter().enumerate() {
            match members.iter_mut().find(|(own, _)| own == class) {
                Some((_, members)) => members.push(position),
                None => members.push((*class, vec![position])),
            }
        }
        let largest = members.iter().map(|(_, members)| members.len()).max().unwrap_or(0);
        if self.folds > largest {
            return Err(argument(
                "folds",
                self.folds,
                format!("the largest class has {largest} samples; give no more"),
            ));
        }
        let mut fold_of = vec![0; samples.len()];
        let mut dealt = 0;
        for (index, (_, mut members)) in members.into_iter().enumerate() {
            // Classes are dealt out in turn, each going on where the one before it ended; what a fold gets of a class
            // are neighbours.
            let mut folds: Vec<usize> =
                (dealt..dealt + members.len()).map(|place| place % self.folds).collect();
            folds.sort_unstable();
            dealt += members.len();
            if let Some(seed) = self.shuffle {
                members.shuffle(&mut generator(seed, Purpose::Split, index as u64));
            }
            members.into_iter().zip(folds).for_each(|(position, fold)| fold_of[position] = fold);
        }
        Ok(by_fold(&fold_of, self.folds))
    }
}

impl Splitter for HoldOut {
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
        // Rounded up, as scikit-learn does.
        let held_out = (samples.len() as f64 * self.share).ceil() as usize;
        if !(self.share > 0.0 && self.share < 1.0) || held_out >= samples.len() {
            let remedy =
                format!("give a share between 0 and 1 that leaves some of the {} samples", samples.len());
            return Err(argument("share", self.share, remedy));
        }
        let mut train = order(samples.len(), self.shuffle, 0);
        let validation = train.split_off(samples.len() - held_out);
        Ok(vec![Split { train, validation }])
    }
}

impl Splitter for TimeSeriesSplit {
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
        if self.splits == 0 || self.splits >= samples.len() {
            let remedy =
                format!("give 1 to {} for {} samples", samples.len().saturating_sub(1), samples.len());
            return Err(argument("splits", self.splits, remedy));
        }
        let size = samples.len() / (self.splits + 1);
        let first = samples.len() - self.splits * size;
        let split = |index| {
            let start = first + index * size;
            Split { train: (0..start).collect(), validation: (start..start + size).collect() }
        };
        Ok((0..self.splits).map(split).collect())
    }
}

fn check_folds(folds: usize, samples: usize) -> Result<(), DataError> {
    match (2..=samples).contains(&folds) {
        true => Ok(()),
        false => Err(argument("folds", folds, format!("give 2 to {samples}, the number of samples"))),
    }
}

/// `0..len`, shuffled if a seed is given.
fn order(len: usize, shuffle: Option<u64>, index: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    if let Some(seed) = shuffle {
        order.shuffle(&mut generator(seed, Purpose::Split, index));
    }
    order
}

/// The fold of each position, when neighbours in `order` share one; the first folds hold the remainder.
fn neighbours(order: &[usize], folds: usize) -> Vec<usize> {
    let mut fold_of = vec![0; order.len()];
    let mut rest = order;
    for fold in 0..folds {
        let size = order.len() / folds + usize::from(fold < order.len() % folds);
        let (own, others) = rest.split_at(size);
        own.iter().for_each(|position| fold_of[*position] = fold);
        rest = others;
    }
    fold_of
}

/// A split for each fold; positions in ascending order.
fn by_fold(fold_of: &[usize], folds: usize) -> Vec<Split> {
    let split = |fold| {
        let (validation, train) = (0..fold_of.len()).partition(|position| fold_of[*position] == fold);
        Split { train, validation }
    };
    (0..folds).map(split).collect()
}

fn argument(name: &'static str, value: impl ToString, remedy: impl Into<String>) -> DataError {
    DataError::Argument { name, value: value.to_string(), remedy: remedy.into() }
}
