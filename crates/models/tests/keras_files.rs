//! `.keras` files are written and read back; an error for an unusable file names the place in it.

use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use burn::tensor::{Device, TensorData};
use kindling_models::{
    Init, Regularizer, Sequential, SequentialNetwork, Weights,
    activations::{Relu, Softmax},
    keras_file::KerasFile,
    layers::{BatchNormalization, Dense},
};
use proptest::prelude::*;
use tempfile::TempDir;
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

fn stack() -> Sequential {
    let penalized = Dense::new(4).activation(Relu).kernel_regularizer(Regularizer::l1_l2(0.1, 0.2));
    Sequential::new(3)
        .named_layer("hidden", penalized)
        .layer(BatchNormalization::default())
        .frozen()
        .dropout(0.5)
        .dense(2, Softmax)
}

fn network() -> SequentialNetwork {
    Init::build(&Device::flex(), 3, |init| stack().build(init)).unwrap()
}

struct Saved {
    _folder: TempDir,
    path: PathBuf,
}

fn saved(change: impl FnOnce(&mut KerasFile)) -> Saved {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.keras");
    let mut file = KerasFile::new(&network()).unwrap();
    change(&mut file);
    file.write(&path).unwrap();
    Saved { _folder: folder, path }
}

/// Returns the content of each entry of an archive.
fn entries(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(File::open(path).unwrap()).unwrap();
    let count = archive.len();
    let read = |index| {
        let mut entry = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.name().unwrap().to_string(), bytes)
    };
    (0..count).map(read).collect()
}

fn write(path: &Path, entries: &[(String, Vec<u8>)], method: CompressionMethod) {
    let mut archive = ZipWriter::new(File::create(path).unwrap());
    for (name, bytes) in entries {
        archive.start_file(name.as_str(), SimpleFileOptions::default().compression_method(method)).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap();
}

/// Returns the error for a file in which this entry is replaced.
fn refusal(name: &str, content: &[u8]) -> String {
    refusal_with(CompressionMethod::Stored, name, content)
}

fn refusal_with(method: CompressionMethod, name: &str, content: &[u8]) -> String {
    let file = saved(|_| {});
    let mut entries = entries(&file.path);
    entries.retain(|(own, _)| own != name);
    entries.push((name.into(), content.to_vec()));
    write(&file.path, &entries, method);
    error_of(&file.path)
}

/// Returns the error for a file with changed arrays.
fn refusal_of_arrays(change: impl FnOnce(&mut kindling_models::keras_file::Arrays)) -> String {
    error_of(&saved(|file| change(file.arrays_mut())).path)
}

fn error_of(path: &Path) -> String {
    let loaded = KerasFile::read(path).and_then(|file| file.network(&Device::flex()));
    let message = loaded.map(|_| ()).expect_err("the file is rejected").to_string();
    assert!(message.contains("model.keras cannot be loaded: "), "{message}");
    message
}

#[track_caller]
fn assert_says(message: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| message.contains(part)), "{parts:?} in {message}");
}

/// Returns the error for a file with a changed text in `config.json`.
fn refusal_of_config(from: &str, to: &str) -> String {
    let file = saved(|_| {});
    let (_, config) = entries(&file.path).into_iter().find(|(name, _)| name == "config.json").unwrap();
    let config = String::from_utf8(config).unwrap();
    assert!(config.contains(from), "{config}");
    refusal("config.json", config.replacen(from, to, 1).as_bytes())
}

#[test]
fn a_network_is_read_back_with_names_frozen_layers_and_weights() {
    let file = saved(|_| {});
    let read = KerasFile::read(&file.path).unwrap();
    assert_eq!(read.sequential().unwrap(), stack());
    let loaded = read.network(&Device::flex()).unwrap();
    assert_eq!(Weights::of(&loaded).unwrap(), Weights::of(&network()).unwrap());
    assert_eq!(loaded.summary(), network().summary());
}

#[test]
fn saving_is_deterministic() {
    let [one, other] = [saved(|_| {}), saved(|_| {})].map(|file| std::fs::read(&file.path).unwrap());
    assert!(one == other);
}

#[test]
fn unsupported_classes_and_arguments_are_named_with_their_layer() {
    let message = refusal_of_config("\"class_name\":\"Sequential\"", "\"class_name\":\"Functional\"");
    assert_says(&message, &["config.json", "a Functional model", "rebuild it as a Sequential"]);
    let message = refusal_of_config("\"class_name\":\"Dense\"", "\"class_name\":\"Lambda\"");
    assert_says(&message, &["layer hidden (Lambda)", "the class Lambda is not supported"]);
    let message =
        refusal_of_config("\"units\":4", "\"units\":4,\"kernel_constraint\":{\"class_name\":\"MaxNorm\"}");
    assert_says(&message, &["layer hidden (Dense)", "kernel_constraint", "MaxNorm"]);
    let message = refusal_of_config("\"dtype\":\"float32\",\"kernel", "\"dtype\":\"mixed_float16\",\"kernel");
    assert_says(&message, &["layer hidden (Dense)", "mixed_float16"]);
    let message = refusal_of_config("\"activation\":\"relu\"", "\"activation\":\"swoosh\"");
    assert_says(&message, &["layer hidden (Dense)", "swoosh"]);
    let message = refusal_of_config("\"batch_shape\":[null,3]", "\"batch_shape\":[null,null]");
    assert_says(&message, &["[null,null]", "give the others a length"]);
    let mut config = serde_json::to_value(stack()).unwrap();
    config["config"]["layers"][1]["module"] = "mine.layers".into();
    let message = refusal("config.json", config.to_string().as_bytes());
    assert_says(&message, &["layer hidden (Dense)", "of the module mine.layers is not Keras' Dense"]);
}

