//! The preprocessing that is saved with a model.

use kindling::{
    prelude::{Model, Samples},
    tables::{Table, Target},
};
use serde::{Deserialize, Serialize};

use super::{
    Inputs,
    scores::{Predicted, Verdict},
};

/// The fitted input preprocessing and the target of a model, attached to it as [`Pipeline::NAME`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Pipeline {
    /// Encodes rows as inputs.
    pub inputs: Inputs,
    /// Encodes targets, and decodes predictions to numbers or class names.
    pub target: Target,
}

impl Pipeline {
    /// The name of the attachment.
    pub const NAME: &str = "pipeline";

    /// Fits the inputs to the training rows. Returns the pipeline and the rows as samples.
    ///
    /// # Errors
    /// Returns an error if a column is missing.
    pub fn fit(mut inputs: Inputs, target: Target, train: &Table) -> anyhow::Result<(Self, Samples)> {
        let x = inputs.fit(train)?;
        let y = target.transform(&train.column(target.name())?)?;
        Ok((Self { inputs, target }, Samples::new(x, y)?))
    }

    /// Encodes rows as samples with inputs and targets.
    ///
    /// # Errors
    /// Returns an error if a row cannot be encoded, or its target is missing or unknown.
    pub fn samples(&self, rows: &Table) -> anyhow::Result<Samples> {
        let target = self.target.transform(&rows.column(self.target.name())?)?;
        Ok(Samples::new(self.inputs.transform(rows)?, target)?)
    }

    /// Predicts the samples and pairs the predictions with the rows' targets.
    ///
    /// # Errors
    /// Returns an error if the shape of the samples does not match the model.
    pub fn verdict(&self, model: &Model, samples: &Samples, rows: &Table) -> anyhow::Result<Verdict> {
        Verdict::new(&self.target, rows, Predicted::new(&self.target, &model.predict(samples)?))
    }
}
