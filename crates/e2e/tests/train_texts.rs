//! Tests the program `train_texts`, and `predict` with its models.

use std::{fs, path::Path};

use kindling_e2e::{Program, json};

const TRAIN: Program = Program("train_texts");
const PREDICT: Program = Program("predict");

/// Returns a review whose words determine its class.
fn review(index: usize, is_good: bool) -> String {
    let things = ["film", "book", "play", "song"];
    let words = if is_good { ["great", "warm", "clever"] } else { ["dull", "cold", "endless"] };
    format!("The {}, number {index}, was {}: {}!", things[index % 4], words[index % 3], words[index / 3 % 3])
}

fn write_directory(root: &Path) {
    for (class, is_good) in [("good", true), ("poor", false)] {
        fs::create_dir_all(root.join(class)).unwrap();
        for index in 0..60 {
            fs::write(root.join(class).join(format!("{index}.txt")), review(index, is_good)).unwrap();
        }
    }
}

#[test]
fn a_directory_of_texts() {
    let folder = tempfile::tempdir().unwrap();
    let texts = folder.path().join("texts");
    write_directory(&texts);
    for encoding in ["multi-hot", "embedding"] {
        let out = folder.path().join(encoding);
        let flags = ["--encoding", encoding, "--max-tokens", "100", "--length", "12", "--seed", "1"];
        TRAIN.command().arg(&texts).arg("--out").arg(&out).args(flags).assert().success();
        let result = json(&out.join("result.json"));
        assert_eq!((&result["task"], &result["rows"]), (&"binary".into(), &120.into()));
        assert!(result["test_accuracy"].as_f64() > Some(0.9), "{result}");
        assert!(fs::read_to_string(out.join("report.html")).unwrap().contains("Calibration"));

        let mut command = PREDICT.command();
        let texts = ["--text", "a great, warm FILM", "--text", "cold and dull", "--explain"];
        let assert = command.arg("--model").arg(&out).args(texts).assert().success();
        let output = assert.get_output();
        let mut reader = csv::Reader::from_reader(&*output.stdout);
        assert_eq!(reader.headers().unwrap().get(2), Some("label"));
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!([&rows[0][2], &rows[1][2]], ["good", "poor"]);
        assert!(rows[0][5].contains("great") || rows[0][5].contains("warm"), "{rows:?}");

        let assert = PREDICT.command().arg("--model").arg(&out).args(["--text", "xyzzy"]).assert().success();
        let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(error.contains("none of its words occur in the training data"), "{error}");
    }
}

#[test]
fn a_table_of_texts() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("reviews.csv");
    let mut writer = csv::Writer::from_path(&table).unwrap();
    writer.write_record(["id", "review", "stars"]).unwrap();
    for index in 0..120 {
        let is_good = index % 2 == 0;
        let stars = if is_good { "five" } else { "one" };
        writer.write_record([&index.to_string(), &review(index / 2, is_good), stars]).unwrap();
    }
    writer.flush().unwrap();
    let out = folder.path().join("out");
    let flags = ["--target", "stars", "--text", "review", "--max-epochs", "20"];
    TRAIN.command().arg(&table).arg("--out").arg(&out).args(flags).assert().success();
    assert!(json(&out.join("result.json"))["test_accuracy"].as_f64() > Some(0.9));
    let assert = PREDICT.command().arg("--model").arg(&out).arg(&table).assert().success();
    let lines = String::from_utf8_lossy(&assert.get_output().stdout).lines().count();
    assert_eq!(lines, 121);

    TRAIN.refuse(&table, &["--target", "none"], "no column \"none\"");
    TRAIN.refuse(&table, &["--target", "stars", "--text", "none"], "no column \"none\"");
}

#[test]
fn invalid_text_data_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    TRAIN.refuse(&folder.path().join("none"), &[], "none");
    // The backend is checked before the data is read.
    TRAIN.refuse(&folder.path().join("none"), &["--backend", "abacus"], "abacus");
    let texts = folder.path().join("texts");
    write_directory(&texts);
    fs::remove_dir_all(texts.join("poor")).unwrap();
    TRAIN.refuse(&texts, &[], "classes");
    fs::remove_dir_all(texts.join("good")).unwrap();
    TRAIN.refuse(&texts, &[], "subdirector");
    TRAIN.refuse(&texts, &["--max-tokens", "2"], "expected 3 to 1,000,000");
}
