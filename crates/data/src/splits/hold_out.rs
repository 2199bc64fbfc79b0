//! Hold-out validation.

use super::{Split, Splitter, held_out, members, order};
use crate::{error::DataError, samples::Samples};

/// A single split that holds out a fraction of the samples, like `sklearn.model_selection.train_test_split`.
#[derive(Clone, Copy, Debug)]
pub struct HoldOut {
    share: f64,
    random: bool,
    seed: Option<u64>,
    stratified: bool,
}

impl HoldOut {
    /// Creates a splitter that holds out the last samples, a fraction `share`, without shuffling.
    pub fn last(share: f64) -> Self {
        Self { share, random: false, seed: None, stratified: false }
    }

    /// Creates a splitter that holds out a random fraction `share` of the samples.
    pub fn random(share: f64) -> Self {
        Self { share, random: true, seed: None, stratified: false }
    }

    /// Sets the seed of a [`random`](Self::random) split. Default: 0.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Stratifies a [`random`](Self::random) split: both sets have the same proportion of each class. Default: not
    /// stratified.
    pub fn stratified(self) -> Self {
        Self { stratified: true, ..self }
    }
}

/// Splits samples into a training and a test set, like `sklearn.model_selection.train_test_split`. No values are copied.
///
/// ```
/// use kindling_data::{Column, Samples, splits::{HoldOut, train_test_split}};
///
/// let samples = Samples::inputs_only(Column::floats((0..100).map(|i| i as f32).collect::<Vec<_>>())?);
/// let (train, test) = train_test_split(&samples, &HoldOut::random(0.2).seed(0))?;
/// assert_eq!((train.len(), test.len()), (80, 20));
/// # Ok::<(), kindling_data::DataError>(())
/// ```
///
/// # Errors
/// [`DataError::Argument`] if the fraction is not between 0 and 1 or leaves no training samples. For a stratified split
/// also if the target is not of [`Kind::Classes`](crate::Kind::Classes), a class has only one sample, or a set has fewer
/// samples than there are classes.
pub fn train_test_split(samples: &Samples, hold_out: &HoldOut) -> Result<(Samples, Samples), DataError> {
    let Split { train, validation } = hold_out.positions(samples)?;
    Ok((samples.select(&train)?, samples.select(&validation)?))
}

impl Splitter for HoldOut {
    fn split(&self, samples: &Samples) -> Result<Vec<Split>, DataError> {
        Ok(vec![self.positions(samples)?])
    }
}

impl HoldOut {
    fn positions(&self, samples: &Samples) -> Result<Split, DataError> {
        if !self.random && (self.seed.is_some() || self.stratified) {
            return Err(DataError::argument(
                "the hold-out split",
                "HoldOut::last with a seed or stratified",
                "use HoldOut::random for a seed or stratification",
            ));
        }
        let held_out = held_out(self.share, samples.len(), "samples")?;
        let mut train = order(samples.len(), self.random.then_some(self.seed.unwrap_or(0)), 0);
        if self.stratified {
            return stratify(&train, &members(samples)?, held_out);
        }
        let validation = train.split_off(samples.len() - held_out);
        Ok(Split { train, validation })
    }
}

/// Splits the positions in `order` so that both sets have the same proportion of each class.
fn stratify(order: &[usize], members: &[Vec<usize>], held_out: usize) -> Result<Split, DataError> {
    if let Some(class) = members.iter().find(|members| members.len() < 2) {
        let value = format!("the only one of its class (sample {})", class[0]);
        return Err(DataError::argument(
            "a sample",
            value,
            "a stratified split needs at least two of each class",
        ));
    }
    let kept = order.len() - held_out;
    if kept.min(held_out) < members.len() {
        let remedy = format!(
            "a stratified split of {} classes needs at least as many samples in each set: add samples or merge rare \
            classes",
            members.len()
        );
        return Err(DataError::argument("the size of the smaller set", kept.min(held_out), remedy));
    }
    let mut class_of = vec![0; order.len()];
    for (class, members) in members.iter().enumerate() {
        members.iter().for_each(|position| class_of[*position] = class);
    }
    let mut quota = quotas(members, kept, order.len());
    let (train, validation) = order.iter().partition(|position| {
        let left = &mut quota[class_of[**position]];
        let trains = *left > 0;
        *left -= usize::from(trains);
        trains
    });
    Ok(Split { train, validation })
}

/// Divides `kept` of `len` samples among the classes in proportion to their sizes, and returns the number for each class.
/// Remainders are assigned to the classes with the largest fractional parts; in case of a tie, to the first one.
fn quotas(members: &[Vec<usize>], kept: usize, len: usize) -> Vec<usize> {
    let mut quotas: Vec<usize> = members.iter().map(|members| members.len() * kept / len).collect();
    let mut by_fraction: Vec<usize> = (0..members.len()).collect();
    by_fraction.sort_by_key(|class| std::cmp::Reverse(members[*class].len() * kept % len));
    let missing = kept - quotas.iter().sum::<usize>();
    by_fraction.into_iter().take(missing).for_each(|class| quotas[class] += 1);
    quotas
}
