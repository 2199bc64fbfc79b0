//! No bytes make the decoders panic, or return an image of another shape than its values.

use std::{fs, path::Path};

use burn::tensor::TensorData;
use image::{DynamicImage, GrayImage, Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use kindling_images::{ImageError, ReadOptions, read};
use proptest::{prelude::*, sample::Index};

/// A PNG of gray values, one with colors, and a JPEG.
fn files() -> [Vec<u8>; 3] {
    let gray = GrayImage::from_raw(3, 2, vec![0, 1, 2, 3, 4, 255]).unwrap();
    let colors = RgbImage::from_pixel(9, 5, Rgb([10, 20, 30]));
    let png = |image: DynamicImage| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let mut jpeg = Vec::new();
    JpegEncoder::new(&mut jpeg).encode_image(&RgbImage::from_pixel(9, 5, Rgb([128; 3]))).unwrap();
    [png(gray.into()), png(colors.into()), jpeg]
}

/// Reads bytes as a file, as they are and converted. An error names it.
fn read_bytes(bytes: &[u8]) -> [Result<TensorData, ImageError>; 2] {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("given.png");
    fs::write(&path, bytes).unwrap();
    [ReadOptions::new(), ReadOptions::new().size([4, 6]).channels(3).inverted(true)].map(|options| {
        let image = read(&path, &options);
        match &image {
            Ok(image) => assert_eq!(image.as_bytes().len(), image.num_elements()),
            Err(error) => assert!(error.to_string().contains("given.png"), "{error}"),
        }
        image
    })
}

#[test]
fn intact_images_have_the_right_pixels() {
    let [gray, colors, jpeg] = files().map(|bytes| read_bytes(&bytes).map(Result::unwrap));
    assert_eq!(gray[0], TensorData::from([[[0_u8], [1], [2]], [[3], [4], [255]]]));
    assert_eq!(colors[0], TensorData::new([10_u8, 20, 30].repeat(45), [5, 9, 3]));
    assert_eq!(colors[1], TensorData::new([245_u8, 235, 225].repeat(24), [4, 6, 3]));
    assert_eq!(jpeg[0], TensorData::new(vec![128_u8; 135], [5, 9, 3]));
}

/// A header of a PNG, which says how large the image is, and no pixels.
#[test]
fn what_a_header_announces_is_not_allocated() {
    for (width, height) in [(16_385_u32, 1_u32), (1, 16_385), (16_384, 16_384), (u32::MAX, u32::MAX)] {
        let mut bytes = files()[1].clone();
        bytes[16..24].copy_from_slice([width, height].map(u32::to_be_bytes).as_flattened());
        let checksum = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
        assert!(read_bytes(&bytes).iter().all(Result::is_err), "{width}x{height}");
    }
    assert!(matches!(read(Path::new("."), &ReadOptions::new()), Err(ImageError::Io { .. })));
}

/// It takes 90 MB as it is, and would take 270 MB.
#[test]
fn a_gray_image_does_not_become_too_large_in_color() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("given.png");
    GrayImage::new(16_384, 5_462).save(&path).unwrap();
    assert_eq!(read(&path, &ReadOptions::new()).unwrap().shape().as_slice(), [5_462, 16_384, 1]);
    let error = read(&path, &ReadOptions::new().channels(3)).unwrap_err().to_string();
    assert!(error.contains("given.png") && error.contains("give a size"), "{error}");
    let small = read(&path, &ReadOptions::new().channels(3).size([2, 1])).unwrap();
    assert_eq!(small, TensorData::from([[[0_u8; 3]], [[0; 3]]]));
}

fn crc32(bytes: &[u8]) -> u32 {
    let shifted = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), shifted))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn changed_bytes_are_read_or_refused(
        which in 0..3_usize,
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..6),
        cut in prop::option::weighted(0.2, any::<Index>()),
    ) {
        let mut bytes = files()[which].clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
        let [as_it_is, converted] = read_bytes(&bytes);
        // A conversion takes all that is read as it is, and colors of other types.
        prop_assert!(converted.is_ok() || as_it_is.is_err());
    }

    #[test]
    fn random_bytes_are_no_image(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read_bytes(&bytes).iter().all(Result::is_err));
    }
}
