//! One axis of a chart: its range, marks and labels.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

/// Approximate number of marks on an axis.
const MARKS: f64 = 10.0;

/// A range of values with round marks. (Plotters' own axes know no whole epochs, and no more than five decimals.)
#[derive(Clone)]
pub(super) struct Axis {
    range: Range<f64>,
    /// Multiples of `step` inside the range.
    ticks: Vec<f64>,
    /// 1, 2 or 5 times a power of ten.
    step: f64,
    whole: bool,
}

/// Whether `value` can be drawn. Beyond 1e100 differences overflow: such values are treated as infinite.
pub(super) fn has_place(value: f64) -> bool {
    value.abs() < 1e100
}

impl Axis {
    /// An axis with room around `values`, which all have a place; without any it shows 0 to 1. A `whole` axis has marks
    /// at whole numbers only.
    pub(super) fn around(values: impl Iterator<Item = f64>, whole: bool) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            return Self::showing(0.0..1.0, whole);
        }
        let largest = low.abs().max(high.abs());
        let margin = if largest < 1e-100 {
            1.0
        } else if high - low < 1e-6 * largest {
            0.1 * largest
        } else {
            0.05 * (high - low)
        };
        Self::showing(low - margin..high + margin, whole)
    }

    /// The same axis with its upper end moved away, so that the upper `share` of it is empty.
    pub(super) fn with_headroom(&self, share: f64) -> Self {
        let Range { start, end } = self.range;
        Self::showing(start..start + (end - start) / (1.0 - share), self.whole)
    }

    /// How much the axis shows, in its own units.
    pub(super) fn length(&self) -> f64 {
        self.range.end - self.range.start
    }

    /// The same axis with room on both sides, `length` long in all.
    pub(super) fn stretched(&self, length: f64) -> Self {
        let margin = (length - self.length()) / 2.0;
        Self::showing(self.range.start - margin..self.range.end + margin, self.whole)
    }

    fn showing(range: Range<f64>, whole: bool) -> Self {
        let least = (range.end - range.start) / MARKS;
        let power = 10f64.powi(exponent(least));
        let step = [1.0, 2.0, 5.0].map(|m| m * power).into_iter().find(|&step| step >= least);
        let step = step.unwrap_or(10.0 * power).max(if whole { 1.0 } else { 0.0 });
        let (first, last) = ((range.start / step).ceil() as i64, (range.end / step).floor() as i64);
        Self { ticks: (first..=last).map(|k| k as f64 * step).collect(), range, step, whole }
    }

    /// The labels of the marks.
    pub(super) fn labels(&self) -> impl Iterator<Item = String> {
        self.ticks.iter().map(|tick| self.format_ext(tick))
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        from + (share * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    /// As many decimals as distinguish neighboring marks, and a power of ten if the marks are very large or very small.
    fn format_ext(&self, tick: &f64) -> String {
        let largest = self.range.start.abs().max(self.range.end.abs());
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

/// The power of ten of the first digit of a positive number.
fn exponent(value: f64) -> i32 {
    // The logarithm of 0.001 may come out just below -3.
    (value.log10() + 1e-9).floor() as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(values: &[f64], whole: bool) -> Vec<String> {
        Axis::around(values.iter().copied(), whole).labels().collect()
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
        let stretched = Axis::around([0.0, 10.0].into_iter(), false).stretched(31.0);
        assert_eq!((stretched.range.clone(), stretched.length()), (-10.5..20.5, 31.0));
        assert_eq!(stretched.labels().collect::<Vec<_>>(), ["-10", "-5", "0", "5", "10", "15", "20"]);
    }

    proptest! {
        #[test]
        fn any_values_have_a_few_different_labels(values in prop::collection::vec(any::<f64>(), 0..5), whole: bool) {
            let values: Vec<f64> = values.into_iter().filter(|&v| has_place(v)).collect();
            let axis = Axis::around(values.iter().copied(), whole);
            prop_assert!(values.iter().all(|v| axis.range.contains(v)));
            let labels = labels(&values, whole);
            prop_assert!(labels.len() <= 12);
            prop_assert!(labels.windows(2).all(|pair| pair[0] != pair[1]), "{labels:?}");
        }
    }
}
