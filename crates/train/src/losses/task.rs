//! The last activation and loss for each type of task, from a table in the book.

use kindling_models::{
    IntoPart, Part,
    activations::{Activation, Linear, Sigmoid, Softmax},
};

use super::{BinaryCrossentropy, Ctc, Loss, MeanSquaredError, SparseCategoricalCrossentropy};

/// A type of prediction task, with the recommended last activation and loss. Source: the table in section 4.5 of "Deep
/// Learning with Python".
///
/// ```
/// use kindling_models::activations::Sigmoid;
/// use kindling_train::losses::{Loss, Task};
///
/// let task = Task::Multilabel;
/// assert!(task.activation().is::<Sigmoid>());
/// assert_eq!(task.loss().name(), "BinaryCrossentropy");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Binary classification: one of two classes.
    Binary,
    /// Multiclass, single-label classification: one of many classes.
    Multiclass,
    /// Multiclass, multilabel classification: any number of several classes.
    Multilabel,
    /// Regression to arbitrary values.
    Regression,
    /// Regression to values from 0 to 1.
    UnitRegression,
    /// Prediction of a sequence of labels from a longer input sequence.
    Sequence,
}

impl Task {
    /// All tasks, in the order of the table.
    pub const ALL: [Self; 6] = [
        Self::Binary,
        Self::Multiclass,
        Self::Multilabel,
        Self::Regression,
        Self::UnitRegression,
        Self::Sequence,
    ];

    /// Returns the recommended activation of the last layer.
    pub fn activation(self) -> Part<dyn Activation> {
        match self {
            Self::Binary | Self::Multilabel | Self::UnitRegression => Sigmoid.into_part(),
            Self::Multiclass | Self::Sequence => Softmax.into_part(),
            Self::Regression => Linear.into_part(),
        }
    }

    /// Returns the recommended loss. For [`Multiclass`](Self::Multiclass), targets are class indices; one-hot targets
    /// need [`CategoricalCrossentropy`](super::CategoricalCrossentropy).
    pub fn loss(self) -> Part<dyn Loss> {
        match self {
            Self::Binary | Self::Multilabel => BinaryCrossentropy::default().into_part(),
            Self::Multiclass => SparseCategoricalCrossentropy.into_part(),
            Self::Regression | Self::UnitRegression => MeanSquaredError.into_part(),
            Self::Sequence => Ctc.into_part(),
        }
    }
}

/// Formats the task in words: `one of two classes`.
impl std::fmt::Display for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Binary => "one of two classes",
            Self::Multiclass => "one of many classes",
            Self::Multilabel => "several classes at once",
            Self::Regression => "any number",
            Self::UnitRegression => "a number from 0 to 1",
            Self::Sequence => "a sequence of labels",
        })
    }
}
