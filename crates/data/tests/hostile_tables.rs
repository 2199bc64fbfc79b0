//! Property tests of the CSV readers: arbitrary bytes cause no panics, and chunks contain the same cells as the table.

mod common;

use std::{fs, path::Path};

use kindling_data::{
    DataError,
    tables::{ColumnKind, ColumnTransformer, CsvChunks, CsvOptions, Decimal, LabelEncoder, Table, Target},
};
use proptest::{prelude::*, sample::Index};

/// Columns of several kinds, quoted cells with a line break, and missing values.
const TRIPS: &str = "distance,date,city,taxi,note\n\
    1.5,2024-01-31,Delft,yes,\"a \"\"b\"\",\nc\"\n\
    ,2024-02-01,Leiden,no,d\n\
    1e3,,Delft,yes,d\n\
    -2,2024-02-03,NA,no,e\n";

/// Returns the names, kinds, and cells of a table's columns.
fn content(table: &Table) -> Vec<(String, ColumnKind, Vec<Option<String>>)> {
    let cells = |column: kindling_data::tables::TableColumn| {
        (column.name().into(), column.kind(), (0..column.len()).map(|row| column.text(row)).collect())
    };
    table.columns().map(cells).collect()
}

/// Reads a table as a whole and in chunks, and fits a transformer and a target to it.
fn read(path: &Path, options: &CsvOptions) -> Result<Table, DataError> {
    let table = Table::read_csv(path, options);
    match (&table, CsvChunks::open(path, options, 3)) {
        (Ok(table), Ok(chunks)) => {
            let parts = (0..chunks.count()).map(|chunk| content(&chunks.read(chunk).unwrap()));
            let joined = parts.reduce(|mut all, part| {
                all.iter_mut().zip(part).for_each(|(column, part)| column.2.extend(part.2));
                all
            });
            assert_eq!(joined.unwrap(), content(table));
        }
        (Err(_), Err(_)) => {}
        // Numbers beyond the range of features are detected when chunks are read.
        (Err(_), Ok(chunks)) => assert!((0..chunks.count()).any(|chunk| chunks.read(chunk).is_err())),
        (Ok(_), Err(error)) => assert!(error.to_string().contains("not UTF-8"), "{error}"),
    }
    let table = table?;
    let target = table.columns().next().unwrap();
    let mut features = ColumnTransformer::infer(&table, target.name());
    if features.fit(&table).is_ok() {
        assert_eq!(features.transform(&table).unwrap().len(), table.len());
    }
    if let Ok(fitted) = Target::infer(&target) {
        assert_eq!(fitted.transform(&target).unwrap().len(), table.len());
    }
    Ok(table)
}

/// Reads bytes as a file, and checks that an error names the file.
fn read_bytes(bytes: &[u8], options: &CsvOptions) -> Option<Table> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("given.csv");
    fs::write(&path, bytes).unwrap();
    let table = read(&path, options);
    table.map_err(|error| assert!(error.to_string().contains("given.csv"), "{error}")).ok()
}

#[test]
fn an_intact_table_is_read_correctly() {
    let table = read_bytes(TRIPS.as_bytes(), &CsvOptions::new()).unwrap();
    let kinds: Vec<ColumnKind> = table.columns().map(|column| column.kind()).collect();
    assert_eq!(kinds[..2], [ColumnKind::Number, ColumnKind::Date]);
    let numbers: Vec<f64> = table.column("distance").unwrap().numbers().unwrap().collect();
    assert!(numbers[1].is_nan());
    assert_eq!([numbers[0], numbers[2], numbers[3]], [1.5, 1000.0, -2.0]);
    let cells = |name: &str| {
        let column = table.column(name).unwrap();
        (0..4).map(|row| column.text(row).unwrap_or_else(|| "missing".into())).collect::<Vec<_>>()
    };
    assert_eq!(cells("city"), ["Delft", "Leiden", "Delft", "missing"]);
    assert_eq!(cells("note"), ["a \"b\",\nc", "d", "d", "e"]);
}

#[test]
fn numbers_beyond_the_range_of_features_are_rejected() {
    for cell in ["1e39", "-1e300", "1e999"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("given.csv");
        fs::write(&path, format!("a,b\n1,2\n{cell},3\n")).unwrap();
        let error = Table::read_csv(&path, &CsvOptions::new()).unwrap_err().to_string();
        assert!(error.contains("given.csv") && error.contains("line 3, column a"), "{error}");
    }
}

#[test]
fn a_file_with_too_many_columns_is_rejected() {
    let error = Table::parse_csv(&",".repeat(100_000), &CsvOptions::new()).unwrap_err().to_string();
    assert!(error.contains("it has 100001 columns, at most 100000 are supported"), "{error}");
}

