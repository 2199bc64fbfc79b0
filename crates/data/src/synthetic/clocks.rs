//! Synthetic clock faces, to learn to read the time: "Deep Learning with Python", section 4.3.2.
//!
//! A clock has three representations: its pixels, the coordinates of the tips of its hands, and the angles of its hands.
//! The target is the sine and cosine of the hour hand's angle, which are continuous at twelve o'clock, unlike minutes.

use std::f64::consts::TAU;

use rand::RngExt;

use crate::{
    error::DataError,
    random::{Purpose, generator},
    samples::{Column, Samples},
};

/// Height and width of an image, in pixels.
pub const SIDE: usize = 32;

/// Minutes per turn of the hour hand.
pub const DIAL: f64 = 12.0 * 60.0;

/// The radius of the dial, in pixels.
const RADIUS: f64 = 14.5;

/// Half the widths of the hour hand, the minute hand, and an hour mark, in pixels.
const HALF_WIDTHS: [f64; 3] = [1.3, 0.6, 0.4];

/// A clock face with hour marks but without digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// The time in minutes since twelve, at least 0 and below 720.
    pub minutes: f64,
    /// The length of the hour hand, as a fraction of the dial's radius; 0.4 to 0.6 for generated clocks.
    pub hour_hand: f64,
    /// The length of the minute hand, as a fraction of the dial's radius; 0.75 to 0.95 for generated clocks.
    pub minute_hand: f64,
}

/// Generates clocks with random times and lengths of the hands. The first `n` clocks do not depend on the number of
/// `clocks`.
pub fn synthetic(clocks: usize, seed: u64) -> Vec<Clock> {
    let clock = |index| {
        let mut random = generator(seed, Purpose::Synthetic, index as u64);
        Clock {
            minutes: random.random_range(0.0..DIAL),
            hour_hand: random.random_range(0.4..0.6),
            minute_hand: random.random_range(0.75..0.95),
        }
    };
    (0..clocks).map(clock).collect()
}

impl Clock {
    /// Returns the angles of the hour and the minute hand in degrees, clockwise from twelve, at least 0 and below 360.
    pub fn angles(&self) -> [f64; 2] {
        [self.minutes / DIAL * 360.0, self.minutes % 60.0 * 6.0]
    }

    /// Returns the coordinates of the tips of the hands: x and y of the hour hand, and x and y of the minute hand. The x axis
    /// points right, the y axis up; the origin is the center of the dial, and the unit is its radius.
    pub fn tips(&self) -> [f64; 4] {
        let [hour, minute] = self.angles().map(|angle| angle.to_radians().sin_cos());
        [
            hour.0 * self.hour_hand,
            hour.1 * self.hour_hand,
            minute.0 * self.minute_hand,
            minute.1 * self.minute_hand,
        ]
    }

    /// Returns the image `[32, 32]`, flattened row by row, from 0 (background) to 255 (ink).
    pub fn pixels(&self) -> Vec<u8> {
        let [hour_x, hour_y, minute_x, minute_y] = self.tips();
        let mark = |hour| {
            let (sine, cosine) = (f64::from(hour) * TAU / 12.0).sin_cos();
            ((sine, cosine), (sine, cosine), HALF_WIDTHS[2])
        };
        let hands = [
            ((0.0, 0.0), (hour_x, hour_y), HALF_WIDTHS[0]),
            ((0.0, 0.0), (minute_x, minute_y), HALF_WIDTHS[1]),
        ];
        let strokes: Vec<_> = hands.into_iter().chain((0..12).map(mark)).collect();
        let middle = SIDE as f64 / 2.0;
        let ink = |place: usize| {
            let (row, column) = (place / SIDE, place % SIDE);
            let point = ((column as f64 + 0.5 - middle) / RADIUS, (middle - row as f64 - 0.5) / RADIUS);
            // A pixel whose center is on the edge of a stroke is half covered.
            let covered =
                |(from, to, half_width): &_| half_width + 0.5 - distance(point, *from, *to) * RADIUS;
            let darkest = strokes.iter().map(covered).fold(0.0, f64::max);
            (darkest.min(1.0) * 255.0).round() as u8
        };
        (0..SIDE * SIDE).map(ink).collect()
    }

