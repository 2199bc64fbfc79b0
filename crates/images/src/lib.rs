//! Image files as arrays. A crate of its own, so that programs without images do not compile the decoders.
//!
//! ```no_run
//! use kindling_images::ReadOptions;
//!
//! let digit = kindling_images::read("digit.png", &ReadOptions::new().size([28, 28]).channels(1))?;
//! assert_eq!(digit.shape().as_slice(), [28, 28, 1]);
//! # Ok::<(), kindling_images::ImageError>(())
//! ```

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};

use burn::tensor::TensorData;
use image::{ColorType, DynamicImage, ImageReader, Limits, imageops::FilterType};

/// In pixels, of one side.
const LONGEST_SIDE: u32 = 1 << 14;
/// In bytes, of one decoded image.
const LARGEST: u64 = 1 << 28;

/// How images are read. By default as they are: nothing is resized or converted.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions {
    size: Option<[u32; 2]>,
    channels: Option<usize>,
    inverted: bool,
}

/// Why an image was not read.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file could not be read.
    #[error("cannot access {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The file is no image that can be decoded within 256 MiB.
    #[error("{path} cannot be read as an image: {source}")]
    Decode {
        /// The file.
        path: PathBuf,
        /// The decoder's error.
        source: image::ImageError,
    },
    /// The image is intact, but the options do not say how it becomes an array.
    #[error("{path} cannot be used: {reason}")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it holds, and the option that helps.
        reason: String,
    },
}

impl ReadOptions {
    /// Creates the defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Resizes images to this height and width, with bilinear interpolation; proportions are not kept. Default: the
    /// image's size.
    pub fn size(self, size: [u32; 2]) -> Self {
        Self { size: Some(size), ..self }
    }

    /// Converts images to gray (1) or red, green and blue (3), 8 bits each; transparency is dropped. Default: as in the
    /// file, which must be one of these two.
    pub fn channels(self, channels: usize) -> Self {
        Self { channels: Some(channels), ..self }
    }

    /// Inverts brightness: dark on light becomes light on dark, as in MNIST. Default: no.
    pub fn inverted(self, inverted: bool) -> Self {
        Self { inverted, ..self }
    }
}

