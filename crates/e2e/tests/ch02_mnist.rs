//! Runs the program of section 2.1.

use std::fs;

use kindling_e2e::{Program, check_plots, full_data, json, mean_of_seeds, root};

const PROGRAM: Program = Program("ch02_mnist");

#[test]
fn a_run_on_the_bundled_sample_learns_and_writes_every_file() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &[]);

    let last = printed.lines().last().unwrap();
    assert!(last.starts_with("Test loss: ") && last.contains("accuracy: 0.9"), "{last}");
    assert!(printed.contains("mnist from bundled, 12000 training and 2000 test samples"), "{printed}");
    assert!(printed.contains("Pixels: U8 from 0 to 255 as loaded, F32 from 0 to 1 in batches"), "{printed}");
    assert!(printed.contains("407,050"), "{printed}");

    let result = json(&out.path().join("result.json"));
    let accuracy = result["test_accuracy"].as_f64().unwrap();
    assert!(accuracy >= 0.94, "{result}");
    let words = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("{:.1}% of test digits", 100.0 * accuracy)), "{printed}");
    for (key, value) in
        [("example", PROGRAM.0), ("dataset", "mnist"), ("data_source", "bundled"), ("backend", "flex")]
    {
        assert_eq!(result[key], value);
    }
    for (key, value) in [("seed", 0), ("train_samples", 12_000), ("test_samples", 2_000)] {
        assert_eq!(result[key], value);
    }
    for key in ["test_loss", "load_seconds", "fit_seconds", "total_seconds"] {
        assert!(result[key].as_f64().unwrap() > 0.0, "{key} in {result}");
    }
    assert_eq!(result["epoch_seconds"].as_array().unwrap().len(), 5);
    assert!(!cfg!(target_os = "linux") || result["peak_rss_mb"].as_f64().unwrap() > 10.0);

    let history = fs::read_to_string(out.path().join("history.json")).unwrap();
    let keys = ["\"loss\"", "\"accuracy\"", "\"val_loss\"", "\"val_accuracy\""]
        .map(|key| history.find(key).unwrap());
    assert!(keys.is_sorted(), "{history}");
    let history = json(&out.path().join("history.json"));
    assert_eq!(history["val_accuracy"][4], result["test_accuracy"]);
    let table = fs::read_to_string(out.path().join("history.csv")).unwrap();
    assert!(table.starts_with("epoch,loss,accuracy,val_loss,val_accuracy\n1,"), "{table}");
    assert_eq!(table.lines().count(), 6);

    let plots = ["loss", "accuracy", "confusion", "misread", "first_layer"];
    check_plots(out.path(), &plots, "mnist, bundled; flex, seed 0");
}

#[test]
fn the_program_has_at_most_40_lines() {
    let program = fs::read_to_string(root().join("examples/ch02_mnist.rs")).unwrap();
    assert!(program.lines().count() <= 40);
}

#[test]
fn the_saved_model_has_the_reported_test_accuracy() {
    use kindling::{
        losses::SparseCategoricalCrossentropy, models::Weights, networks, optimizers::RmsProp, prelude::*,
    };

    let out = tempfile::tempdir().unwrap();
    PROGRAM.run(out.path(), &["--epochs", "1"]);

    let path = out.path().join("model.safetensors");
    let weights = Weights::read(&path).unwrap();
    let shapes: Vec<_> =
        weights.iter().map(|(name, data)| (name.to_owned(), data.shape().to_vec())).collect();
    let expected = [("dense.kernel", vec![784, 512]), ("dense.bias", vec![512])]
        .into_iter()
        .chain([("dense_1.kernel", vec![512, 10]), ("dense_1.bias", vec![10])]);
    for (name, shape) in expected {
        assert!(shapes.contains(&(name.into(), shape)), "{shapes:?}");
    }

    // The model is rebuilt from the file alone.
    let device = backend::default_device().unwrap();
    let model = Model::load(out.path().join("model.keras"), &device).unwrap();
    let bundled = mnist::load(&DataOptions::default().choice(DataChoice::Bundled)).unwrap();
    let measured = model.evaluate(&bundled.test.reshape(784).unwrap()).unwrap();
    assert_eq!(json(&out.path().join("result.json"))["test_accuracy"], measured.accuracy().unwrap());

    // A network with another number of units rejects the weights.
    let narrow = networks::mnist(256);
    let compiling = narrow.compile(RmsProp::default(), SparseCategoricalCrossentropy, ());
    let mut model = compiling.on(&device).unwrap();
    let error = model.set_weights(&weights).unwrap_err().to_string();
    assert!(
        error.contains("dense.kernel") && error.contains("[784, 512]") && error.contains("[784, 256]"),
        "{error}"
    );
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let histories = ["7", "7", "8"].map(|seed| {
        let out = tempfile::tempdir().unwrap();
        PROGRAM.run(out.path(), &["--epochs", "1", "--seed", seed]);
        fs::read(out.path().join("history.json")).unwrap()
    });
    assert_eq!(histories[0], histories[1]);
    assert_ne!(histories[0], histories[2]);
}

#[test]
fn quiet_prints_only_the_result() {
    let out = tempfile::tempdir().unwrap();
    assert_eq!(PROGRAM.run(out.path(), &["--epochs", "1", "--quiet"]).lines().count(), 1);
}

