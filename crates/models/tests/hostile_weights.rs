//! Loading a file that is damaged or does not match returns an error, does not panic, and does not change the
//! network.

mod common;

use std::{fs, path::Path};

use common::{Fresh, data};
use kindling_models::{
    ModelError, Sequential, SequentialNetwork, Weights,
    activations::{Relu, Softmax},
};
use proptest::{prelude::*, sample::Index};
use safetensors::{Dtype, tensor::TensorView};

fn network(seed: u64) -> SequentialNetwork {
    Sequential::new(4).dense(3, Relu).dense(2, Softmax).fresh(seed).unwrap()
}

fn valid_file() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("valid");
    Weights::of(&network(1)).unwrap().save(&path).unwrap();
    fs::read(path).unwrap()
}

/// Reads `bytes` as a file and loads it into a network, which must be unchanged if loading fails.
fn load(bytes: &[u8]) -> Result<Weights, ModelError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("given.safetensors");
    fs::write(&path, bytes).unwrap();
    let weights = Weights::read(&path)?;
    let network = network(2);
    let before = Weights::of(&network).unwrap();
    let loaded = weights.load_into(network.clone());
    assert_eq!(Weights::of(&network).unwrap(), before);
    loaded.map(|network| Weights::of(&network).unwrap())
}

/// Returns the error for changed weights of the network.
fn refusal(change: impl FnOnce(&mut Vec<(String, burn::tensor::TensorData)>)) -> String {
    let mut tensors: Vec<_> = Weights::of(&network(1))
        .unwrap()
        .iter()
        .map(|(name, data)| (name.to_owned(), data.clone()))
        .collect();
    change(&mut tensors);
    let error = Weights::from_tensors(tensors).load_into(network(2)).map(|_| ()).unwrap_err();
    assert!(matches!(error, ModelError::Mismatch(_)));
    error.to_string()
}

#[track_caller]
fn assert_names(message: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| message.contains(part)), "{parts:?} in {message:?}");
}

#[test]
fn a_mismatched_shape_is_named_with_both_shapes() {
    let message = refusal(|tensors| tensors[2].1 = data(&[0.0; 9], &[3, 3]));
    assert_names(&message, &["dense_1.kernel", "[3, 3]", "[3, 2]"]);
    // The same number of values, in PyTorch's layout.
    let message = refusal(|tensors| tensors[0].1 = data(&[0.0; 12], &[3, 4]));
    assert_names(&message, &["dense.kernel", "[3, 4]", "[4, 3]"]);
    let message = refusal(|tensors| tensors[1].1 = data(&[0.0; 3], &[1, 3]));
    assert_names(&message, &["dense.bias", "[1, 3]", "[3]"]);
}

#[test]
fn missing_unknown_and_repeated_weights_are_named() {
    let message = refusal(|tensors| drop(tensors.remove(1)));
    assert_names(&message, &["dense.bias [3] is missing"]);
    let message = refusal(|tensors| tensors.push(("dense_2.kernel".into(), data(&[0.0; 2], &[2, 1]))));
    assert_names(&message, &["dense_2.kernel [2, 1]", "no such weight"]);
    let message = refusal(|tensors| tensors[3].0 = "dense_1.offset".into());
    assert_names(&message, &["dense_1.bias [2] is missing"]);
    let message = refusal(|tensors| tensors.push(tensors[0].clone()));
    assert_names(&message, &["dense.kernel", "twice"]);
    assert_names(&refusal(Vec::clear), &["dense.kernel [4, 3] is missing"]);
}

#[test]
fn an_unsupported_data_type_is_named() {
    for (dtype, bytes) in [(Dtype::F64, 8), (Dtype::F16, 2), (Dtype::I32, 4)] {
        let values = vec![0; 6 * bytes];
        let view = TensorView::new(dtype, vec![3, 2], &values).unwrap();
        let file = safetensors::serialize([("dense_1.kernel", view)], None).unwrap();
        let error = load(&file).unwrap_err();
        assert_names(&error.to_string(), &["dense_1.kernel", &format!("{dtype:?}"), "given.safetensors"]);
        assert!(matches!(error, ModelError::Format { .. }));
    }
}