#[test]
fn other_versions_of_keras_are_rejected() {
    for version in ["2.15.0", "4.0.0", ""] {
        let message = refusal("metadata.json", format!("{{\"keras_version\": {version:?}}}").as_bytes());
        assert_says(&message, &["metadata.json", &format!("by Keras {version},")]);
    }
}

#[test]
fn damaged_and_malicious_archives_are_rejected() {
    let file = saved(|_| {});
    std::fs::write(&file.path, b"no archive").unwrap();
    assert_says(&error_of(&file.path), &["it is not a .keras file"]);
    for name in ["../outside", "/etc/passwd", "assets/../../outside", "C:\\outside"] {
        assert_says(&refusal(name, b""), &["outside of the archive"]);
    }
    let zeros = vec![0; 32 << 20];
    let bomb = refusal_with(CompressionMethod::Deflated, "model.weights.h5", &zeros);
    assert_says(&bomb, &["model.weights.h5 has 33554432 bytes", "the limit is"]);
    let spaces = vec![b' '; 17 << 20];
    assert_says(&refusal("config.json", &spaces), &["config.json has 17825792 bytes", "the limit is"]);
    assert_says(&refusal("config.json", &[b'['; 100_000]), &["config.json: recursion limit exceeded"]);
    assert_says(&refusal("config.json", b"{}"), &["config.json: {} has no class_name"]);
    assert_says(&refusal("model.weights.h5", b"text"), &["model.weights.h5: "]);
}

#[test]
fn mismatched_weights_are_named() {
    let kernel = "layers/dense/vars/0";
    let missing = refusal_of_arrays(|arrays| drop(arrays.remove(kernel)));
    assert_says(&missing, &["model.weights.h5: layers/dense/vars/0 (hidden.kernel) is missing"]);
    let surplus = refusal_of_arrays(|arrays| {
        arrays.insert("layers/dense_7/vars/0".into(), TensorData::from([1.0_f32]));
    });
    assert_says(&surplus, &["layers/dense_7/vars/0 is in the file, but no layer has such a weight"]);
    let misshapen = refusal_of_arrays(|arrays| {
        arrays.insert(kernel.into(), TensorData::zeros::<f32, _>([4, 3]));
    });
    assert_says(&misshapen, &["hidden.kernel", "[4, 3]", "[3, 4]"]);
    let not_finite = refusal_of_arrays(|arrays| {
        arrays.insert("layers/dense_1/vars/1".into(), TensorData::from([0.5_f32, f32::NAN]));
    });
    assert_says(&not_finite, &["layers/dense_1/vars/1 has a value that is not finite at index 1"]);
}

/// HDF5 files that point to other files or declare more data than they hold (`fixtures/hdf5/make.py`). CVE-2026-1669,
/// CVE-2026-0897.
#[test]
fn hdf5_links_are_not_followed_and_sizes_are_checked() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hdf5");
    // The files that they point to are here. No other test depends on the current directory.
    std::env::set_current_dir(&folder).unwrap();
    assert!(Path::new("secret.bin").is_file() && Path::new("secret.h5").is_file());
    for (name, reason) in [
        ("external_link", "layers/dense/vars/0 (hidden.kernel) is missing"),
        (
            "external_storage",
            "layers/dense/vars/0: 0: external raw data file 'secret.bin' could not be resolved",
        ),
        ("virtual_dataset", "layers/dense/vars: child '0'"),
        (
            "larger_than_the_file",
            "layers/dense/vars/0: its shape [1048576, 4096] needs 17179869184 bytes, which the file does not hold",
        ),
        ("overflow", "layers/dense/vars/0: invalid data: dataspace element count overflows"),
        ("cycle", "groups are nested more than 16 deep"),
        ("deep", "groups are nested more than 16 deep"),
        ("dangling_link", "layers/dense/vars/0 (hidden.kernel) is missing"),
        ("text", "layers/dense/vars/0: its type is not supported"),
        ("no_value", "layers/dense/vars/0: "),
    ] {
        let message =
            refusal("model.weights.h5", &std::fs::read(folder.join(name).with_extension("h5")).unwrap());
        assert_says(&message, &["model.weights.h5: ", reason]);
    }
}

/// CVE-2026-0897: a network that is larger than its file is not allocated.
#[test]
fn a_layer_that_is_larger_than_the_file_is_not_allocated() {
    let message = refusal_of_config("\"units\":4", "\"units\":400000000");
    assert_says(&message, &["layer hidden", "has more values than the file holds"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_file_with_changed_bytes_is_read_or_rejected(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), entry in 0..4_usize,
    ) {
        let file = saved(|_| {});
        let mut entries = entries(&file.path);
        let bytes = &mut entries[entry].1;
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        write(&file.path, &entries, CompressionMethod::Stored);
        if let Err(error) = KerasFile::read(&file.path).and_then(|file| file.network(&Device::flex())) {
            prop_assert!(error.to_string().contains("model.keras cannot be loaded"), "{}", error);
        }
    }
}
