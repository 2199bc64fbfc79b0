//! Compares the outputs of each layer.

use std::path::Path;

use anyhow::ensure;
use kindling::prelude::Network;
use kindling_programs::cli;
use kindling_tools::InputArgs;

use super::{
    side::{Pair, Side},
    weights::largest,
};

/// Samples per chunk: limits the outputs held in memory.
const PART: usize = 256;

/// Prints the maximum difference of each layer's outputs and the first layer that exceeds the tolerance. Returns whether
/// all outputs are within the tolerance.
pub fn print(
    sides: &[Side; 2],
    pairs: &[Pair],
    reading: &InputArgs,
    data: &Path,
    tolerance: f64,
) -> anyhow::Result<bool> {
    let [first, second] = sides.each_ref().map(|side| side.predictor.network());
    ensure!(
        first.inputs() == second.inputs(),
        "the models have different input shapes ({:?} and {:?}): compare them without --data",
        first.inputs()[0].shape,
        second.inputs()[0].shape
    );
    let samples = reading.read(&[data.into()], first)?.samples;
    cli::print(format_args!("\nMaximum difference of the outputs for {}", data.display()));
    let pairs: Vec<[usize; 2]> = pairs.iter().filter_map(|[one, other]| Some([(*one)?, (*other)?])).collect();
    // The maximum difference and its sample, for each pair of layers.
    let mut worst = vec![(0.0, 0); pairs.len()];
    for start in (0..samples.len()).step_by(PART) {
        let part = samples.slice(start..samples.len().min(start + PART));
        let [first, second] = sides.each_ref().map(|side| side.predictor.layer_outputs(&part));
        let (first, second) = (first?, second?);
        for ([one, other], worst) in pairs.iter().zip(&mut worst) {
            let (one, other) = (&first[*one], &second[*other]);
            if one.shape() != other.shape() {
                *worst = (f64::INFINITY, 0);
                continue;
            }
            let difference = largest(one, other);
            if difference.size > worst.0 {
                *worst = (difference.size, start + difference.index[0]);
            }
        }
    }
    let mut beyond = None;
    for ([layer, _], (size, sample)) in pairs.iter().zip(worst) {
        let name = sides[0].name(*layer);
        match size {
            f64::INFINITY => {
                cli::print(format_args!("≠ {name}: different shapes, or a value that is not finite"))
            }
            _ if size > tolerance => cli::print(format_args!("≠ {name}: {size:.3e}, sample {sample}")),
            _ => cli::print(format_args!("  {name}: {size:.3e}")),
        }
        if size > tolerance {
            beyond = beyond.or(Some(name));
        }
    }
    match &beyond {
        Some(name) => {
            cli::print(format_args!("First layer with an output difference above {tolerance:e}: {name}"))
        }
        None => cli::print(format_args!("All output differences are within {tolerance:e}")),
    }
    Ok(beyond.is_none())
}
