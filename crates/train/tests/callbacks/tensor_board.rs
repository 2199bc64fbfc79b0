//! Event files for TensorBoard contain the values of the history. The files are decoded here, with their checksums,
//! and read by the Python package `tensorboard` if it is installed.

use std::{fs, path::Path, process::Command};

use crate::common::{classifier, constant, flowers, numbers, parameters};
use crate::event_files::{Event, Value, events, scalars};
use kindling_train::{
    Callback, FitOptions, History, TrainError,
    callbacks::{LearningRateScheduler, TensorBoard},
    metrics::Mae,
    optimizers::Sgd,
    schedules::PiecewiseConstantDecay,
};

/// Trains for three epochs of two steps, with validation.
fn train(mut board: TensorBoard) -> History {
    let options = FitOptions::new().epochs(3).batch_size(2).validation_data(&numbers(&[2.0]));
    let mut model = constant(Sgd::new(0.125), [Mae]);
    model.fit_with(&numbers(&[1.0; 4]), &options, &mut [&mut board]).unwrap()
}

/// Returns `[(step, value)]` of a metric of a history.
fn figures(history: &History, name: &str) -> Vec<(u64, f32)> {
    (0..).zip(history.get(name)).map(|(epoch, value)| (epoch, *value as f32)).collect()
}

#[test]
fn metrics_of_each_epoch_are_written_with_keras_names() {
    let folder = tempfile::tempdir().unwrap();
    let history = train(TensorBoard::new(folder.path()));
    let train = events(&folder.path().join("train"));
    assert!(matches!(&train[0], Event { step: 0, version: Some(version), .. } if version == "brain.Event:2"));
    assert_eq!(scalars(&train, "epoch_loss"), figures(&history, "loss"));
    assert_eq!(scalars(&train, "epoch_mae"), figures(&history, "mae"));
    assert_eq!(scalars(&train, "epoch_learning_rate"), [(0, 0.125), (1, 0.125), (2, 0.125)]);
    assert_eq!(tags(&train), ["epoch_loss", "epoch_mae", "epoch_learning_rate"]);

    let validation = events(&folder.path().join("validation"));
    assert_eq!(scalars(&validation, "epoch_loss"), figures(&history, "val_loss"));
    assert_eq!(scalars(&validation, "epoch_mae"), figures(&history, "val_mae"));
    let by_step: Vec<(u64, f32)> =
        figures(&history, "val_loss").iter().map(|(epoch, loss)| (2 * (epoch + 1), *loss)).collect();
    assert_eq!(scalars(&validation, "evaluation_loss_vs_iterations"), by_step);

    let times: Vec<f64> = train.iter().map(|event| event.wall_time).collect();
    assert!(times.is_sorted() && times[0] > 1.7e9, "seconds since 1970: {times:?}");
}

/// Returns all tags, in the order of first use.
fn tags(events: &[Event]) -> Vec<&str> {
    let mut tags = Vec::new();
    for (tag, _) in events.iter().flat_map(|event| &event.values) {
        if !tags.contains(&tag.as_str()) {
            tags.push(tag);
        }
    }
    tags
}

#[test]
fn no_validation_files_are_written_without_validation() {
    let folder = tempfile::tempdir().unwrap();
    let mut board = TensorBoard::new(folder.path());
    let mut model = constant(Sgd::new(PiecewiseConstantDecay::new([1], [0.5, 0.25])), ());
    let options = FitOptions::new().epochs(6).initial_epoch(4);
    model.fit_with(&numbers(&[1.0]), &options, &mut [&mut board]).unwrap();
    assert!(!folder.path().join("validation").exists());
    // The epochs are those of callbacks. The learning rate is that of the next step, as in Keras.
    let train = events(&folder.path().join("train"));
    assert_eq!(scalars(&train, "epoch_learning_rate"), [(4, 0.5), (5, 0.25)]);
}

