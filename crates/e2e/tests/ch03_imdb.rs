//! Runs the program of section 3.4.

use std::fs;

use kindling_e2e::{Program, check_plots, full_data, json, mean_of_seeds};

const PROGRAM: Program = Program("ch03_imdb");

#[test]
fn without_imdb_all_output_is_marked_as_synthetic() {
    let out = tempfile::tempdir().unwrap();
    let command = &mut PROGRAM.command();
    let assert = command.args(["--final", "--epochs", "2", "--out"]).arg(out.path()).assert().success();
    let output = assert.get_output();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("NOT IMDB"), "{error}");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("The first review:\n?"), "{printed}");
    assert!(printed.contains("Data: synthetic data, NOT imdb, 25000 training"), "{printed}");
    assert!(printed.contains("\nThese reviews are synthetic: no figure is about IMDB."), "{printed}");
    assert!(printed.lines().last().unwrap().contains("25000 synthetic test samples, NOT imdb"), "{printed}");
    assert!(printed.contains("160,305"), "{printed}");

    let result = json(&out.path().join("result.json"));
    assert_eq!(result["data_source"], "synthetic");
    assert_eq!((&result["train_samples"], &result["test_samples"]), (&25_000.into(), &25_000.into()));
    assert!(result["test_accuracy"].as_f64().unwrap() > 0.7, "{result}");
    check_plots(out.path(), &["loss", "accuracy"], "synthetic data, NOT imdb");
}

#[test]
fn ten_thousand_reviews_are_held_out() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &["--epochs", "1"]);
    assert!(printed.contains("Training on 15000 reviews, 10000 held out for validation"), "{printed}");
    assert_eq!(json(&out.path().join("result.json"))["train_samples"], 15_000);
    let history = json(&out.path().join("history.json"));
    assert!(history["val_accuracy"][0].as_f64().unwrap() > 0.5, "{history}");
}

#[test]
fn a_review_is_shown_as_ids_and_as_a_vector() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &["--final", "--epochs", "1"]);
    let after = |text: &str| {
        let (_, after) = printed.split_once(text).unwrap_or_else(|| panic!("{text}: {printed}"));
        let (_, list) = after.split_once("\n[").unwrap();
        let (list, count) = list.split_once(", ...], ").unwrap();
        let list: Vec<usize> = list.split(", ").map(|number| number.parse().unwrap()).collect();
        (list, count.split_once(' ').unwrap().0.parse::<usize>().unwrap())
    };
    let (ids, length) = after("As a list of word ids");
    let (vector, ones) = after("As a vector of 10000 numbers");
    assert_eq!((ids[0], ids.len(), vector.len()), (1, 20, 20));
    assert!(ones <= length && ones > 20, "{ones} {length}");
    let (_, review) = printed.split_once("The first review:\n").unwrap();
    assert_eq!(review.lines().next().unwrap().split(' ').count(), length);
    // The vector is 1 at the ids; id 0 is padding.
    assert!(vector[0] == 0 && vector.iter().all(|value| *value <= 1), "{vector:?}");
    assert!(ids.iter().filter(|id| **id < 20).all(|id| vector[*id] == 1), "{ids:?} {vector:?}");
}

#[test]
fn a_model_of_synthetic_reviews_does_not_score_english() {
    let out = tempfile::tempdir().unwrap();
    let texts = ["A wonderful film: superb!", "kiki, wonderful"];
    let arguments = ["--final", "--epochs", "1", "--text", texts[0], "--text", texts[1]];
    let printed = PROGRAM.run(out.path(), &arguments);
    let after = |text: &str| printed.split_once(&format!("\n{text}\n")).unwrap().1;
    let explained = after(texts[0]);
    assert!(explained.starts_with("No score: none of its words is known."), "{printed}");
    assert!(explained.contains("\"kiki ") && explained.contains("--data-dir"), "{printed}");
    // A text with a synthetic word is scored, and the score is marked as synthetic.
    let (score, _) = after(texts[1]).split_once('\n').unwrap();
    assert!(score.starts_with("good with probability 0."), "{printed}");
    assert!(score.ends_with("(synthetic data, NOT imdb)"), "{printed}");
}

#[test]
fn unavailable_full_data_is_an_error() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--data", "full"]);
    assert!(error.contains("imdb") && error.contains("--data-dir"), "{error}");
}

#[test]
fn errors_name_damaged_files() {
    let (out, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("imdb.npz"), b"PK\x03\x04 and then nothing").unwrap();
    let error = PROGRAM.fail(out.path(), &["--data-dir", folder.path().to_str().unwrap()]);
    assert!(error.contains("imdb.npz"), "{error}");
}

#[test]
fn scores_of_typed_reviews_are_explained_by_sentiment_words() {
    let Some(data) = full_data() else { return };
    for form in [&["--final"][..], &["--final", "--embedding", "--epochs", "8"]] {
        let out = tempfile::tempdir().unwrap();
        let command = &mut PROGRAM.command();
        command.args(form).args(["--data", "full", "--data-dir"]).arg(&data).arg("--out").arg(out.path());
        let texts = ["A wonderful film: superb, moving, a masterpiece!", "xyzzy"];
        command.args([
            "--text",
            "The worst film ever, boring and awful.",
            "--text",
            texts[0],
            "--text",
            texts[1],
        ]);
        let assert = command.assert().success();
        let printed = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
        let verdict = |text: &str| {
            let (_, after) = printed.split_once(&format!("{text}\ngood with probability ")).unwrap();
            let mut lines = after.lines();
            let score: f64 = lines.next().unwrap().parse().unwrap();
            (score, lines.take_while(|line| line.starts_with("  ")).collect::<Vec<_>>())
        };
        let (bad, words) = verdict("The worst film ever, boring and awful.");
        assert!(bad < 0.4, "{printed}");
        assert!(words.iter().any(|line| line.starts_with("  -") && line.ends_with(" worst")), "{printed}");
        let (good, words) = verdict(texts[0]);
        assert!(good > 0.6, "{printed}");
        assert!(words.iter().any(|line| line.starts_with("  +") && line.ends_with(" superb")), "{printed}");
        // A text of unknown words has a score but no contributing words.
        assert_eq!(verdict(texts[1]).1.len(), 0, "{printed}");
        assert!(printed.contains("None of its words is among the 10000 most frequent"), "{printed}");
    }
}

#[test]
fn the_final_accuracy_is_that_of_the_book() {
    let Some(data) = full_data() else { return };
    let mean = mean_of_seeds(|seed| {
        let result = PROGRAM.run_on(&data, &["--final", "--seed", seed]);
        assert_eq!((&result["epochs"], &result["batch_size"]), (&4.into(), &512.into()));
        assert!(result["peak_rss_mb"].as_f64().is_none_or(|peak| peak < 400.0), "{result}");
        result["test_accuracy"].as_f64().unwrap()
    });
    assert!(mean >= 0.88, "{mean}");
}

#[test]
fn the_embedding_variant_learns_from_padded_ids() {
    let Some(data) = full_data() else { return };
    let result = PROGRAM.run_on(&data, &["--final", "--embedding", "--epochs", "8"]);
    assert!(result["test_accuracy"].as_f64().unwrap() > 0.85, "{result}");
}