#[test]
fn a_file_in_another_format_is_rejected() {
    let pickled = [&b"\x80\x04\x95"[..], &[0; 60]].concat();
    let keras = [&b"PK\x03\x04"[..], &[0; 60]].concat();
    for bytes in [b"".to_vec(), b"{}".to_vec(), pickled, keras, vec![0xff; 64], vec![0; 64]] {
        let error = load(&bytes).unwrap_err();
        assert_names(&error.to_string(), &["given.safetensors", "not a weights file"]);
    }
}

#[test]
fn a_header_that_does_not_match_the_file_is_rejected() {
    let file = |header: &str, values: usize| {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; values]].concat()
    };
    let tensor = |shape: &str, end: &str| {
        format!(r#"{{"dense.kernel":{{"dtype":"F32","shape":[{shape}],"data_offsets":[0,{end}]}}}}"#)
    };
    assert!(matches!(load(&file(&tensor("4,3", "48"), 48)), Err(ModelError::Mismatch(_))), "a valid file");
    for header in [
        tensor("4,3", "52"),
        tensor("4,3", "18446744073709551615"),
        tensor("4294967296,4294967296,4", "48"),
        tensor("18446744073709551615", "48"),
        tensor("-4,3", "48"),
        "{".repeat(10_000),
    ] {
        assert!(matches!(load(&file(&header, 48)), Err(ModelError::Format { .. })), "{header}");
    }
    let lengths = [u64::MAX, u64::MAX - 7, 1 << 40, 100_000_001];
    assert!(lengths.iter().all(|length| load(&[&length.to_le_bytes()[..], b"{}"].concat()).is_err()));
}

#[test]
fn a_file_without_metadata_is_loaded() {
    let values = [0; 12 * 4];
    let shapes = [
        ("dense.kernel", vec![4, 3]),
        ("dense.bias", vec![3]),
        ("dense_1.kernel", vec![3, 2]),
        ("dense_1.bias", vec![2]),
    ];
    let views = shapes.map(|(name, shape)| {
        let bytes = shape.iter().product::<usize>() * 4;
        (name, TensorView::new(Dtype::F32, shape, &values[..bytes]).unwrap())
    });
    let file = safetensors::serialize(views, None).unwrap();
    let loaded = load(&file).unwrap();
    assert!(loaded.iter().all(|(_, data)| data.iter::<f32>().all(|value| value == 0.0)));
}

#[test]
fn a_directory_is_rejected() {
    assert!(matches!(Weights::read(Path::new(".")), Err(ModelError::Io { .. })));
}

proptest! {
    #[test]
    fn random_bytes_are_rejected(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(load(&bytes).is_err());
    }

    #[test]
    fn a_header_of_random_text_is_rejected(header in "[ -~]{0,200}") {
        let file = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 64]].concat();
        prop_assert!(load(&file).is_err());
    }

    #[test]
    fn a_truncated_or_extended_file_is_rejected(at: Index, tail in prop::collection::vec(any::<u8>(), 1..20)) {
        let valid = valid_file();
        prop_assert!(load(&valid[..at.index(valid.len())]).is_err());
        prop_assert!(load(&[valid, tail].concat()).is_err());
    }

    /// An undetected change of a byte changes a single value.
    #[test]
    fn a_changed_byte_is_rejected_or_changes_one_value(at: Index, byte: u8) {
        let mut bytes = valid_file();
        let position = at.index(bytes.len());
        let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[position] = byte;
        if let Ok(loaded) = load(&bytes) {
            let valid = Weights::of(&network(1)).unwrap();
            let numbers = |weights: &Weights| -> Vec<u32> {
                weights.iter().flat_map(|(_, data)| data.iter::<f32>().map(f32::to_bits).collect::<Vec<_>>()).collect()
            };
            let changed = numbers(&loaded).iter().zip(numbers(&valid)).filter(|(a, b)| *a != b).count();
            prop_assert!(changed <= usize::from(position >= header), "{} numbers changed", changed);
        }
    }
}