    /// Returns the target: the sine and cosine of the hour hand's angle.
    fn place_on_dial(&self) -> [f64; 2] {
        let (sine, cosine) = (self.minutes / DIAL * TAU).sin_cos();
        [sine, cosine]
    }
}

/// Returns samples with the pixels `[clocks, 1024]` as the input, and the sine and cosine of the hour hand's angle
/// `[clocks, 2]` as the target.
///
/// # Errors
/// None for valid clocks.
pub fn pixel_samples(clocks: &[Clock]) -> Result<Samples, DataError> {
    let pixels: Vec<u8> = clocks.iter().flat_map(Clock::pixels).collect();
    Samples::new(Column::pixels((pixels, [clocks.len(), SIDE * SIDE]))?, targets(clocks)?)
}

/// Returns samples with the tips of the hands `[clocks, 4]` as the input, and the sine and cosine of the hour hand's angle
/// `[clocks, 2]` as the target.
///
/// # Errors
/// None for valid clocks.
pub fn tip_samples(clocks: &[Clock]) -> Result<Samples, DataError> {
    let tips: Vec<f64> = clocks.iter().flat_map(Clock::tips).collect();
    Samples::new(Column::floats((tips, [clocks.len(), 4]))?, targets(clocks)?)
}

fn targets(clocks: &[Clock]) -> Result<Column, DataError> {
    let places: Vec<f64> = clocks.iter().flat_map(Clock::place_on_dial).collect();
    Column::floats((places, [clocks.len(), 2]))
}

/// Returns the time in minutes since twelve, given the sine and cosine of the hour hand's angle, which may be multiplied by
/// a common positive factor.
pub fn time_of_place(sine: f64, cosine: f64) -> f64 {
    (sine.atan2(cosine) / TAU * DIAL).rem_euclid(DIAL)
}

/// Computes the time in minutes since twelve from the [angles](Clock::angles) of the hands, without a model: the minutes
/// shown by the minute hand, and the hour that fits the hour hand best.
pub fn time_of_angles([hour, minute]: [f64; 2]) -> f64 {
    let hours = ((hour - minute / 12.0) / 30.0).round();
    (hours * 60.0 + minute / 6.0).rem_euclid(DIAL)
}

/// Returns the shortest distance between two times on the dial, in minutes from 0 to 360: between 11:59 and 12:01 it is 2.
pub fn minutes_between(one: f64, other: f64) -> f64 {
    let apart = (one - other).rem_euclid(DIAL);
    apart.min(DIAL - apart)
}

/// Formats a time in minutes since twelve, rounded down: 0.5 is `12:00`.
pub fn show(minutes: f64) -> String {
    let whole = minutes.rem_euclid(DIAL) as u32 % DIAL as u32;
    let hours = if whole < 60 { 12 } else { whole / 60 };
    format!("{hours}:{:02}", whole % 60)
}

