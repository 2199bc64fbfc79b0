//! Tests the program `train_csv` with valid and invalid tables, and `predict` with its models.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use kindling_e2e::{Program, json};
use tempfile::TempDir;

const TRAIN: Program = Program("train_csv");
const PREDICT: Program = Program("predict");

/// Returns a table of houses whose price depends on size and town; some sizes are missing. Each owner has four houses.
fn houses(rows: u32) -> String {
    let mut csv = String::from("id,size,town,sold,owner,large,price\n");
    for row in 0..rows {
        let (size, town) = (50 + row * 37 % 100, row * 7 % 3);
        let price = 2000 * size + 50_000 * town + row * 911 % 9000;
        let shown = if row % 50 == 0 { String::new() } else { size.to_string() };
        let town = ["Delft", "Leiden", "Utrecht"][town as usize];
        let (day, large) = (row * 11 % 28 + 1, if size > 100 { "yes" } else { "no" });
        writeln!(csv, "{row},{shown},{town},2024-03-{day:02},o{},{large},{price}", row / 4).unwrap();
    }
    csv
}

fn file(folder: &TempDir, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, contents).unwrap();
    path
}

/// Trains and returns `result.json` and the standard output.
fn train(out: &Path, table: &Path, arguments: &[&str]) -> (serde_json::Value, String) {
    let mut command = TRAIN.command();
    let assert = command.arg(table).arg("--out").arg(out).args(arguments).assert().success();
    (json(&out.join("result.json")), String::from_utf8(assert.get_output().stdout.clone()).unwrap())
}

/// Checks that training fails and returns the standard error.
fn fail(folder: &TempDir, table: &Path, arguments: &[&str]) -> String {
    let out = folder.path().join("failed");
    let mut command = TRAIN.command();
    let assert = command.arg(table).arg("--out").arg(out).args(arguments).assert().failure();
    let error = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(!error.contains("panicked"), "{error}");
    error
}

fn predict(model: &Path, rows: &Path, arguments: &[&str]) -> (Vec<Vec<String>>, String) {
    let mut command = PREDICT.command();
    let assert = command.arg("--model").arg(model).arg(rows).args(arguments).assert().success();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*assert.get_output().stdout);
    let lines = reader.records().map(|line| line.unwrap().iter().map(String::from).collect()).collect();
    (lines, String::from_utf8(assert.get_output().stderr.clone()).unwrap())
}

