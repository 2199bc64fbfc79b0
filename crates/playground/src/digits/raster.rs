//! Renders strokes as an MNIST-like image: scaled to a box of 20 x 20 pixels with the aspect ratio preserved, antialiased, and
//! placed with its center of mass at the center of 28 x 28 pixels.
//!
//! Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", <http://yann.lecun.com/exdb/mnist/>. A pixel's
//! gray level is the fraction of its 36 sample points that the pen covers.

use crate::server::Refusal;

use super::MOST_POINTS;

/// Side length of the canvas that strokes are drawn on.
pub const CANVAS: f32 = 280.0;

/// Width of the pen on the canvas.
pub const PEN: f32 = 24.0;

/// Side length of the image in pixels.
pub const SIDE: usize = 28;

/// Side length in pixels of the box that a digit is scaled to.
const BOX: usize = 20;

/// Sample points in a pixel along each axis.
const POINTS: usize = 6;

/// Bit mask of all sample points of a pixel.
const FULL: u64 = (1 << (POINTS * POINTS)) - 1;

/// An image in row-major order: 0 for background, 255 for ink.
pub type Image = Vec<u8>;

/// Renders strokes with a round pen. Returns `None` if there are no points.
///
/// # Errors
/// Returns an error if a point is not on the canvas, or if there are more than [`MOST_POINTS`] points.
pub fn rasterize(strokes: &[Vec<[f32; 2]>]) -> Result<Option<Image>, Refusal> {
    let count = strokes.iter().map(Vec::len).sum::<usize>();
    if count > MOST_POINTS {
        return Err(Refusal::bad(format!("the drawing has {count} points: draw with at most {MOST_POINTS}")));
    }
    let mut points = strokes.iter().flatten();
    if let Some(point) = points.find(|point| !point.iter().all(|value| (0.0..=CANVAS).contains(value))) {
        return Err(Refusal::bad(format!(
            "the point {point:?} is not on the canvas: give x and y from 0 to {CANVAS}"
        )));
    }
    if count == 0 {
        return Ok(None);
    }
    let bounds = |axis: usize| {
        let values = strokes.iter().flatten().map(|point| point[axis]);
        let (low, high) =
            values.fold((CANVAS, 0.0_f32), |(low, high), value| (low.min(value), high.max(value)));
        (low - PEN / 2.0, high - low + PEN)
    };
    let ((left, width), (top, height)) = (bounds(0), bounds(1));
    let scale = BOX as f32 / width.max(height);
    let mut ink = Ink { covered: [0; BOX * BOX], radius: PEN / 2.0 * scale };
    let place = |point: &[f32; 2]| [(point[0] - left) * scale, (point[1] - top) * scale];
    for stroke in strokes {
        if let [point] = stroke.as_slice() {
            ink.line(place(point), place(point));
        }
        for ends in stroke.windows(2) {
            ink.line(place(&ends[0]), place(&ends[1]));
        }
    }
    Ok(Some(centered(&ink.grays())))
}

/// The sample points of the box that the pen has covered.
struct Ink {
    covered: [u64; BOX * BOX],
    radius: f32,
}

impl Ink {
    /// Moves the pen from one point to another.
    fn line(&mut self, from: [f32; 2], to: [f32; 2]) {
        let range = |axis: usize| {
            let (low, high) = (from[axis].min(to[axis]), from[axis].max(to[axis]));
            // Casts saturate at 0.
            (low - self.radius) as usize..((high + self.radius).ceil() as usize).min(BOX)
        };
        for row in range(1) {
            for column in range(0) {
                let covered = &mut self.covered[row * BOX + column];
                if *covered != FULL {
                    *covered |= points([column as f32, row as f32], from, to, self.radius);
                }
            }
        }
    }

    /// Returns the covered fraction of each pixel, scaled to 0 to 255.
    fn grays(&self) -> Vec<u8> {
        let all = (POINTS * POINTS) as u32;
        self.covered.iter().map(|covered| ((covered.count_ones() * 255 + all / 2) / all) as u8).collect()
    }
}

/// Returns the bit mask of a pixel's sample points within `radius` of a line segment.
fn points(corner: [f32; 2], from: [f32; 2], to: [f32; 2], radius: f32) -> u64 {
    let middle = distance_squared([corner[0] + 0.5, corner[1] + 0.5], from, to);
    // Half of a pixel's diagonal.
    let reach = std::f32::consts::FRAC_1_SQRT_2;
    if middle > (radius + reach).powi(2) {
        return 0;
    }
    if radius > reach && middle < (radius - reach).powi(2) {
        return FULL;
    }
    let offset = |index: usize| (index as f32 + 0.5) / POINTS as f32;
    let is_covered = |index: &usize| {
        let point = [corner[0] + offset(index % POINTS), corner[1] + offset(index / POINTS)];
        distance_squared(point, from, to) <= radius * radius
    };
    (0..POINTS * POINTS).filter(is_covered).fold(0, |points, index| points | 1 << index)
}

/// Returns the squared distance of a point from a line segment.
fn distance_squared(point: [f32; 2], from: [f32; 2], to: [f32; 2]) -> f32 {
    let along = [to[0] - from[0], to[1] - from[1]];
    let length_squared = along[0] * along[0] + along[1] * along[1];
    let offset = [point[0] - from[0], point[1] - from[1]];
    let share = match length_squared > 0.0 {
        true => ((offset[0] * along[0] + offset[1] * along[1]) / length_squared).clamp(0.0, 1.0),
        false => 0.0,
    };
    (offset[0] - share * along[0]).powi(2) + (offset[1] - share * along[1]).powi(2)
}

