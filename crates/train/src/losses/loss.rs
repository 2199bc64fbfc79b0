//! The trait of losses.

use std::{any::Any, fmt::Debug, sync::Arc};

use burn::tensor::Tensor;
use kindling_data::{Column, Kind};
use kindling_models::OutputSpec;
use kindling_ops::kernel::Kernel;

use super::{Output, Target};
use crate::TrainError;

/// A loss function: computes a value per sample. Training minimizes the mean over samples.
///
/// ```
/// use burn::{config::Config, tensor::Tensor};
/// use kindling_train::losses::{Loss, Output, Target};
///
/// /// Quadratic up to `delta`, linear above.
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

    /// Returns the loss as a fused kernel for the CPU, with which training needs no autodiff graph. The kernel's
    /// input is the output before the last activation, `[rows, units]`. The loss of a sample is the mean of the
    /// kernel's values over its rows. Default: `None`.
    fn kernel(&self, _output: &Output, _target: &Target) -> Option<Arc<dyn Kernel>> {
        None
    }

    /// Checks, before training, that the loss is defined for this output and all targets of the column. Default:
    /// checks that there are as many target values as output values.
    ///
    /// # Errors
    /// Returns an error that names the remedy if output and targets do not fit.
    fn check(&self, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
        check_values(self.name(), output, target)
    }

    /// Returns whether each row of the output has its own targets. Default: true. A loss for target sequences whose
    /// length differs from that of the output returns false, and cannot be combined with metrics.
    fn is_aligned(&self) -> bool {
        true
    }

    /// Returns the name under which the loss is saved: Keras' class name for built-in losses, the name of the type
    /// for others.
    fn name(&self) -> &'static str {
        self.typetag_name()
    }
}

kindling_models::part_of!(Loss);

/// Returns the number of steps (or pixels) and the number of units in the output of one sample.
pub(crate) fn steps_and_units(output: &OutputSpec) -> (usize, usize) {
    match output.shape.as_slice() {
        [steps @ .., units] => (steps.iter().product(), *units),
        [] => (1, 1),
    }
}

/// Checks that there are as many target values as output values. Class indices are accepted for an output of one unit.
pub(crate) fn check_values(loss: &str, output: &OutputSpec, target: &Column) -> Result<(), TrainError> {
    let (steps, units) = steps_and_units(output);
    let width: usize = target.sample_shape().iter().product();
    if is_classes(target) && units != 1 {
        return Err(TrainError::Mismatch(format!(
            "{loss} needs {units} values per sample, but the targets are class indices: use one-hot targets \
             (to_categorical) or SparseCategoricalCrossentropy; a custom loss for class indices must override Loss::check"
        )));
    }
    if width != steps * units {
        return Err(TrainError::Mismatch(format!(
            "the network returns {} values per sample, but the targets have {width}: change the last layer or the targets",
            steps * units
        )));
    }
    Ok(())
}

/// Returns the number of classes of a loss or metric that needs one unit per class. `binary` is the alternative for one
/// unit.
///
/// # Errors
/// Returns an error if there is only one unit.
pub(crate) fn classes(name: &str, output: &OutputSpec, binary: &str) -> Result<usize, TrainError> {
    match steps_and_units(output).1 {
        0 | 1 => Err(TrainError::Mismatch(format!(
            "{name} needs one unit per class, but the network has 1: add units to the last layer, or use {binary}"
        ))),
        units => Ok(units),
    }
}

/// Checks that all class indices are below `classes`, and that there is one per step.
pub(crate) fn check_classes(output: &OutputSpec, target: &Column, classes: usize) -> Result<(), TrainError> {
    let (steps, _) = steps_and_units(output);
    let width: usize = target.sample_shape().iter().product();
    let Some(labels) = Some(target).filter(|target| is_classes(target)).and_then(Column::integers) else {
        return Ok(());
    };
    if width != steps {
        return Err(TrainError::Mismatch(format!(
            "the network predicts a class for each of {steps} steps per sample, but the targets have {width}: give one \
             label per step (Column::labels) or change the last layer"
        )));
    }
    let outside = |class: &i32| !usize::try_from(*class).is_ok_and(|class| class < classes);
    match labels.iter().position(outside) {
        None => Ok(()),
        Some(place) => Err(TrainError::Mismatch(format!(
            "sample {} has label {}, but the network has classes 0 to {}: correct the label, or add units to the last \
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