#[test]
fn a_table_of_numbers_words_and_dates() {
    let folder = tempfile::tempdir().unwrap();
    let table = file(&folder, "houses.csv", houses(400));
    let out = folder.path().join("out");
    let arguments = ["--target", "price", "--kfold", "3", "--column", "large=ignore", "--seed", "3"];
    let (result, output) = train(&out, &table, &arguments);
    assert_eq!(result["task"], "regression");
    assert_eq!([&result["rows"], &result["columns"], &result["test_samples"]], [400, 7, 80]);
    let figure = |name: &str| result[name].as_f64().unwrap_or_else(|| panic!("{name}: {result}"));
    assert!(
        figure("test_r2") > 0.9 && figure("test_mae") < figure("baseline_constant_mae") / 3.0,
        "{result}"
    );
    assert!(figure("test_rmse") >= figure("test_mae") && figure("baseline_linear_r2") > 0.5, "{result}");
    assert_eq!((&result["members"], &result["kfold"]), (&5.into(), &3.into()));
    let interval = &result["kfold_r2"]["interval"];
    assert!(interval[0].as_f64() < result["kfold_r2"]["mean"].as_f64(), "{result}");
    assert!(output.contains("id     identifier  consecutive numbers"), "{output}");
    assert!(output.lines().last().unwrap().starts_with("Test mae"), "{output}");
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    for part in
        ["Cross-validation", "Importance of columns", "Predicted versus true price", "id is an identifier"]
    {
        assert!(page.contains(part), "{part}");
    }

    // The same seed gives the same metrics and the same model.
    let again = folder.path().join("again");
    let (second, _) = train(&again, &table, &arguments);
    for name in ["test_mae", "baseline_linear_mae", "kfold_r2", "network"] {
        assert_eq!(result[name], second[name]);
    }
    assert_eq!(fs::read(out.join("model.keras")).unwrap(), fs::read(again.join("model.keras")).unwrap());

    // Raw rows with columns in another order, without the unused columns.
    let header = "town,size,sold,owner\n";
    let rows = file(&folder, "rows.csv", format!("{header}Delft,100,2024-03-05,x\nGouda,,2024-03-06,y\n"));
    let (lines, errors) = predict(&out, &rows, &["--explain"]);
    assert_eq!(lines[0], ["file", "row", "price", "explanation"]);
    let price: f64 = lines[1][2].parse().unwrap();
    assert!((price - 204_000.0).abs() < 25_000.0, "{lines:?}");
    assert!(lines[1][3].contains("size ") && lines[1][3].contains("town "), "{lines:?}");
    assert!(errors.contains("row 1, column town: \"Gouda\" does not occur in the training data"), "{errors}");
    for (rows, reason) in [
        (String::from("town,size,owner\nDelft,1,x\n"), "no column \"sold\""),
        (format!("{header}Delft,big,2024-03-05,x\n"), "line 2, column size: \"big\" is not a number"),
        (format!("{header}Delft,1,soon,x\n"), "line 2, column sold: \"soon\" is not a date"),
    ] {
        let rows = file(&folder, "bad.csv", rows);
        let assert = PREDICT.command().arg("--model").arg(&out).arg(rows).assert().code(1);
        let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn two_classes_and_several() {
    let folder = tempfile::tempdir().unwrap();
    let table = file(&folder, "houses.csv", houses(300));
    let out = folder.path().join("large");
    let (result, output) = train(&out, &table, &["--target", "large", "--column", "price=ignore"]);
    assert_eq!(result["task"], "binary");
    assert!(
        result["test_accuracy"].as_f64() > Some(0.9) && result["test_auc"].as_f64() > Some(0.95),
        "{result}"
    );
    assert!(
        output.contains("better than the constant baseline")
            && output.contains("constant baseline: log_loss "),
        "{output}"
    );
    let rows =
        file(&folder, "rows.csv", "town,size,sold,owner\nDelft,140,2024-03-05,x\nDelft,60,2024-03-05,x\n");
    let (lines, _) = predict(&out, &rows, &[]);
    assert_eq!(lines[0][2..], ["large", "probability of no", "probability of yes"]);
    assert_eq!([&lines[1][2], &lines[2][2]], ["yes", "no"]);

    let out = folder.path().join("town");
    let (result, _) = train(&out, &table, &["--target", "town", "--group", "owner", "--max-epochs", "30"]);
    assert_eq!(result["task"], "multiclass");
    assert!(result["test_log_loss"].as_f64() < result["baseline_constant_log_loss"].as_f64(), "{result}");
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("Calibration") && page.contains("true / predicted"), "{page}");
    let (result, _) = train(&out, &table, &["--target", "price", "--time", "sold"]);
    assert_eq!(result["task"], "regression");
}

#[test]
fn problems_of_the_data_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    // A column reveals the class, one class occurs once, one target is missing, and rows are duplicated.
    let mut table = String::from("size,cents,kind\n");
    for row in 0..200_u32 {
        let size = row % 40;
        writeln!(table, "{size},{},{}", size * size * 100, ["flat", "house"][(size % 2) as usize]).unwrap();
    }
    table += "9,8100,castle\n4,1600,\n";
    let table = file(&folder, "houses.csv", table);
    let mut command = TRAIN.command();
    let out = folder.path().join("out");
    let assert = command.arg(&table).arg("--out").arg(&out).args(["--target", "kind"]).assert().success();
    let errors = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    for note in [
        "1 rows have no target and are left out",
        "classes with fewer than 3 rows are left out, because they are too small to train and test on: castle (1)",
        "column size alone predicts 100.0% of the classes of kind",
        "test rows have the same features as a training row",
    ] {
        assert!(errors.contains(note), "{note}: {errors}");
    }

    // A rare class that cannot be distinguished from the other.
    let rare: String =
        (0..200).map(|row| format!("{},{}\n", row % 7, if row % 20 == 0 { "yes" } else { "no" })).collect();
    let rare = file(&folder, "rare.csv", format!("x,y\n{rare}"));
    let mut command = TRAIN.command();
    let assert = command.arg(&rare).arg("--out").arg(&out).args(["--target", "y"]).assert().success();
    let errors = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(errors.contains("classes that are never predicted (they have 2 test rows): yes"), "{errors}");
    // A linear relation, for which the linear model is selected.
    let line: String = (0..100).map(|row| format!("{row}.5,{}.5\n", 3 * row)).collect();
    let line = file(&folder, "line.csv", format!("x,y\n{line}"));
    let slow = "target = 'y'\n[[candidates]]\nunits = [1]\nlearning_rate = 1e-6\n";
    let slow = file(&folder, "slow.toml", slow);
    let (result, output) = train(&out, &line, &["--config", slow.to_str().unwrap()]);
    assert!(result["network"].as_str().unwrap().starts_with("linear model"), "{result}");
    assert!(
        output.contains("The linear model has the lowest validation error and was selected. It is better"),
        "{output}"
    );
    assert_eq!(result["test_mae"], result["baseline_linear_mae"]);

    // Noise, from which nothing can be learned.
    let mut state = 1_u32;
    let mut noise = String::from("a,b,y\n");
    for _ in 0..200 {
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 12
        };
        writeln!(noise, "{}.5,{}.5,{}.5", next(), next(), next()).unwrap();
    }
    let noise = file(&folder, "noise.csv", noise);
    let (_, output) = train(&folder.path().join("noise"), &noise, &["--target", "y"]);
    assert!(output.contains("No significant improvement over the constant baseline"), "{output}");
}

