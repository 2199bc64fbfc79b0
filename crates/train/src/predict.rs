//! What a model makes of samples.

use burn::tensor::TensorData;
use kindling_data::Samples;
use kindling_models::{Input, Network, Pass};

use crate::{Model, TrainError, model::INFERENCE_BATCH, objective::Head};

impl<N: Network> Model<N> {
    /// The first output's predictions, last activation applied: `f32` `[samples, units]`, or `[samples, steps, units]`.
    ///
    /// # Errors
    /// When the samples do not fit the network, or the device fails.
    pub fn predict(&self, samples: &Samples) -> Result<TensorData, TrainError> {
        Ok(self.predict_all(samples)?.swap_remove(0))
    }

    /// Every output's predictions, in the order of the outputs, each as from [`predict`](Self::predict).
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_all(&self, samples: &Samples) -> Result<Vec<TensorData>, TrainError> {
        self.check_inputs(samples)?;
        let network = self.network().valid();
        let mut values: Vec<Vec<f32>> = vec![Vec::new(); self.heads().len()];
        // Targets play no part; there may be none.
        for start in (0..samples.len()).step_by(INFERENCE_BATCH) {
            let positions: Vec<usize> = (start..samples.len().min(start + INFERENCE_BATCH)).collect();
            let gather = |column| Input::from_array(samples.gather(column, &positions), self.device());
            let inputs = samples.inputs().iter().map(gather).collect();
            let outputs = network.forward(inputs, Pass::Inference);
            for ((logits, head), values) in outputs.into_iter().zip(self.heads()).zip(&mut values) {
                let predictions = head.output.activation.apply(logits.rows());
                let predictions = predictions.try_into_data().map_err(TrainError::device)?.convert::<f32>();
                values.extend(predictions.as_slice::<f32>().unwrap_or_default());
            }
        }
        let shape = |head: &Head| [&[samples.len()], head.output.shape.as_slice()].concat();
        let predictions = values.into_iter().zip(self.heads());
        Ok(predictions.map(|(values, head)| TensorData::new(values, shape(head))).collect())
    }
}
