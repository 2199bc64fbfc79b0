//! Which last activation and which loss go with a task: the book's table.

use kindling_models::Activation;

use crate::Loss;

/// What a network is to tell; section 4.5 of "Deep Learning with Python" has the table.
///
/// ```
/// use kindling_models::Activation::Sigmoid;
/// use kindling_train::{Loss::BinaryCrossentropy, Task};
///
/// let task = Task::Multilabel;
/// assert_eq!((task.activation(), task.loss()), (Sigmoid, BinaryCrossentropy));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Which of two classes.
    Binary,
    /// Which of many classes.
    Multiclass,
    /// Several classes at once: for each, whether it applies.
    Multilabel,
    /// Any number.
    Regression,
    /// A number from 0 to 1.
    UnitRegression,
    /// A sequence of labels, out of a longer sequence.
    Sequence,
}

impl Task {
    /// Every task, in the order of the table.
    pub const ALL: [Self; 6] = [
        Self::Binary,
        Self::Multiclass,
        Self::Multilabel,
        Self::Regression,
        Self::UnitRegression,
        Self::Sequence,
    ];

    /// The last layer's activation.
    pub fn activation(self) -> Activation {
        match self {
            Self::Binary | Self::Multilabel | Self::UnitRegression => Activation::Sigmoid,
            Self::Multiclass | Self::Sequence => Activation::Softmax,
            Self::Regression => Activation::Linear,
        }
    }

    /// The loss: for classes given as indices where the task is [`Multiclass`](Self::Multiclass); one-hot vectors take
    /// [`Loss::CategoricalCrossentropy`].
    pub fn loss(self) -> Loss {
        match self {
            Self::Binary | Self::Multilabel => Loss::BinaryCrossentropy,
            Self::Multiclass => Loss::SparseCategoricalCrossentropy,
            Self::Regression | Self::UnitRegression => Loss::MeanSquaredError,
            Self::Sequence => Loss::Ctc,
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