#[test]
fn settings_are_written_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let table = file(&folder, "houses.csv", houses(100));
    let settings = folder.path().join("settings.toml");
    let text = settings.to_str().unwrap();
    let out = folder.path().join("out");
    let write = ["--target", "price", "--write-config", text, "--max-epochs", "3"];
    TRAIN.command().arg(&table).arg("--out").arg(&out).args(write).assert().success();
    let written = fs::read_to_string(&settings).unwrap();
    assert!(
        written.contains("task = \"regression\"") && written.contains("town = \"category\""),
        "{written}"
    );
    assert!(written.contains("id = \"ignore\"") && written.contains("max_epochs = 3"), "{written}");
    // No input file is overwritten, but settings may be updated.
    let test = file(&folder, "test.csv", houses(50));
    let (data, tests) = (table.to_str().unwrap(), test.to_str().unwrap());
    for (input, before) in [(data, houses(100)), (tests, houses(50))] {
        let error = fail(&folder, &table, &["--config", text, "--test", tests, "--write-config", input]);
        assert!(error.contains(&format!("would overwrite an input file ({input})")), "{error}");
        assert_eq!(fs::read_to_string(input).unwrap(), before);
    }
    TRAIN
        .command()
        .arg(&table)
        .arg("--out")
        .arg(&out)
        .args(["--config", text, "--write-config", text])
        .assert()
        .success();
    assert_eq!(fs::read_to_string(&settings).unwrap(), written);

    let (result, _) = train(&out, &table, &["--config", text]);
    let (flags, _) = train(&out, &table, &["--target", "price", "--max-epochs", "3"]);
    assert_eq!(result["test_mae"], flags["test_mae"]);
    // With another target, the task is inferred again.
    let (result, _) = train(&out, &table, &["--config", text, "--target", "town"]);
    assert_eq!(result["task"], "multiclass");

    fs::write(&settings, format!("learning = 3\n{written}")).unwrap();
    assert!(fail(&folder, &table, &["--config", text]).contains("unknown field `learning`"));
    fs::write(&settings, written.replace("max_epochs = 3", "max_epochs = 0")).unwrap();
    assert!(fail(&folder, &table, &["--config", text]).contains("max_epochs or patience is 0"));
    fs::write(&settings, &written).unwrap();
    let other = file(&folder, "other.csv", "a,price\n1,2\n");
    assert!(
        fail(&folder, &other, &["--config", text]).contains("no column \"large\", its columns are a, price")
    );
}

