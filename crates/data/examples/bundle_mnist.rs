//! Creates the bundled sample of MNIST from the directory of the four published IDX files:
//! `cargo run --release -p kindling-data --example bundle_mnist -- DIRECTORY`

use flate2::{Compression, write::GzEncoder};
use kindling_data::{DataError, idx};
use std::error::Error;
use std::io::Write;
use std::path::Path;

/// The prefixes of the file names, and the number of images per digit to keep.
pub const PARTS: [(&str, usize); 2] = [("train", 1_200), ("t10k", 200)];

fn main() -> Result<(), Box<dyn Error>> {
    let folder =
        std::env::args().nth(1).ok_or("the argument is missing: give the directory of the IDX files")?;
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundled/mnist");
    for (part, per_digit) in PARTS {
        for (name, content) in sample(folder.as_ref(), part, per_digit)? {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&content)?;
            let packed = encoder.finish()?;
            println!("{name}: {} bytes", packed.len());
            std::fs::write(bundled.join(name), packed)?;
        }
    }
    Ok(())
}

/// Returns the file names and IDX contents of a sample of images and labels: `per_digit` images of each digit in the original
/// order, spread evenly over the set, because its two halves were written by different groups of people.
pub fn sample(folder: &Path, part: &str, per_digit: usize) -> Result<[(String, Vec<u8>); 2], DataError> {
    let images_name = format!("{part}-images-idx3-ubyte.gz");
    let labels_name = format!("{part}-labels-idx1-ubyte.gz");
    let images = idx::open(&folder.join(&images_name))?;
    let labels = idx::open(&folder.join(&labels_name))?;

    let (mut kept_images, mut kept_labels) = (Vec::new(), Vec::new());
    let mut all = [0; 10];
    labels.as_bytes().iter().for_each(|&label| all[usize::from(label)] += 1);
    let mut seen = [0; 10];
    for (image, &label) in images.as_bytes().chunks_exact(28 * 28).zip(labels.as_bytes()) {
        let (seen, all) = (&mut seen[usize::from(label)], all[usize::from(label)]);
        *seen += 1;
        if *seen * per_digit / all > (*seen - 1) * per_digit / all {
            kept_images.extend_from_slice(image);
            kept_labels.push(label);
        }
    }
    let count = kept_labels.len() as u32;
    Ok([
        (images_name, idx_file(&[count, 28, 28], &kept_images)),
        (labels_name, idx_file(&[count], &kept_labels)),
    ])
}

/// Returns an IDX file of unsigned bytes.
fn idx_file(shape: &[u32], values: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, shape.len() as u8];
    file.extend(shape.iter().flat_map(|length| length.to_be_bytes()));
    file.extend_from_slice(values);
    file
}
