//! The trait of all losses.

use std::{any::Any, fmt::Debug, sync::Arc};

use burn::tensor::Tensor;
use kindling_data::{Column, Kind};
use kindling_models::OutputSpec;
use kindling_ops::kernel::Kernel;

use super::{Output, Target};
use crate::TrainError;

/// A loss: a value per sample, whose mean training minimizes.
///
/// ```
/// use burn::{config::Config, tensor::Tensor};
/// use kindling_train::losses::{Loss, Output, Target};
///
/// /// Squared below `delta`, linear above.
/// #[derive(Config, Debug)]
/// struct Robust {
///     delta: f64,
/// }
///
/// #[typetag::serde]
/// impl Loss for Robust {
///     fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1> {
///         let error = (output.predictions() - target.values()).abs();
///         let near = error.clone().clamp_max(self.delta);
///         output.per_sample(near.clone() * (error - near * 0.5))
///     }
/// }
/// ```
#[typetag::serde(tag = "class_name", content = "config")]
pub trait Loss: Any + Debug + Send + Sync {
    /// Returns the loss of each sample, `[batch]`. Training applies sample weights and takes the mean over the batch.
    fn per_sample(&self, output: &Output, target: &Target) -> Tensor<1>;

    /// Returns the loss as a kernel for the CPU. Its input are the output's values before the last activation,
    /// `[rows, units]`; the loss of a sample is the mean of the kernel's values for its rows. Training then needs no autodiff
    /// graph. Default: none.
    fn kernel(&self, _output: &Output, _target: &Target) -> Option<Arc<dyn Kernel>> {
        None
    }

    /// Checks before training that the loss is defined for this output and all targets of the column.
    ///
    /// Default: there must be as many numbers as output values.
    ///
    /// # Errors
    /// When they do not fit; the message names the remedy.
    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        check_values(self.name(), output, target)
    }

    /// Returns whether each row of the output has its own targets. Default: true. A loss of sequences whose length
    /// differs from the output's returns false; no metric can be computed beside it.
    fn is_aligned(&self) -> bool {
        true
    }

    /// Returns the name that the loss is saved under: Keras' class name for built-in losses, the type's name for
    /// others.
    fn name(&self) -> &'static str {
        self.typetag_name()
    }
}

kindling_models::part_of!(Loss);

/// Returns the numbers of steps (or pixels) and units of one sample's output.
pub(crate) fn steps_and_units(output: &OutputSpec) -> (usize, usize) {
    match output.shape.as_slice() {
        [steps @ .., units] => (steps.iter().product(), *units),
        [] => (1, 1),
    }
}

/// Checks that there are as many target values as output values. Class indices count for an output of one unit.
pub(crate) fn check_values(loss: &str, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
    let (steps, units) = steps_and_units(output);
    let width: usize = target.sample_shape().iter().product();
    if is_classes(target) && units != 1 {
        return Err(TrainError::Mismatch(format!(
            "{loss} compares {units} values per sample, the targets are class indices: give one-hot targets \
             (to_categorical), or use SparseCategoricalCrossentropy; a loss of your own that reads class indices \
             overrides Loss::check"
        )));
    }
    if width != steps * units {
        return Err(TrainError::Mismatch(format!(
            "the network returns {} values per sample, the targets have {width}: change the last layer, or the targets",
            steps * units
        )));
    }
    Ok(())
}

/// Checks that every target is a class index below `classes`, and that there is one for each step.
pub(crate) fn check_classes(output: &OutputSpec, target: &Column, classes: usize) -> Result<(), TrainError> {
    let (steps, _) = steps_and_units(output);
    let width: usize = target.sample_shape().iter().product();
    let Some(labels) = Some(target).filter(|target| is_classes(target)).and_then(Column::integers) else {
        return Ok(());
    };
    if width != steps {
        return Err(TrainError::Mismatch(format!(
            "the network predicts a class at each of {steps} steps per sample, the targets have {width}: give as many \
             (Column::labels), or change the last layer"
        )));
    }
    let outside = |class: &i32| !usize::try_from(*class).is_ok_and(|class| class < classes);
    match labels.iter().position(outside) {
        None => Ok(()),
        Some(place) => Err(TrainError::Mismatch(format!(
            "sample {} has label {}, the network distinguishes classes 0 to {}: correct the label, or widen the last \
             layer",
            place / steps.max(1),
            labels[place],
            classes - 1
        ))),
    }
}

pub(crate) fn is_classes(target: &Column) -> bool {
    matches!(target.kind(), Kind::Classes | Kind::Labels)
}
