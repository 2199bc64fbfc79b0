//! The axes of a layer's histograms, which are the same for all steps, and the histograms.

use serde::Serialize;

use super::counts::Counts;

/// Maximum number of bins of a histogram of weights, by the number of weights: layers with few weights would have gaps.
const BINS: [(u64, i64); 3] = [(1000, 64), (100, 32), (0, 16)];

/// Maximum number of octaves of a histogram of magnitudes: a factor of 10^14.
const OCTAVES: i32 = 48;

/// Fraction of a step's weights at each end that may lie beyond the axis.
const SPARED: f64 = 0.001;

/// The same for magnitudes, of which a few are always very small.
const SPARED_MAGNITUDES: f64 = 0.005;

/// Steps whose weights extend farther than most steps' by this factor do not widen the axis.
const OUTLYING: f64 = 8.0;

/// The same for magnitudes, in octaves: they differ far more from step to step.
const OUTLYING_OCTAVES: f64 = 24.0;

/// Bins of equal width.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Linear {
    /// The left edge of the first bin: a multiple of the width.
    pub from: f64,
    /// A power of two.
    pub width: f64,
    pub bins: usize,
}

/// Bins that are octaves, from one power of two to the next.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Octaves {
    /// The exponent of two of the first bin's left edge.
    pub from: i32,
    pub bins: usize,
}

/// The values of one step on an axis.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Histogram {
    pub counts: Vec<u64>,
    /// Number of values to the left and to the right of the axis.
    pub below: u64,
    pub above: u64,
    /// Number of values that are exactly 0. An axis of octaves has no bin for them.
    pub zeros: u64,
    pub nan: u64,
    pub infinite: u64,
}

impl Linear {
    /// Chooses an axis for the values of all steps. Counts are exact at the edges of its bins.
    pub fn of<'a>(steps: impl Iterator<Item = &'a Counts>) -> Self {
        let steps: Vec<Vec<(f64, u64)>> = steps.map(Counts::middles).collect();
        let values = steps.iter().map(|values| total(values)).max().unwrap_or(0);
        let most = BINS.iter().find(|(least, _)| values >= *least).map_or(1, |(_, bins)| *bins);
        let ends: Vec<(f64, f64)> = steps.iter().filter_map(|values| ends(values, SPARED)).collect();
        let reach = |(low, high): &(f64, f64)| low.abs().max(high.abs());
        let limit = OUTLYING * median(ends.iter().map(reach));
        let kept = || ends.iter().filter(|ends| reach(ends) <= limit);
        let (low, high) =
            kept().fold((f64::MAX, f64::MIN), |(low, high), (from, to)| (low.min(*from), high.max(*to)));
        let furthest = low.abs().max(high.abs());
        if kept().next().is_none() || furthest < f64::from(f32::MIN_POSITIVE) {
            return Self { from: -1.0, width: 2.0 / most as f64, bins: most as usize };
        }
        // The cells of the counts at the axis' ends are no wider than a bin.
        let mut width = (furthest.log2().floor() - 7.0).exp2();
        let bins = |width: f64| ((low / width).floor() as i64, (high / width).floor() as i64 + 1);
        while bins(width).1 - bins(width).0 > most {
            width *= 2.0;
        }
        let (first, end) = bins(width);
        Self { from: first as f64 * width, width, bins: (end - first) as usize }
    }

    pub fn histogram(&self, counts: &Counts) -> Histogram {
        let bins =
            counts.middles().into_iter().map(|(value, count)| ((value - self.from) / self.width, count));
        collect(self.bins, bins.map(|(bin, count)| (bin.floor() as i64, count)), counts)
    }
}

impl Octaves {
    /// Chooses an axis for the magnitudes of all steps.
    pub fn of<'a>(steps: impl Iterator<Item = &'a Counts>) -> Self {
        let octaves = |counts: &Counts| -> Vec<(f64, u64)> {
            counts.octaves().into_iter().map(|(octave, count)| (f64::from(octave), count)).collect()
        };
        let ends: Vec<(f64, f64)> =
            steps.filter_map(|counts| ends(&octaves(counts), SPARED_MAGNITUDES)).collect();
        let limit = OUTLYING_OCTAVES + median(ends.iter().map(|(_, high)| *high));
        let kept = || ends.iter().filter(|(_, high)| *high <= limit);
        let high = kept().map(|(_, high)| *high as i32).max().unwrap_or(0);
        let low = kept().map(|(low, _)| *low as i32).min().unwrap_or(-8).max(high + 1 - OCTAVES);
        Self { from: low, bins: (high + 1 - low) as usize }
    }

    pub fn histogram(&self, counts: &Counts) -> Histogram {
        let bins = counts.octaves().into_iter().map(|(octave, count)| (i64::from(octave - self.from), count));
        collect(self.bins, bins, counts)
    }
}

