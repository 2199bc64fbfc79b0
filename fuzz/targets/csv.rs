//! `Table::read_csv` and `CsvChunks`, and all that is fitted to a table: encoders of features, and targets.

#![no_main]

use kindling_data::{
    DataError,
    tables::{ColumnTransformer, CsvChunks, CsvOptions, Decimal, Table, Target},
};
use kindling_fuzz::on_file;
use libfuzzer_sys::fuzz_target;
use rayon::ThreadPoolBuilder;

/// Without a second thread, which the first would wait for.
fn stay_on_this_thread() {
    ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global().unwrap();
}

fuzz_target!(init: stay_on_this_thread(), |bytes: &[u8]| on_file("table.csv", bytes, |path| {
    let european = CsvOptions::new().delimiter(b';').decimal(Decimal::Comma).header(false);
    let european = european.na_values(["unknown"]).encoding("iso-8859-1").unwrap();
    let _ = Table::read_csv(path, &european).map(|table| table.numbers().is_ok());
    if let Ok(table) = Table::read_csv(path, &CsvOptions::new()) {
        // What was fitted reads the rows that it was fitted to, or says why not.
        table.columns().take(2).for_each(|column| drop(encoded(&table, column.name())));
    }
    let _ = CsvChunks::open(path, &CsvOptions::new(), 2).and_then(|chunks| in_chunks(&chunks));
}));

fn encoded(table: &Table, target: &str) -> Result<(), DataError> {
    let mut features = ColumnTransformer::infer(table, target);
    features.fit(table)?;
    features.transform(table)?;
    let column = table.column(target)?;
    Target::infer(&column)?.transform(&column)?;
    Ok(())
}

/// Reads all chunks; if they can be read, then so can rows of them.
fn in_chunks(chunks: &CsvChunks) -> Result<(), DataError> {
    let read = (0..chunks.count()).map(|chunk| Ok(chunks.read(chunk)?.len()));
    assert_eq!(read.sum::<Result<usize, DataError>>()?, chunks.rows());
    chunks.sample(3, 1).unwrap();
    Ok(())
}
