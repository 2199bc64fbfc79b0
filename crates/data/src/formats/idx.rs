//! IDX, the file format of MNIST: a header of big-endian numbers, followed by the values in C order.
//!
//! | bytes | content |
//! | --- | --- |
//! | 2 | zero |
//! | 1 | element type; only `08`, unsigned bytes, is supported |
//! | 1 | rank: the number of axes |
//! | 4 per axis | length of each axis |
//! | rest | the values |
//!
//! Source: <https://yann.lecun.com/exdb/mnist/>. Files may be gzipped, regardless of their names.

use std::{fs::File, io::Read, path::Path};

use burn::tensor::TensorData;

use super::content::{LARGEST, decompressed, read_header, read_values};
use crate::error::DataError;

const UNSIGNED_BYTES: u8 = 8;

/// Reads the IDX file at `path`: an array of `u8` with the shape in the file's header.
///
/// # Errors
/// [`DataError::Io`] if the file cannot be opened, and the errors of [`read`].
pub fn open(path: &Path) -> Result<TensorData, DataError> {
    read(File::open(path).map_err(DataError::io(path))?, path)
}

/// Reads an IDX array from `reader`; `path` identifies it in errors.
///
/// # Errors
/// [`DataError::Format`] if the bytes are not an IDX file of unsigned bytes, end early, or continue after the values.
pub fn read(reader: impl Read, path: &Path) -> Result<TensorData, DataError> {
    let mut content = decompressed(reader).map_err(DataError::read(path))?;
    let mut header = [0; 4];
    read_header(&mut content, &mut header, path)?;
    let [0, 0, element, rank @ 1..=u8::MAX] = header else {
        let reason =
            format!("it starts with the bytes {header:02x?}, expected [00, 00, type, rank] of an IDX file");
        return Err(DataError::format(path, reason));
    };
    if element != UNSIGNED_BYTES {
        let reason = format!("its elements are of IDX type {element:02x}, not 08 (unsigned bytes)");
        return Err(DataError::format(path, reason));
    }
    let mut lengths = vec![[0; 4]; rank.into()];
    read_header(&mut content, lengths.as_flattened_mut(), path)?;
    let shape: Vec<_> = lengths.into_iter().map(|length| u32::from_be_bytes(length) as usize).collect();
    let values = read_values(content, &shape, 1, LARGEST, path)?;
    Ok(TensorData::new(values, shape))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::content::tests::gzipped;

    const TWO_BY_THREE: [u8; 18] = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];

    fn message(bytes: &[u8]) -> String {
        let error = read(bytes, Path::new("digits")).unwrap_err();
        assert!(matches!(error, DataError::Format { .. }), "{error}");
        error.to_string()
    }

    #[test]
    fn reads_plain_and_gzipped_files() {
        for bytes in [TWO_BY_THREE.to_vec(), gzipped(&TWO_BY_THREE)] {
            let data = read(&bytes[..], Path::new("digits")).unwrap();
            assert_eq!(data, TensorData::from([[1u8, 2, 3], [4, 5, 6]]));
        }
    }

    #[test]
    fn reads_any_rank() {
        let mut bytes = vec![0, 0, 8, 5];
        bytes.extend([0, 0, 0, 1].repeat(5));
        bytes.push(9);
        assert_eq!(read(&bytes[..], Path::new("digits")).unwrap().shape().as_slice(), [1; 5]);
        assert_eq!(read(&[0, 0, 8, 1, 0, 0, 0, 0][..], Path::new("digits")).unwrap().shape().as_slice(), [0]);
    }

    #[test]
    fn errors_describe_invalid_headers() {
        assert!(message(b"PK\x03\x04").contains("[50, 4b, 03, 04]"));
        assert!(message(&[0, 0, 8, 0]).contains("[00, 00, 08, 00]"));
        assert!(message(&[0, 0, 13, 1, 0, 0, 0, 0]).contains("type 0d"));
        assert!(message(&[0, 0]).contains("ends inside its header"));
        assert!(message(&TWO_BY_THREE[..9]).contains("ends inside its header"));
        assert!(message(b"").starts_with("digits is damaged"));
    }

    #[test]
    fn truncated_and_trailing_bytes_are_errors() {
        let longer = [&TWO_BY_THREE[..], &[7]].concat();
        assert!(message(&TWO_BY_THREE[..17]).contains("announces 6 bytes of values, only 5 follow"));
        assert!(message(&longer).contains("announces 6 bytes of values, more follow"));
        assert!(message(&gzipped(&longer)).contains("more follow"));
        let cut = gzipped(&TWO_BY_THREE);
        message(&cut[..cut.len() - 4]);
    }

    #[test]
    fn an_oversized_header_allocates_little() {
        let rows = [0, 0, 8, 1, 0x3f, 0xff, 0xff, 0xff, 1];
        assert!(message(&rows).contains("announces 1073741823 bytes of values, only 1 follow"));
        let rows = [0, 0, 8, 2, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 28];
        assert!(message(&rows).contains("more than 1 GiB"));
        let axes = [&[0, 0, 8, 255][..], &[0xff; 4 * 255]].concat();
        assert!(message(&axes).contains("more than 1 GiB"));
    }

    #[test]
    fn a_gzip_bomb_is_read_only_up_to_the_announced_length() {
        let bomb = [&[0, 0, 8, 1, 0, 0, 0, 1][..], &vec![0; 1 << 24]].concat();
        assert!(message(&gzipped(&bomb)).contains("announces 1 bytes of values, more follow"));
    }

    #[test]
    fn the_error_of_a_missing_file_contains_its_path() {
        let error = open(Path::new("no/such/file")).unwrap_err();
        assert!(error.to_string().contains("cannot access no/such/file"));
    }
}
