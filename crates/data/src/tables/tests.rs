//! Reading tables.

use super::*;

fn table(text: &str) -> Table {
    Table::parse_csv(text, &CsvOptions::new()).unwrap()
}

fn error(text: &[u8], options: &CsvOptions) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let error = Table::read_csv(file.path(), options).unwrap_err().to_string();
    assert!(error.contains(&file.path().display().to_string()), "{error}");
    error
}

/// The cells of a column as text, `-` for missing ones.
fn cells(table: &Table, column: &str) -> Vec<String> {
    let column = table.column(column).unwrap();
    (0..table.len()).map(|row| column.text(row).unwrap_or("-".into())).collect()
}

/// A table of 40 rows with one column for each kind.
fn every_kind() -> String {
    let mut text = String::from("id,price,city,sold,when,note,key,country,nothing\n");
    for row in 0..40 {
        let price = if row == 3 { "n/a".into() } else { format!("{}.5", (row * 37) % 11) };
        text += &format!(
            "{row},{price},{},{},2024-01-{:02},\"some words, row {row}\",k{}x,NL,\n",
            ["Delft", "Leiden", "Utrecht"][row % 3],
            ["yes", "No"][row % 2],
            row % 28 + 1,
            row * 7919
        );
    }
    text
}

#[test]
fn the_kind_of_each_column_is_found_out_with_its_reason() {
    let table = table(&every_kind());
    let found: Vec<(&str, ColumnKind, &str)> =
        table.columns().map(|column| (column.name(), column.kind(), column.reason())).collect();
    assert_eq!(
        found,
        [
            ("id", ColumnKind::Identifier, "counts the rows"),
            ("price", ColumnKind::Number, "numbers, 11 different values, 1 missing"),
            ("city", ColumnKind::Category, "3 different values"),
            ("sold", ColumnKind::Boolean, "yes or no"),
            ("when", ColumnKind::Date, "dates, %Y-%m-%d"),
            ("note", ColumnKind::Text, "4 words on average"),
            ("key", ColumnKind::Identifier, "a different value in each row"),
            ("country", ColumnKind::Constant, "the same value in each row"),
            ("nothing", ColumnKind::Empty, "no value in any row"),
        ]
    );
    assert_eq!(cells(&table, "price")[2..5], ["8.5", "-", "5.5"]);
    assert_eq!(cells(&table, "sold")[..2], ["true", "false"]);
    assert_eq!(cells(&table, "note")[1], "some words, row 1");
    assert!(table.to_string().contains("\ncity     category    3 different values\n"), "{table}");
}

#[test]
fn delimiter_decimal_sign_and_encoding_are_found_out() {
    let semicolons = table("a;b\n1,5;x\n2;y,z\n");
    assert_eq!(
        (cells(&semicolons, "a"), cells(&semicolons, "b")),
        (vec!["1.5".into(), "2".into()], vec!["x".into(), "y,z".into()])
    );
    assert_eq!(cells(&table("a\tb\n1\t2\n"), "b"), ["2"]);
    // Without names, and with a single column.
    assert_eq!(cells(&table("1,2\n3,4\n"), "column_2"), ["2", "4"]);
    assert_eq!(cells(&table("one\n5\n6\n"), "one"), ["5", "6"]);
    // A byte order mark, Windows' encoding, UTF-16.
    assert_eq!(cells(&table("\u{feff}a,b\n1,2\n"), "a"), ["1"]);
    let read = |bytes: &[u8]| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        Table::read_csv(file.path(), &CsvOptions::new()).unwrap()
    };
    assert_eq!(cells(&read(b"stra\xdfe,n\nM\xfcnchen,1\n"), "straße"), ["München"]);
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("a,b\n1,é\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(cells(&read(&utf16), "b"), ["é"]);
}

#[test]
fn what_was_set_is_kept() {
    let text = "zip;price\n01234;1,5\n05678;2,5\n";
    let options = CsvOptions::new().kind("zip", ColumnKind::Category);
    let table = Table::parse_csv(text, &options).unwrap();
    assert_eq!(cells(&table, "zip"), ["01234", "05678"]);
    let only = Table::parse_csv(text, &options.clone().only_kinds_set()).unwrap();
    assert_eq!(only.columns().len(), 1);
    let points =
        Table::parse_csv("a;b\n1,500;x\n", &CsvOptions::new().delimiter(b';').decimal(Decimal::Comma))
            .unwrap();
    assert_eq!(cells(&points, "a"), ["1.5"]);
    assert_eq!(
        cells(&Table::parse_csv("1,2\n", &CsvOptions::new().header(false)).unwrap(), "column_1"),
        ["1"]
    );
    assert!(CsvOptions::new().encoding("klingon").is_err());
}

#[test]
fn tables_that_cannot_be_read_are_named_with_line_and_column() {
    let none = CsvOptions::new();
    for (text, reason) in [
        (&b""[..], "it is empty"),
        (b"a,b\n", "no rows below the names"),
        (b"a,b\n1,2\n3\n", "line 3 has 1 cells, the first line 2"),
        (b"a,b,a\n1,2,3\n", "columns 1 and 3 are both called \"a\": rename one"),
        (b"a,b\n1,1e400\n2,2\n3,3\n", "line 2, column b: \"1e400\" is beyond the range"),
    ] {
        let error = error(text, &none);
        assert!(error.contains(reason), "{error}");
    }
    let number = CsvOptions::new().kind("a", ColumnKind::Number);
    assert!(error(b"a,b\n1,2\nx,2\n", &number).contains("line 3, column a: \"x\" is not a number"));
    assert!(error(b"b,c\n1,2\n", &number).contains("no column \"a\", but b, c"));
    assert!(Table::read_csv("/nonexistent.csv", &none).unwrap_err().to_string().contains("/nonexistent.csv"));
}

#[test]
fn parts_share_cells() {
    let table = table("x,y\n1,a\n2,b\n3,a\n4,b\n5,a\n6,b\n");
    assert_eq!(cells(&table.slice(4..9), "x"), ["5", "6"]);
    assert_eq!(cells(&table.select(&[2, 0]).unwrap(), "y"), ["a", "a"]);
    assert!(table.select(&[6]).is_err());
    let hold_out = crate::splits::HoldOut::random(0.5).seed(1).stratified();
    let (train, test) = table.train_test_split(&hold_out, "y").unwrap();
    let count = |table: &Table| cells(table, "y").iter().filter(|cell| *cell == "a").count();
    assert_eq!([train.len(), test.len()], [3, 3]);
    assert!((1..=2).contains(&count(&train)) && count(&train) + count(&test) == 3);
    let error = table.column("z").unwrap_err().to_string();
    assert!(error.contains("the table has x, y"), "{error}");
}

#[test]
fn numbers_of_all_columns() {
    let numbers = table("a,b\n1,2\n3,4.5\n").numbers().unwrap();
    assert_eq!(numbers, burn::tensor::TensorData::from([[1.0, 2.0], [3.0, 4.5]]));
    let error = table("a,b\n1,2\n3,\n").numbers().unwrap_err().to_string();
    assert!(error.contains("missing (row 1, column b)"), "{error}");
    let error = table("a,b\n1,x\n3,y\n").numbers().unwrap_err().to_string();
    assert!(error.contains("b") && error.contains("give numbers"), "{error}");
}
