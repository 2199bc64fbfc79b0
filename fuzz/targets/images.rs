//! `kindling_images::read`: PNG and JPEG, as they are and converted.

#![no_main]

use std::path::Path;

use image::{DynamicImage, ImageResult};
use kindling_fuzz::{on_file, seeds};
use kindling_images::{ReadOptions, read};
use libfuzzer_sys::fuzz_target;

fn save_examples(folder: &Path) -> ImageResult<()> {
    DynamicImage::new_luma8(5, 3).save(folder.join("gray.png"))?;
    DynamicImage::new_rgb8(5, 3).save(folder.join("colors.png"))?;
    DynamicImage::new_rgba16(5, 3).save(folder.join("transparent.png"))?;
    DynamicImage::new_luma8(9, 17).save(folder.join("gray.jpg"))?;
    DynamicImage::new_rgb8(9, 17).save(folder.join("colors.jpg"))
}

fuzz_target!(init: seeds(|folder| save_examples(folder).unwrap()), |bytes: &[u8]| on_file("image.png", bytes, |path| {
    for options in [ReadOptions::new(), ReadOptions::new().size([8, 8]).channels(1).inverted(true)] {
        if let Ok(image) = read(path, &options) {
            assert_eq!(image.as_bytes().len(), image.num_elements());
        }
    }
}));