fn collect(bins: usize, places: impl Iterator<Item = (i64, u64)>, counts: &Counts) -> Histogram {
    let Counts { zeros, nan, infinite, .. } = *counts;
    let mut histogram = Histogram { counts: vec![0; bins], zeros, nan, infinite, ..Histogram::default() };
    for (place, count) in places {
        let place = usize::try_from(place).ok();
        match place.map(|place| histogram.counts.get_mut(place)) {
            Some(Some(bin)) => *bin += count,
            Some(None) => histogram.above += count,
            None => histogram.below += count,
        }
    }
    histogram
}

/// Returns the bounds that contain all values except a small fraction at each end.
fn ends(values: &[(f64, u64)], share: f64) -> Option<(f64, f64)> {
    let spared = (total(values) as f64 * share) as u64;
    let end = |values: &mut dyn Iterator<Item = &(f64, u64)>| {
        let mut passed = 0;
        let mut past = values.skip_while(|(_, count)| {
            passed += count;
            passed <= spared
        });
        past.next().map(|(value, _)| *value)
    };
    Some((end(&mut values.iter())?, end(&mut values.iter().rev())?))
}

fn total(values: &[(f64, u64)]) -> u64 {
    values.iter().map(|(_, count)| count).sum()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(values: &[f32]) -> Counts {
        Counts::of(values.iter().copied())
    }

    #[test]
    fn steps_share_an_axis_that_holds_all_of_them() {
        let (first, last) = (counts(&[-0.5, 0.1, 0.0]), counts(&[0.99, 0.2]));
        let axis = Linear::of([&first, &last].into_iter());
        assert_eq!(axis, Linear { from: -0.625, width: 0.125, bins: 13 });
        let histogram = axis.histogram(&first);
        let filled: Vec<usize> = (0..axis.bins).filter(|bin| histogram.counts[*bin] > 0).collect();
        // -0.5 belongs to the bin that ends there, 0 to the one that begins there.
        assert_eq!(filled, [0, 5]);
        assert_eq!(histogram.counts[5], 2);
        assert_eq!((histogram.zeros, histogram.below, histogram.above), (1, 0, 0));
    }

    #[test]
    fn a_step_that_diverges_does_not_widen_the_axis() {
        let steps = [counts(&[-1.0, 1.0]), counts(&[-1.5, 1.5]), counts(&[-1e30, 3e30, f32::NAN])];
        let axis = Linear::of(steps.iter());
        assert!(axis.from >= -2.0 && axis.from + axis.width * axis.bins as f64 <= 2.0, "{axis:?}");
        let Histogram { counts, below, above, nan, .. } = axis.histogram(&steps[2]);
        assert_eq!((counts.iter().sum::<u64>(), below, above, nan), (0, 1, 1, 1));
    }

    #[test]
    fn layers_without_values_have_an_axis_too() {
        for values in [&[][..], &[0.0, 0.0], &[f32::NAN, f32::INFINITY], &[1e-45]] {
            let axis = Linear::of([counts(values)].iter());
            assert!(axis.bins > 0 && axis.width > 0.0, "{axis:?}");
            assert_eq!(axis.histogram(&counts(values)).counts.iter().sum::<u64>(), counts(values).finite());
            let axis = Octaves::of([counts(values)].iter());
            assert!((1..=OCTAVES as usize).contains(&axis.bins), "{axis:?}");
        }
    }

    #[test]
    fn octaves_count_magnitudes_and_zeros_apart() {
        let steps = [counts(&[1.0, -1.5, 0.25, 0.0]), counts(&[1e-30]), counts(&[1.0])];
        let axis = Octaves::of(steps.iter());
        assert_eq!(axis, Octaves { from: 1 - OCTAVES, bins: OCTAVES as usize });
        let histogram = axis.histogram(&steps[0]);
        assert_eq!((histogram.counts[47], histogram.counts[45], histogram.zeros), (2, 1, 1));
        assert_eq!(axis.histogram(&steps[1]).below, 1);
    }

    proptest! {
        #[test]
        fn every_value_is_in_its_bin(values in proptest::collection::vec(-100.0_f32..100.0, 1..200), scale in -20..20) {
            let values: Vec<f32> = values.iter().map(|value| value * 2.0_f32.powi(scale)).collect();
            let axis = Linear::of([counts(&values)].iter());
            let mut expected = vec![0; axis.bins];
            for value in &values {
                let bin = (f64::from(*value) - axis.from) / axis.width;
                // Bins below 0 include their right edge, those above their left one.
                let bin = if *value < 0.0 { bin.ceil() - 1.0 } else { bin.floor() };
                expected[bin as usize] += 1;
            }
            prop_assert_eq!(axis.histogram(&counts(&values)).counts, expected);
            prop_assert!(axis.bins <= 32);
        }
    }
}
