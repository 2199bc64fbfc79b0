//! Compares the weights of each layer and the optimizer state.

use kindling::prelude::TensorData;
use kindling_programs::cli;

use super::side::{Pair, Side};

/// The maximum absolute difference of two arrays of the same shape, its index, and both values there.
pub struct Difference {
    pub size: f64,
    pub index: Vec<usize>,
    pub values: [f32; 2],
}

/// Prints the maximum difference of the weights for each pair of layers of the same class, and of the optimizer state.
/// Returns whether all are within the tolerance.
pub fn print(sides: &[Side; 2], pairs: &[Pair], tolerance: f64) -> bool {
    cli::print("\nMaximum difference of the weights");
    let mut equal = true;
    for pair in pairs {
        let &[Some(first), Some(second)] = pair else { continue };
        if sides[0].class(first) == sides[1].class(second) {
            let weights = [sides[0].weights(first), sides[1].weights(second)];
            equal &= line(&sides[0].name(first), weights, tolerance);
        }
    }
    let state = sides.each_ref().map(|side| {
        side.optimizer.iter().map(|(path, data)| (path.trim_start_matches("optimizer/"), data)).collect()
    });
    equal & line("optimizer", state, tolerance)
}

/// Prints the maximum difference of two lists of arrays. Returns whether it is within the tolerance.
fn line(name: &str, [own, others]: [Vec<(&str, &TensorData)>; 2], tolerance: f64) -> bool {
    let shapes = |arrays: &[(&str, &TensorData)]| match arrays {
        [] => "none".to_owned(),
        _ => {
            let shape = |(name, data): &(&str, &TensorData)| format!("{name} {:?}", data.shape().as_slice());
            arrays.iter().map(shape).collect::<Vec<_>>().join(", ")
        }
    };
    if shapes(&own) != shapes(&others) {
        cli::print(format_args!("≠ {name}: {} and {}", shapes(&own), shapes(&others)));
        return false;
    }
    let differences = own.iter().zip(&others).map(|((array, one), (_, other))| (array, largest(one, other)));
    let Some((array, worst)) = differences.max_by(|one, other| one.1.size.total_cmp(&other.1.size)) else {
        return true;
    };
    let Difference { size, index, values: [one, other] } = worst;
    let mark = if size > tolerance { '≠' } else { ' ' };
    match size {
        0.0 => cli::print(format_args!("  {name}: 0")),
        _ => cli::print(format_args!("{mark} {name}: {size:.3e}, at {array}{index:?}: {one} and {other}")),
    }
    size <= tolerance
}

/// Returns the maximum difference of two arrays of the same shape.
pub fn largest(one: &TensorData, other: &TensorData) -> Difference {
    let mut worst = Difference { size: 0.0, index: Vec::new(), values: [0.0; 2] };
    let mut place = None;
    for (index, (one, other)) in one.iter::<f32>().zip(other.iter::<f32>()).enumerate() {
        // A value that is not finite differs from every other value by infinity.
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