#[test]
fn invalid_tables_and_flags_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let rows = |row: &dyn Fn(u32) -> String| {
        format!("x,y\n{}", (0..60).map(|index| row(index) + "\n").collect::<String>())
    };
    for (contents, reason) in [
        (String::new(), "it is empty"),
        ("x,y\n".into(), "a header but no rows"),
        ("x,y\n1,2\n3\n".into(), "line 3 has 1 cells"),
        ("x,y,x\n1,2,3\n".into(), "both called \"x\""),
        ("x,z\n1,2\n".into(), "there is no column \"y\": the table has \"x\", \"z\""),
        (rows(&|row| format!("{row},")), "the target y has no values"),
        (rows(&|row| format!("{row},same")), "the same in all rows"),
        (rows(&|row| format!("{row},k{row}")), "choose a column of numbers or of classes"),
        (
            rows(&|row| format!("{row},some longer words of row {row}")),
            "choose a column of numbers or of classes",
        ),
        (rows(&|row| format!("{row},{}", if row == 0 { "rare" } else { "often" })), "at least two classes"),
        (rows(&|row| format!(",{row}.5")), "no column is left to predict from"),
        (
            rows(&|row| format!("{row},{}", if row == 9 { "1e400".into() } else { row.to_string() })),
            "line 11",
        ),
        (
            rows(&|row| format!("{},{row}", if row == 9 { "1e300".into() } else { row.to_string() })),
            "line 11, column x: \"1e300\" is beyond the range of numbers",
        ),
        ("x,y\n1,2.5\n2,3.5\n".into(), "2 rows have a target: give at least 20"),
    ] {
        let table = file(&folder, "bad.csv", contents);
        let error = fail(&folder, &table, &["--target", "y"]);
        assert!(error.contains(reason), "{reason}: {error}");
    }
    let table = file(&folder, "houses.csv", houses(60));
    for (arguments, reason) in [
        (&["--target", "price", "--time-limit", "0"][..], "time_limit is 0"),
        (&["--target", "price", "--time-limit", "NaN"], "time_limit is NaN"),
        (&["--target", "price", "--time-limit", "0.000001"], "expired before a network was trained"),
        (&["--target", "price", "--column", "price=ignore"], "column price is the target"),
        (&["--target", "price", "--kfold", "1"], "kfold is"),
        (&["--target", "price", "--kfold", "100"], "the number of folds"),
        (&["--target", "price", "--kfold", "101"], "kfold is 101: give 2 to 100"),
        (
            &["--target", "price", "--group", "none"],
            "there is no column \"none\": the table has \"id\", \"size\"",
        ),
        (&["--target", "price", "--time", "town"], "town"),
        (&["--target", "price", "--time", "sold", "--group", "owner"], "time and group are both set"),
        (
            &["--target", "price", "--column", "town=colors"],
            "unknown column type \"colors\": give number, category",
        ),
        (&["--target", "town", "--task", "binary"], "town has 3 classes"),
        (&["--target", "town", "--task", "regression"], "numbers"),
        (&["--config", "/nonexistent.toml"], "cannot read /nonexistent.toml"),
    ] {
        let error = fail(&folder, &table, arguments);
        assert!(error.contains(reason), "{reason}: {error}");
    }
}

#[test]
fn a_closed_output_pipe_does_not_stop_training() {
    let folder = tempfile::tempdir().unwrap();
    let table = file(&folder, "houses.csv", houses(60));
    let mut command = std::process::Command::new(TRAIN.path());
    command.arg(&table).arg("--out").arg(folder.path()).args(["--target", "price", "--max-epochs", "2"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert!(child.wait().unwrap().success());
    assert!(json(&folder.path().join("result.json"))["test_mae"].is_f64());
}

#[test]
fn unusual_tables_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut money = String::from("\u{feff}weight;price\n");
    (0..60).for_each(|row| writeln!(money, "{},5;$ {}", row * 5 % 31, row * 3 + row % 7).unwrap());
    let mut latin: Vec<u8> = b"stra\xdfe,y\n".to_vec();
    (0..60).for_each(|row| latin.extend(format!("{},{row}.5\n", row * 7 % 13).bytes()));
    let wide = {
        let names: Vec<String> = (0..10_000).map(|column| format!("c{column}")).collect();
        let row = |row: u32| {
            (0..10_000).map(|column| ((row * column) % 97).to_string()).collect::<Vec<_>>().join(",")
        };
        let rows: Vec<String> = (1..60).map(row).collect();
        format!("{}\n{}\n", names.join(","), rows.join("\n"))
    };
    let empty_column: String =
        (0..60).fold("a,b,y\n".into(), |text, row| text + &format!("{},,{}.5\n", row * 7 % 13, row * 2));
    let cases = [
        ("price", money.into_bytes()),
        ("y", latin),
        ("c5", wide.into_bytes()),
        ("y", empty_column.into_bytes()),
    ];
    for (target, contents) in cases {
        let table = file(&folder, "table.csv", contents);
        let arguments = ["--target", target, "--task", "regression", "--max-epochs", "2"];
        let (result, _) = train(&folder.path().join("out"), &table, &arguments);
        assert!(result["test_mae"].as_f64().is_some_and(f64::is_finite), "{result}");
    }
}