/// Reads a PNG or JPEG image, as `u8` `[height, width, channels]`.
///
/// # Errors
/// [`ImageError::Io`] and [`ImageError::Decode`] if the file cannot be read or decoded, has a side of more than 16,384
/// pixels, or needs more than 256 MiB; [`ImageError::Unsupported`] for another color type than gray or RGB with 8 bits
/// if no conversion was asked for, for options that ask for something else than 1 or 3 channels or for no pixels, and if
/// more than 256 MiB would become of a gray image in color.
pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<TensorData, ImageError> {
    let path = path.as_ref();
    let unsupported = |reason: String| ImageError::Unsupported { path: path.into(), reason };
    let io = |source| ImageError::Io { path: path.into(), source };
    let mut reader = ImageReader::open(path).map_err(io)?.with_guessed_format().map_err(io)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(LARGEST);
    reader.limits(limits);
    let mut image = reader.decode().map_err(|source| ImageError::Decode { path: path.into(), source })?;

    if let Some([height, width]) = options.size {
        if !(1..=LONGEST_SIDE).contains(&height) || !(1..=LONGEST_SIDE).contains(&width) {
            return Err(unsupported(format!(
                "give a size of 1 to {LONGEST_SIDE} pixels, not {height}x{width}"
            )));
        }
        image = image.resize_exact(width, height, FilterType::Triangle);
    }
    // A gray image that is decoded within the limit has three times as many bytes in color.
    let (height, width) = (image.height(), image.width());
    if options.channels == Some(3) && 3 * u64::from(height) * u64::from(width) > LARGEST {
        return Err(unsupported(format!(
            "{height}x{width} pixels take more than 256 MiB in color: give a size"
        )));
    }
    let mut image = match (options.channels, image.color()) {
        (None, ColorType::L8 | ColorType::Rgb8) => image,
        (Some(1), _) => DynamicImage::ImageLuma8(image.into_luma8()),
        (Some(3), _) => DynamicImage::ImageRgb8(image.into_rgb8()),
        (None, color) => {
            return Err(unsupported(format!("its color type is {color:?}: convert it to 1 or 3 channels")));
        }
        (Some(channels), _) => return Err(unsupported(format!("give 1 or 3 channels, not {channels}"))),
    };
    if options.inverted {
        image.invert();
    }
    let channels = usize::from(image.color().channel_count());
    let shape = [image.height() as usize, image.width() as usize, channels];
    Ok(TensorData::new(image.into_bytes(), shape))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use image::{GrayImage, LumaA, Rgb, RgbImage};

    use super::*;

    fn saved(image: impl Into<DynamicImage>) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image.png");
        image.into().save(&path).unwrap();
        (folder, path)
    }

    #[test]
    fn images_are_read_as_they_are() {
        let (_folder, path) = saved(GrayImage::from_raw(3, 2, vec![0, 1, 2, 3, 4, 255]).unwrap());
        let gray = TensorData::from([[[0_u8], [1], [2]], [[3], [4], [255]]]);
        assert_eq!(read(&path, &ReadOptions::new()).unwrap(), gray);
        let inverted = TensorData::from([[[255_u8], [254], [253]], [[252], [251], [0]]]);
        assert_eq!(read(&path, &ReadOptions::new().inverted(true)).unwrap(), inverted);

        let (_folder, path) = saved(RgbImage::from_pixel(2, 1, Rgb([10, 20, 30])));
        let rgb = TensorData::from([[[10_u8, 20, 30], [10, 20, 30]]]);
        assert_eq!(read(&path, &ReadOptions::new()).unwrap(), rgb);
    }

    #[test]
    fn resized_and_converted_on_request() {
        let (_folder, path) = saved(RgbImage::from_pixel(6, 4, Rgb([50, 50, 50])));
        let image = read(&path, &ReadOptions::new().size([2, 3]).channels(1)).unwrap();
        assert_eq!(image, TensorData::new(vec![50_u8; 6], [2, 3, 1]));
    }

    #[test]
    fn transparent_images_are_converted_on_request_only() {
        let image = image::ImageBuffer::from_pixel(1, 1, LumaA([7_u8, 0]));
        let (_folder, path) = saved(DynamicImage::ImageLumaA8(image));
        let error = read(&path, &ReadOptions::new()).unwrap_err().to_string();
        assert!(error.contains("La8: convert it to 1 or 3 channels"), "{error}");
        let image = read(&path, &ReadOptions::new().channels(3)).unwrap();
        assert_eq!(image, TensorData::new(vec![7_u8; 3], [1, 1, 3]));
    }

    #[test]
    fn what_is_no_image_is_refused() {
        let (_folder, path) = saved(GrayImage::new(1, 1));
        for options in [ReadOptions::new().channels(2), ReadOptions::new().size([0, 3])] {
            assert!(matches!(read(&path, &options), Err(ImageError::Unsupported { .. })));
        }
        let whole = fs::read(&path).unwrap();
        for content in [&b""[..], b"text", &whole[..whole.len() / 2]] {
            fs::write(&path, content).unwrap();
            assert!(matches!(read(&path, &ReadOptions::new()), Err(ImageError::Decode { .. })));
        }
        assert!(matches!(read("/nonexistent.png", &ReadOptions::new()), Err(ImageError::Io { .. })));
    }

    /// The size of 50,000 x 50,000 is in the header; nothing of that size is allocated.
    #[test]
    fn a_bomb_is_refused() {
        let (_folder, path) = saved(GrayImage::new(1, 1));
        let mut bytes = fs::read(&path).unwrap();
        bytes[16..24].copy_from_slice(&[0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]);
        let crc = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        fs::write(&path, bytes).unwrap();
        let error = read(&path, &ReadOptions::new()).unwrap_err();
        assert!(error.to_string().contains("limit"), "{error:?}");
    }

    /// The checksum of a PNG chunk.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |crc, byte| {
            (0..8)
                .fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
        })
    }
}
