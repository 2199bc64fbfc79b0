//! The changes of weights in a step.

use burn::tensor::TensorData;
use kindling_models::Weights;

/// The weight of an array that changes most in a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// Name of the array, such as `dense_1.kernel`.
    pub name: String,
    /// Index of the weight in the flattened array.
    pub place: usize,
    /// Value before the step.
    pub from: f32,
    /// Value after the step.
    pub to: f32,
}

impl Move {
    /// Returns the largest change of each array, in the order of `before`. A change to or from NaN counts as the
    /// largest.
    ///
    /// ```
    /// use kindling_models::Weights;
    /// use kindling_train::Move;
    ///
    /// let weights = |values: [f32; 3]| Weights::from_tensors(vec![("bias".into(), values.into())]);
    /// let moves = Move::largest(&weights([0.0, 1.0, 2.0]), &weights([0.5, 0.0, 2.0]));
    /// assert_eq!((moves[0].place, moves[0].from, moves[0].to), (1, 1.0, 0.0));
    /// ```
    pub fn largest(before: &Weights, after: &Weights) -> Vec<Self> {
        let of_array = |((name, before), (_, after)): ((&str, &TensorData), (&str, &TensorData))| {
            let pairs = before.iter::<f32>().zip(after.iter::<f32>()).enumerate();
            let furthest = pairs.max_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)));
            furthest.map(|(place, (from, to))| Self { name: name.into(), place, from, to })
        };
        before.iter().zip(after.iter()).filter_map(of_array).collect()
    }

    /// Returns the absolute change of the weight.
    pub fn distance(&self) -> f32 {
        distance(&(self.from, self.to))
    }
}

fn distance((from, to): &(f32, f32)) -> f32 {
    (to - from).abs()
}
