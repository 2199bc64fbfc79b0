//! Predictions.

use std::{path::Path, sync::Arc};

use burn::tensor::{Device, Tensor, TensorData};
use kindling_data::{Samples, preprocessing::Transform};
use kindling_models::{Network, OutputSpec, Part, Pass, SequentialNetwork, Value, keras_file::KerasFile};

use super::{
    Feed, Model,
    attachments::Attachments,
    check_inputs, prepared,
    save::Own,
    step::{INFERENCE_BATCH, forward},
};
use crate::{TrainError, losses::Output};

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
    pub(super) attachments: Arc<Attachments>,
    device: Device,
}

impl Predictor {
    /// Loads a `Sequential` from a `.keras` file of [`Model::save`] or of Keras 3, compiled or not. Losses, metrics and
    /// optimizer are not read.
    ///
    /// # Errors
    /// As [`Model::load`], but for the compile settings.
    pub fn load(path: impl AsRef<Path>, device: &Device) -> Result<Self, TrainError> {
        Self::from_file(&KerasFile::read(path)?, device)
    }

    /// As [`load`](Self::load), from a file that was read already.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_file(file: &KerasFile, device: &Device) -> Result<Self, TrainError> {
        let Own { preprocessing, attachments, .. } = Own::of(file)?;
        Ok(Self::new(file.network(device)?, preprocessing, attachments.into(), device))
    }
}

impl<N: Network> Predictor<N> {
    fn new(
        network: N,
        preprocessing: Option<Part<dyn Transform>>,
        attachments: Arc<Attachments>,
        device: &Device,
    ) -> Self {
        let outputs = network.outputs();
        Self { network, outputs, preprocessing, attachments, device: device.clone().without_autodiff() }
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
        let shapes: Vec<&[usize]> = self.outputs.iter().map(|output| output.shape.as_slice()).collect();
        self.collect(samples, &shapes, |inputs, len| {
            let outputs = forward(&self.network, self.outputs.iter(), inputs, len, &Pass::inference())?;
            Ok(outputs.iter().map(Output::predictions).collect())
        })
    }

    /// Runs `forward` on batch after batch and returns its results, of these shapes per sample, for all samples.
    fn collect(
        &self,
        samples: &Samples,
        shapes: &[&[usize]],
        forward: impl Fn(Vec<Value>, usize) -> Result<Vec<Tensor<2>>, TrainError>,
    ) -> Result<Vec<TensorData>, TrainError> {
        let samples = prepared(self.preprocessing.as_ref(), samples)?;
        check_inputs(&self.network, &samples)?;
        let inputs_alone = Samples::with_columns(samples.inputs().to_vec(), Vec::new())?;
        let feed = Feed::once(&inputs_alone, &self.device);
        let order = feed.order((0..feed.len()).collect());
        let mut results: Vec<Vec<f32>> = vec![Vec::new(); shapes.len()];
        feed.for_each_batch(&order, INFERENCE_BATCH, |batch| {
            for (tensor, values) in forward(batch.inputs, batch.len)?.into_iter().zip(&mut results) {
                let data = tensor.try_into_data().map_err(TrainError::device)?.convert::<f32>();
                values.extend(data.iter::<f32>());
            }
            Ok(())
        })?;
        let shaped =
            |(values, shape): (_, &&[usize])| TensorData::new(values, [&[feed.len()], *shape].concat());
        Ok(results.into_iter().zip(shapes).map(shaped).collect())
    }
}

impl Predictor<SequentialNetwork> {
    /// Returns each layer's output after its activation, in the order of the layers: `f32` `[samples, ...]`. Together
    /// they may be large: give samples in parts.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn layer_outputs(&self, samples: &Samples) -> Result<Vec<TensorData>, TrainError> {
        let shapes: Vec<&[usize]> = self.network.layer_shapes().map(|(_, shape)| shape).collect();
        self.collect(samples, &shapes, |mut inputs, _| {
            let outputs = self.network.layer_outputs(inputs.swap_remove(0), &Pass::inference())?;
            Ok(outputs.into_iter().map(Value::flatten).collect())
        })
    }
}

impl<N: Network> Model<N> {
    /// Returns the network with its present weights, for predictions.
    pub fn predictor(&self) -> Predictor<N> {
        let (preprocessing, attachments) = (self.preprocessing.clone(), self.attachments.clone());
        Predictor::new(self.network().valid(), preprocessing, attachments, &self.device)
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
