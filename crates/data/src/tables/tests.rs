//! Tests of reading and encoding tables.

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

/// Returns the cells of a column as text, with `-` for missing values.
fn cells(table: &Table, column: &str) -> Vec<String> {
    let column = table.column(column).unwrap();
    (0..table.len()).map(|row| column.text(row).unwrap_or("-".into())).collect()
}

/// Returns a CSV file of 40 rows with one column of each kind.
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
fn column_kinds_are_inferred_with_a_reason() {
    let table = table(&every_kind());
    let found: Vec<(&str, ColumnKind, &str)> =
        table.columns().map(|column| (column.name(), column.kind(), column.reason())).collect();
    assert_eq!(
        found,
        [
            ("id", ColumnKind::Identifier, "consecutive numbers"),
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
    assert_eq!(cells(&table, "sold")[..2], ["yes", "No"]);
    assert_eq!(cells(&table, "note")[1], "some words, row 1");
    assert!(table.to_string().contains("\ncity     category    3 different values\n"), "{table}");
}

#[test]
fn delimiter_decimal_separator_and_encoding_are_inferred() {
    let semicolons = table("a;b\n1,5;x\n2;y,z\n");
    assert_eq!(
        (cells(&semicolons, "a"), cells(&semicolons, "b")),
        (vec!["1.5".into(), "2".into()], vec!["x".into(), "y,z".into()])
    );
    let prices: String = (0..40).map(|row| format!("{}1,5{row};x\n", (row * 37) % 41)).collect();
    assert_eq!(table(&format!("a;b\n{prices}")).column("a").unwrap().kind(), ColumnKind::Number);
    assert_eq!(cells(&table("a\tb\n1\t2\n"), "b"), ["2"]);
    // No header, and a single column.
    assert_eq!(cells(&table("1,2\n3,4\n"), "column_2"), ["2", "4"]);
    assert_eq!(cells(&table("one\n5\n6\n"), "one"), ["5", "6"]);
    // A byte order mark, windows-1252, and UTF-16.
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
fn explicit_options_override_inference() {
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
fn infers_codes_and_ambiguous_dates_and_reads_additional_missing_values() {
    let kind = |text: &str, column: &str| {
        let table = table(text);
        let column = table.column(column).unwrap();
        (column.kind(), column.reason().to_owned(), column.date_format())
    };
    let code = "2 different values, digits with leading zeros";
    assert_eq!(kind("zip,y\n01234,1\n90210,2\n90210,3\n", "zip"), (ColumnKind::Category, code.into(), None));
    assert_eq!(kind("month,y\n01,1\n12,2\n", "month").0, ColumnKind::Number);

    // The first days of three months, with both orders of day and month.
    let days = "dates, %d/%m/%Y, or %m/%d/%Y".to_owned();
    let months = "dates, %m/%d/%Y, or %d/%m/%Y".to_owned();
    let found = kind("when\n01/02/2021\n01/03/2021\n01/04/2021\n", "when");
    assert_eq!(found, (ColumnKind::Date, days, Some("%d/%m/%Y")));
    let found = kind("when\n02/01/2021\n03/01/2021\n04/01/2021\n", "when");
    assert_eq!(found, (ColumnKind::Date, months, Some("%m/%d/%Y")));

    let options = CsvOptions::new().na_values(["k.A.", "-999"]);
    let train = Table::parse_csv("year,y\n1950,1\nk.A.,2\n-999,3\n2000,4\n", &options).unwrap();
    assert_eq!(cells(&train, "year"), ["1950", "-", "-", "2000"]);
    let mut features = ColumnTransformer::infer(&train, "y");
    features.fit(&train).unwrap();
    let json = serde_json::to_string(&features).unwrap();
    let features: ColumnTransformer = serde_json::from_str(&json).unwrap();
    let text = "year\nk.A.\n1900\n2050\n1899\n2051\n";
    let rows = Table::parse_csv(text, &features.csv_options().unwrap()).unwrap();
    assert_eq!(cells(&rows, "year")[..2], ["-", "1900"]);
    // Values whose distance from the training range exceeds its width.
    let (_, encoder) = features.columns().next().unwrap();
    assert_eq!(encoder.unknown(&rows.column("year").unwrap()), [3, 4]);
}

#[test]
fn read_errors_name_the_line_and_the_column() {
    let none = CsvOptions::new();
    for (text, reason) in [
        (&b""[..], "it is empty"),
        (b"a,b\n", "a header but no rows"),
        (b"a,b\n1,2\n3\n", "line 3 has 1 cells, the first line has 2"),
        (b"a;b\n1;x; y, z\n", "line 2 has 3 cells, the first line has 2"),
        (b"a,b,a\n1,2,3\n", "columns 1 and 3 are both called \"a\": rename one"),
        (b"a,b\n1,1e400\n2,2\n3,3\n", "line 2, column b: \"1e400\" is beyond the range"),
        (
            b"a,b\n1,-1e39\n2,2\n3,3\n",
            "line 2, column b: \"-1e39\" is beyond the range of numbers, up to 3.4e38",
        ),
    ] {
        let error = error(text, &none);
        assert!(error.contains(reason), "{error}");
    }
    let number = CsvOptions::new().kind("a", ColumnKind::Number);
    assert!(error(b"a,b\n1,2\nx,2\n", &number).contains("line 3, column a: \"x\" is not a number"));
    assert!(error(b"b,c\n1,2\n", &number).contains("no column \"a\", its columns are b, c"));
    assert!(Table::read_csv("/nonexistent.csv", &none).unwrap_err().to_string().contains("/nonexistent.csv"));
}

#[test]
fn views_contain_the_selected_rows() {
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
    assert!(error.contains("the table has \"x\", \"y\""), "{error}");
}

#[test]
fn all_columns_are_converted_to_numbers() {
    let numbers = table("a,b\n1,2\n3,4.5\n").numbers().unwrap();
    assert_eq!(numbers, burn::tensor::TensorData::from([[1.0, 2.0], [3.0, 4.5]]));
    let error = table("a,b\n1,2\n3,\n").numbers().unwrap_err().to_string();
    assert!(error.contains("missing (row 1, column b)"), "{error}");
    let error = table("a,b\n1,x\n3,y\n").numbers().unwrap_err().to_string();
    assert!(error.contains("\"x\" (row 0) in column b: give numbers"), "{error}");
}

/// Fits an encoder to the column of one table, and returns the names and values of the features for the column of another.
fn encoded(mut encoder: impl Encoder, train: &str, rows: &str) -> (Vec<String>, Vec<f32>) {
    let options = CsvOptions::new().kind("c", encoder.kind());
    let read = |text: &str| Table::parse_csv(&format!("c,other\n{text}"), &options).unwrap();
    encoder.fit(&read(train).column("c").unwrap()).unwrap();
    // After saving and loading.
    let encoder: &dyn Encoder = &encoder;
    let encoder: Box<dyn Encoder> = serde_json::from_str(&serde_json::to_string(encoder).unwrap()).unwrap();
    let values = encoder.encode(&read(rows).column("c").unwrap()).unwrap();
    (encoder.feature_names("c"), values)
}

#[test]
fn numbers_are_imputed_and_scaled() {
    let train = "1,\n2,\n3,\n4,\n1000,\n,\n";
    let (names, values) = encoded(NumericEncoder::new().scale(Scale::Robust), train, "3,\n5,\n,\n");
    assert_eq!(names, ["c", "c is missing"]);
    // Imputed with the median, 3; the quartiles are 2.25 and 3.75.
    assert_eq!(values, [0.0, 0.0, (2.0 / 1.5) as f32, 0.0, 0.0, 1.0]);
    let plain = || NumericEncoder::new().scale(Scale::None).indicator(false);
    assert_eq!(encoded(plain().fill(crate::Fill::MostFrequent), "3,\n7,\n7,\n3,\n9,\n", ",\n").1, [3.0]);
    assert_eq!(encoded(plain().fill(crate::Fill::Mean), "1,\n2,\n", ",\n").1, [1.5]);
    assert_eq!(encoded(plain().fill(crate::Fill::Constant(-1.0)), "1,\n2,\n", ",\n").1, [-1.0]);
    assert_eq!(encoded(NumericEncoder::new().scale(Scale::MinMax), "1,\n3,\n", "2,\n5,\n").1, [0.5, 2.0]);
    // A column without values in training is imputed with 0 and not scaled.
    assert_eq!(encoded(NumericEncoder::new(), ",\n,\n", "5,\n,\n").1, [5.0, 0.0, 0.0, 1.0]);
}

/// Expected values: scikit-learn 1.7, `OneHotEncoder(min_frequency, max_categories,
/// handle_unknown="infrequent_if_exist")`.
#[test]
fn one_hot_features_equal_those_of_scikit_learn() {
    let train = "b,\na,\nb,\nc,\na,\nb,\nd,\n";
    let (names, values) = encoded(OneHotEncoder::new(), train, "a,\nd,\nz,\n,\n");
    assert_eq!(names, ["c=a", "c=b", "c=c", "c=d"]);
    assert_eq!(values, [1., 0., 0., 0., 0., 0., 0., 1., 0., 0., 0., 0., 0., 0., 0., 0.]);
    let (names, values) = encoded(OneHotEncoder::new().min_frequency(2), train, "c,\nz,\nb,\n");
    assert_eq!(names, ["c=a", "c=b", "c=(rare)"]);
    assert_eq!(values, [0., 0., 1., 0., 0., 1., 0., 1., 0.]);
    let (names, _) = encoded(OneHotEncoder::new().max_categories(2), train, "a,\n");
    assert_eq!(names, ["c=b", "c=(rare)"]);
    let (names, values) = encoded(OneHotEncoder::new(), "a,\n,\n", ",\na,\n");
    assert_eq!((names, values), (vec!["c=a".into(), "c=(missing)".into()], vec![0., 1., 1., 0.]));
    let mut strict = OneHotEncoder::new().error_if_unknown(true);
    let kind = CsvOptions::new().kind("c", ColumnKind::Category);
    strict.fit(&Table::parse_csv("c\na\n", &kind).unwrap().column("c").unwrap()).unwrap();
    let rows = Table::parse_csv("c\na\nz\n", &kind).unwrap();
    let error = strict.encode(&rows.column("c").unwrap()).unwrap_err().to_string();
    assert!(error.contains("\"z\" (row 1, column c): it does not occur in the training rows"), "{error}");
}

#[test]
fn ordinals_dates_and_texts_are_encoded() {
    let (_, values) =
        encoded(OrdinalEncoder::new().order(["low", "high"]), "low,\n", "high,\nlow,\nmid,\n,\n");
    assert_eq!(values, [1.0, 0.0, -1.0, -1.0]);
    assert_eq!(encoded(OrdinalEncoder::new(), "b,\na,\n", "b,\n").1, [1.0]);

    let (names, values) =
        encoded(DateEncoder::new(), "2024-01-01,\n2024-12-31,\n", "2024-01-01,\n2024-01-08,\n");
    assert_eq!(names.len(), 5);
    assert_eq!(names[1], "c, sine of the day of the year");
    // The first day of the year, and the same day of the week one week later.
    assert_eq!(values[..5], [-1.0, 0.0, 1.0, 0.0, 1.0]);
    assert_eq!(values[8..], [0.0, 1.0]);
    let (names, values) =
        encoded(DateEncoder::new(), "2024-01-01 06:00,\n2024-01-01 18:00,\n", "2024-01-01 06:00,\n");
    assert_eq!((names.len(), values[5]), (7, 1.0));

    let (names, values) =
        encoded(TextEncoder::new().max_words(2), "\"It's good, good.\",\nGOOD day,\nit's day,\n", "a day,\n");
    assert_eq!((names, values), (vec!["c contains day".into(), "c contains good".into()], vec![1.0, 0.0]));
}

#[test]
fn a_transformer_is_fitted_and_serialized() {
    let table = table(&every_kind());
    let mut features = ColumnTransformer::infer(&table, "price");
    assert!(features.transform(&table).unwrap_err().to_string().contains("call fit"));
    let (train, test) = (table.slice(0..30), table.slice(30..40));
    features.fit(&train).unwrap();
    let names = features.feature_names();
    assert_eq!(names[..4], ["city=Delft", "city=Leiden", "city=Utrecht", "sold"]);
    let column = features.transform(&test).unwrap();
    assert_eq!((column.len(), column.sample_shape()), (10, &[names.len()][..]));

    let json = serde_json::to_string(&features).unwrap();
    let read: ColumnTransformer = serde_json::from_str(&json).unwrap();
    assert_eq!(read.transform(&test).unwrap().data(), column.data());
    // Rows without the ignored columns, and with the columns in another order.
    let raw = "when,note,city,sold\n2024-01-30,some words,Delft,no\n";
    let rows = Table::parse_csv(raw, &read.csv_options().unwrap()).unwrap();
    assert_eq!(
        read.transform(&rows).unwrap().data().iter::<f32>().take(4).collect::<Vec<_>>()[..3],
        [1.0, 0.0, 0.0]
    );
    let error = Table::parse_csv("when,note,city\n", &read.csv_options().unwrap()).unwrap_err().to_string();
    assert!(error.contains("no column \"sold\", its columns are when, note, city"), "{error}");
    let error = Table::parse_csv(&raw.replace("no\n", "maybe\n"), &read.csv_options().unwrap())
        .unwrap_err()
        .to_string();
    assert!(error.contains("line 2, column sold: \"maybe\" is not yes or no"), "{error}");
}

#[test]
fn targets_are_numbers_or_classes() {
    let infer = |text: &str| {
        let table = table(text);
        Target::infer(&table.column("y").unwrap()).map(|target| (table, target))
    };
    let numbers: String = (0..30).map(|row| format!("{}.5,x\n", (row * 7) % 13)).collect();
    let (rows, target) = infer(&format!("y,x\n{numbers}")).unwrap();
    let scaled = target.transform(&rows.column("y").unwrap()).unwrap().data();
    assert!(scaled.iter::<f32>().sum::<f32>().abs() < 1e-4);
    let back = target.inverse_transform(&scaled);
    assert!(
        back.iter()
            .zip(rows.column("y").unwrap().numbers().unwrap())
            .all(|(own, given)| (own - given).abs() < 1e-5)
    );

    for (cells, classes) in [
        ("b,x\na,x\nb,x\n", vec!["a", "b"]),
        ("10,x\n2,x\n2,x\n", vec!["2", "10"]),
        ("yes,x\nno,x\n", vec!["no", "yes"]),
    ] {
        let (rows, target) = infer(&format!("y,x\n{cells}")).unwrap();
        assert_eq!(target.classes(), classes);
        let column = target.transform(&rows.column("y").unwrap()).unwrap();
        let named: Vec<&str> = column
            .integers()
            .unwrap()
            .iter()
            .map(|class| target.classes()[*class as usize].as_str())
            .collect();
        assert_eq!(named, cells_of(&rows));
    }
    for (cells, reason) in [
        ("a,x\na,y\n", "it is the same in all rows"),
        (",x\n,y\n", "it has no values"),
        ("a,x\n,y\nb,z\n", "missing (row 1, column y): remove rows without a target"),
        ("2024-01-01,x\n2024-01-02,y\n", "choose a column of numbers or of classes"),
    ] {
        let error = infer(&format!("y,x\n{cells}")).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

fn cells_of(table: &Table) -> Vec<String> {
    cells(table, "y")
}

#[test]
fn other_rows_are_read_with_the_formats_of_the_training_rows() {
    let days: String = (1..29).map(|day| format!("{day:02}/03/2021;{day},25;x\n")).collect();
    let train = table(&format!("when;size;y\n{days}"));
    let mut features = ColumnTransformer::infer(&train, "y");
    features.fit(&train).unwrap();
    let json = serde_json::to_string(&features).unwrap();
    let features: ColumnTransformer = serde_json::from_str(&json).unwrap();
    let rows = Table::parse_csv("when;size\n01/12/2021;1,500\n", &features.csv_options().unwrap()).unwrap();
    assert_eq!(cells(&rows, "size"), ["1.5"]);
    // 1 December, not 12 January.
    assert_eq!(rows.column("when").unwrap().numbers().unwrap().next(), Some(1_638_316_800.0));
    let other = Table::parse_csv("when;size\n28/05/2021;1\n2021-12-01;2\n", &features.csv_options().unwrap());
    assert!(other.unwrap_err().to_string().contains("line 3, column when: \"2021-12-01\" is not a date"));
}

#[test]
fn wide_one_hot_features_are_sparse_with_the_same_values() {
    // A column of 300 words, a number that is never 0, and a number with missing values.
    let rows = (0..5_000_u32).map(|row| {
        let number = if row % 7 == 0 { String::new() } else { format!("{}.5", row % 11) };
        format!("w{},{},{number}\n", row * 37 % 300, row + 1)
    });
    let csv = String::from("word,a,b\n") + &rows.collect::<String>();
    let options = CsvOptions::new().kind("word", ColumnKind::Category);
    let table = Table::parse_csv(&csv, &options).unwrap();
    let mut wide = ColumnTransformer::new()
        .column("a", NumericEncoder::new().scale(Scale::None))
        .column("word", OneHotEncoder::new())
        .column("b", NumericEncoder::new());
    wide.fit(&table).unwrap();
    let features = wide.transform(&table).unwrap();
    assert_eq!(features.sample_shape(), [303]);
    let (columns, dense) =
        (wide.columns().collect::<Vec<_>>(), features.data().try_into_vec::<f32>().unwrap());
    let own: Vec<Vec<f32>> =
        columns.iter().map(|(name, encoder)| encoder.encode(&table.column(name).unwrap()).unwrap()).collect();
    for row in [0, 1, 699, 4_095, 4_096, 4_999] {
        let expected =
            [&own[0][row..row + 1], &own[1][row * 300..(row + 1) * 300], &own[2][row * 2..row * 2 + 2]];
        assert_eq!(dense[row * 303..(row + 1) * 303], expected.concat());
        assert_eq!(features.gather(&[row]).into_dense().try_into_vec::<f32>().unwrap(), expected.concat());
        let mut nonzeros = vec![0.0; 303];
        features.slice(row..5_000).for_each_nonzero(0, |column, value| nonzeros[column] = value as f32);
        assert_eq!(nonzeros, expected.concat());
    }
    assert!(format!("{features:?}").contains("Sparse"), "the features are dense");
    // An error after the first block names the row in the whole table.
    let other = Table::parse_csv(&(csv + "new,1,1\n"), &options).unwrap();
    let mut strict = ColumnTransformer::new().column("word", OneHotEncoder::new().error_if_unknown(true));
    strict.fit(&table).unwrap();
    let error = strict.transform(&other).unwrap_err().to_string();
    assert!(error.contains("row 5000"), "{error}");
}
