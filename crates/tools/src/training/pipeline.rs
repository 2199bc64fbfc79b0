//! What a model needs to read raw rows.

use kindling::{
    prelude::{Model, Samples},
    tables::{Table, Target},
};
use serde::{Deserialize, Serialize};

use super::{
    Inputs,
    scores::{Predicted, Verdict},
};

/// The fitted inputs and the target of a model, attached to it under [`Pipeline::NAME`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Pipeline {
    /// Turns rows into inputs.
    pub inputs: Inputs,
    /// Turns predictions into numbers or class names.
    pub target: Target,
}

impl Pipeline {
    /// The name of the attachment.
    pub const NAME: &str = "pipeline";

    /// Fits inputs to training rows, and returns these as samples, too.
    ///
    /// # Errors
    /// If the rows do not have the columns that are needed.
    pub fn fit(mut inputs: Inputs, target: Target, train: &Table) -> anyhow::Result<(Self, Samples)> {
        let x = inputs.fit(train)?;
        let y = target.transform(&train.column(target.name())?)?;
        Ok((Self { inputs, target }, Samples::new(x, y)?))
    }

    /// Returns rows as samples: inputs, and the target.
    ///
    /// # Errors
    /// If a row cannot be encoded, or has no known target.
    pub fn samples(&self, rows: &Table) -> anyhow::Result<Samples> {
        let target = self.target.transform(&rows.column(self.target.name())?)?;
        Ok(Samples::new(self.inputs.transform(rows)?, target)?)
    }

    /// Returns the rows' targets beside a model's predictions for their samples.
    ///
    /// # Errors
    /// If the samples do not fit the model.
    pub fn verdict(&self, model: &Model, samples: &Samples, rows: &Table) -> anyhow::Result<Verdict> {
        Verdict::new(&self.target, rows, Predicted::new(&self.target, &model.predict(samples)?))
    }
}
