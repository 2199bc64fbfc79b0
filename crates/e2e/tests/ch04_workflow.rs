//! Runs the program of section 4.5.

use std::{fs, io::Write, path::Path, time::Duration};

use kindling_e2e::{End, Interruption, Program, check_plots, contents, full_data, json};

const PROGRAM: Program = Program("ch04_workflow");

const QUICK: [&str; 8] = ["--samples", "1200", "--epochs", "5", "--trials", "2", "--jobs", "2"];

const STEPS: [&str; 7] = [
    "1. A measure of success",
    "2. A protocol of evaluation",
    "3. Data prepared for a network",
    "4. Better than a baseline",
    "5. Grown until it overfits",
    "6. Regularized and tuned",
    "7. Trained on everything, tested once",
];

#[test]
fn the_workflow_runs_on_every_data_set() {
    for (dataset, caption, measure, protocol, baseline) in [
        ("mnist", "mnist, bundled", "accuracy", "Hold-out", 0.05..0.2),
        ("imdb", "synthetic data, NOT imdb", "accuracy", "Hold-out", 0.4..0.6),
        ("reuters", "reuters, bundled", "accuracy", "Hold-out", 0.25..0.45),
        ("boston_housing", "boston_housing, bundled", "mae", "4-fold", 5.5..8.0),
    ] {
        let out = tempfile::tempdir().unwrap();
        let printed = PROGRAM.run(out.path(), &[&["--dataset", dataset], &QUICK[..]].concat());
        let report = fs::read_to_string(out.path().join("report.html")).unwrap();
        for text in [&printed, &report] {
            let places: Vec<usize> = STEPS.iter().map(|step| text.find(step).expect(step)).collect();
            assert!(places.is_sorted(), "{text}");
        }
        assert!(report.contains(caption) && report.contains(protocol), "{report}");

        let result = json(&out.path().join("result.json"));
        assert_eq!((&result["dataset"], &result["measure"]), (&dataset.into(), &measure.into()));
        let measured = result["baseline"].as_f64().unwrap();
        assert!(baseline.contains(&measured), "{dataset}: {measured}");
        assert_eq!(result["trials"].as_array().unwrap().len(), 2, "{result}");
        // At least two sizes are trained, so that the chart shows the growth.
        let growth = result["growth"].as_array().unwrap();
        let size = |place: usize| {
            ["layers", "units"].map(|setting| growth[place]["settings"][setting].as_u64().unwrap())
        };
        assert!(size(0) == [1, 4] && size(1) == [2, 16], "{result}");
        let shown = growth.iter().filter(|size| size["turning_point"].is_u64()).count();
        assert_eq!(printed.matches(", overfits after epoch ").count(), shown, "{printed}");
        // The chosen settings have the lowest validation loss of all trials and sizes.
        let tried = ["growth", "trials"].map(|step| result[step].as_array().unwrap().clone()).concat();
        let scores = tried.iter().filter_map(|trial| trial["score"]["value"].as_f64());
        let lowest = scores.fold(f64::INFINITY, f64::min);
        assert_eq!(result["validation_loss"].as_f64().unwrap(), lowest, "{result}");
        let best = tried.iter().find(|trial| trial["score"]["value"] == lowest).unwrap();
        assert_eq!(best["settings"], result["settings"]);
        assert_eq!(best["score"]["epoch"], result["epochs"]);
        let test = result[format!("test_{measure}")].as_f64().unwrap();
        assert!(if measure == "mae" { test < measured } else { test > measured }, "{dataset}: {result}");
        check_plots(out.path(), &["growth", "search", "importance", "final_loss"], caption);
    }
}

/// The arguments of a short search on house prices.
fn quick<'a>(trials: &'a str, seed: &'a str) -> [&'a str; 8] {
    ["--dataset", "boston_housing", "--epochs", "3", "--trials", trials, "--seed", seed]
}

