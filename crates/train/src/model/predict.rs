//! Predictions.

use burn::tensor::TensorData;
use kindling_data::Samples;
use kindling_models::{Network, Pass};

use super::{Feed, Model, objective::Head, step::INFERENCE_BATCH};
use crate::TrainError;

impl<N: Network> Model<N> {
    /// Returns the first output's predictions, last activation applied: `f32` `[samples, units]`, or
    /// `[samples, steps, units]`. Targets play no part; there may be none ([`Samples::inputs_only`]).
    ///
    /// # Errors
    /// When the samples do not fit the network, or the device fails.
    pub fn predict(&self, samples: &Samples) -> Result<TensorData, TrainError> {
        Ok(self.predict_all(samples)?.swap_remove(0))
    }

    /// Returns every output's predictions, in the order of the outputs, each as from [`predict`](Self::predict).
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_all(&self, samples: &Samples) -> Result<Vec<TensorData>, TrainError> {
        let samples = self.prepared(samples)?;
        self.check_inputs(&samples)?;
        let inputs_alone = Samples::with_columns(samples.inputs().to_vec(), Vec::new())?;
        let feed = Feed::once(&inputs_alone, &self.device);
        let order = feed.order((0..feed.len()).collect());
        let network = self.network().valid();
        let mut values: Vec<Vec<f32>> = vec![Vec::new(); self.heads.len()];
        for start in (0..feed.len()).step_by(INFERENCE_BATCH) {
            let batch = feed.batch(&order, start, INFERENCE_BATCH)?;
            let outputs = self.forward(&network, batch.inputs, batch.len, &Pass::inference())?;
            for (output, values) in outputs.into_iter().zip(&mut values) {
                let predictions = output.predictions();
                let predictions = predictions.try_into_data().map_err(TrainError::device)?.convert::<f32>();
                values.extend(predictions.iter::<f32>());
            }
        }
        let shape = |head: &Head| [&[feed.len()], head.output.shape.as_slice()].concat();
        let predictions = values.into_iter().zip(&self.heads);
        Ok(predictions.map(|(values, head)| TensorData::new(values, shape(head))).collect())
    }
}
