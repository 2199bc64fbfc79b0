//! Creates the receipt of a training run.

use crate::{Callback, Receipt, TrainError, Training};

/// Creates the [`Receipt`] of a training run: hashes of the weights, the optimizer state and the history after each
/// epoch. With it, the results can be verified by repeating the run.
///
/// ```
/// # use burn::tensor::Device;
/// # use kindling_data::{Column, Samples};
/// # use kindling_models::{Sequential, activations::Linear};
/// # use kindling_train::{Compile, FitOptions, losses::MeanSquaredError, optimizers::Sgd};
/// use kindling_train::callbacks::ReceiptLogger;
///
/// # let samples = Samples::new(Column::floats(vec![[1.0], [2.0]])?, Column::floats(vec![2.0, 4.0])?)?;
/// let train = || {
///     let network = Sequential::new(1).dense(1, Linear);
///     let mut model = network.compile(Sgd::default(), MeanSquaredError, ()).on(&Device::flex())?;
///     let mut logger = ReceiptLogger::new();
///     model.fit_with(&samples, &FitOptions::new().epochs(2), &mut [&mut logger])?;
///     Ok::<_, kindling_train::TrainError>(logger.into_receipt().expect("the training is complete"))
/// };
/// assert_eq!(train()?.difference(&train()?), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReceiptLogger {
    receipt: Option<Receipt>,
}

impl ReceiptLogger {
    /// Creates the callback.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the receipt, or `None` before the end of training.
    pub fn into_receipt(self) -> Option<Receipt> {
        self.receipt
    }
}

impl Callback for ReceiptLogger {
    fn observes(&self) -> bool {
        true
    }

    fn on_train_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        training.keep_receipt();
        Ok(())
    }

    fn on_train_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.receipt = training.receipt().cloned();
        Ok(())
    }
}