/// The file of the search in a run's directory.
const SEARCH: &str = "search_boston_housing.json";

#[test]
fn a_search_is_given_more_trials_and_one_of_other_settings_is_refused() {
    let out = tempfile::tempdir().unwrap();
    PROGRAM.run(out.path(), &quick("2", "0"));
    let printed = PROGRAM.run(out.path(), &[&quick("4", "0")[..], &["--resume"]].concat());
    assert!(printed.contains("Resumed: 2 of 4 trials were finished by an earlier run"), "{printed}");
    let whole = tempfile::tempdir().unwrap();
    PROGRAM.run(whole.path(), &quick("4", "0"));
    assert!(contents(out.path()) == contents(whole.path()), "the report, too");

    let before = fs::read(out.path().join(SEARCH)).unwrap();
    let mut other = PROGRAM.command();
    other.args(["--data", "bundled", "--resume", "--out"]).arg(out.path()).args(quick("2", "1"));
    let words = [SEARCH, "it belongs to another search", "omit --resume to start a new one"];
    End::failure(&mut other, &words);
    assert_eq!(fs::read(out.path().join(SEARCH)).unwrap(), before);
    // Without --resume, the results are replaced, as for every run.
    let printed = PROGRAM.run(out.path(), &quick("2", "1"));
    assert!(!printed.contains("Resumed"), "{printed}");
    assert_eq!(json(&out.path().join(SEARCH))["trials"].as_array().unwrap().len(), 2);
}

