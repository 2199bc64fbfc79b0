//! The largest difference of each layer's weights.

use kindling::prelude::TensorData;

use super::side::{Pair, Side};

/// Where two arrays of the same shape differ most.
pub struct Difference {
    pub size: f64,
    pub index: Vec<usize>,
    pub values: [f32; 2],
}

/// Prints the largest difference of each layer's weights, for layers of one class, and returns whether there is none.
pub fn print(sides: &[Side; 2], pairs: &[Pair]) -> bool {
    let mut equal = true;
    println!("\nLargest difference of the weights");
    for pair in pairs {
        let &[Some(first), Some(second)] = pair else { continue };
        if sides[0].class(first) != sides[1].class(second) {
            continue;
        }
        let name = sides[0].name(first);
        let (own, others) = (sides[0].weights(first), sides[1].weights(second));
        let shapes = |weights: &[(&str, &TensorData)]| {
            weights
                .iter()
                .map(|(name, data)| format!("{name} {:?}", data.shape().as_slice()))
                .collect::<Vec<_>>()
        };
        if shapes(&own) != shapes(&others) {
            equal = false;
            println!("≠ {name}: {} and {}", shapes(&own).join(", "), shapes(&others).join(", "));
            continue;
        }
        let differences =
            own.iter().zip(&others).map(|((weight, one), (_, other))| (weight, largest(one, other)));
        let Some((weight, worst)) = differences.max_by(|one, other| one.1.size.total_cmp(&other.1.size))
        else {
            continue;
        };
        if worst.size == 0.0 {
            println!("  {name}: 0");
            continue;
        }
        equal = false;
        let Difference { size, index, values: [one, other] } = worst;
        println!("≠ {name}: {size:.3e}, {weight}{index:?} is {one} and {other}");
    }
    equal
}

/// Returns where two arrays of the same shape differ most.
pub fn largest(one: &TensorData, other: &TensorData) -> Difference {
    let mut worst = Difference { size: 0.0, index: Vec::new(), values: [0.0; 2] };
    let mut place = None;
    for (index, (one, other)) in one.iter::<f32>().zip(other.iter::<f32>()).enumerate() {
        // A number that is not finite differs from any other.
        let apart = if one.to_bits() == other.to_bits() { 0.0 } else { f64::from(one) - f64::from(other) };
        let size = if apart.is_nan() { f64::INFINITY } else { apart.abs() };
        if place.is_none() || size > worst.size {
            (worst.size, worst.values, place) = (size, [one, other], Some(index));
        }
    }
    let mut place = place.unwrap_or(0);
    for length in one.shape().as_slice().iter().rev() {
        worst.index.insert(0, place % length.max(&1));
        place /= length.max(&1);
    }
    worst
}
