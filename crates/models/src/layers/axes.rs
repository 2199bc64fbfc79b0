//! Axes as Keras numbers them: the batch axis is 0, and negative numbers count from the end.

use serde::{Deserialize, Deserializer};

/// Returns the index of an axis, the batch axis included, for samples of shape `input`.
///
/// # Errors
/// Returns a message if there is no such axis.
pub(super) fn resolve(axis: isize, input: &[usize]) -> Result<usize, String> {
    let rank = input.len() + 1;
    let index = if axis < 0 { rank.checked_add_signed(axis) } else { usize::try_from(axis).ok() };
    index.filter(|index| *index < rank).ok_or_else(|| {
        format!("axis is {axis}: batches of samples of shape {input:?} have the axes 0 to {}", rank - 1)
    })
}

/// Reads a list of axes, a single axis, or null, which is the empty list.
pub(super) fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<isize>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Axes {
        One(isize),
        More(Vec<isize>),
    }
    Ok(match Option::<Axes>::deserialize(deserializer)? {
        None => Vec::new(),
        Some(Axes::One(axis)) => vec![axis],
        Some(Axes::More(axes)) => axes,
    })
}
