//! Conversion of sequences of ids to arrays.

use burn::tensor::TensorData;

use super::sequences::Sequences;
use crate::{error::DataError, samples::Column};

/// Returns one dense multi-hot vector per sequence, with ones at its ids: `f32`, shape `[sequences, dimension]`.
///
/// This is `vectorize_sequences` of the book, section 3.4.2. It takes `4 * dimension` bytes per sequence, 1 GB for 25,000
/// reviews and 10,000 words. [`Column::multi_hot`] stores the same vectors in sparse form.
///
/// # Errors
/// [`DataError::Argument`] if an id is not below `dimension`, or the array does not fit in memory.
pub fn multi_hot(sequences: &Sequences, dimension: usize) -> Result<TensorData, DataError> {
    table_len(sequences.len(), dimension)?;
    Ok(Column::multi_hot(sequences.iter(), dimension)?.data())
}

/// The end at which a sequence is padded or truncated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Before its first token.
    Pre,
    /// After its last token.
    Post,
}

/// The arguments of Keras' `pad_sequences`, with its defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PadOptions {
    maxlen: Option<usize>,
    padding: End,
    truncating: End,
    value: i32,
}

impl Default for PadOptions {
    fn default() -> Self {
        Self { maxlen: None, padding: End::Pre, truncating: End::Pre, value: 0 }
    }
}

impl PadOptions {
    /// Creates options with Keras' defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the length of all rows. Default: the length of the longest sequence.
    pub fn maxlen(mut self, maxlen: usize) -> Self {
        self.maxlen = Some(maxlen);
        self
    }

    /// Sets the end at which shorter sequences are padded. Default: [`End::Pre`].
    pub fn padding(mut self, end: End) -> Self {
        self.padding = end;
        self
    }

    /// Sets the end at which longer sequences are truncated. Default: [`End::Pre`].
    pub fn truncating(mut self, end: End) -> Self {
        self.truncating = end;
        self
    }

    /// Sets the padding value. Default: 0.
    pub fn value(mut self, value: i32) -> Self {
        self.value = value;
        self
    }
}

/// Returns the sequences padded or truncated to one length: `i32`, shape `[sequences, maxlen]`, like
/// `keras.utils.pad_sequences`.
///
/// # Errors
/// [`DataError::Argument`] if an id does not fit in `i32`, the array does not fit in memory, or `maxlen` is 0.
pub fn pad_sequences(sequences: &Sequences, options: &PadOptions) -> Result<TensorData, DataError> {
    let maxlen = match options.maxlen {
        Some(0) => {
            return Err(DataError::argument("maxlen", 0, "give at least 1"));
        }
        Some(maxlen) => maxlen,
        None => sequences.iter().map(<[u32]>::len).max().unwrap_or(0),
    };
    let mut rows = vec![options.value; table_len(sequences.len(), maxlen)?];
    for (sample, sequence) in sequences.iter().enumerate() {
        let (cut, empty) = (sequence.len().saturating_sub(maxlen), maxlen.saturating_sub(sequence.len()));
        let kept = match options.truncating {
            End::Pre => &sequence[cut..],
            End::Post => &sequence[..sequence.len() - cut],
        };
        let start = sample * maxlen + if options.padding == End::Pre { empty } else { 0 };
        for (place, &id) in rows[start..].iter_mut().zip(kept) {
            *place = i32::try_from(id).map_err(|_| {
                DataError::argument("an id", format!("{id} (sample {sample})"), "give ids below 2^31")
            })?;
        }
    }
    Ok(TensorData::new(rows, [sequences.len(), maxlen]))
}

/// Returns the number of values of a table, or an error if it does not fit in memory.
fn table_len(rows: usize, columns: usize) -> Result<usize, DataError> {
    let most = isize::MAX as usize / 4;
    rows.checked_mul(columns).filter(|&len| len <= most).ok_or_else(|| {
        DataError::argument(
            "the length of a row",
            columns,
            format!("{rows} rows do not fit in memory: reduce it"),
        )
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pad(sequences: &Sequences, options: &PadOptions) -> Vec<i32> {
        pad_sequences(sequences, options).unwrap().try_into_vec().unwrap()
    }

    #[test]
    fn pads_and_truncates_like_keras() {
        // The examples of keras.utils.pad_sequences, and the same at the other end.
        let sequences: Sequences = [&[1][..], &[2, 3], &[4, 5, 6]].into_iter().collect();
        let new = PadOptions::new;
        assert_eq!(pad(&sequences, &new()), [0, 0, 1, 0, 2, 3, 4, 5, 6]);
        assert_eq!(pad(&sequences, &new().value(-1)), [-1, -1, 1, -1, 2, 3, 4, 5, 6]);
        assert_eq!(pad(&sequences, &new().padding(End::Post)), [1, 0, 0, 2, 3, 0, 4, 5, 6]);
        assert_eq!(pad(&sequences, &new().maxlen(2)), [0, 1, 2, 3, 5, 6]);
        assert_eq!(pad(&sequences, &new().maxlen(2).truncating(End::Post)), [0, 1, 2, 3, 4, 5]);
        assert_eq!(pad_sequences(&Sequences::new(), &new().maxlen(4)).unwrap().shape().as_slice(), [0, 4]);
    }

    #[test]
    fn errors_of_ids_out_of_range_name_the_sample() {
        let sequences: Sequences = [&[1][..], &[2, u32::MAX]].into_iter().collect();
        let error = multi_hot(&sequences, 10).unwrap_err().to_string();
        assert!(error.starts_with("an id is 4294967295 (sample 1)"), "{error}");
        let error = pad_sequences(&sequences, &PadOptions::new()).unwrap_err().to_string();
        assert!(error.starts_with("an id is 4294967295 (sample 1)"), "{error}");
        assert!(pad_sequences(&sequences, &PadOptions::new().maxlen(0)).is_err());
        assert!(multi_hot(&sequences, usize::MAX).is_err() && multi_hot(&sequences, 1 << 61).is_err());
    }

    proptest! {
        #[test]
        fn results_equal_a_naive_implementation(
            lists in prop::collection::vec(prop::collection::vec(0_u32..9, 0..7), 0..7),
            maxlen in prop::option::of(1_usize..9),
            (pads_after, cuts_after, value) in (any::<bool>(), any::<bool>(), -2..2),
        ) {
            let sequences: Sequences = lists.iter().collect();
            let rows: Vec<f32> = multi_hot(&sequences, 9).unwrap().try_into_vec().unwrap();
            for (row, list) in rows.chunks(9).zip(&lists) {
                prop_assert!((0..9).all(|id| row[id as usize] == f32::from(u8::from(list.contains(&id)))));
            }

            let end = |after| if after { End::Post } else { End::Pre };
            let options = PadOptions { maxlen, padding: end(pads_after), truncating: end(cuts_after), value };
            let length = maxlen.unwrap_or_else(|| lists.iter().map(Vec::len).max().unwrap_or(0));
            let expected: Vec<i32> = lists.iter().flat_map(|list| {
                let mut list: Vec<i32> = list.iter().map(|&id| id as i32).collect();
                while list.len() > length {
                    list.remove(if cuts_after { list.len() - 1 } else { 0 });
                }
                while list.len() < length {
                    list.insert(if pads_after { list.len() } else { 0 }, value);
                }
                list
            }).collect();
            prop_assert_eq!(pad(&sequences, &options), expected);
        }
    }
}
