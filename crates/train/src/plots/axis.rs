//! One axis of a chart: its range, marks and labels.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

/// Approximate number of marks on an axis, where there is room for them.
const MARKS: f64 = 10.0;

/// The scale of an axis.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Scale {
    Linear,
    /// Linear, with marks at whole numbers only.
    Whole,
    Logarithmic,
}

/// A range of values with round marks. Plotters' axes support neither marks at whole epochs only nor more than five decimals.
#[derive(Clone)]
pub(super) struct Axis {
    /// The ends of the range. On a logarithmic axis, their decimal logarithms.
    range: Range<f64>,
    /// Positions of the marks: multiples of `step` inside the range, or round values on a logarithmic axis.
    ticks: Vec<f64>,
    /// Distance between marks: 1, 2 or 5 times a power of ten.
    step: f64,
    scale: Scale,
    /// Names of the marks 1, 2, ... Empty if they are labeled with their numbers.
    names: Vec<String>,
}

/// Returns whether `value` can be drawn. Differences of values beyond 1e100 overflow, so such values are treated as infinite.
pub(super) fn has_place(value: f64) -> bool {
    value.abs() < 1e100
}

impl Axis {
    /// Creates an axis for `values`, which must all be drawable, with some room around them. Without values, it shows 0 to 1, or
    /// 1 to 10 if it is logarithmic. Values on a logarithmic axis must be above 0.
    pub(super) fn around(values: impl Iterator<Item = f64>, scale: Scale) -> Self {
        let values = values.map(|value| if scale == Scale::Logarithmic { value.log10() } else { value });
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            return Self::showing(0.0..1.0, scale);
        }
        let largest = low.abs().max(high.abs());
        let margin = if largest < 1e-100 {
            1.0
        } else if high - low < 1e-6 * largest {
            0.1 * largest
        } else {
            0.05 * (high - low)
        };
        Self::showing(low - margin..high + margin, scale)
    }

    /// Returns the axis with its upper end moved, so that the upper `share` of it is empty.
    pub(super) fn with_headroom(&self, share: f64) -> Self {
        let Range { start, end } = self.range;
        Self::showing(start..start + (end - start) / (1.0 - share), self.scale)
    }

    /// Returns the length of the range, in powers of ten on a logarithmic axis.
    pub(super) fn length(&self) -> f64 {
        self.range.end - self.range.start
    }

    /// Returns the axis extended on both sides to a range of `length`.
    pub(super) fn stretched(&self, length: f64) -> Self {
        let margin = (length - self.length()) / 2.0;
        Self::showing(self.range.start - margin..self.range.end + margin, self.scale)
    }

    /// Returns the axis extended to 0 if all values are above 0, for bars.
    pub(super) fn standing_on_zero(&self, values: impl Iterator<Item = f64>) -> Self {
        match values.fold(0.0, f64::min) {
            0.0 if self.scale != Scale::Logarithmic => Self::showing(0.0..self.range.end, self.scale),
            _ => self.clone(),
        }
    }

    /// Creates an axis with a mark for each name, at 1, 2, ...
    pub(super) fn named(names: &[String]) -> Self {
        let ticks = (1..=names.len()).map(|place| place as f64).collect();
        let range = 0.5..names.len() as f64 + 0.5;
        Self { range, ticks, step: 1.0, scale: Scale::Whole, names: names.to_vec() }
    }

    /// Returns the axis with about `most` marks, the number that there is room for. All names are kept.
    pub(super) fn with_marks(&self, most: f64) -> Self {
        match self.scale {
            _ if !self.names.is_empty() => self.clone(),
            Scale::Logarithmic => {
                let every = (self.ticks.len() as f64 / most).ceil().max(1.0) as usize;
                Self { ticks: self.ticks.iter().copied().step_by(every).collect(), ..self.clone() }
            }
            _ => Self::marked(self.range.clone(), self.scale, most),
        }
    }

    fn showing(range: Range<f64>, scale: Scale) -> Self {
        if scale == Scale::Logarithmic {
            Self::showing_powers(range)
        } else {
            Self::marked(range, scale, MARKS)
        }
    }

    fn marked(range: Range<f64>, scale: Scale, most: f64) -> Self {
        let least = (range.end - range.start) / most;
        let power = 10f64.powi(exponent(least));
        let step = [1.0, 2.0, 5.0].map(|m| m * power).into_iter().find(|&step| step >= least);
        let step = step.unwrap_or(10.0 * power).max(if scale == Scale::Whole { 1.0 } else { 0.0 });
        let (first, last) = ((range.start / step).ceil() as i64, (range.end / step).floor() as i64);
        let ticks = (first..=last).map(|k| k as f64 * step).collect();
        Self { ticks, range, step, scale, names: Vec::new() }
    }

    /// Creates a logarithmic axis with marks at powers of ten, at 1, 2 and 5 times these, or as on a linear axis, whichever gives
    /// about ten marks.
    fn showing_powers(range: Range<f64>) -> Self {
        let powers = range.start.floor() as i32..=range.end.ceil() as i32;
        let decades = range.end - range.start;
        let (factors, every): (&[f64], _) = match decades {
            3.0.. => (&[1.0], (decades / MARKS).ceil() as i32),
            _ => (&[1.0, 2.0, 5.0], 1),
        };
        let powers = powers.filter(|power| power.rem_euclid(every) == 0);
        // A product with a power of ten may be off in its last digit.
        let tick = |power, factor: &f64| format!("{factor}e{power}").parse::<f64>().ok();
        let all = powers.flat_map(|power| factors.iter().filter_map(move |factor| tick(power, factor)));
        let ticks: Vec<f64> = all.filter(|tick| (range.start..=range.end).contains(&tick.log10())).collect();
        if ticks.len() > 2 {
            return Self { range, ticks, step: 0.0, scale: Scale::Logarithmic, names: Vec::new() };
        }
        let linear = Self::showing(10f64.powf(range.start)..10f64.powf(range.end), Scale::Linear);
        Self { range, scale: Scale::Logarithmic, ..linear }
    }

    /// Returns the position of a value, in units of the range.
    fn position(&self, value: f64) -> f64 {
        if self.scale == Scale::Logarithmic { value.log10() } else { value }
    }

    /// Returns the ends as values.
    pub(super) fn ends(&self) -> Range<f64> {
        match self.scale {
            Scale::Logarithmic => 10f64.powf(self.range.start)..10f64.powf(self.range.end),
            _ => self.range.clone(),
        }
    }

    /// Returns the minimum gap between neighboring labels on an axis of this length. `width` returns the width of a label.
    pub(super) fn least_gap(&self, length: i32, width: impl Fn(&str) -> i32) -> i32 {
        let ends = self.ticks.iter().zip(self.labels()).map(|(tick, label)| {
            let (middle, width) = (self.map(tick, (0, length)), width(&label));
            (middle - width / 2, middle + width / 2)
        });
        let ends: Vec<(i32, i32)> = ends.collect();
        ends.windows(2).map(|pair| pair[1].0 - pair[0].1).min().unwrap_or(i32::MAX)
    }

    /// Returns the labels of the marks.
    pub(super) fn labels(&self) -> impl Iterator<Item = String> {
        self.ticks.iter().map(|tick| self.format_ext(tick))
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let share = (self.position(*value) - self.range.start) / (self.range.end - self.range.start);
        // Clamp values far outside, so that they remain valid pixel coordinates.
        let share = share.clamp(-1e3, 1e3);
        from + (share * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.ends()
    }
}