#[test]
fn scalars_per_step_are_written_at_every_nth_step_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let history = train(TensorBoard::new(folder.path()).update_freq(2));
    let train_events = events(&folder.path().join("train"));
    let by_step: Vec<(u64, f32)> =
        figures(&history, "loss").iter().map(|(epoch, loss)| (2 * (epoch + 1), *loss)).collect();
    assert_eq!(scalars(&train_events, "batch_loss"), by_step);

    let folder = tempfile::tempdir().unwrap();
    let other = train(TensorBoard::new(folder.path()).update_freq(1));
    let train_events = events(&folder.path().join("train"));
    let steps: Vec<u64> = scalars(&train_events, "batch_mae").iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, [1, 2, 3, 4, 5, 6]);
    // In batches of equal samples, the errors are 1 and 1/2, with a mean of 3/4.
    assert_eq!(scalars(&train_events, "batch_mae")[..2], [(1, 1.0), (2, 0.75)]);
    assert_eq!(other, history, "reading metrics per step has changed them");
}

#[test]
fn weights_are_written_as_histograms() {
    let folder = tempfile::tempdir().unwrap();
    let mut board = TensorBoard::new(folder.path()).histogram_freq(2);
    let mut model = classifier(0);
    model.fit_with(&flowers(40), &FitOptions::new().epochs(3), &mut [&mut board]).unwrap();
    let train = events(&folder.path().join("train"));
    let histograms = |tag: &str| {
        let values = train.iter().flat_map(|event| event.values.iter().map(move |value| (event.step, value)));
        let mut found = Vec::new();
        for (step, (own, value)) in values {
            if let (Value::Histogram(histogram), true) = (value, own == tag) {
                found.push((step, histogram.clone()));
            }
        }
        found
    };
    for (name, data) in model.weights().unwrap().iter() {
        let found = histograms(&format!("{}/histogram", name.replace('.', "/")));
        assert_eq!(found.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [0, 2], "{name}");
        let (_, last) = found.last().unwrap();
        let values: Vec<f64> = data.iter().collect();
        assert_eq!(last.count, values.len() as f64);
        assert_eq!(last.counts.iter().sum::<f64>(), last.count);
        assert_eq!(last.min, values.iter().copied().fold(f64::MAX, f64::min));
        assert_eq!(last.max, values.iter().copied().fold(f64::MIN, f64::max));
        assert_eq!(last.sum, values.iter().sum::<f64>());
        assert_eq!(last.sum_squares, values.iter().map(|value| value * value).sum::<f64>());
        assert_eq!(last.limits.len(), last.counts.len());
        let up_to = |limit: f64| values.iter().filter(|value| **value < limit).count() as f64;
        assert_eq!(last.counts[..15].iter().sum::<f64>(), up_to(last.limits[14]), "{name}");
    }
}

#[test]
fn each_fit_adds_a_file_and_the_learning_rate_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut board = TensorBoard::new(folder.path());
    let mut model = constant(Sgd::new(0.125), ());
    for count in [1, 2] {
        let mut scheduler = LearningRateScheduler::new(|_, rate| rate);
        let callbacks: &mut [&mut dyn Callback] = &mut [&mut scheduler, &mut board];
        model.fit_with(&numbers(&[1.0]), &FitOptions::new(), callbacks).unwrap();
        assert_eq!(fs::read_dir(folder.path().join("train")).unwrap().count(), count);
    }
    let train = events(&folder.path().join("train"));
    assert_eq!(scalars(&train, "epoch_learning_rate"), [(0, 0.125); 2]);
    assert_eq!(scalars(&train, "epoch_loss"), [(0, 1.0), (0, 0.25)]);
}

#[test]
fn metrics_are_flushed_at_the_end_of_each_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("train");
    let mut board = TensorBoard::new(folder.path());
    let mut seen = Vec::new();
    let mut peek = crate::common::AtEpochEnd(|_: &mut kindling_train::Training| {
        seen.push(scalars(&events(&directory), "epoch_loss").len());
        Ok(())
    });
    let callbacks: &mut [&mut dyn Callback] = &mut [&mut board, &mut peek];
    let mut model = constant(Sgd::new(0.125), ());
    model.fit_with(&numbers(&[1.0]), &FitOptions::new().epochs(3), callbacks).unwrap();
    assert_eq!(seen, [1, 2, 3]);
}

