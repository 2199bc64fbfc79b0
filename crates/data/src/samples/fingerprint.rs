//! A hash that identifies samples.

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{
    Samples,
    column::Column,
    sparse::{Compact, Stored},
    values::Values,
};

/// Number of rows hashed together. It is fixed, so that the hash does not depend on the number of threads.
const BLOCK: usize = 4096;

impl Samples {
    /// Returns the SHA-256 of all inputs, targets, and sample weights, as 64 hexadecimal digits. It depends on the values,
    /// shapes, kinds, and order of the samples.
    ///
    /// Fingerprints are not comparable across versions of this crate, which may store samples differently.
    ///
    /// ```
    /// use kindling_data::{Column, Samples};
    ///
    /// let samples = Samples::new(Column::floats(vec![1.0, 2.0, 1.0])?, Column::classes(vec![0, 1, 0])?)?;
    /// assert_eq!(samples.slice(0..1).fingerprint(), samples.slice(2..3).fingerprint());
    /// assert_ne!(samples.slice(0..1).fingerprint(), samples.slice(1..2).fingerprint());
    /// # Ok::<(), kindling_data::DataError>(())
    /// ```
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for (role, columns) in [("input", self.inputs()), ("target", self.targets())] {
            columns.iter().for_each(|column| column.hash(role, &mut hash));
        }
        for weights in self.sample_weights() {
            match weights {
                Some(column) => column.hash("weights", &mut hash),
                None => hash.update("no weights"),
            }
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Column {
    fn hash(&self, role: &str, hash: &mut Sha256) {
        hash.update(format!("{role} {:?} {:?} {};", self.kind, self.sample_shape, self.len()));
        let width = self.sample_shape.iter().product();
        let rows: Vec<usize> = self.rows.iter().collect();
        let blocks: Vec<_> = rows
            .par_chunks(BLOCK)
            .map(|rows| {
                let (mut hash, mut bytes) = (Sha256::new(), Vec::new());
                for row in rows {
                    bytes.clear();
                    self.values.write_row(*row, width, &mut bytes);
                    hash.update(&bytes);
                }
                hash.finalize()
            })
            .collect();
        blocks.iter().for_each(|block| hash.update(block));
    }
}

impl Values {
    /// Appends the stored bytes of a row.
    fn write_row(&self, row: usize, width: usize, bytes: &mut Vec<u8>) {
        let range = row * width..(row + 1) * width;
        match self {
            Self::Pixels(pixels) => bytes.extend_from_slice(&pixels[range]),
            Self::Floats(floats) => write(&floats[range], f32::to_le_bytes, bytes),
            Self::Integers(integers) => write(&integers[range], i32::to_le_bytes, bytes),
            Self::SmallIntegers(integers) => write(&integers[range], u16::to_le_bytes, bytes),
            Self::Sparse(stored) => stored.write_row(row, bytes),
        }
    }
}

impl Stored {
    fn write_row(&self, row: usize, bytes: &mut Vec<u8>) {
        let places = self.places(row);
        bytes.extend_from_slice(&(places.len() as u64).to_le_bytes());
        self.for_each(row, |column, _| bytes.extend_from_slice(&(column as u32).to_le_bytes()));
        match self.values() {
            Compact::Ones => {}
            Compact::Bytes(values) => bytes.extend_from_slice(&values[places]),
            Compact::Floats(floats) => write(&floats[places], f32::to_le_bytes, bytes),
        }
    }
}

fn write<T: Copy, const N: usize>(values: &[T], to_bytes: impl Fn(T) -> [u8; N], bytes: &mut Vec<u8>) {
    values.iter().for_each(|value| bytes.extend_from_slice(&to_bytes(*value)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn samples(values: &[f32], classes: &[i32]) -> Samples {
        let x = Column::floats((values.to_vec(), [classes.len(), values.len() / classes.len()])).unwrap();
        Samples::new(x, Column::classes(classes).unwrap()).unwrap()
    }

    #[test]
    fn every_part_changes_the_fingerprint() {
        let plain = samples(&[1.0, 2.0], &[0, 1]);
        let of = |samples: &Samples| samples.fingerprint();
        assert_eq!(of(&plain).len(), 64);
        let others = [
            samples(&[1.0, 2.5], &[0, 1]),
            samples(&[1.0, 2.0], &[0, 0]),
            samples(&[2.0, 1.0], &[0, 1]),
            samples(&[1.0, 2.0, 0.0, 0.0], &[0, 1]),
            plain.clone().with_sample_weight(vec![1.0_f32, 1.0]).unwrap(),
            plain.slice(0..1),
            Samples::new(plain.inputs()[0].clone(), Column::floats(vec![0.0, 1.0]).unwrap()).unwrap(),
            Samples::inputs_only(plain.inputs()[0].clone()),
        ];
        let mut hashes: Vec<String> = others.iter().chain([&plain]).map(of).collect();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), others.len() + 1);
    }

    #[test]
    fn text_and_images_are_hashed_as_they_are_stored() {
        let texts = |ids: &[u32]| Samples::inputs_only(Column::multi_hot([ids], 5).unwrap());
        assert_eq!(texts(&[3, 1]).fingerprint(), texts(&[1, 3, 3]).fingerprint());
        assert_ne!(texts(&[3, 1]).fingerprint(), texts(&[3, 2]).fingerprint());
        let image = |at: usize, brightness: u8| {
            let mut pixels = vec![0_u8; 100];
            pixels[at] = brightness;
            Samples::inputs_only(Column::pixels((pixels, [1, 100])).unwrap())
        };
        assert_ne!(image(3, 7).fingerprint(), image(3, 8).fingerprint());
        assert_ne!(image(3, 7).fingerprint(), image(4, 7).fingerprint());
    }

    proptest! {
        #[test]
        fn a_view_has_the_fingerprint_of_a_copy(picks in prop::collection::vec(0_usize..9, 1..9)) {
            let all = samples(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], &[0, 1, 2, 3, 4, 5, 6, 7, 8]);
            let values: Vec<f32> = picks.iter().map(|pick| *pick as f32).collect();
            let classes: Vec<i32> = picks.iter().map(|pick| *pick as i32).collect();
            let copy = samples(&values, &classes);
            prop_assert_eq!(all.select(&picks).unwrap().fingerprint(), copy.fingerprint());
        }
    }
}