/// The CSV reader drops a byte order mark at the start of its input.
#[test]
fn a_chunk_may_begin_with_a_byte_order_mark() {
    for text in [
        "a\n1\n\u{feff}\n\u{feff}2\n",
        "\u{e9}\r\u{feff}",
        "\u{feff}\u{feff}1\n2\n",
        "\u{feff}a\r\u{feff}\r\u{feff}b",
    ] {
        read_bytes(text.as_bytes(), &CsvOptions::new()).unwrap();
    }
}

/// Found by fuzzing: the decoder replaced the invalid byte with three bytes, which shifted the offsets of chunks.
#[test]
fn a_byte_that_is_not_utf_8_after_its_mark_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("given.csv");
    fs::write(&path, b"\xef\xbb\xbfa,b\n\xff1,2\n3,4\n5,6\n7,8\n").unwrap();
    for error in [
        Table::read_csv(&path, &CsvOptions::new()).unwrap_err(),
        CsvChunks::open(&path, &CsvOptions::new(), 2).unwrap_err(),
    ] {
        let error = error.to_string();
        assert!(error.contains("given.csv") && error.contains("convert it"), "{error}");
    }
    // Without the byte order mark, the file is decoded as windows-1252.
    fs::write(&path, b"a,b\n\xff1,2\n3,4\n").unwrap();
    let table = Table::read_csv(&path, &CsvOptions::new()).unwrap();
    assert_eq!(table.column("a").unwrap().text(0).as_deref(), Some("ÿ1"));
}

#[test]
fn a_file_that_lost_rows_after_it_was_opened_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("given.csv");
    fs::write(&path, "a,b\n1,2\n3,4\n5,6\n7,8\n").unwrap();
    let chunks = CsvChunks::open(&path, &CsvOptions::new(), 2).unwrap();
    assert_eq!((chunks.lengths(), chunks.slice(1..usize::MAX).count()), (vec![2, 2], 1));
    for left in ["a,b\n1,2\n3,4\n5,6\n", "a,b\n1,2\n3,4\n", ""] {
        fs::write(&path, left).unwrap();
        let error = chunks.read(1).unwrap_err().to_string();
        assert!(error.contains("given.csv") && error.contains("it changed"), "{error}");
        assert!(chunks.sample(1, 0).is_err(), "{left:?}");
    }
}

#[test]
fn a_mark_at_the_beginning_of_a_chunk_is_part_of_its_cell() {
    let table = read_bytes("a\nx\ny\nz\n\u{feff}\n\u{feff}1\n".as_bytes(), &CsvOptions::new()).unwrap();
    assert_eq!(table.column("a").unwrap().text(3).as_deref(), Some("\u{feff}"));
}

/// Found by fuzzing: 9 precedes 10 as numbers, but as texts 10 precedes 1x, and 1x precedes 9, which is not transitive.
#[test]
fn mixed_classes_of_numbers_and_words_have_a_total_order() {
    let mut cells = ["1x", "9", "10", "1", "x", "1.0", "1e1"].repeat(7);
    for _ in 0..cells.len() {
        cells.rotate_left(1);
        let text = format!("a,b\n{}", cells.iter().map(|cell| format!("{cell},0\n")).collect::<String>());
        let options = CsvOptions::new().kind("a", ColumnKind::Category);
        let table = Table::parse_csv(&text, &options).unwrap();
        let classes = LabelEncoder::fit(&table.column("a").unwrap()).unwrap();
        assert_eq!(classes.classes(), ["1", "1.0", "9", "10", "1e1", "1x", "x"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn changed_bytes_are_read_or_rejected(
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<Index>()),
    ) {
        let bytes = common::changed(TRIPS.as_bytes(), changes, cut);
        read_bytes(&bytes, &CsvOptions::new());
        read_bytes(&bytes, &CsvOptions::new().delimiter(b';').decimal(Decimal::Comma).header(false));
    }

    #[test]
    fn cells_in_any_order_are_read_or_rejected(
        cells in prop::collection::vec(prop::sample::select(vec![
            "1", "-0.5", "1,5", "1e39", "inf", "nan", "NA", "", "yes", "no", "2024-01-31", "31/01/2024", "word", "\"", "\"\"",
            ",", ",", ",", ";", "\t", "\n", "\n", "\r\n", "\r", "\u{feff}", "\0", "é",
        ]), 0..40),
    ) {
        let text = cells.concat();
        read_bytes(text.as_bytes(), &CsvOptions::new());
        let _ = Table::parse_csv(&text, &CsvOptions::new());
    }

    #[test]
    fn random_bytes_are_read_or_rejected(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        read_bytes(&bytes, &CsvOptions::new());
    }
}
