//! Sample weights: the weight of each sample in the loss of each output.

use burn::tensor::TensorData;

use super::{column::Column, into_data::IntoData, kind::Kind, samples::Samples};
use crate::error::DataError;

impl Samples {
    /// Returns the samples with one weight per sample, `[samples]`, of any float or integer type: Keras' `sample_weight`.
    /// The weights apply to every target.
    ///
    /// # Errors
    /// [`DataError::Argument`] if there are no targets, or a weight is negative, NaN or infinite;
    /// [`DataError::LengthMismatch`] if there is not one weight per sample.
    pub fn with_sample_weight(self, weights: impl IntoData) -> Result<Self, DataError> {
        let column = Column::floats(weights.into_data()?.convert::<f64>())?;
        let weights = self.targets().iter().map(|_| Some(column.clone())).collect();
        self.with_sample_weights(weights)
    }

    /// Returns the samples with separate weights for each target: one entry per target, `None` for an unweighted target.
    ///
    /// # Errors
    /// The errors of [`with_sample_weight`](Self::with_sample_weight); [`DataError::Argument`] if there is not one entry
    /// per target.
    pub fn with_sample_weights(mut self, weights: Vec<Option<Column>>) -> Result<Self, DataError> {
        if self.targets().is_empty() {
            return Err(DataError::argument(
                "the number of targets",
                0,
                "sample weights need at least one target",
            ));
        }
        if weights.len() != self.targets().len() {
            let remedy = format!("give one for each of the {} targets", self.targets().len());
            return Err(DataError::argument("the number of weight columns", weights.len(), remedy));
        }
        for (target, column) in weights.iter().enumerate() {
            column.iter().try_for_each(|column| check(column, target, self.len()))?;
        }
        self.weights = weights;
        Ok(self)
    }

    /// Returns the sample weights for each target; empty if no target is weighted.
    pub fn sample_weights(&self) -> &[Option<Column>] {
        &self.weights
    }
}

/// Checks that a column contains one valid weight per sample.
fn check(column: &Column, target: usize, samples: usize) -> Result<(), DataError> {
    if column.kind() != Kind::Floats || !column.sample_shape().is_empty() {
        let found = format!("{:?} with samples of shape {:?}", column.kind(), column.sample_shape());
        let remedy = format!("target {target}: give Column::floats of shape [samples]");
        return Err(DataError::argument("the column of sample weights", found, remedy));
    }
    if column.len() != samples {
        let what = format!("the samples and the weights of target {target}");
        return Err(DataError::LengthMismatch { what, left: samples, right: column.len() });
    }
    let data: TensorData = column.data();
    match data.iter::<f32>().enumerate().find(|(_, weight)| !(weight.is_finite() && *weight >= 0.0)) {
        None => Ok(()),
        Some((sample, weight)) => Err(DataError::argument(
            "a sample weight",
            format!("{weight} (sample {sample}, target {target})"),
            "give finite weights of at least 0",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Array;

    fn samples(targets: usize) -> Samples {
        let column = |_| Column::floats(vec![0.0_f32, 1.0, 2.0]).unwrap();
        Samples::with_columns(vec![column(0)], (0..targets).map(column).collect()).unwrap()
    }

    #[test]
    fn weights_follow_their_samples() {
        let weighted = samples(2).with_sample_weight(vec![1, 0, 5]).unwrap();
        let view = weighted.select(&[2, 1]).unwrap().slice(0..1);
        let [Some(first), Some(second)] = view.sample_weights() else {
            panic!("{:?}", view.sample_weights())
        };
        assert_eq!((first.data(), second.data()), (TensorData::from([5.0_f32]), TensorData::from([5.0_f32])));
        let weights = weighted.batch(&[2, 0]).weights;
        assert_eq!(weights, vec![Some(Array::Dense(TensorData::from([5.0_f32, 1.0]))); 2]);
        assert!(samples(2).sample_weights().is_empty());
    }

    #[test]
    fn each_target_may_have_its_own_weights() {
        let column = Column::floats(vec![0.5_f32, 1.0, 1.5]).unwrap();
        let weighted = samples(2).with_sample_weights(vec![None, Some(column)]).unwrap();
        assert_eq!(weighted.batch(&[2]).weights, [None, Some(Array::Dense(TensorData::from([1.5_f32])))]);
    }

    #[test]
    fn invalid_weights_are_rejected() {
        let message = |weights: Vec<f32>| samples(1).with_sample_weight(weights).unwrap_err().to_string();
        let expected = "a sample weight is -1 (sample 1, target 0): give finite weights of at least 0";
        assert_eq!(message(vec![1.0, -1.0, 0.0]), expected);
        assert!(message(vec![1.0, 1.0, f32::NAN]).starts_with("a sample weight is NaN (sample 2, target 0)"));
        assert!(message(vec![f32::INFINITY, 1.0, 1.0]).starts_with("a sample weight is inf (sample 0"));
        assert!(
            message(vec![1.0, 1.0]).contains("the weights of target 0 differ in length (3 and 2 samples)")
        );
        let error = samples(0).with_sample_weight(vec![1.0_f32; 3]).unwrap_err().to_string();
        assert_eq!(error, "the number of targets is 0: sample weights need at least one target");
        let error = samples(2).with_sample_weights(vec![None]).unwrap_err().to_string();
        assert_eq!(error, "the number of weight columns is 1: give one for each of the 2 targets");
        let classes = Column::classes(vec![1, 2, 3]).unwrap();
        let error = samples(1).with_sample_weights(vec![Some(classes)]).unwrap_err().to_string();
        assert!(
            error.contains("is Classes with samples of shape []: target 0: give Column::floats"),
            "{error}"
        );
    }
}