#[test]
fn without_data_or_network_the_bundled_sample_is_used_with_a_note() {
    let out = tempfile::tempdir().unwrap();
    let assert = PROGRAM.command().args(["--epochs", "1", "--out"]).arg(out.path()).assert().success();
    let error = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(error.contains("bundled") && error.contains("accuracy"), "{error}");
    assert_eq!(json(&out.path().join("result.json"))["data_source"], "bundled");
}

#[test]
fn unavailable_full_data_is_an_error() {
    let out = tempfile::tempdir().unwrap();
    let error = PROGRAM.fail(out.path(), &["--data", "full"]);
    assert!(
        error.contains("mnist") && error.contains("--data-dir") && error.contains("--data bundled"),
        "{error}"
    );
}

#[test]
fn a_cached_file_with_a_wrong_hash_is_not_used() {
    let (out, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(cache.path().join("mnist")).unwrap();
    fs::write(cache.path().join("mnist/mnist.npz"), "not what was published").unwrap();
    let assert = PROGRAM
        .command()
        .env("KINDLING_CACHE_DIR", cache.path())
        .args(["--data", "full", "--out"])
        .arg(out.path())
        .assert()
        .failure();
    let error = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(error.contains("mnist.npz") && error.contains("SHA-256"), "{error}");
}

#[test]
fn errors_name_a_directory_without_the_files() {
    let (out, empty) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let missing = empty.path().join("missing");
    let error = PROGRAM.fail(out.path(), &["--data-dir", missing.to_str().unwrap()]);
    assert!(error.contains("does not exist") && error.contains("missing"), "{error}");
    let error = PROGRAM.fail(out.path(), &["--data-dir", empty.path().to_str().unwrap()]);
    assert!(error.contains(empty.path().to_str().unwrap()) && error.contains("mnist.npz"), "{error}");
}

#[test]
fn errors_name_damaged_files() {
    let bundled = root().join("crates/data/bundled/mnist");
    let files = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"]
        .into_iter()
        .chain(["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]);
    let (out, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for file in files {
        fs::copy(bundled.join(file), folder.path().join(file)).unwrap();
    }
    let train = folder.path().join("train-images-idx3-ubyte.gz");
    let whole = fs::read(&train).unwrap();
    let arguments = ["--data-dir", folder.path().to_str().unwrap()];

    fs::write(&train, &whole[..whole.len() / 2]).unwrap();
    let error = PROGRAM.fail(out.path(), &arguments);
    assert!(error.contains("train-images-idx3-ubyte.gz"), "{error}");

    fs::write(&train, "no digits").unwrap();
    let error = PROGRAM.fail(out.path(), &arguments);
    assert!(error.contains("train-images-idx3-ubyte.gz"), "{error}");

    // The numbers of images and labels differ.
    fs::copy(bundled.join("t10k-images-idx3-ubyte.gz"), &train).unwrap();
    let error = PROGRAM.fail(out.path(), &arguments);
    assert!(error.contains("2000") && error.contains("12000"), "{error}");

    fs::write(folder.path().join("mnist.npz"), "no archive").unwrap();
    let error = PROGRAM.fail(out.path(), &arguments);
    assert!(error.contains("mnist.npz"), "{error}");
}

#[test]
fn errors_name_invalid_values() {
    let out = tempfile::tempdir().unwrap();
    let cases = [
        (["--epochs", "0"], "epochs"),
        (["--batch-size", "0"], "batch-size"),
        (["--learning-rate", "-1"], "learning"),
        (["--learning-rate", "1e30"], "the loss is"),
        (["--backend", "abacus"], "there is no backend \"abacus\""),
        (["--data", "half"], "choose auto, full or bundled"),
    ];
    for (arguments, expected) in cases {
        let data: &[&str] = if arguments[0] == "--data" { &[] } else { &["--data", "bundled"] };
        let error = PROGRAM.fail(out.path(), &[data, &arguments].concat());
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
    // The error for a disabled feature names the flag for this workspace and the dependency for other crates.
    if let Some(missing) =
        ["ndarray", "wgpu"].into_iter().find(|name| !kindling::backend::compiled_in().any(|own| own == *name))
    {
        let error = PROGRAM.fail(out.path(), &["--backend", missing]);
        assert!(error.contains(&format!("--features {missing}")), "{error}");
        assert!(error.contains(&format!("kindling = {{ .., features = [\"{missing}\"] }}")), "{error}");
    }
}

#[test]
fn an_output_directory_that_cannot_be_created_is_an_error_before_training() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = PROGRAM.fail(&file.join("out"), &["--data", "bundled"]);
    assert!(error.contains("file") && error.contains("--out"), "{error}");
}

#[test]
fn help_shows_the_defaults() {
    let assert = PROGRAM.command().arg("--help").assert().success();
    let help = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    for default in ["auto", "flex", "5", "128", "0.001", "0", "target/kindling/ch02_mnist"] {
        assert!(help.contains(&format!("[default: {default}]")), "{default} in {help}");
    }
}

#[test]
fn the_accuracy_on_full_mnist_is_that_of_the_book() {
    let Some(data) = full_data() else { return };
    let mean = mean_of_seeds(|seed| {
        let result = PROGRAM.run_on(&data, &["--seed", seed]);
        assert_eq!(result["train_samples"], 60_000);
        result["test_accuracy"].as_f64().unwrap()
    });
    assert!(mean >= 0.978, "{mean}");
}
