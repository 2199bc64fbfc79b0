//! Mutates zip archives so that their checksums stay valid.

use std::io::{Cursor, Read, Write};

use libfuzzer_sys::fuzzer_mutate;
use zip::{CompressionMethod, ZipArchive, ZipWriter, result::ZipResult, write::SimpleFileOptions};

/// Maximum size of a mutated entry, in bytes.
const LARGEST: u64 = 1 << 20;

/// Mutates one entry of the archive in `data[..size]` and packs the archive again. One in eight mutations, and all mutations of
/// invalid archives, change the raw bytes instead. Returns the new size.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    match changed(&data[..size], max_size, seed) {
        Some(archive) => {
            data[..archive.len()].copy_from_slice(&archive);
            archive.len()
        }
        None => fuzzer_mutate(data, size, max_size),
    }
}

fn changed(archive: &[u8], max_size: usize, seed: u32) -> Option<Vec<u8>> {
    let (raw, choice) = (seed.is_multiple_of(8), seed as usize / 8);
    let mut entries = unpack(archive).ok().filter(|entries| !raw && !entries.is_empty())?;
    let index = choice % entries.len();
    let bytes = &mut entries[index].1;
    let length = bytes.len();
    let room = (length + max_size.saturating_sub(archive.len())).max(1);
    bytes.resize(room, 0);
    let length = fuzzer_mutate(bytes, length, room);
    bytes.truncate(length);
    pack(&entries).ok().filter(|archive| archive.len() <= max_size)
}

fn unpack(bytes: &[u8]) -> ZipResult<Vec<(String, Vec<u8>)>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        let name = entry.name()?.into_owned();
        let mut bytes = Vec::new();
        entry.take(LARGEST).read_to_end(&mut bytes)?;
        entries.push((name, bytes));
    }
    Ok(entries)
}

/// Packs entries without compression.
///
/// # Errors
/// Returns an error if two entries have the same name.
pub fn pack(entries: &[(String, Vec<u8>)]) -> ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(name.as_str(), options)?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}
