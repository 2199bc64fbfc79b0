//! A checkpoint that was changed is refused with an error that names it, or the training goes on from it; nothing panics.

use std::{
    fs,
    io::{Cursor, Read, Write},
    path::Path,
    sync::LazyLock,
};

use burn::tensor::{Device, TensorData};
use kindling_models::{
    Sequential, SequentialNetwork,
    activations::{Linear, Relu},
    keras_file::KerasFile,
};
use kindling_train::{
    Callback, Compile, FitOptions, History, Model, TrainError,
    callbacks::{BackupAndRestore, EarlyStopping, ReduceLrOnPlateau, SaveFreq},
    losses::{Huber, MeanSquaredError},
    metrics::{R2Score, from_loss},
    optimizers::Adam,
};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::common::numbers;

/// Steps of an epoch.
const STEPS: usize = 2;

fn model() -> Model<SequentialNetwork> {
    let network = Sequential::new(1).dense(2, Relu).dense(1, Linear);
    let metrics = (from_loss(Huber::new(2.0)), R2Score::default());
    network.compile(Adam::new(0.1), MeanSquaredError, metrics).on(&Device::flex()).unwrap()
}

fn train(folder: &Path, save_freq: SaveFreq) -> Result<History, TrainError> {
    let options = FitOptions::new().epochs(3).batch_size(2);
    let mut backup = BackupAndRestore::new(folder).save_freq(save_freq).keep(9).delete_checkpoint(false);
    let mut stopping = EarlyStopping::new("loss").patience(2).restore_best_weights(true);
    let mut reduce = ReduceLrOnPlateau::new("loss");
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut backup, &mut stopping, &mut reduce];
    model().fit_with(&numbers(&[1.0, 2.0, 4.0]), &options, callbacks)
}

/// Entries of an archive.
type Entries = Vec<(String, Vec<u8>)>;

/// What a training without an interruption gives, and the checkpoints after each step of its second epoch.
static WHOLE: LazyLock<(History, [Entries; STEPS])> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let history = train(folder.path(), SaveFreq::Steps(1)).unwrap();
    let checkpoint = |step: usize| folder.path().join(format!("checkpoint-0001-{step:07}.keras"));
    (history, [1, 2].map(|step| unpack(&fs::read(checkpoint(step)).unwrap())))
});

fn unpack(bytes: &[u8]) -> Entries {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut entries = Entries::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        entries.push((entry.name().unwrap().into_owned(), bytes));
    }
    entries
}

/// Packs entries with checksums that fit.
fn pack(entries: &Entries) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(name.as_str(), options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Resumes from these entries. An error names the file, or what became infinite.
fn resume(entries: &Entries) -> Result<History, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint-0001-0000001.keras");
    fs::write(&path, pack(entries)).unwrap();
    train(folder.path(), SaveFreq::Never).map_err(|error| {
        let message = error.to_string();
        let known = message.contains("checkpoint-0001-0000001.keras")
            // Weights that a callback keeps are looked at when it gives them back.
            || message.starts_with("the callback EarlyStopping failed")
            || matches!(error, TrainError::NotFinite { .. });
        assert!(known, "{message}");
        message
    })
}

/// The training's state in `kindling.json`, which `change` changes.
fn with_state(entries: &Entries, change: impl FnOnce(&mut Value)) -> Entries {
    let mut changed = entries.clone();
    let (_, bytes) = changed.iter_mut().find(|(name, _)| name == "kindling.json").unwrap();
    let mut own: Value = serde_json::from_slice(bytes).unwrap();
    change(&mut own);
    *bytes = serde_json::to_vec(&own).unwrap();
    changed
}

/// The places of all numbers, as JSON pointers.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(path.into()),
        Value::Array(values) => {
            values
                .iter()
                .enumerate()
                .for_each(|(index, value)| places(value, &format!("{path}/{index}"), found));
        }
        Value::Object(values) => {
            values.iter().for_each(|(name, value)| places(value, &format!("{path}/{name}"), found));
        }
        _ => {}
    }
}