impl ValueFormatter<f64> for Axis {
    /// Formats a mark with as many decimals as distinguish neighboring marks, and with a power of ten for very large or small
    /// marks.
    fn format_ext(&self, tick: &f64) -> String {
        if !self.names.is_empty() {
            return self.names.get(*tick as usize - 1).cloned().unwrap_or_default();
        }
        if self.step == 0.0 {
            return if (1e-3..1e6).contains(tick) { tick.to_string() } else { format!("{tick:e}") };
        }
        let Range { start, end } = self.ends();
        let largest = start.abs().max(end.abs());
        if (1e-3..1e6).contains(&largest) {
            let decimals = (-exponent(self.step)).max(0) as usize;
            format!("{tick:.decimals$}")
        } else if *tick == 0.0 {
            "0".to_owned()
        } else {
            let decimals = (exponent(tick.abs()) - exponent(self.step)).max(0) as usize;
            format!("{tick:.decimals$e}")
        }
    }
}

/// Returns the power of ten of the first digit of a positive number.
fn exponent(value: f64) -> i32 {
    // The computed logarithm of 0.001 may be slightly below -3.
    (value.log10() + 1e-9).floor() as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(values: &[f64], whole: bool) -> Vec<String> {
        let scale = if whole { Scale::Whole } else { Scale::Linear };
        Axis::around(values.iter().copied(), scale).labels().collect()
    }

    fn powers(values: &[f64]) -> Vec<String> {
        Axis::around(values.iter().copied(), Scale::Logarithmic).labels().collect()
    }

    #[test]
    fn marks_of_a_logarithmic_axis_are_round() {
        assert_eq!(powers(&[25_000.0, 1.6e6]), ["50000", "100000", "200000", "500000", "1e6"]);
        assert_eq!(powers(&[2e-5, 3.0]), ["1e-4", "0.001", "0.01", "0.1", "1"]);
        assert_eq!(powers(&[3.0, 3.5]), ["3.0", "3.1", "3.2", "3.3", "3.4", "3.5"]);
        assert_eq!(powers(&[]), ["1", "2", "5", "10"]);
        let axis = Axis::around([1.0, 100.0].into_iter(), Scale::Logarithmic);
        assert_eq!(
            (axis.map(&1.0, (0, 1100)), axis.map(&10.0, (0, 1100)), axis.map(&100.0, (0, 1100))),
            (50, 550, 1050)
        );
    }

    #[test]
    fn marks_are_round() {
        assert_eq!(labels(&[1.0, 5.0], true), ["1", "2", "3", "4", "5"]);
        assert_eq!(labels(&[1.0], true), ["1"]);
        assert_eq!(labels(&[1.0, 20.0], true), ["5", "10", "15", "20"]);
        assert_eq!(labels(&[0.11, 0.34], false), ["0.10", "0.15", "0.20", "0.25", "0.30", "0.35"]);
        assert_eq!(labels(&[0.0, 2e7], false), ["0", "5e6", "1.0e7", "1.5e7", "2.0e7"]);
        assert_eq!(labels(&[0.31], false), ["0.28", "0.29", "0.30", "0.31", "0.32", "0.33", "0.34"]);
        assert_eq!(labels(&[], true), ["0", "1"]);
    }

    #[test]
    fn a_stretched_axis_has_as_much_room_on_either_side() {
        let stretched = Axis::around([0.0, 10.0].into_iter(), Scale::Linear).stretched(31.0);
        assert_eq!((stretched.range.clone(), stretched.length()), (-10.5..20.5, 31.0));
        assert_eq!(stretched.labels().collect::<Vec<_>>(), ["-10", "-5", "0", "5", "10", "15", "20"]);
    }

    proptest! {
        #[test]
        fn any_values_have_a_few_different_labels(values in prop::collection::vec(any::<f64>(), 0..5), whole: bool) {
            let values: Vec<f64> = values.into_iter().filter(|&v| has_place(v)).collect();
            let scale = if whole { Scale::Whole } else { Scale::Linear };
            let axis = Axis::around(values.iter().copied(), scale);
            prop_assert!(values.iter().all(|v| axis.range.contains(v)));
            let labels = labels(&values, whole);
            prop_assert!(labels.len() <= 12);
            prop_assert!(labels.windows(2).all(|pair| pair[0] != pair[1]), "{labels:?}");
        }

        #[test]
        fn so_has_a_logarithmic_axis(values in prop::collection::vec(f64::MIN_POSITIVE..1e100, 0..5), power in -99..99) {
            let values: Vec<f64> = values.iter().map(|value| value.powf(f64::from(power) / 99.0)).collect();
            let axis = Axis::around(values.iter().copied(), Scale::Logarithmic);
            prop_assert!(values.iter().all(|value| axis.range.contains(&value.log10())));
            let labels = powers(&values);
            prop_assert!((2..=12).contains(&labels.len()), "{labels:?}");
            prop_assert!(labels.windows(2).all(|pair| pair[0] != pair[1]), "{labels:?}");
        }
    }
}
