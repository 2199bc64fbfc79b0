//! The content of files: gzip decompression, hashing, and bounded reads of array values.

use std::{
    io::{self, Cursor, Read},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::error::DataError;

/// The largest content that is read, in bytes: 1 GiB, about twenty times the size of MNIST's training images.
pub(crate) const LARGEST: u64 = 1 << 30;

/// The first bytes of a gzip stream.
pub(crate) const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Upper bound of a reservation, as a multiple of the bytes that have been read: a small file makes no large allocation,
/// and a large array is copied only a few times while it grows.
const GROWTH: usize = 64;

/// Number of bytes that are reserved without having read any.
const FIRST_STEP: usize = 1 << 16;

/// Returns a reader of the content of `reader`, decompressed if it is a gzip stream.
///
/// A gzip stream is recognized by its first two bytes rather than by a file name, because mirrors and browsers may
/// decompress files in transit.
///
/// # Errors
/// Returns an error if `reader` fails.
pub(crate) fn decompressed<'a>(mut reader: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut magic = Vec::new();
    reader.by_ref().take(2).read_to_end(&mut magic)?;
    let gzipped = magic == GZIP;
    let reader = Cursor::new(magic).chain(reader);
    Ok(if gzipped { Box::new(MultiGzDecoder::new(reader)) } else { Box::new(reader) })
}

/// Returns the SHA-256 of the bytes of `reader`, in lowercase hexadecimal digits.
///
/// # Errors
/// Returns an error if `reader` fails.
pub(crate) fn sha256(mut reader: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => hash.update(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Fills `header` from `reader`.
///
/// # Errors
/// [`DataError::Format`] if `reader` ends before `header` is full.
pub(crate) fn read_header(reader: &mut impl Read, header: &mut [u8], path: &Path) -> Result<(), DataError> {
    reader.read_exact(header).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => DataError::format(path, "it ends inside its header"),
        _ => DataError::read(path)(error),
    })
}

/// Reads the values of an array whose header announces `shape` and elements of `element_size` bytes.
///
/// Memory grows with the bytes that `reader` yields: an invalid header reserves at most 64 KiB or 64 times those bytes.
///
/// # Errors
/// [`DataError::Format`] if the array is larger than `limit` bytes, or if fewer or more bytes follow than announced.
pub(crate) fn read_values(
    mut reader: impl Read,
    shape: &[usize],
    element_size: usize,
    limit: u64,
    path: &Path,
) -> Result<Vec<u8>, DataError> {
    let announced = shape
        .iter()
        .try_fold(element_size as u64, |bytes, &length| bytes.checked_mul(length as u64))
        .filter(|&bytes| bytes <= limit)
        .ok_or_else(|| {
            let limit = match limit >> 30 {
                0 => format!("{} MiB", limit >> 20),
                gibibytes => format!("{gibibytes} GiB"),
            };
            DataError::format(path, format!("its header announces the shape {shape:?}, more than {limit}"))
        })?;
    let disagreement = |found: String| {
        DataError::format(path, format!("its header announces {announced} bytes of values, {found} follow"))
    };
    let announced = announced as usize;
    let mut bytes = Vec::new();
    while bytes.len() < announced {
        let step = (announced - bytes.len()).min(FIRST_STEP.max(GROWTH * bytes.len()));
        bytes.reserve_exact(step);
        let read = reader.by_ref().take(step as u64).read_to_end(&mut bytes);
        if read.map_err(DataError::read(path))? < step {
            return Err(disagreement(format!("only {}", bytes.len())));
        }
    }
    // Reading to the end also makes archives and gzip streams verify their checksums.
    match reader.take(1).read_to_end(&mut Vec::new()).map_err(DataError::read(path))? {
        0 => Ok(bytes),
        _ => Err(disagreement("more".into())),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    /// Returns `content` as a gzip file.
    pub(crate) fn gzipped(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    /// Yields one byte per read, as a slow socket may.
    struct OneByte<'a>(&'a [u8]);

    impl Read for OneByte<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = buffer.len().min(1);
            self.0.read(&mut buffer[..length])
        }
    }

    #[test]
    fn plain_and_gzipped_content_have_the_same_hash() {
        let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let unpacked = |reader| sha256(decompressed(Box::new(reader) as Box<dyn Read>).unwrap()).unwrap();
        let packed = gzipped(b"hello");
        assert_eq!(unpacked(OneByte(b"hello")), hash);
        assert_eq!(unpacked(OneByte(&packed)), hash);
        assert_ne!(sha256(&packed[..]).unwrap(), hash);
    }

    #[test]
    fn content_is_hashed_to_its_end() {
        // `head -c 1073741825 /dev/zero | sha256sum`
        let hash = "6d9bfe50425f2dfe4e2ac07efee1f0bc9d567348ad4aed62704ffe6f5884e9a8";
        assert_eq!(sha256(io::repeat(0).take(LARGEST + 1)).unwrap(), hash);
    }

    #[test]
    fn content_of_less_than_two_bytes_is_plain() {
        for content in [&b""[..], b"\x1f"] {
            let mut read = Vec::new();
            decompressed(content).unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, content);
        }
    }

    #[test]
    fn a_truncated_gzip_stream_has_no_hash() {
        let whole = gzipped(b"hello");
        assert!(sha256(decompressed(&whole[..whole.len() - 1]).unwrap()).is_err());
    }

    #[test]
    fn the_number_of_values_must_match_the_header() {
        let path = Path::new("file");
        let read = |bytes: &'static [u8], shape: &[usize]| read_values(bytes, shape, 2, LARGEST, path);
        assert_eq!(read(b"abcd", &[1, 2]).unwrap(), b"abcd");
        assert_eq!(read(b"", &[0]).unwrap(), b"");
        let message = |result: Result<_, DataError>| result.unwrap_err().to_string();
        assert!(message(read(b"abc", &[2])).contains("announces 4 bytes of values, only 3 follow"));
        assert!(message(read(b"abcde", &[2])).contains("announces 4 bytes of values, more follow"));
        assert!(message(read(b"", &[usize::MAX, 3])).contains("more than 1 GiB"));
        assert!(message(read(b"", &[1 << 30])).contains("more than 1 GiB"));
    }

    #[test]
    fn arrays_read_in_several_steps_are_complete() {
        let content: Vec<u8> = (0..5_000_000_u32).map(|place| place as u8).collect();
        let read = |length: usize| read_values(&content[..], &[length], 1, LARGEST, Path::new("file"));
        assert_eq!(read(content.len()).unwrap(), content);
        assert!(read(content.len() - 1).unwrap_err().to_string().contains("more follow"));
        assert!(read(content.len() + 1).unwrap_err().to_string().contains("only 5000000 follow"));
    }

    #[test]
    fn an_oversized_header_allocates_little() {
        let error = read_values(&b"ab"[..], &[1 << 29], 2, LARGEST, Path::new("file")).unwrap_err();
        assert!(error.to_string().contains("only 2 follow"));
    }
}
