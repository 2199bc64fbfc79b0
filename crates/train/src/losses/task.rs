//! The last activation and the loss for each kind of task: the book's table.

use kindling_models::{
    IntoPart, Part,
    activations::{Activation, Linear, Sigmoid, Softmax},
};

use super::{BinaryCrossentropy, Ctc, Loss, MeanSquaredError, SparseCategoricalCrossentropy};

/// What a network predicts. Source: the table in section 4.5 of "Deep Learning with Python".
///
/// The enum is closed: it is that table, and models can be compiled without it.
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
    /// Which of two classes.
    Binary,
    /// Which of many classes.
    Multiclass,
    /// For each of several classes, whether it applies.
    Multilabel,
    /// Any number.
    Regression,
    /// A number from 0 to 1.
    UnitRegression,
    /// A sequence of labels, from a longer sequence.
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

    /// Returns the activation of the last layer.
    pub fn activation(self) -> Part<dyn Activation> {
        match self {
            Self::Binary | Self::Multilabel | Self::UnitRegression => Sigmoid.into_part(),
            Self::Multiclass | Self::Sequence => Softmax.into_part(),
            Self::Regression => Linear.into_part(),
        }
    }

    /// Returns the loss. That of [`Multiclass`](Self::Multiclass) takes class indices; one-hot targets need
    /// [`CategoricalCrossentropy`](super::CategoricalCrossentropy).
    pub fn loss(self) -> Part<dyn Loss> {
        match self {
            Self::Binary | Self::Multilabel => BinaryCrossentropy::default().into_part(),
            Self::Multiclass => SparseCategoricalCrossentropy.into_part(),
            Self::Regression | Self::UnitRegression => MeanSquaredError.into_part(),
            Self::Sequence => Ctc.into_part(),
        }
    }
}

/// The task in words: `one of two classes`.
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
