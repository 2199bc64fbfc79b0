//! What a step does to the weights.

use burn::tensor::TensorData;
use kindling_models::Weights;

/// The weight of an array that a step moves most.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// The array's name: `dense_1.kernel`.
    pub name: String,
    /// The weight's position among the values of the array.
    pub place: usize,
    /// The weight before the step.
    pub from: f32,
    /// The weight after it.
    pub to: f32,
}

impl Move {
    /// Returns the largest move of each array, in the order of `before`. A move to or from NaN counts as the largest.
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

    /// Returns how far the weight moves.
    pub fn distance(&self) -> f32 {
        distance(&(self.from, self.to))
    }
}

fn distance((from, to): &(f32, f32)) -> f32 {
    (to - from).abs()
}
