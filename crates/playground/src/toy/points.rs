//! Points in the plane, each with a class.

use kindling::{
    data::random::{Purpose, generator, normal},
    rand::RngExt,
};
use serde::{Deserialize, Serialize};

use crate::server::Refusal;

/// A point: x, y and class index.
pub type Point = (f32, f32, u8);

/// Maximum absolute value of a coordinate.
pub const REACH: f32 = 1.2;

/// Maximum number of points.
pub const MOST_POINTS: usize = 1_000;

/// Maximum number of classes.
pub const MOST_CLASSES: usize = 6;

/// Minimum number of points per class, because some are held out for validation.
pub const LEAST_OF_CLASS: usize = 4;

/// The shape of a random data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Two interleaved half circles.
    Moons,
    /// Two concentric circles.
    Circles,
    /// Two intertwined spiral arms.
    Spirals,
    /// Three Gaussian clusters.
    Blobs,
    /// Four squares, with diagonally opposite ones in the same class.
    Xor,
}

/// A random data set.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Sketch {
    /// The shape.
    pub shape: Shape,
    /// Number of points: 20 to [`MOST_POINTS`].
    pub count: usize,
    /// Standard deviation of the noise of each coordinate: 0 to 0.5.
    pub noise: f64,
    /// Random seed.
    pub seed: u32,
}

impl Sketch {
    /// Generates the points, with alternating classes.
    ///
    /// # Errors
    /// Returns an error if the number of points or the noise is out of range.
    pub fn points(&self) -> Result<Vec<Point>, Refusal> {
        let Self { shape, count, noise, seed } = *self;
        if !(20..=MOST_POINTS).contains(&count) {
            return Err(Refusal::bad(format!("count is out of range ({count}): give 20 to {MOST_POINTS}")));
        }
        if !(0.0..=0.5).contains(&noise) {
            return Err(Refusal::bad(format!("noise is out of range ({noise}): give 0 to 0.5")));
        }
        let classes = if shape == Shape::Blobs { 3 } else { 2 };
        let point = |index: usize| {
            let mut random = generator(seed.into(), Purpose::Synthetic, index as u64);
            let class = index % classes;
            let (first, second) = (random.random_range(0.0..1.0), random.random_range(0.0..1.0));
            let (x, y) = shape.place(class, first, second);
            let mut moved = |value: f64| {
                let noise = normal(&mut random) * if shape == Shape::Blobs { noise + 0.08 } else { noise };
                ((value + noise) as f32).clamp(-REACH, REACH)
            };
            (moved(x), moved(y), class as u8)
        };
        Ok((0..count).map(point).collect())
    }
}

impl Shape {
    /// Maps two numbers between 0 and 1 to a point of a class.
    fn place(self, class: usize, first: f64, second: f64) -> (f64, f64) {
        let pi = std::f64::consts::PI;
        let side = if class == 0 { 1.0 } else { -1.0 };
        let on_circle = |radius: f64, angle: f64| (radius * angle.cos(), radius * angle.sin());
        match self {
            Self::Moons => {
                let (x, y) = on_circle(1.0, pi * first);
                (0.65 * side * (x - 0.5), 0.65 * side * (y - 0.25))
            }
            Self::Circles => on_circle(if class == 0 { 0.4 } else { 0.9 }, 2.0 * pi * first),
            Self::Spirals => {
                // More points on the outside, where the arms are longer.
                let along = 0.1 + 0.9 * first.sqrt();
                on_circle(0.95 * along, 3.0 * pi * along + if class == 0 { 0.0 } else { pi })
            }
            Self::Blobs => on_circle(0.6, 2.0 * pi * class as f64 / 3.0 + pi / 2.0),
            Self::Xor => {
                let (x, y) = (0.1 + 0.8 * first, 0.1 + 0.8 * second);
                // A low digit of the number selects one of the class's two squares.
                let flip = if ((first * 1e6) as u64).is_multiple_of(2) { 1.0 } else { -1.0 };
                (x * flip, y * flip * side)
            }
        }
    }
}