#[track_caller]
fn refused(mut board: TensorBoard) -> String {
    let mut model = constant(Sgd::new(0.125), ());
    let error = model.fit_with(&numbers(&[1.0]), &FitOptions::new(), &mut [&mut board]).unwrap_err();
    assert!(matches!(&error, TrainError::Callback { name, .. } if name == "TensorBoard"), "{error:?}");
    assert_eq!(parameters(&model.weights().unwrap()), [0.0; 2], "the weights have changed");
    error.to_string()
}

#[test]
fn unwritable_directory_is_an_error_before_training() {
    let folder = tempfile::tempdir().unwrap();
    // There is a file in place of the directory.
    let blocked = folder.path().join("file");
    fs::write(&blocked, "").unwrap();
    let message = refused(TensorBoard::new(&blocked));
    assert!(message.contains(&blocked.join("train").display().to_string()), "{message}");
    let message = refused(TensorBoard::new(folder.path()).update_freq(0));
    assert!(message.contains("update_freq is 0: "), "{message}");
}

#[test]
fn histogram_of_weights_that_are_not_finite_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut board = TensorBoard::new(folder.path()).histogram_freq(1);
    // The loss is 1 before the step, which adds 6e38 to each weight.
    let mut model = constant(Sgd::new(3e38), ());
    let error = model.fit_with(&numbers(&[1.0]), &FitOptions::new(), &mut [&mut board]).unwrap_err();
    let start = "the weight dense.kernel is inf at step 1 of epoch 1: lower the learning rate";
    assert!(error.to_string().starts_with(start), "{error}");
}

/// Prints what `EventAccumulator` reads: tag, step and value of each scalar, then tag, step, minimum, maximum and
/// counts of each histogram.
const SCRIPT: &str = "
import sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'histograms': 0})
events.Reload()
for tag in events.Tags()['scalars']:
    for event in events.Scalars(tag):
        print(tag, event.step, event.value)
for tag in events.Tags()['histograms']:
    for event in events.Histograms(tag):
        value = event.histogram_value
        print(tag, event.step, value.min, value.max, *value.bucket)
";

/// Tag, step and numbers of a line.
type Line = (String, u64, Vec<f64>);

fn lines_of_python(python: &str, directory: &Path) -> Vec<Line> {
    let output = Command::new(python).args(["-c", SCRIPT]).arg(directory).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |line: &str| {
        let mut words = line.split(' ');
        let (tag, step) = (words.next().unwrap().to_owned(), words.next().unwrap().parse().unwrap());
        (tag, step, words.map(|word| word.parse().unwrap()).collect())
    };
    text.lines().map(line).collect()
}

fn lines_of_events(directory: &Path) -> Vec<Line> {
    let line = |step: u64, (tag, value): (String, Value)| match value {
        Value::Scalar(value) => (tag, step, vec![f64::from(value)]),
        Value::Histogram(value) => (tag, step, [&[value.min, value.max], &value.counts[..]].concat()),
    };
    let events = events(directory).into_iter();
    events.flat_map(|event| event.values.into_iter().map(move |value| line(event.step, value))).collect()
}

#[test]
fn tensorboard_reads_the_files() {
    let python = std::env::var("KINDLING_PYTHON").unwrap_or_default();
    let import = Command::new(&python).args(["-c", "import tensorboard"]).output();
    if !import.is_ok_and(|output| output.status.success()) {
        println!("skipped: KINDLING_PYTHON does not name a Python that can import tensorboard");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut board = TensorBoard::new(folder.path()).update_freq(2).histogram_freq(2);
    let options = FitOptions::new().epochs(3).batch_size(10).validation_split(0.25);
    classifier(0).fit_with(&flowers(40), &options, &mut [&mut board]).unwrap();
    // Number of lines: 2 metrics and the rate per epoch, 2 metrics at 4 of 9 steps, and 4 weights after 2 epochs.
    for (name, count) in [("train", 3 * 3 + 2 * 4 + 4 * 2), ("validation", 3 * 4)] {
        let directory = folder.path().join(name);
        let [mut read, mut written] = [lines_of_python(&python, &directory), lines_of_events(&directory)];
        let order = |a: &Line, b: &Line| (&a.0, a.1).cmp(&(&b.0, b.1));
        read.sort_by(order);
        written.sort_by(order);
        assert_eq!(read, written);
        assert_eq!(read.len(), count);
    }
}
