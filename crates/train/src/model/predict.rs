//! Predictions.

use std::path::Path;

use burn::tensor::{Device, TensorData};
use kindling_data::{Samples, preprocessing::Transform};
use kindling_models::{Network, OutputSpec, Part, Pass, SequentialNetwork, keras_file::KerasFile};

use super::{
    Feed, Model, check_inputs, prepared,
    save::Own,
    step::{INFERENCE_BATCH, forward},
};
use crate::TrainError;

/// A network that makes predictions: a model without what training needs. It can be shared between threads.
///
/// ```no_run
/// use burn::tensor::Device;
/// use kindling_data::{Column, Samples};
/// use kindling_train::Predictor;
///
/// let predictor = Predictor::load("model.keras", &Device::flex())?;
/// let rows = Samples::inputs_only(Column::floats(vec![[0.5, 1.0]])?);
/// println!("{}", predictor.predict(&rows)?);
/// # Ok::<(), kindling_train::TrainError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Predictor<N: Network = SequentialNetwork> {
    network: N,
    outputs: Vec<OutputSpec>,
    preprocessing: Option<Part<dyn Transform>>,
    device: Device,
}

impl Predictor {
    /// Loads a `Sequential` from a `.keras` file of [`Model::save`] or of Keras 3, compiled or not. Losses, metrics and
    /// optimizer are not read.
    ///
    /// # Errors
    /// As [`Model::load`], but for the compile settings.
    pub fn load(path: impl AsRef<Path>, device: &Device) -> Result<Self, TrainError> {
        let file = KerasFile::read(path)?;
        let preprocessing = Own::of(&file)?.preprocessing;
        Ok(Self::new(file.network(device)?, preprocessing, device))
    }
}

impl<N: Network> Predictor<N> {
    fn new(network: N, preprocessing: Option<Part<dyn Transform>>, device: &Device) -> Self {
        let outputs = network.outputs();
        Self { network, outputs, preprocessing, device: device.clone().without_autodiff() }
    }

    /// Returns the network.
    pub fn network(&self) -> &N {
        &self.network
    }

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
        let samples = prepared(self.preprocessing.as_ref(), samples)?;
        check_inputs(&self.network, &samples)?;
        let inputs_alone = Samples::with_columns(samples.inputs().to_vec(), Vec::new())?;
        let feed = Feed::once(&inputs_alone, &self.device);
        let order = feed.order((0..feed.len()).collect());
        let mut values: Vec<Vec<f32>> = vec![Vec::new(); self.outputs.len()];
        for start in (0..feed.len()).step_by(INFERENCE_BATCH) {
            let batch = feed.batch(&order, start, INFERENCE_BATCH)?;
            let outputs =
                forward(&self.network, self.outputs.iter(), batch.inputs, batch.len, &Pass::inference())?;
            for (output, values) in outputs.into_iter().zip(&mut values) {
                let predictions = output.predictions();
                let predictions = predictions.try_into_data().map_err(TrainError::device)?.convert::<f32>();
                values.extend(predictions.iter::<f32>());
            }
        }
        let shape = |output: &OutputSpec| [&[feed.len()], output.shape.as_slice()].concat();
        let predictions = values.into_iter().zip(&self.outputs);
        Ok(predictions.map(|(values, output)| TensorData::new(values, shape(output))).collect())
    }
}

impl<N: Network> Model<N> {
    /// Returns the network with its present weights, for predictions.
    pub fn predictor(&self) -> Predictor<N> {
        Predictor::new(self.network().valid(), self.preprocessing.clone(), &self.device)
    }

    /// Returns the first output's predictions, as [`Predictor::predict`].
    ///
    /// # Errors
    /// When the samples do not fit the network, or the device fails.
    pub fn predict(&self, samples: &Samples) -> Result<TensorData, TrainError> {
        self.predictor().predict(samples)
    }

    /// Returns every output's predictions, in the order of the outputs.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_all(&self, samples: &Samples) -> Result<Vec<TensorData>, TrainError> {
        self.predictor().predict_all(samples)
    }
}
