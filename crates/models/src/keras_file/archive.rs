//! The zip archive around a `.keras` file's entries, read within bounded memory.

use std::{
    fs::File,
    io::{BufReader, Cursor, Read, Seek, Write},
    path::Path,
};

use kindling_data::files::write_whole;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::ModelError;

pub(super) const CONFIG: &str = "config.json";
pub(super) const METADATA: &str = "metadata.json";
pub(super) const WEIGHTS: &str = "model.weights.h5";

/// Limit of a JSON entry in bytes. Keras writes some 500 per layer.
const MOST_JSON: u64 = 16 << 20;
/// How many times its size in the archive a weights entry may expand to. Keras does not compress it; zeros in an
/// optimizer's state compress well if someone does.
const MOST_EXPANSION: u64 = 8;

/// An open `.keras` file.
pub(super) struct Archive {
    zip: ZipArchive<BufReader<File>>,
}

impl Archive {
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let unusable = |reason: String| ModelError::KerasFile { path: path.into(), reason };
        let io = ModelError::io(path);
        let mut file = File::open(path).map_err(io)?;
        let mut magic = Vec::new();
        Read::by_ref(&mut file).take(4).read_to_end(&mut magic).map_err(io)?;
        file.rewind().map_err(io)?;
        match magic.as_slice() {
            b"\x89HDF" => {
                let reason =
                    "it is an HDF5 file, not a .keras file: load it in Keras and save it as model.keras";
                return Err(unusable(reason.into()));
            }
            b"PK\x03\x04" => {}
            _ => return Err(unusable("it is not a .keras file, which is a zip archive".into())),
        }
        let zip = ZipArchive::new(BufReader::new(file))
            .map_err(|error| unusable(format!("it is damaged, perhaps cut off: {error}")))?;
        for name in zip.file_names() {
            let name = name
                .map_err(|error| unusable(format!("it has an entry whose name cannot be read: {error}")))?;
            let leaves = name.starts_with(['/', '\\']) || name.contains(':');
            if leaves || name.split(['/', '\\']).any(|part| part == "..") {
                return Err(unusable(format!("its entry {name:?} names a place outside of the file")));
            }
        }
        Ok(Self { zip })
    }

    /// Returns a JSON entry; none if it is not there.
    pub fn json(&mut self, name: &str) -> Result<Option<Vec<u8>>, String> {
        self.entry(name, |_| MOST_JSON)
    }

    pub fn weights(&mut self) -> Result<Option<Vec<u8>>, String> {
        self.entry(WEIGHTS, |compressed| compressed.saturating_mul(MOST_EXPANSION).saturating_add(1 << 20))
    }

    /// Reads an entry of at most as many bytes as `limit` allows for its size in the archive.
    fn entry(&mut self, name: &str, limit: impl FnOnce(u64) -> u64) -> Result<Option<Vec<u8>>, String> {
        let Some(index) = self.zip.index_for_name(name) else { return Ok(None) };
        let entry = self.zip.by_index(index).map_err(|error| format!("{name}: {error}"))?;
        let (limit, size) = (limit(entry.compressed_size()), entry.size());
        let too_large = |size: u64| format!("{name} has {size} bytes or more, the limit is {limit}");
        if size > limit {
            return Err(too_large(size));
        }
        let mut bytes = Vec::new();
        let read = entry.take(limit + 1).read_to_end(&mut bytes);
        read.map_err(|error| format!("{name}: {error}"))?;
        match bytes.len() as u64 > limit {
            true => Err(too_large(bytes.len() as u64)),
            false => Ok(Some(bytes)),
        }
    }
}

/// Writes a file whole, without compression. The same entries give the same bytes.
pub(super) fn write(path: &Path, entries: &[(&str, Vec<u8>)]) -> Result<(), ModelError> {
    let io = ModelError::io(path);
    let archive = || -> Result<Vec<u8>, std::io::Error> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Stored)
                .last_modified_time(DateTime::default())
                .unix_permissions(0o644)
                .large_file(bytes.len() as u64 >= u64::from(u32::MAX));
            zip.start_file(*name, options)?;
            zip.write_all(bytes)?;
        }
        Ok(zip.finish()?.into_inner())
    };
    let bytes = archive().map_err(io)?;
    write_whole(path, |file| file.write_all(&bytes)).map_err(io)
}