/// Validates points and returns the number of classes.
///
/// # Errors
/// Returns an error if there are too many or too few points, one is out of range, or a class below the highest is missing.
pub fn classes(points: &[Point]) -> Result<usize, Refusal> {
    if points.len() > MOST_POINTS {
        return Err(Refusal::bad(format!(
            "there are too many points ({}): give at most {MOST_POINTS}",
            points.len()
        )));
    }
    let is_near = |value: &f32| (-REACH..=REACH).contains(value);
    if let Some(point) = points.iter().find(|(x, y, _)| !is_near(x) || !is_near(y)) {
        return Err(Refusal::bad(format!(
            "the point {point:?} is out of range: give x and y from -{REACH} to {REACH}"
        )));
    }
    let mut counts = [0_usize; MOST_CLASSES];
    for (_, _, class) in points {
        match counts.get_mut(usize::from(*class)) {
            Some(count) => *count += 1,
            None => {
                return Err(Refusal::bad(format!(
                    "class {class} is out of range: give at most {MOST_CLASSES} classes, numbered from 0"
                )));
            }
        }
    }
    let classes = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
    if classes < 2 {
        return Err(Refusal::bad("all points are of one class: add points of another class"));
    }
    match counts[..classes].iter().position(|count| *count < LEAST_OF_CLASS) {
        None => Ok(classes),
        Some(class) => Err(Refusal::bad(format!(
            "class {} has {} points: give at least {LEAST_OF_CLASS} points of each class",
            class + 1,
            counts[class]
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_balanced_in_every_shape() {
        for shape in [Shape::Moons, Shape::Circles, Shape::Spirals, Shape::Blobs, Shape::Xor] {
            let sketch = Sketch { shape, count: 300, noise: 0.0, seed: 1 };
            let points = sketch.points().unwrap();
            let expected = if shape == Shape::Blobs { 3 } else { 2 };
            assert_eq!(classes(&points).unwrap(), expected);
            let first = points.iter().filter(|(.., class)| *class == 0).count();
            assert_eq!(first, 300 / expected);
            assert_eq!(points, sketch.points().unwrap());
            assert_ne!(points, Sketch { seed: 2, ..sketch }.points().unwrap());
        }
    }

    #[test]
    fn points_without_noise_lie_on_their_shapes() {
        let points = |shape| Sketch { shape, count: 400, noise: 0.0, seed: 0 }.points().unwrap();
        for (x, y, class) in points(Shape::Circles) {
            assert!((x.hypot(y) - if class == 0 { 0.4 } else { 0.9 }).abs() < 1e-5);
        }
        let xor = points(Shape::Xor);
        for (x, y, class) in &xor {
            assert_eq!(*class == 0, x * y > 0.0);
        }
        let right = xor.iter().filter(|(x, ..)| *x > 0.0).count();
        assert!((150..250).contains(&right), "{right}");
    }

    #[test]
    fn invalid_points_are_refused_with_the_reason() {
        let fails = |points: &[Point], reason: &str| {
            let error = classes(points).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        };
        let of = |counts: &[usize]| -> Vec<Point> {
            counts
                .iter()
                .enumerate()
                .flat_map(|(class, count)| vec![(0.1, 0.2, class as u8); *count])
                .collect()
        };
        fails(&[], "of one class");
        fails(&of(&[9]), "of one class");
        fails(&of(&[9, 3]), "class 2 has 3 points");
        fails(&of(&[9, 0, 9]), "class 2 has 0 points");
        fails(&[(0.0, f32::NAN, 0)], "out of range");
        fails(&[(1.3, 0.0, 0)], "out of range");
        fails(&[(0.0, 0.0, 6)], "at most 6 classes");
        fails(&of(&[600, 401]), "too many points (1001)");
        assert_eq!(classes(&of(&[4, 4, 4])).unwrap(), 3);
    }
}
