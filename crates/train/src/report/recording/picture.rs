//! Small images, of weights and of samples.

use kindling_data::Kind;
use serde::Serialize;

/// Maximum number of pixels. Larger images are reduced to this number.
const SIDE: usize = 32;

/// The largest 1 in 500 values of an image may be beyond the scale.
const SCALED: f64 = 0.998;

/// Characters for the values from -31 to 31.
const LEVELS: &[u8; 63] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";

/// The size of an image, and its reduction for display.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Picture {
    pub height: usize,
    pub width: usize,
    /// Number of channels. Their mean is shown.
    pub channels: usize,
    /// Side of the square of pixels whose mean is one displayed pixel.
    pub shrunk: usize,
}

impl Picture {
    pub fn new(height: usize, width: usize, channels: usize) -> Self {
        Self { height, width, channels, shrunk: height.max(width).div_ceil(SIDE).max(1) }
    }

    /// Returns the size of samples that are images: pixels, three axes, or a square of numbers that is too large to be a row of a
    /// table.
    pub fn of_samples(shape: &[usize], kind: Kind) -> Option<Self> {
        let numbers = matches!(kind, Kind::Pixels | Kind::Floats);
        match *shape {
            [height, width, channels] if numbers && channels <= 4 => Some(Self::new(height, width, channels)),
            [height, width] if kind == Kind::Pixels || numbers && height == width => {
                Some(Self::new(height, width, 1))
            }
            [pixels] if numbers => {
                let side = pixels.isqrt();
                let is_picture = side * side == pixels && (kind == Kind::Pixels || side >= 16);
                is_picture.then(|| Self::new(side, side, 1))
            }
            _ => None,
        }
    }

    /// Returns the displayed pixels, given the value of each pixel and channel.
    pub fn shrink(&self, value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        let Self { height, width, channels, shrunk } = *self;
        let columns = width.div_ceil(shrunk);
        let mut shown = vec![(0.0, 0.0); height.div_ceil(shrunk) * columns];
        for pixel in 0..height * width {
            let (sum, count) = &mut shown[pixel / width / shrunk * columns + pixel % width / shrunk];
            *sum += (0..channels).map(|channel| value(pixel, channel)).sum::<f32>();
            *count += channels as f32;
        }
        shown.into_iter().map(|(sum, count)| sum / count).collect()
    }
}

/// Returns a magnitude that nearly all values are below.
pub(super) fn scale(values: &[f32]) -> f32 {
    let sizes = values.iter().map(|value| value.abs()).filter(|size| size.is_finite());
    let mut sizes: Vec<f32> = sizes.collect();
    sizes.sort_by(f32::total_cmp);
    let place = (sizes.len() as f64 * SCALED) as usize;
    sizes.get(place).or(sizes.last()).copied().unwrap_or(0.0)
}

/// Encodes values from `-scale` to `scale` as one character each. NaN becomes 0.
pub(super) fn encode(values: &[f32], scale: f32) -> String {
    let level = |value: &f32| {
        let share = if scale > 0.0 && !value.is_nan() { (value / scale).clamp(-1.0, 1.0) } else { 0.0 };
        char::from(LEVELS[(31.0 + (share * 31.0).round()) as usize % LEVELS.len()])
    };
    values.iter().map(level).collect()
}

/// Returns the brightness of an image, scaled from its darkest to its lightest pixel.
pub(super) fn brightness(pixels: &[f32]) -> String {
    let finite = || pixels.iter().copied().filter(|pixel| pixel.is_finite());
    let (dark, light) = (finite().fold(f32::MAX, f32::min), finite().fold(f32::MIN, f32::max));
    let half = (light - dark) / 2.0;
    let centered: Vec<f32> = pixels.iter().map(|pixel| pixel - dark - half).collect();
    encode(&centered, half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_told_from_tables_and_texts() {
        let size = |shape: &[usize], kind| {
            Picture::of_samples(shape, kind)
                .map(|Picture { height, width, channels, .. }| [height, width, channels])
        };
        assert_eq!(size(&[784], Kind::Pixels), Some([28, 28, 1]));
        assert_eq!(size(&[28, 14], Kind::Pixels), Some([28, 14, 1]));
        assert_eq!(size(&[784], Kind::Floats), Some([28, 28, 1]));
        assert_eq!(size(&[32, 32, 3], Kind::Floats), Some([32, 32, 3]));
        // Reviews of 10,000 words are not images of 100 x 100 pixels, and 16 columns are not images of 4 x 4 pixels.
        assert_eq!(size(&[10_000], Kind::MultiHot), None);
        assert_eq!(size(&[16], Kind::Floats), None);
        assert_eq!(size(&[120, 7], Kind::Floats), None);
        assert_eq!(size(&[100], Kind::Ids), None);
    }

    #[test]
    fn large_images_are_shrunk() {
        let picture = Picture::new(64, 33, 2);
        assert_eq!(picture.shrunk, 2);
        let shown = picture.shrink(|pixel, channel| (pixel % 33 * 2 + channel) as f32);
        assert_eq!(shown.len(), 32 * 17);
        // The means of the columns 0 and 1, and of the last one alone.
        assert_eq!((shown[0], shown[16]), (1.5, 64.5));
    }

    #[test]
    fn values_are_levels_and_those_that_are_no_numbers_are_in_the_middle() {
        assert_eq!(encode(&[-1.0, 0.0, 0.5, 1.0, 2.0, f32::NAN, f32::NEG_INFINITY], 1.0), "0Vl--V0");
        assert_eq!(encode(&[0.0, 1.0], 0.0), "VV");
        assert_eq!(brightness(&[0.25, 0.5, 0.75]), "0V-");
        assert_eq!(brightness(&[2.0; 2]), "VV");
        assert_eq!(scale(&[1.0, -3.0, f32::NAN, f32::INFINITY]), 3.0);
        assert_eq!(scale(&[]), 0.0);
    }
}
