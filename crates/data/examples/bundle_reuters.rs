//! Creates the bundled copy of Reuters from the directory of `reuters.npz` and `reuters_word_index.json`:
//! `cargo run --release -p kindling-data --example bundle_reuters -- DIRECTORY`

use std::{
    error::Error,
    io::{Cursor, Write},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use kindling_data::{WordIndex, npz::Archive, reuters::BUNDLED_WORDS};
use zip::{ZipWriter, write::SimpleFileOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let folder =
        std::env::args().nth(1).ok_or("the argument is missing: give the directory of reuters.npz")?;
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundled/reuters");
    let (newswires, words) = (newswires(folder.as_ref())?, words(folder.as_ref())?);

    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, values) in ["ranks", "lengths", "labels"].into_iter().zip(newswires) {
        let header = format!("{{'descr': '<u2', 'fortran_order': False, 'shape': ({},), }}", values.len());
        zip.start_file(format!("{name}.npy"), SimpleFileOptions::default().compression_level(Some(9)))?;
        zip.write_all(b"\x93NUMPY\x01\x00\x76\x00")?;
        zip.write_all(format!("{header:<117}\n").as_bytes())?;
        zip.write_all(&values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?;
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(words.as_bytes())?;
    for (name, content) in [("reuters.npz", zip.finish()?.into_inner()), ("words.txt.gz", gzip.finish()?)] {
        println!("{name}: {} bytes", content.len());
        std::fs::write(bundled.join(name), content)?;
    }
    Ok(())
}

/// Returns the ranks of all words, in which rarer words than [`BUNDLED_WORDS`] share one rank, and the lengths and labels of
/// the newswires, in the file's order.
pub fn newswires(folder: &Path) -> Result<[Vec<u16>; 3], Box<dyn Error>> {
    let mut archive = Archive::open(&folder.join("reuters.npz"))?;
    let sequences = archive.lists("x")?;
    let labels = archive.array("y")?.convert::<u16>().try_into_vec()?;
    let ranks = sequences.tokens().iter().map(|&rank| rank.min(BUNDLED_WORDS + 1) as u16).collect();
    let lengths = sequences.iter().map(|newswire| u16::try_from(newswire.len())).collect::<Result<_, _>>()?;
    Ok([ranks, lengths, labels])
}

/// Returns the [`BUNDLED_WORDS`] most frequent words, one per line, in order of their ranks.
pub fn words(folder: &Path) -> Result<String, Box<dyn Error>> {
    let index = WordIndex::open(&folder.join("reuters_word_index.json"))?;
    let words = (1..=BUNDLED_WORDS).map(|rank| index.word(rank).map(|word| format!("{word}\n")));
    words.collect::<Option<_>>().ok_or_else(|| "a rank has no word".into())
}
