//! Tests the program `predict` with all kinds of input files.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use image::{GrayImage, RgbImage};
use kindling::{
    activations::{Relu, Sigmoid, Softmax},
    layers::{Embedding, GlobalAveragePooling1d, Rescaling},
    losses::{MeanSquaredError, SparseCategoricalCrossentropy},
    metrics::Accuracy,
    optimizers::Sgd,
    prelude::*,
};
use kindling_e2e::Program;
use zip::{ZipWriter, write::SimpleFileOptions};

const PREDICT: Program = Program("predict");

/// A table that `predict` wrote.
#[derive(Debug)]
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn parse(text: &str) -> Self {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names = reader.headers().unwrap().iter().map(String::from).collect();
        let rows = reader.records().map(|row| row.unwrap().iter().map(String::from).collect()).collect();
        Self { names, rows }
    }

    fn column(&self, name: &str) -> Vec<&str> {
        let column = self.names.iter().position(|other| other == name).unwrap();
        self.rows.iter().map(|row| row[column].as_str()).collect()
    }

    /// Returns the numbers in the columns whose names start with `name`, row by row.
    fn numbers(&self, name: &str) -> Vec<f32> {
        let columns: Vec<usize> =
            (0..self.names.len()).filter(|column| self.names[*column].starts_with(name)).collect();
        self.rows.iter().flat_map(|row| columns.iter().map(|column| row[*column].parse().unwrap())).collect()
    }
}

fn predict(model: &Path, arguments: &[&str]) -> Table {
    let assert = PREDICT.command().arg("--model").arg(model).args(arguments).assert().success();
    Table::parse(&String::from_utf8(assert.get_output().stdout.clone()).unwrap())
}

fn fail(model: &Path, arguments: &[&str], reason: &str) {
    let assert = PREDICT.command().arg("--model").arg(model).args(arguments).assert().code(1);
    let error = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(error.contains(reason) && !error.contains("panicked"), "{error}");
    assert!(assert.get_output().stdout.is_empty());
}

/// Creates a run directory with a model of `network`.
fn run_of(folder: &Path, network: Sequential) -> (PathBuf, Predictor) {
    let run = folder.join("run");
    fs::create_dir_all(&run).unwrap();
    let compiling = network.compile(Sgd::new(0.1), SparseCategoricalCrossentropy, [Accuracy]);
    let model = compiling.seed(3).on(&Device::flex()).unwrap();
    model.save(run.join("model.keras")).unwrap();
    (run, model.predictor())
}

/// Returns a `.npy` file with this dtype and shape.
fn npy(descr: &str, shape: &str, bytes: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), bytes].concat()
}

