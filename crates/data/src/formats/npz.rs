//! `.npz`, NumPy's file format for several named arrays: a zip archive of `.npy` files.

use std::{
    fs::File,
    io::{BufReader, Read, Seek},
    path::{Path, PathBuf},
};

use burn::tensor::TensorData;
use zip::{ZipArchive, result::ZipError};

use super::{npy, pickle};
use crate::{error::DataError, text::Sequences};

/// An open `.npz` archive.
///
/// ```no_run
/// # fn main() -> Result<(), kindling_data::DataError> {
/// let mut archive = kindling_data::npz::Archive::open("mnist.npz".as_ref())?;
/// let images = archive.array("x_train")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Archive<R> {
    zip: ZipArchive<R>,
    path: PathBuf,
}

impl Archive<BufReader<File>> {
    /// Opens the archive at `path`.
    ///
    /// # Errors
    /// [`DataError::Io`] if the file cannot be opened; [`DataError::Format`] if it is not a zip archive.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        Self::new(BufReader::new(File::open(path).map_err(DataError::io(path))?), path)
    }
}

impl<R: Read + Seek> Archive<R> {
    /// Opens the archive in `reader`; `path` identifies it in errors.
    ///
    /// # Errors
    /// [`DataError::Format`] if it is not a zip archive.
    pub fn new(reader: R, path: &Path) -> Result<Self, DataError> {
        let zip = ZipArchive::new(reader).map_err(zip_error(path))?;
        Ok(Self { zip, path: path.into() })
    }

    /// Returns the names of the arrays.
    pub fn names(&self) -> Vec<String> {
        let files = self.zip.file_names().filter_map(Result::ok);
        files.filter_map(|file| Some(file.strip_suffix(".npy")?.to_owned())).collect()
    }

    /// Reads the array `name` with its own type and shape.
    ///
    /// # Errors
    /// [`DataError::Unsupported`] if there is no such array, and the errors of [`npy::read`].
    pub fn array(&mut self, name: &str) -> Result<TensorData, DataError> {
        let path = self.path_of(name);
        npy::read(self.entry(name)?, &path)
    }

    /// Like [`array`](Self::array), for an array of at most `limit` bytes.
    pub(crate) fn array_up_to(&mut self, limit: u64, name: &str) -> Result<TensorData, DataError> {
        let path = self.path_of(name);
        npy::read_up_to(limit, self.entry(name)?, &path)
    }

    /// Reads the array `name`, whose elements are Python lists of numbers.
    ///
    /// # Errors
    /// [`DataError::Unsupported`] if there is no such array, and the errors of [`pickle::read`].
    pub fn lists(&mut self, name: &str) -> Result<Sequences, DataError> {
        let path = self.path_of(name);
        pickle::read(self.entry(name)?, &path)
    }

    /// Returns a reader of the `.npy` file of the array `name`, for types that this crate does not support.
    ///
    /// # Errors
    /// [`DataError::Unsupported`] if there is no such array; [`DataError::Format`] if its compression is not one that
    /// NumPy uses.
    pub fn entry(&mut self, name: &str) -> Result<impl Read, DataError> {
        let file = format!("{name}.npy");
        let Some(index) = self.zip.index_for_name(&file) else {
            let files: Vec<_> = self.zip.file_names().filter_map(Result::ok).collect();
            let reason = format!("it has no array {name}, its files are [{}]", files.join(", "));
            return Err(DataError::unsupported(&self.path, reason));
        };
        let path = self.path_of(name);
        self.zip.by_index(index).map_err(zip_error(&path))
    }

    /// Returns the path that identifies an array in errors: `file.npz/x_train`.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

fn zip_error(path: &Path) -> impl FnOnce(ZipError) -> DataError {
    move |error| match error {
        ZipError::Io(error) => DataError::read(path)(error),
        error => DataError::format(path, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    const ONE_BYTE: &[u8] =
        b"\x93NUMPY\x01\x00\x38\x00{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}\n\x07";

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn open(bytes: &[u8]) -> Result<Archive<Cursor<&[u8]>>, DataError> {
        Archive::new(Cursor::new(bytes), Path::new("digits.npz"))
    }

    #[test]
    fn reads_arrays_by_name() {
        let bytes = archive(&[("x.npy", ONE_BYTE), ("y.npy", ONE_BYTE)]);
        let mut archive = open(&bytes).unwrap();
        assert_eq!(archive.array("y").unwrap(), TensorData::from([7u8]));
        assert_eq!(archive.array("x").unwrap(), TensorData::from([7u8]));
    }

    #[test]
    fn the_error_of_a_missing_array_lists_the_files() {
        let bytes = archive(&[("x.npy", ONE_BYTE), ("y.npy", ONE_BYTE)]);
        let error = open(&bytes).unwrap().array("z").unwrap_err().to_string();
        assert_eq!(error, "digits.npz cannot be used: it has no array z, its files are [x.npy, y.npy]");
    }

    #[test]
    fn errors_name_the_array() {
        let bytes = archive(&[("x.npy", b"text")]);
        let error = open(&bytes).unwrap().array("x").unwrap_err();
        assert!(matches!(error, DataError::Format { .. }));
        assert!(error.to_string().starts_with("digits.npz/x is damaged"), "{error}");
    }

    #[test]
    fn invalid_archives_are_rejected() {
        let whole = archive(&[("x.npy", ONE_BYTE)]);
        for bytes in [&b""[..], b"PK\x03\x04", &whole[..whole.len() - 1]] {
            assert!(matches!(open(bytes).unwrap_err(), DataError::Format { .. }));
        }
    }

    #[test]
    fn a_flipped_bit_in_the_values_is_detected() {
        let mut bytes = archive(&[("x.npy", &[ONE_BYTE, &[1; 64]].concat())]);
        let packed = "x.npy".len() + 30;
        bytes[packed + 20] ^= 1;
        assert!(matches!(open(&bytes).unwrap().array("x").unwrap_err(), DataError::Format { .. }));
    }

    #[test]
    fn a_zip_bomb_is_read_only_up_to_the_announced_length() {
        let bytes = archive(&[("x.npy", &[ONE_BYTE, &vec![0; 1 << 24]].concat())]);
        let error = open(&bytes).unwrap().array("x").unwrap_err().to_string();
        assert!(error.contains("announces 1 bytes of values, more follow"), "{error}");
    }
}