#[cfg(unix)]
#[test]
fn a_search_that_is_interrupted_is_resumed_or_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, out) = (folder.path().join("whole"), folder.path().join("out"));
    let arguments = &["--dataset", "boston_housing", "--epochs", "6", "--trials", "5", "--jobs", "1"];
    PROGRAM.run(&whole, arguments);
    let record = out.join("checkpoints").join(SEARCH);
    let interrupt = || {
        let (status, error) = Interruption { program: PROGRAM, arguments, signal: "INT" }.run(&out, |_| {
            let trials = || fs::read_to_string(&record).unwrap_or_default().matches("score").count();
            while trials() == 0 && !out.join(SEARCH).exists() {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        assert!(status.success() || error.contains("To continue: "), "{error}");
        !status.success()
    };
    if !interrupt() {
        eprintln!("skipped: the search was finished before the signal");
        return;
    }
    let printed = PROGRAM.run(&out, &[arguments, &["--resume"][..]].concat());
    assert!(printed.contains("of 5 trials were finished by an earlier run"), "{printed}");
    assert!(contents(&out) == contents(&whole));

    fs::remove_file(out.join(SEARCH)).unwrap();
    if interrupt() {
        let before = fs::read(&record).unwrap();
        let printed = PROGRAM.run(&out, arguments);
        assert!(!printed.contains("Resumed"), "{printed}");
        assert_eq!(fs::read(out.join("checkpoints-before").join(SEARCH)).unwrap(), before);
        assert!(contents(&out) == contents(&whole));
    }
}

#[test]
fn a_search_on_other_data_of_the_same_size_is_not_resumed() {
    // Two tables with the same number of tracts that differ in one value.
    let folder = tempfile::tempdir().unwrap();
    let table = |name: &str, first: f64| {
        let directory = folder.path().join(name);
        fs::create_dir(&directory).unwrap();
        let npy = |shape: &str, values: Vec<f64>| {
            let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}\n");
            let values = values.iter().flat_map(|value| value.to_le_bytes());
            let length = (header.len() as u16).to_le_bytes();
            [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), &values.collect::<Vec<u8>>()].concat()
        };
        let mut features: Vec<f64> = (0..60 * 13).map(|place| f64::from(place * 7 % 23)).collect();
        features[0] = first;
        let prices = (0..60).map(|tract| f64::from(tract % 9)).collect();
        let mut zip = zip::ZipWriter::new(fs::File::create(directory.join("boston_housing.npz")).unwrap());
        for (entry, content) in [("x.npy", npy("60, 13", features)), ("y.npy", npy("60,", prices))] {
            zip.start_file(entry, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(&content).unwrap();
        }
        zip.finish().unwrap();
        directory
    };
    let (out, first, second) = (folder.path().join("out"), table("first", 0.0), table("second", 5.0));
    let run = |data: &Path| {
        let mut command = PROGRAM.command();
        command
            .args(["--dataset", "boston_housing", "--epochs", "2", "--trials", "2", "--resume", "--data-dir"])
            .arg(data);
        command.arg("--out").arg(&out).assert()
    };
    run(&first).success();
    let assert = run(&second).failure().code(1);
    let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(error.contains("it belongs to another search") && error.contains("SHA-256"), "{error}");
    run(&first).success();

    // A record whose best epoch exceeds the number of epochs is rejected.
    let path = out.join(SEARCH);
    let mut search = json(&path);
    search["trials"][0]["score"] = serde_json::json!({"value": 0.0, "epoch": 1_000_000_000_000_000_000_u64});
    fs::write(&path, search.to_string()).unwrap();
    let assert = run(&first).failure().code(1);
    let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(error.contains("the best epoch 1000000000000000000 of 2"), "{error}");
}

#[test]
fn the_number_of_jobs_does_not_change_the_results() {
    let [one, three] = ["1", "3"].map(|jobs| {
        let out = tempfile::tempdir().unwrap();
        let arguments = ["--dataset", "boston_housing", "--epochs", "4", "--trials", "3", "--jobs", jobs];
        PROGRAM.run(out.path(), &arguments);
        let result = json(&out.path().join("result.json"));
        ["trials", "growth", "settings", "test_mae", "baseline"].map(|figure| result[figure].clone())
    });
    assert_eq!(one, three);
}

#[test]
fn errors_name_invalid_values() {
    let out = tempfile::tempdir().unwrap();
    for (arguments, named) in [
        (["--trials", "0"], "--trials"),
        (["--dataset", "weather"], "boston_housing"),
        (["--learning-rate", "0"], "learning_rate is"),
        (["--samples", "1"], "folds is 4"),
    ] {
        let error = PROGRAM.fail(out.path(), &[&["--data", "bundled"], &arguments[..]].concat());
        assert!(error.contains(named), "{named}: {error}");
    }
}

#[test]
fn a_training_set_with_a_single_class_is_rejected() {
    let (out, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let count = 8_u8;
    for part in ["train", "t10k"] {
        let images =
            [&[0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28][..], &[9; 8 * 28 * 28]].concat();
        let labels = [&[0, 0, 8, 1, 0, 0, 0, count][..], &[7; 8]].concat();
        fs::write(folder.path().join(format!("{part}-images-idx3-ubyte.gz")), images).unwrap();
        fs::write(folder.path().join(format!("{part}-labels-idx1-ubyte.gz")), labels).unwrap();
    }
    let error = PROGRAM.fail(out.path(), &["--data-dir", folder.path().to_str().unwrap()]);
    assert!(error.contains("all 6 training samples have class 7"), "{error}");
}

#[test]
fn the_final_model_on_full_data_is_as_accurate_as_in_the_book() {
    let Some(data) = full_data() else { return };
    for (dataset, accuracy) in [("reuters", 0.78), ("imdb", 0.87)] {
        let result = PROGRAM.run_on(&data, &["--dataset", dataset, "--trials", "4"]);
        assert!(result["test_accuracy"].as_f64().unwrap() > accuracy, "{dataset}: {result}");
        assert!(result["growth"].as_array().unwrap().last().unwrap()["turning_point"].is_u64(), "{result}");
    }
    let result = PROGRAM.run_on(&data, &["--dataset", "boston_housing", "--trials", "4"]);
    assert!(result["test_mae"].as_f64().unwrap() < 3.2, "{result}");
}
