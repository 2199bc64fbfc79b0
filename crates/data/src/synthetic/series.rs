//! A synthetic time series with a drifting level, for which a shuffled split gives misleading scores.

use crate::{
    error::DataError,
    random::{Purpose, generator, normal},
    samples::{Column, Samples},
};

/// The time constant of all drifting values, in steps.
const MEMORY: f64 = 100.0;

/// The coefficient of the informative input in the target.
const EFFECT: f64 = 0.5;

/// Standard deviation of the noise.
const NOISE: f64 = 0.1;

/// Parameters of a time series with one informative input, and further inputs that only identify the time.
///
/// The target is half the first input, plus a slowly drifting level, plus noise. The other inputs are sensors that drift
/// equally slowly, independently of the level. Within the period of the training samples they identify the time and
/// therefore the level; for later samples they are useless. All drifting values are Ornstein-Uhlenbeck processes with mean
/// 0, standard deviation 1, and a time constant of 100 steps.
///
/// ```
/// use kindling_data::DriftingSeries;
///
/// # fn main() -> Result<(), kindling_data::DataError> {
/// let series = DriftingSeries { steps: 500, sensors: 8, seed: 0 }.samples()?;
/// assert_eq!((series.len(), series.inputs()[0].sample_shape()), (500, &[9][..]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriftingSeries {
    /// Number of samples, in time order.
    pub steps: usize,
    /// Number of drifting inputs, which do not influence the target.
    pub sensors: usize,
    /// The seed of all randomness.
    pub seed: u64,
}

impl DriftingSeries {
    /// Generates samples with inputs `[steps, 1 + sensors]` and targets `[steps]`. The first `n` samples do not depend on
    /// the number of `steps`.
    ///
    /// # Errors
    /// None for valid parameters.
    pub fn samples(&self) -> Result<Samples, DataError> {
        let kept = (-1.0 / MEMORY).exp();
        let renewed = (1.0 - kept * kept).sqrt();
        // The level, followed by the sensors.
        let mut drifting = vec![0.0; 1 + self.sensors];
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        for step in 0..self.steps {
            let mut random = generator(self.seed, Purpose::Synthetic, step as u64);
            for value in &mut drifting {
                let shock = normal(&mut random);
                *value = if step == 0 { shock } else { kept * *value + renewed * shock };
            }
            let (cause, noise) = (normal(&mut random), normal(&mut random));
            inputs.push(cause);
            inputs.extend_from_slice(&drifting[1..]);
            targets.push(EFFECT * cause + drifting[0] + NOISE * noise);
        }
        Samples::new(Column::floats((inputs, [self.steps, 1 + self.sensors]))?, Column::floats(targets)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIES: DriftingSeries = DriftingSeries { steps: 20_000, sensors: 2, seed: 5 };

    /// Returns the values of each input, followed by the targets.
    fn columns(series: DriftingSeries) -> Vec<Vec<f64>> {
        let samples = series.samples().unwrap();
        let inputs: Vec<f64> = samples.input().iter().collect();
        let width = 1 + series.sensors;
        let column = |input| inputs.iter().skip(input).step_by(width).copied().collect();
        (0..width).map(column).chain([samples.targets()[0].data().iter().collect()]).collect()
    }

    /// Returns the correlation of two columns, with the second one delayed by `later` steps.
    fn correlation(one: &[f64], other: &[f64], later: usize) -> f64 {
        let (one, other) = (&one[..one.len() - later], &other[later..]);
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (mean_one, mean_other) = (mean(one), mean(other));
        let product = |a: &[f64], b: &[f64], mean_a: f64, mean_b: f64| {
            a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum::<f64>()
        };
        product(one, other, mean_one, mean_other)
            / (product(one, one, mean_one, mean_one) * product(other, other, mean_other, mean_other)).sqrt()
    }

    #[test]
    fn the_level_drifts_and_only_the_first_input_is_informative() {
        let columns = columns(SERIES);
        let [cause, sensor, other, target] = columns.as_slice() else { panic!("{} columns", columns.len()) };
        // The variance is 1 (level) + 0.25 (cause) + 0.01 (noise). Consecutive levels are nearly equal.
        let expected = 0.5 / 1.26_f64.sqrt();
        assert!((correlation(cause, target, 0) - expected).abs() < 0.1);
        assert!(correlation(target, target, 1) > 0.7 && correlation(target, target, 1000).abs() < 0.25);
        assert!(correlation(sensor, sensor, 1) > 0.95 && correlation(sensor, other, 0).abs() < 0.4);
        assert!(correlation(sensor, target, 0).abs() < 0.4);
    }

    #[test]
    fn the_first_steps_do_not_depend_on_the_number_of_steps() {
        let few = DriftingSeries { steps: 30, ..SERIES };
        let (few, many) = (few.samples().unwrap(), SERIES.samples().unwrap());
        assert_eq!(few.input(), many.slice(0..30).input());
        let another = DriftingSeries { steps: 30, seed: 6, ..SERIES };
        assert_ne!(another.samples().unwrap().input(), few.input());
        assert!(DriftingSeries { steps: 0, ..SERIES }.samples().unwrap().is_empty());
    }
}
