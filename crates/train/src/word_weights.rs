//! Which words of a text a verdict rests on.

use kindling_data::{Column, Samples};
use kindling_models::Network;

use crate::{Model, TrainError};

/// How much each word of a text speaks for an output: by how much it falls when the word is left out.
///
/// `ids` are the text's words, below `dimension`, as a network of multi-hot vectors takes them; `unit` is the place of
/// the output. Each word comes once, those that weigh most first, whichever way.
///
/// # Errors
/// When an id is not below `dimension`, or the network takes other inputs.
pub fn word_weights<N: Network>(
    model: &Model<N>,
    ids: &[u32],
    dimension: usize,
    unit: usize,
) -> Result<Vec<(u32, f32)>, TrainError> {
    let mut words = ids.to_vec();
    words.sort_unstable();
    words.dedup();
    let without =
        |left_out: &u32| words.iter().copied().filter(|word| word != left_out).collect::<Vec<u32>>();
    let texts: Vec<Vec<u32>> = std::iter::once(words.clone()).chain(words.iter().map(without)).collect();
    let column = Column::multi_hot(texts.iter().map(Vec::as_slice), dimension)?;
    let predictions = model.predict(&Samples::with_columns(vec![column], Vec::new())?)?;
    let units = predictions.num_elements() / texts.len();
    let scores: Vec<f32> = predictions.iter().skip(unit).step_by(units.max(1)).collect();
    let Some((whole, others)) = scores.split_first() else { return Ok(Vec::new()) };
    let mut weights: Vec<(u32, f32)> =
        words.into_iter().zip(others.iter().map(|score| whole - score)).collect();
    weights.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
    Ok(weights)
}