fn floats(shape: &str, values: &[f32]) -> Vec<u8> {
    npy("<f4", shape, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
}

/// Two samples of six numbers.
const VALUES: [f32; 12] = [0.5, -1.0, 2.0, 0.0, 1.5, -0.25, 3.0, 1.0, -2.0, 0.125, 0.75, 1.0];

#[test]
fn arrays_and_tables_give_the_same_predictions_as_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let (run, predictor) = run_of(folder.path(), Sequential::new(6).dense(8, Relu).dense(3, Softmax));
    let samples = Samples::inputs_only(Column::floats(TensorData::new(VALUES.to_vec(), [2, 6])).unwrap());
    let expected: Vec<f32> = predictor.predict(&samples).unwrap().iter::<f32>().collect();
    let file = |name: &str, content: &[u8]| {
        fs::write(folder.path().join(name), content).unwrap();
        folder.path().join(name).to_str().unwrap().to_owned()
    };

    let array = file("x.npy", &floats("(2, 6)", &VALUES));
    let images = file("images.npy", &floats("(2, 2, 3)", &VALUES));
    let archive = folder.path().join("x.npz");
    let mut zip = ZipWriter::new(fs::File::create(&archive).unwrap());
    for name in ["other.npy", "x.npy"] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&floats("(2, 6)", &VALUES)).unwrap();
    }
    zip.finish().unwrap();
    let archive = archive.to_str().unwrap();
    let lines: Vec<String> =
        VALUES.chunks(6).map(|row| row.iter().map(f32::to_string).collect::<Vec<_>>().join(",")).collect();
    let table = file("x.csv", format!("a,b,c,d,e,f\n{}\n", lines.join("\n")).as_bytes());

    for arguments in [&[array.as_str()][..], &[&images], &[archive, "--array", "x"], &[&table]] {
        let table = predict(&run, arguments);
        assert_eq!(
            table.names,
            ["file", "sample", "class", "probability_0", "probability_1", "probability_2"]
        );
        assert_eq!(table.numbers("probability"), expected);
        assert_eq!(table.column("file"), [arguments[0]; 2]);
        assert_eq!(table.column("sample"), ["0", "1"]);
        for (class, row) in table.column("class").iter().zip(expected.chunks(3)) {
            let class: usize = class.parse().unwrap();
            assert!(row.iter().all(|probability| *probability <= row[class]));
        }
    }
    // A single sample without a batch axis, with --divide-by; the model is given as a file instead of a directory.
    let halved: Vec<f32> = VALUES[..6].iter().map(|value| value * 2.0).collect();
    let one = file("one.npy", &floats("(6,)", &halved));
    let table = predict(&run.join("model.keras"), &[&one, "--divide-by", "2", &array]);
    assert_eq!(table.column("file"), [one.as_str(), &array, &array]);

    let out = folder.path().join("p.csv");
    let assert =
        PREDICT.command().arg("--model").arg(&run).args([&array, "--out"]).arg(&out).assert().success();
    assert!(String::from_utf8_lossy(&assert.get_output().stdout).starts_with("Wrote 2 predictions to "));
    assert_eq!(Table::parse(&fs::read_to_string(out).unwrap()).numbers("probability"), expected);

    for read in [&array, run.join("model.keras").to_str().unwrap()] {
        fail(&run, &[&array, "--out", read], "--out would overwrite an input file");
    }
    fail(&run, &[&file("none.npy", &floats("(0, 6)", &[]))], "the file has no samples");
    fail(&run, &[archive], "the file has several arrays (other, x): choose one with --array");
    fail(
        &run,
        &[&file("five.npy", &floats("(2, 5)", &VALUES[..10]))],
        "its shape is [2, 5], but the model takes [samples, 6]",
    );
    fail(
        &run,
        &[&file("nan.npy", &floats("(6,)", &[0.0, f32::NAN, 0.0, 0.0, 0.0, 0.0]))],
        "sample 0, value 1 is NaN",
    );
    fail(&run, &[&file("x.txt", b"")], "give an .npy, .npz, .csv, .png or .jpg file");
    fail(&run, &[&file("x.csv", b"1,2,3,4,5,six\n")], "\"six\" (row 0) in column column_6: give numbers");
    fail(&run, &["/nonexistent.npy"], "/nonexistent.npy");
    fail(folder.path(), &[&array], "contains no model.keras");
    fail(Path::new(&array), &[&array], "is not a .keras file");
}

#[test]
fn images_are_resized_and_converted_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let gray = folder.path().join("gray.png");
    let pixels: Vec<u8> = (0..12).map(|pixel| pixel * 20).collect();
    GrayImage::from_raw(4, 3, pixels.clone()).unwrap().save(&gray).unwrap();
    let color = folder.path().join("color.png");
    RgbImage::from_pixel(8, 6, image::Rgb([255, 255, 255])).save(&color).unwrap();
    let (gray, color) = (gray.to_str().unwrap(), color.to_str().unwrap());

    let predictions = |predictor: &Predictor, values: Vec<f32>, shape: &[usize]| {
        let column = Column::floats(TensorData::new(values, [&[1], shape].concat())).unwrap();
        predictor.predict(&Samples::inputs_only(column)).unwrap().iter::<f32>().collect::<Vec<_>>()
    };
    // A dense network, as in section 2.1, and a network with image inputs: pixels are scaled to 0..1.
    for network in
        [Sequential::new(12).dense(2, Softmax), Sequential::new([3, 4, 1]).flatten().dense(2, Softmax)]
    {
        let shape = if network == Sequential::new(12).dense(2, Softmax) { &[12][..] } else { &[3, 4, 1] };
        let (run, predictor) = run_of(folder.path(), network);
        let bright = pixels.iter().map(|pixel| f32::from(*pixel) / 255.0).collect();
        assert_eq!(predict(&run, &[gray]).numbers("probability"), predictions(&predictor, bright, shape));
        let dark = pixels.iter().map(|pixel| f32::from(255 - *pixel) / 255.0).collect();
        let table = predict(&run, &[gray, "--invert"]);
        assert_eq!(table.numbers("probability"), predictions(&predictor, dark, shape));
        fail(&run, &[color], "its shape is [6, 8, 3], but the model takes");
        let table = predict(&run, &[color, "--resize", "3x4", "--channels", "1"]);
        assert_eq!(table.numbers("probability"), predictions(&predictor, vec![1.0; 12], shape));
    }
    // A model with a Rescaling layer gets unscaled pixels.
    let network =
        Sequential::new([3, 4, 1]).layer(Rescaling::new(1.0 / 255.0, 0.0)).flatten().dense(2, Softmax);
    let (run, predictor) = run_of(folder.path(), network);
    let values = pixels.iter().map(|pixel| f32::from(*pixel)).collect();
    assert_eq!(predict(&run, &[gray]).numbers("probability"), predictions(&predictor, values, &[3, 4, 1]));
}

