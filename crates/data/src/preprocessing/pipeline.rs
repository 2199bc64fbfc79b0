//! Sequences of preprocessing steps.

use burn::tensor::TensorData;
use serde::{Deserialize, Serialize};

use super::Transform;
use crate::error::DataError;

/// A sequence of fitted steps that are applied one after the other, like scikit-learn's `Pipeline`.
///
/// ```
/// use burn::tensor::TensorData;
/// use kindling_data::{Fill, Pipeline, SimpleImputer, StandardScaler, Transform};
///
/// let train = TensorData::from([[1.0_f32], [3.0], [f32::NAN]]);
/// let scaler = StandardScaler::fit_ignoring_missing(&train)?;
/// let imputer = SimpleImputer::fit(&scaler.transform(&train)?, Fill::Constant(0.0))?;
/// let pipeline = Pipeline::new().then(scaler).then(imputer);
/// assert_eq!(pipeline.transform(&train)?, TensorData::from([[-1.0_f32], [1.0], [0.0]]));
/// # Ok::<(), kindling_data::DataError>(())
/// ```
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Pipeline {
    steps: Vec<Box<dyn Transform>>,
}

impl Pipeline {
    /// Creates a pipeline without steps, which returns its input unchanged.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a step.
    pub fn then(self, step: impl Transform + 'static) -> Self {
        self.then_boxed(Box::new(step))
    }

    /// Appends a boxed step.
    pub fn then_boxed(mut self, step: Box<dyn Transform>) -> Self {
        self.steps.push(step);
        self
    }

    /// Returns the steps, in order.
    pub fn steps(&self) -> &[Box<dyn Transform>] {
        &self.steps
    }
}

#[typetag::serde]
impl Transform for Pipeline {
    fn transform(&self, values: &TensorData) -> Result<TensorData, DataError> {
        self.steps.iter().try_fold(values.clone(), |values, step| step.transform(&values))
    }
}
