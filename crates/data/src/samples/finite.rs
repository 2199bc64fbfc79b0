//! A check for NaN and infinite values.

use super::{Samples, column::Column};
use crate::error::DataError;

impl Samples {
    /// Checks that all features, targets, and sample weights are finite.
    ///
    /// ```
    /// use kindling_data::{Column, Samples};
    ///
    /// let x = Column::floats(vec![[1.0, 2.0], [3.0, f64::NAN]])?;
    /// let samples = Samples::new(x, Column::floats(vec![1.0, 2.0])?)?;
    /// let error = samples.check_finite().unwrap_err().to_string();
    /// assert!(error.starts_with("feature 1 of sample 1 is NaN"), "{error}");
    /// # Ok::<(), kindling_data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// [`DataError::NotFinite`] with the first value that is not.
    pub fn check_finite(&self) -> Result<(), DataError> {
        let several = self.inputs().len() > 1;
        for (index, column) in self.inputs().iter().enumerate() {
            let of_input = if several { format!(" of input {index}") } else { String::new() };
            check(column, |sample, place| format!("feature {place}{of_input} of sample {sample}"))?;
        }
        let several = self.targets().len() > 1;
        for (index, column) in self.targets().iter().enumerate() {
            let of_target = if several { format!("target {index}") } else { "the target".into() };
            check(column, |sample, place| format!("value {place} of {of_target} of sample {sample}"))?;
        }
        for column in self.sample_weights().iter().flatten() {
            check(column, |sample, _| format!("the weight of sample {sample}"))?;
        }
        Ok(())
    }
}

fn check(column: &Column, name: impl Fn(usize, usize) -> String) -> Result<(), DataError> {
    for sample in 0..column.len() {
        let mut found = None;
        column.for_each_nonzero(sample, |place, value| {
            if !value.is_finite() {
                found.get_or_insert((place, value));
            }
        });
        if let Some((place, value)) = found {
            return Err(DataError::NotFinite { place: name(sample, place), value });
        }
    }
    Ok(())
}