/// Returns the distance of a point from the line segment between two others.
fn distance(point: (f64, f64), from: (f64, f64), to: (f64, f64)) -> f64 {
    let (along_x, along_y) = (to.0 - from.0, to.1 - from.1);
    let (x, y) = (point.0 - from.0, point.1 - from.1);
    let squared_length = along_x * along_x + along_y * along_y;
    let share = if squared_length > 0.0 { (x * along_x + y * along_y) / squared_length } else { 0.0 };
    let share = share.clamp(0.0, 1.0);
    (x - share * along_x).hypot(y - share * along_y)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples::{Array, Batch};

    fn clock(minutes: f64) -> Clock {
        Clock { minutes, hour_hand: 0.5, minute_hand: 0.8 }
    }

    /// Returns the value of the pixel at an offset from the center.
    fn ink(clock: Clock, right: isize, up: isize) -> u8 {
        let (row, column) = (SIDE as isize / 2 - up, SIDE as isize / 2 + right);
        clock.pixels()[row as usize * SIDE + column as usize]
    }

    #[test]
    fn hands_show_the_time() {
        for (minutes, angles) in [(0.0, [0.0, 0.0]), (195.0, [97.5, 90.0]), (690.0, [345.0, 180.0])] {
            assert_eq!(clock(minutes).angles(), angles);
        }
        // At three, the hour hand points right and the minute hand up.
        let near = |found: [f64; 4], expected: [f64; 4]| {
            found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12)
        };
        assert!(near(clock(180.0).tips(), [0.5, 0.0, 0.0, 0.8]), "{:?}", clock(180.0).tips());
        let three = clock(180.0);
        assert_eq!((ink(three, 5, 0), ink(three, -5, 0)), (255, 0));
        assert!(ink(three, 0, 9) > 100 && ink(three, 0, -9) == 0);
        // The length of the hour hand is half of 14.5 pixels.
        assert_eq!(ink(three, 10, 0), 0);
    }

    #[test]
    fn every_dial_has_twelve_hour_marks() {
        let (clock, dial) = (clock(25.0).pixels(), clock(275.0).pixels());
        let both = || clock.iter().zip(&dial).map(|(one, other)| (*one).min(*other));
        assert!(
            (12..=48).contains(
                &both()
                    .enumerate()
                    .filter(|(place, ink)| {
                        let (row, column) = ((place / SIDE) as f64 - 15.5, (place % SIDE) as f64 - 15.5);
                        *ink > 0 && row.hypot(column) > 12.0
                    })
                    .count()
            )
        );
    }

    #[test]
    fn times_are_formatted_as_hours_and_minutes() {
        for (minutes, shown) in
            [(0.5, "12:00"), (59.99, "12:59"), (60.0, "1:00"), (719.9, "11:59"), (-1.0, "11:59")]
        {
            assert_eq!(show(minutes), shown);
        }
        assert_eq!(
            (minutes_between(719.0, 1.0), minutes_between(0.0, 360.0), minutes_between(30.0, 10.0)),
            (2.0, 360.0, 20.0)
        );
    }

    #[test]
    fn clocks_depend_on_the_seed_and_all_inputs_have_the_same_targets() {
        let clocks = synthetic(50, 7);
        assert_eq!(synthetic(10, 7), clocks[..10]);
        assert_ne!(synthetic(10, 8), clocks[..10]);
        assert!(clocks.iter().all(|clock| (0.0..DIAL).contains(&clock.minutes)));
        let batch = |samples: Samples| samples.batch(&[0, 49]);
        let (pixels, tips) = (batch(pixel_samples(&clocks).unwrap()), batch(tip_samples(&clocks).unwrap()));
        assert_eq!(pixels.targets, tips.targets);
        let shape = |batch: Batch<Array>| batch.inputs[0].clone().into_dense().shape().as_slice().to_vec();
        assert_eq!((shape(pixels), shape(tips)), (vec![2, 1024], vec![2, 4]));
    }

    proptest! {
        #[test]
        fn the_time_is_recovered_from_the_angles_and_from_the_target(minutes in 0.0..DIAL, scale in 0.1..3.0, shake in -14.0..14.0) {
            let clock = clock(minutes);
            prop_assert!(minutes_between(time_of_angles(clock.angles()), minutes) < 1e-6);
            let [sine, cosine] = clock.place_on_dial();
            prop_assert!(minutes_between(time_of_place(sine * scale, cosine * scale), minutes) < 1e-6);
            // An error of the hour hand of less than half an hour is corrected by the minute hand.
            let [hour, minute] = clock.angles();
            prop_assert!(minutes_between(time_of_angles([hour + shake, minute]), minutes) < 1e-6);
        }

        #[test]
        fn the_distance_of_two_times_is_the_shorter_one(one in 0.0..DIAL, other in 0.0..DIAL) {
            let apart = minutes_between(one, other);
            prop_assert!((0.0..=360.0).contains(&apart));
            prop_assert!((apart - minutes_between(other, one)).abs() < 1e-9);
            prop_assert!(minutes_between(one + apart, other) < 1e-9 || minutes_between(one - apart, other) < 1e-9);
        }
    }
}
