//! Encoding of dates as time and as cyclic features.

use std::f64::consts::TAU;

use chrono::{DateTime, Datelike, Timelike};
use serde::{Deserialize, Serialize};

use super::{ColumnKind, Encoder, NumericEncoder, TableColumn, numbers};
use crate::error::DataError;

/// Encodes dates as the scaled time and as cyclic features: the day of the year, the day of the week, and, if the training
/// rows contain times of day, the hour.
///
/// A cyclic feature is encoded as the sine and cosine of an angle, so that December is close to January. For a missing date,
/// sines and cosines are 0.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct DateEncoder {
    time: NumericEncoder,
    hours: bool,
}

impl DateEncoder {
    /// Creates an encoder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the elapsed fraction of the year, of the week, and, if hours are encoded, of the day.
    fn cycles(&self, seconds: f64) -> Vec<f64> {
        let time = DateTime::from_timestamp(seconds as i64, 0).unwrap_or_default();
        let hour = f64::from(time.num_seconds_from_midnight()) / 86_400.0;
        let mut cycles = vec![
            (f64::from(time.ordinal0()) + hour) / 365.25,
            f64::from(time.weekday().num_days_from_monday()) / 7.0,
        ];
        cycles.extend(self.hours.then_some(hour));
        cycles
    }
}

#[typetag::serde]
impl Encoder for DateEncoder {
    fn kind(&self) -> ColumnKind {
        ColumnKind::Date
    }

    fn fit(&mut self, column: &TableColumn) -> Result<(), DataError> {
        self.hours = numbers(column)?.any(|seconds| seconds % 86_400.0 != 0.0 && !seconds.is_nan());
        self.time.fit(column)
    }

    fn feature_names(&self, column: &str) -> Vec<String> {
        let mut names = self.time.feature_names(column);
        let cycles = ["day of the year", "day of the week", "hour"];
        for cycle in &cycles[..if self.hours { 3 } else { 2 }] {
            names.extend(["sine", "cosine"].map(|part| format!("{column}, {part} of the {cycle}")));
        }
        names
    }

    fn encode(&self, column: &TableColumn) -> Result<Vec<f32>, DataError> {
        let time = self.time.encode(column)?;
        let width = time.len() / column.len().max(1);
        let mut values = Vec::new();
        for (seconds, time) in numbers(column)?.zip(time.chunks(width.max(1))) {
            values.extend(time);
            for share in self.cycles(seconds) {
                let (sine, cosine) = (share * TAU).sin_cos();
                values.extend(if seconds.is_nan() { [0.0; 2] } else { [sine as f32, cosine as f32] });
            }
        }
        Ok(values)
    }

    fn unknown(&self, column: &TableColumn) -> Vec<usize> {
        self.time.unknown(column)
    }
}
