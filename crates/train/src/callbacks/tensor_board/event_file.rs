//! Event files: records with checksums, as TensorFlow's `RecordWriter` writes them.

use std::{
    fs::{File, OpenOptions, create_dir_all},
    io::{BufWriter, ErrorKind, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::protobuf::{Event, Summary};
use crate::TrainError;

/// An event file, open for writing.
#[derive(Debug)]
pub(super) struct EventFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl EventFile {
    /// Creates a file with a new name in a directory. The directory is created if it does not exist.
    pub fn create(directory: &Path) -> Result<Self, TrainError> {
        create_dir_all(directory).map_err(TrainError::io(directory))?;
        let (path, file) = new_file(directory)?;
        let mut events = Self { path, file: BufWriter::new(file) };
        events.write_record(&Event::Version("brain.Event:2").encode(wall_time()))?;
        Ok(events)
    }

    /// Adds the summary of a step.
    pub fn write(&mut self, step: u64, summary: &Summary) -> Result<(), TrainError> {
        self.write_record(&Event::Summary { step, summary }.encode(wall_time()))
    }

    /// Flushes the write buffer.
    pub fn flush(&mut self) -> Result<(), TrainError> {
        self.file.flush().map_err(TrainError::io(&self.path))
    }

    fn write_record(&mut self, data: &[u8]) -> Result<(), TrainError> {
        self.file.write_all(&record(data)).map_err(TrainError::io(&self.path))
    }
}

/// Creates a file with a new name. TensorBoard reads files with `tfevents` in their names, in the order of their names.
fn new_file(directory: &Path) -> Result<(PathBuf, File), TrainError> {
    let (seconds, process) = (now().as_secs(), std::process::id());
    let mut number = 0;
    loop {
        let path = directory.join(format!("events.out.tfevents.{seconds:010}.{process}.{number}.v2"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(TrainError::io(path)(error)),
        }
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Returns the seconds since the Unix epoch.
fn wall_time() -> f64 {
    now().as_secs_f64()
}

/// Encodes a record: the length, its checksum, the data, and their checksum. Integers are little-endian.
fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    [&length, &masked_crc(&length).to_le_bytes()[..], data, &masked_crc(data).to_le_bytes()[..]].concat()
}

/// Returns a masked checksum. The format masks checksums because CRCs of data that contain CRCs are problematic.
fn masked_crc(data: &[u8]) -> u32 {
    crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Computes the CRC-32C (Castagnoli, reflected), one bit at a time, which is fast enough for small event files.
fn crc32c(data: &[u8]) -> u32 {
    let byte = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82f6_3b78 * (crc & 1)))
    };
    !data.iter().fold(!0, byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uses the check value of CRC-32/ISCSI and the test vectors of RFC 3720, section B.4.
    #[test]
    fn checksums_match_the_standard() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(b""), 0);
    }

    /// `tensorboard.summary.writer.record_writer.RecordWriter(file).write(b"kindling")`.
    #[test]
    fn record_matches_tensorflow() {
        let hex: String = record(b"kindling").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "0800000000000000ff86240f6b696e646c696e674b370471");
    }

    #[test]
    fn files_of_the_same_second_have_different_names() {
        let directory = tempfile::tempdir().unwrap();
        let files: Vec<PathBuf> = (0..3).map(|_| new_file(directory.path()).unwrap().0).collect();
        assert_eq!(files.iter().collect::<std::collections::HashSet<_>>().len(), 3);
    }
}