/// Places the box in the image by whole pixels, with its center of mass as near as possible to the image's center. All ink stays
/// within the image.
fn centered(grays: &[u8]) -> Image {
    let mass = grays.iter().map(|&gray| f64::from(gray)).sum::<f64>();
    let offset = |coordinate: fn(usize) -> usize| {
        let inked = grays.iter().enumerate().filter(|(_, gray)| **gray > 0);
        let inked = inked.map(|(index, &gray)| (coordinate(index), f64::from(gray)));
        let center = inked.clone().map(|(place, gray)| (place as f64 + 0.5) * gray).sum::<f64>() / mass;
        let last = inked.map(|(place, _)| place).max().unwrap_or(0);
        (SIDE as f64 / 2.0 - center).round().clamp(0.0, (SIDE - 1 - last) as f64) as usize
    };
    let (left, top) = (offset(|index| index % BOX), offset(|index| index / BOX));
    let mut image = vec![0; SIDE * SIDE];
    for (index, &gray) in grays.iter().enumerate().filter(|(_, gray)| **gray > 0) {
        image[(top + index / BOX) * SIDE + left + index % BOX] = gray;
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(strokes: &[Vec<[f32; 2]>]) -> Image {
        rasterize(strokes).unwrap().unwrap()
    }

    /// Returns the first and the last row or column with ink.
    fn extent(image: &[u8], coordinate: fn(usize) -> usize) -> (usize, usize) {
        let inked = (0..image.len()).filter(|index| image[*index] > 0).map(coordinate);
        inked.fold((SIDE, 0), |(first, last), place| (first.min(place), last.max(place)))
    }

    fn column(index: usize) -> usize {
        index % SIDE
    }

    fn row(index: usize) -> usize {
        index / SIDE
    }

    #[test]
    fn a_single_point_is_a_centered_disk() {
        let disk = image(&[vec![[30.0, 200.0]]]);
        assert_eq!((extent(&disk, column), extent(&disk, row)), ((4, 23), (4, 23)));
        let at = |x: usize, y: usize| disk[y * SIDE + x];
        assert_eq!((at(14, 14), at(13, 13), at(4, 4), at(23, 23)), (255, 255, 0, 0));
        let area = disk.iter().map(|&gray| f64::from(gray)).sum::<f64>() / 255.0;
        assert!((area - std::f64::consts::PI * 100.0).abs() < 1.0, "{area}");
        for y in 0..SIDE {
            for x in 0..SIDE {
                assert_eq!(at(x, y), at(27 - x, y), "it is symmetric");
                assert_eq!(at(x, y), at(y, x), "it is symmetric");
            }
        }
    }

    #[test]
    fn the_longer_side_has_twenty_pixels_and_the_aspect_ratio_is_kept() {
        // 24 x 240 on the canvas: 2 x 20 pixels.
        let bar = image(&[vec![[100.0, 20.0], [100.0, 236.0]]]);
        assert_eq!((extent(&bar, column), extent(&bar, row)), ((13, 14), (4, 23)));
        assert!((6..22).all(|y| bar[y * SIDE + 13] == 255 && bar[y * SIDE + 14] == 255));
        // 240 x 24.
        let bar = image(&[vec![[20.0, 50.0], [236.0, 50.0]]]);
        assert_eq!((extent(&bar, column), extent(&bar, row)), ((4, 23), (13, 14)));
    }

    #[test]
    fn the_center_of_mass_is_at_the_center() {
        // An L has its mass at the lower left, so the box is moved to the upper right.
        let corner = image(&[vec![[20.0, 20.0], [20.0, 236.0], [236.0, 236.0]]]);
        let mass = corner.iter().map(|&gray| f64::from(gray)).sum::<f64>();
        let center = |coordinate: fn(usize) -> usize| {
            let moments = corner.iter().enumerate();
            moments.map(|(index, &gray)| (coordinate(index) as f64 + 0.5) * f64::from(gray)).sum::<f64>()
                / mass
        };
        assert!((center(column) - 14.0).abs() <= 0.5 && (center(row) - 14.0).abs() <= 0.5);
        assert_eq!((extent(&corner, column), extent(&corner, row)), ((8, 27), (0, 19)));
    }

    #[test]
    fn the_position_on_the_canvas_does_not_matter() {
        let seven = |x: f32, y: f32| vec![vec![[x, y], [x + 96.0, y], [x + 32.0, y + 160.0]]];
        assert_eq!(image(&seven(16.0, 16.0)), image(&seven(160.0, 112.0)));
        // The number of points on a line does not matter either.
        let line = vec![vec![[40.0, 40.0], [40.0, 104.0], [40.0, 168.0]]];
        assert_eq!(image(&line), image(&[vec![[40.0, 40.0], [40.0, 168.0]]]));
    }

    #[test]
    fn empty_drawings_are_none_and_invalid_ones_are_errors() {
        assert_eq!(rasterize(&[]).unwrap(), None);
        assert_eq!(rasterize(&[vec![], vec![]]).unwrap(), None);
        for point in [[-1.0, 5.0], [5.0, 280.5], [f32::NAN, 5.0], [5.0, f32::INFINITY]] {
            assert!(rasterize(&[vec![point]]).unwrap_err().to_string().contains("is not on the canvas"));
        }
        let many = vec![vec![[1.0, 1.0]; MOST_POINTS + 1]];
        assert!(rasterize(&many).unwrap_err().to_string().contains("4001 points"));
    }
}
