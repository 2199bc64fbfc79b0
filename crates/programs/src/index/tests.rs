use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// Creates a directory `target/kindling` inside a temporary directory.
fn directory() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join(DEFAULT);
    fs::create_dir_all(&directory).unwrap();
    (folder, directory)
}

/// Writes the `result.json` of a run and returns the run directory.
fn run(directory: &Path, name: &str, result: &Value) -> PathBuf {
    let out = directory.join(name);
    fs::create_dir_all(&out).unwrap();
    fs::write(out.join(RESULT), result.to_string()).unwrap();
    out
}

/// Returns the data embedded in a page.
fn data(html: &str) -> Value {
    let (_, data) = html.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

fn names(data: &Value, list: &str) -> Vec<String> {
    let mut names: Vec<String> =
        data[list].as_array().unwrap().iter().map(|own| own["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn only_the_default_directory_has_a_page() {
    for (out, expected) in [
        ("target/kindling/ch02_mnist", Some("target/kindling")),
        ("target/kindling/ch02_mnist/", Some("target/kindling")),
        ("../target/kindling/mine", Some("../target/kindling")),
        ("/home/user/target/kindling/mine", Some("/home/user/target/kindling")),
        ("target/kindling", None),
        ("target/kindling/mine/more", None),
        ("target/kindling/mine/..", None),
        ("target/kindling/../mine", None),
        ("other-target/kindling/mine", None),
        ("mine", None),
        ("/", None),
        ("", None),
    ] {
        assert_eq!(default_directory(Path::new(out)).as_deref(), expected.map(Path::new), "{out}");
    }
    let folder = tempfile::tempdir().unwrap();
    let out = run(folder.path(), "ch02_mnist", &json!({"example": "ch02_mnist"}));
    assert_eq!(update(&out).unwrap(), None);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a file was created");
}

#[test]
fn a_page_lists_all_runs_and_reports_broken_ones() {
    let (_folder, directory) = directory();
    let out = run(
        &directory,
        "ch02_mnist",
        &json!({"example": "ch02_mnist", "dataset": "mnist", "data_source": "bundled", "test_accuracy": 0.98}),
    );
    fs::write(out.join("history.json"), r#"{"loss": [0.5, 0.25], "val_loss": [0.75, 0.5]}"#).unwrap();
    fs::write(out.join("loss.svg"), "<svg></svg>").unwrap();
    run(
        &directory,
        "reviews",
        &json!({"example": "ch03_imdb", "dataset": "imdb", "data_source": "synthetic"}),
    );
    for (name, result) in [
        ("no-json", "{".to_owned()),
        ("no-object", "[1]".into()),
        ("no-program", "{}".into()),
        ("deep", "[".repeat(100_000)),
        ("large", format!("{{\"example\": \"{}\"}}", "x".repeat(2 << 20))),
    ] {
        fs::write(run(&directory, name, &Value::Null).join(RESULT), result).unwrap();
    }
    let broken = run(&directory, "no-history", &json!({"example": "ch02_mnist"}));
    fs::write(broken.join("history.json"), "1").unwrap();
    fs::create_dir_all(directory.join("no-file").join(RESULT)).unwrap();
    // Neither of these is a run.
    fs::create_dir(directory.join("unfinished")).unwrap();
    fs::write(directory.join("notes.txt"), "").unwrap();

    assert_eq!(update(&out).unwrap(), Some(directory.join(PAGE)));
    let html = fs::read_to_string(directory.join(PAGE)).unwrap();
    let data = data(&html);
    assert_eq!(names(&data, "runs"), ["ch02_mnist", "reviews"]);
    let broken = ["deep", "large", "no-file", "no-history", "no-json", "no-object", "no-program"];
    assert_eq!(names(&data, "skipped"), broken);
    let runs = data["runs"].as_array().unwrap();
    let digits = runs.iter().find(|run| run["name"] == "ch02_mnist").unwrap();
    assert_eq!(digits["section"]["number"], "2.1");
    assert_eq!((&digits["data"], &digits["synthetic"]), (&json!("MNIST, bundled"), &json!(false)));
    assert_eq!(digits["figures"]["best_val_loss"], 0.5);
    assert_eq!(digits["curves"]["loss"], json!([[1, 0.5], [2, 0.25]]));
    assert_eq!(digits["pictures"][0]["uri"], "data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=");
    let reviews = runs.iter().find(|run| run["name"] == "reviews").unwrap();
    assert_eq!(reviews["data"], "synthetic data, not IMDB");
    for outside in ["http://", "https://", "src=", "url("] {
        let named = html.replace("\"http://www.w3.org/2000/svg\"", "");
        assert!(!named.contains(outside), "{outside}: the page refers to another file");
    }
}

#[test]
fn only_the_latest_runs_are_shown_if_there_are_too_many() {
    let (_folder, directory) = directory();
    for number in 0..MOST_RUNS + 5 {
        run(&directory, &format!("run-{number}"), &json!({"example": "ch02_mnist"}));
    }
    let data = data(&scan(&directory).unwrap().to_html().unwrap());
    assert_eq!(data["runs"].as_array().unwrap().len(), MOST_RUNS);
    assert_eq!(data["left_out"], 5);
}

#[test]
fn failing_to_write_the_page_is_an_error() {
    let (_folder, directory) = directory();
    let out = run(&directory, "ch02_mnist", &json!({"example": "ch02_mnist"}));
    fs::create_dir_all(directory.join(PAGE).join("in-the-way")).unwrap();
    assert!(update(&out).is_err());
    assert!(update(Path::new("nonexistent/target/kindling/mine")).is_err());
}

#[test]
fn concurrent_updates_list_all_runs() {
    let (_folder, directory) = directory();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let directory = &directory;
            scope.spawn(move || {
                update(&run(directory, &format!("run-{number}"), &json!({"example": "ch02_mnist"}))).unwrap()
            });
        }
    });
    let data = data(&fs::read_to_string(directory.join(PAGE)).unwrap());
    assert_eq!(names(&data, "runs").len(), 8);
    let files = fs::read_dir(&directory).unwrap().count();
    assert_eq!(files, 9, "a temporary file was left behind");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_of_a_run_becomes_markup(
        texts in prop::collection::vec(r#"(</script>|<!--|<script>|&lt;|"|\\|'|\PC|[\u{2028}\u{2029}\x00-\x1f]){0,12}"#, 5),
    ) {
        let (_folder, directory) = directory();
        let out = run(&directory, "run", &json!({
            "example": texts[0], "dataset": texts[1], "data_source": texts[2], texts[3].as_str(): texts[4],
        }));
        let tags = |html: &str| html.matches('<').count();
        fs::write(out.join("history.json"), json!({texts[4].as_str(): [1.0]}).to_string()).unwrap();
        let html = scan(&directory).unwrap().to_html().unwrap();
        let data = data(&html);
        if let Some(run) = data["runs"].get(0) {
            prop_assert!(run["curves"].get(&texts[4]).is_some());
        }
        prop_assert_eq!(tags(&html), tags(&Page::default().to_html().unwrap()), "elements were added");
    }
}
