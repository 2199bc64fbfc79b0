//! Predictions.

use std::{path::Path, sync::Arc};

use burn::tensor::{Device, Tensor, TensorData};
use kindling_data::{Column, Samples, preprocessing::Transform};
use kindling_models::{
    InputSpec, Network, OutputSpec, Part, Pass, SequentialNetwork, Value, keras_file::KerasFile,
};

use kindling_ops::{Bound, kernel::Input};

use super::{
    Feed, Model,
    attachments::Attachments,
    check_inputs,
    evaluate::{INFERENCE_BATCH, forward},
    prepared,
    save::Own,
};
use crate::{TrainError, losses::Output};

/// A trained network for inference: a model without optimizer, losses and metrics. It can be shared between threads.
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
    inputs: Vec<InputSpec>,
    outputs: Vec<OutputSpec>,
    preprocessing: Option<Part<dyn Transform>>,
    pub(super) attachments: Arc<Attachments>,
    device: Device,
    /// The network as one fused kernel, if all of its layers support it.
    bound: Option<Bound>,
}

impl Predictor {
    /// Loads a `Sequential` from a `.keras` file written by [`Model::save`] or Keras 3. Compile settings are not
    /// needed, and are ignored if present.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or is damaged, a layer is not supported, or weights are missing,
    /// do not fit, or are not finite.
    pub fn load(path: impl AsRef<Path>, device: &Device) -> Result<Self, TrainError> {
        Self::from_file(&KerasFile::read(path)?, device)
    }

    /// Creates a predictor like [`load`](Self::load), from a file that is already in memory.
    ///
    /// # Errors
    /// See [`load`](Self::load).
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
        let (inputs, outputs) = (network.inputs(), network.outputs());
        let bound = network.sequential().and_then(SequentialNetwork::bound);
        let device = device.clone().without_autodiff();
        Self { network, inputs, outputs, preprocessing, attachments, device, bound }
    }

    /// Returns the network.
    pub fn network(&self) -> &N {
        &self.network
    }

    /// Returns the predictions of the first output after its activation: `f32`, `[samples, units]` or
    /// `[samples, steps, units]`. Targets are ignored and may be missing ([`Samples::inputs_only`]).
    ///
    /// # Errors
    /// Returns an error if the samples do not fit the network or the device fails.
    pub fn predict(&self, samples: &Samples) -> Result<TensorData, TrainError> {
        Ok(self.predict_all(samples)?.swap_remove(0))
    }

    /// Returns the predictions of all outputs, in the order of the outputs. For their shapes, see
    /// [`predict`](Self::predict).
    ///
    /// # Errors
    /// See [`predict`](Self::predict).
    pub fn predict_all(&self, samples: &Samples) -> Result<Vec<TensorData>, TrainError> {
        let shapes: Vec<&[usize]> = self.outputs.iter().map(|output| output.shape.as_slice()).collect();
        self.collect(samples, &shapes, |inputs, len| {
            let outputs = forward(&self.network, self.outputs.iter(), inputs, len, &Pass::inference())?;
            Ok(outputs.iter().map(Output::predictions).collect())
        })
    }

    /// Predicts numeric samples, `[batch * values per sample]`, and writes the first output to `predictions`,
    /// `[batch * units]`. For small batches, this is faster than [`predict`](Self::predict), which creates
    /// [`Samples`] and allocates its result.
    ///
    /// After the first call of a thread, it allocates no memory if the model has no preprocessing and its network is
    /// a [`Sequential`](kindling_models::Sequential) on the CPU whose layers all have kernels: dense, recurrent,
    /// convolutional, pooling, dropout and reshaping layers with linear, ReLU, sigmoid, tanh or softmax activation.
    ///
    /// # Errors
    /// Returns an error if the network has several inputs, the lengths of the slices do not fit its input and output,
    /// or the device fails.
    pub fn predict_into(&self, samples: &[f32], predictions: &mut [f32]) -> Result<(), TrainError> {
        let [input] = self.inputs.as_slice() else {
            let problem = format!(
                "predict_into needs a network with one input, this one has {}: use predict",
                self.inputs.len()
            );
            return Err(TrainError::Mismatch(problem));
        };
        let (values, units) =
            (input.shape.iter().product::<usize>(), self.outputs[0].shape.iter().product::<usize>());
        let batch = samples.len() / values.max(1);
        if batch * values != samples.len() || batch * units != predictions.len() {
            return Err(TrainError::Mismatch(format!(
                "the slices of samples and predictions have {} and {} values, but each sample has {values} and each \
                 prediction {units}: give whole samples, and a prediction for each",
                samples.len(),
                predictions.len()
            )));
        }
        match self.bound.as_ref().filter(|_| self.preprocessing.is_none()) {
            Some(bound) => bound.run(batch, Input::Dense(samples), predictions),
            None => {
                let shape: Vec<usize> = std::iter::once(batch).chain(input.shape.iter().copied()).collect();
                let column = Column::floats(TensorData::new(samples.to_vec(), shape))?;
                let predicted = self.predict(&Samples::inputs_only(column))?;
                predictions.iter_mut().zip(predicted.iter::<f32>()).for_each(|(place, value)| *place = value);
            }
        }
        Ok(())
    }

    /// Runs `forward` on all batches and concatenates its results, which have these shapes per sample.
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
    /// Returns the output of each layer after its activation, in the order of the layers: `f32`, `[samples, ...]`.
    /// The result may be large: pass few samples at a time.
    ///
    /// # Errors
    /// See [`predict`](Self::predict).
    pub fn layer_outputs(&self, samples: &Samples) -> Result<Vec<TensorData>, TrainError> {
        let shapes: Vec<&[usize]> = self.network.layer_shapes().map(|(_, shape)| shape).collect();
        self.collect(samples, &shapes, |mut inputs, _| {
            let outputs = self.network.layer_outputs(inputs.swap_remove(0), &Pass::inference())?;
            Ok(outputs.into_iter().map(Value::flatten).collect())
        })
    }
}

impl<N: Network> Predictor<N> {
    /// Returns the predictor with its network as a `Sequential`, or `None` if it is not one.
    pub fn sequential(&self) -> Option<Predictor> {
        let (preprocessing, attachments) = (self.preprocessing.clone(), self.attachments.clone());
        self.network
            .sequential()
            .map(|network| Predictor::new(network.clone(), preprocessing, attachments, &self.device))
    }
}

impl<N: Network> Model<N> {
    /// Returns a predictor with a copy of the current weights.
    pub fn predictor(&self) -> Predictor<N> {
        let (preprocessing, attachments) = (self.preprocessing.clone(), self.attachments.clone());
        Predictor::new(self.network().clone(), preprocessing, attachments, &self.device)
    }

    /// Returns the predictions of the first output after its activation: `f32`, `[samples, units]` or
    /// `[samples, steps, units]`. See [`Predictor::predict`].
    ///
    /// # Errors
    /// Returns an error if the samples do not fit the network or the device fails.
    pub fn predict(&self, samples: &Samples) -> Result<TensorData, TrainError> {
        self.predictor().predict(samples)
    }

    /// Returns the predictions of all outputs, in the order of the outputs.
    ///
    /// # Errors
    /// See [`predict`](Self::predict).
    pub fn predict_all(&self, samples: &Samples) -> Result<Vec<TensorData>, TrainError> {
        self.predictor().predict_all(samples)
    }
}