#[test]
fn output_columns_depend_on_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.npy");
    fs::write(&file, floats("(2, 6)", &VALUES)).unwrap();
    let x = file.to_str().unwrap();
    let samples = Samples::inputs_only(Column::floats(TensorData::new(VALUES.to_vec(), [2, 6])).unwrap());

    // One probability, several probabilities, and plain numbers.
    let (run, _) = run_of(folder.path(), Sequential::new(6).dense(1, Sigmoid));
    let table = predict(&run, &[x]);
    assert_eq!(table.names, ["file", "sample", "class", "probability"]);
    for (class, probability) in table.column("class").iter().zip(table.numbers("probability")) {
        assert_eq!(*class, if probability > 0.5 { "1" } else { "0" });
    }
    let (run, _) = run_of(folder.path(), Sequential::new(6).dense(2, Sigmoid));
    assert_eq!(predict(&run, &[x]).names, ["file", "sample", "probability_0", "probability_1"]);
    let (run, _) = run_of(folder.path(), Sequential::new(6).dense(2, Relu));
    assert_eq!(predict(&run, &[x]).names, ["file", "sample", "prediction_0", "prediction_1"]);

    // Logits are converted to probabilities if the loss takes logits.
    let network = Sequential::new(6).dense(2, kindling::activations::Linear);
    let model = network
        .clone()
        .compile(Sgd::new(0.1), SparseCategoricalCrossentropy.from_logits(true), [Accuracy])
        .on(&Device::flex())
        .unwrap();
    model.save(file.with_extension("keras")).unwrap();
    let table = predict(&file.with_extension("keras"), &[x]);
    let logits: Vec<f64> = model.predict(&samples).unwrap().iter::<f64>().collect();
    for (row, logits) in table.numbers("probability").chunks(2).zip(logits.chunks(2)) {
        let expected = 1.0 / (1.0 + (logits[1] - logits[0]).exp());
        assert!((f64::from(row[0]) - expected).abs() < 1e-6 && (row[0] + row[1] - 1.0).abs() < 1e-6);
    }
    let model =
        network.compile(Sgd::new(0.1), MeanSquaredError, [] as [Accuracy; 0]).on(&Device::flex()).unwrap();
    model.save(file.with_extension("keras")).unwrap();
    let table = predict(&file.with_extension("keras"), &[x]);
    assert_eq!(table.names, ["file", "sample", "prediction_0", "prediction_1"]);
    assert_eq!(
        table.numbers("prediction"),
        model.predict(&samples).unwrap().iter::<f32>().collect::<Vec<_>>()
    );
}

#[test]
fn ids_must_be_integers_in_range() {
    let folder = tempfile::tempdir().unwrap();
    let network = Sequential::new(3)
        .layer(Embedding::new(10, 2))
        .layer(GlobalAveragePooling1d::default())
        .dense(2, Softmax);
    let (run, predictor) = run_of(folder.path(), network);
    let table = folder.path().join("ids.csv");
    fs::write(&table, "1,2,3\n9,0,4\n").unwrap();
    let ids = Samples::inputs_only(Column::ids(TensorData::from([[1_i32, 2, 3], [9, 0, 4]])).unwrap());
    let expected: Vec<f32> = predictor.predict(&ids).unwrap().iter::<f32>().collect();
    assert_eq!(predict(&run, &[table.to_str().unwrap()]).numbers("probability"), expected);
    for (row, reason) in [
        ("1,2,10", "sample 0, value 2 is 10: the model takes integer ids from 0 to 9"),
        ("1,2.5,3", "sample 0, value 1 is 2.5: the model takes integer ids from 0 to 9"),
    ] {
        fs::write(&table, row).unwrap();
        fail(&run, &[table.to_str().unwrap()], reason);
    }
}