#[test]
fn an_intact_checkpoint_gives_the_same_training() {
    let (history, checkpoints) = &*WHOLE;
    for checkpoint in checkpoints {
        assert_eq!(resume(checkpoint).as_ref(), Ok(history));
    }
}

#[test]
fn absurd_numbers_are_refused_or_harmless() {
    for checkpoint in &WHOLE.1 {
        let mut all = Vec::new();
        with_state(checkpoint, |own| places(own, "", &mut all));
        assert!(all.len() > 20, "{all:?}");
        let absurd =
            [json!(-1), json!(1e18), json!(u64::MAX), json!(1e300), json!("nan"), json!(null), json!(0)];
        for (place, absurd) in all.iter().flat_map(|place| absurd.iter().map(move |absurd| (place, absurd))) {
            let _ = resume(&with_state(checkpoint, |own| *own.pointer_mut(place).unwrap() = absurd.clone()));
        }
    }
}

#[test]
fn what_cannot_be_is_named() {
    let (_, [first, last]) = &*WHOLE;
    let refusal = |entries: &Entries, place: &str, value: Value| {
        resume(&with_state(entries, |own| *own.pointer_mut(place).unwrap() = value)).unwrap_err()
    };
    let apart = "its parts do not belong together";
    let figures = "its figures are not those of the model's metrics";
    for (place, value, expected) in [
        (
            "/training/epoch",
            json!(10_u64.pow(18)),
            "1000000000000000000 epochs are done, and 3 are asked for",
        ),
        ("/training/epoch", json!(-1), "invalid value: integer `-1`"),
        ("/training/step", json!(3), apart),
        ("/epoch", json!(0), apart),
        ("/epoch", json!(10_u64.pow(18)), "it has 1000000000000000000 epochs, 2147483647 are supported"),
        ("/training/epoch_seconds", json!([]), apart),
        ("/training/meter/samples", json!(u64::MAX), figures),
        ("/training/meter/steps", json!(1_u64 << 54), figures),
        ("/training/meter/entries/0/totals", json!([1.0, 2.0, 3.0]), figures),
        ("/training/callbacks/1/values/waited", json!(1.5), "the state of EarlyStopping"),
    ] {
        let message = refusal(first, place, value);
        assert!(message.contains(expected), "{place}: {message}");
    }
    // No step is left that would show how many sums the metric has.
    for totals in [&[][..], &[1.0], &[1.0, 2.0, 3.0]] {
        let entry = json!({"width": totals.len(), "totals": totals});
        let changed = with_state(last, |own| own["training"]["meter"]["entries"][0] = entry);
        assert!(resume(&changed).unwrap().get("huber")[1].is_nan(), "{totals:?}");
    }
}

/// Velocities of the optimizer's first weight, as they are written for optimizers that Keras does not have.
#[test]
fn state_of_an_optimizer_that_is_given_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint-0001-0000001.keras");
    fs::write(&path, pack(&WHOLE.1[0])).unwrap();
    let mut file = KerasFile::read(&path).unwrap();
    let velocities = TensorData::from([1.0_f32, 2.0, 3.0, 4.0, 5.0]);
    file.arrays_mut().insert("kindling/optimizer/0/velocity".into(), velocities);
    file.write(&path).unwrap();
    let error = train(folder.path(), SaveFreq::Never).unwrap_err().to_string();
    assert!(error.contains("kindling/optimizer/0/velocity is in optimizer/vars too"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]
    #[test]
    fn changed_bytes_are_refused_or_harmless(
        entry in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4),
        cut in prop::option::weighted(0.1, any::<Index>()),
    ) {
        let mut entries = WHOLE.1[0].clone();
        let index = entry.index(entries.len());
        let bytes = &mut entries[index].1;
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
        let _ = resume(&entries);
    }
}
