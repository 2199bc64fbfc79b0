//! Histories have Keras' names and order, in memory and in files.

use std::fs;

use crate::common::{AtEpochEnd, constant, numbers};
use kindling_train::{
    FitOptions, History, TrainError, Training, callbacks::LearningRateScheduler, metrics::Mae,
    optimizers::Sgd,
};

/// Gradient descent with a learning rate that halves the error, initially 1, in each step.
fn halving() -> Sgd {
    Sgd::new(0.125)
}

fn run(epochs: usize, with_validation: bool) -> History {
    let samples = numbers(&[1.0]);
    let options = FitOptions::new().epochs(epochs).batch_size(1);
    let options = if with_validation { options.validation_data(&samples) } else { options };
    constant(halving(), [Mae]).fit(&samples, &options).unwrap()
}

fn written(save: impl FnOnce(&std::path::Path) -> Result<(), TrainError>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    save(&path).unwrap();
    fs::read_to_string(path).unwrap()
}

#[test]
fn json_has_a_list_per_metric_in_keras_order() {
    let expected = r#"{
  "loss": [
    1.0,
    0.25
  ],
  "mae": [
    1.0,
    0.5
  ],
  "val_loss": [
    0.25,
    0.0625
  ],
  "val_mae": [
    0.5,
    0.25
  ]
}
"#;
    assert_eq!(written(|path| run(2, true).save_json(path)), expected);
}

#[test]
fn csv_has_a_row_per_epoch_counted_from_1() {
    let expected = "epoch,loss,mae,val_loss,val_mae\n1,1,1,0.25,0.5\n2,0.25,0.5,0.0625,0.25\n";
    assert_eq!(written(|path| run(2, true).save_csv(path)), expected);
}

#[test]
fn display_is_a_table() {
    let expected = "\
epoch          loss           mae
    1        1.0000        1.0000
    2        0.2500        0.5000
    3        0.0625        0.2500";
    assert_eq!(run(3, false).to_string(), expected);
}

#[test]
fn metrics_are_accessed_by_name() {
    let history = run(3, false);
    assert_eq!(history.get("loss"), [1.0, 0.25, 0.0625]);
    assert_eq!(history.get("mae"), [1.0, 0.5, 0.25]);
    assert!(history.get("val_loss").is_empty() && history.get("").is_empty());
    assert_eq!(history.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["loss", "mae"]);
    assert_eq!((history.epochs(), history.epoch_seconds().len()), (3, 3));
}

#[test]
fn values_of_callbacks_are_last_in_the_order_of_callbacks() {
    let mut twice = AtEpochEnd(|training: &mut Training| {
        let loss = training.logs()?.require("loss")?;
        training.log("twice_the_loss", 2.0 * loss);
        training.log("mae", -1.0);
        Ok(())
    });
    let samples = numbers(&[1.0]);
    let options = FitOptions::new().epochs(2).batch_size(1).validation_data(&samples);
    let mut schedule = LearningRateScheduler::new(|_, rate| rate);
    let mut model = constant(halving(), [Mae]);
    let history = model.fit_with(&samples, &options, &mut [&mut twice, &mut schedule]).unwrap();
    let names: Vec<&str> = history.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["loss", "mae", "val_loss", "val_mae", "twice_the_loss", "learning_rate"]);
    assert_eq!(history.get("twice_the_loss"), [2.0, 0.5]);
    assert_eq!(history.get("mae"), [-1.0, -1.0], "a value of the same name must be replaced");
    assert_eq!(history.get("learning_rate"), [0.125, 0.125]);
}

#[test]
fn numbers_in_files_equal_those_in_memory() {
    let mut model = crate::common::classifier(0);
    let options = FitOptions::new().epochs(4).batch_size(7).validation_split(0.25);
    let history = model.fit(&crate::common::flowers(90), &options).unwrap();
    let csv = written(|path| history.save_csv(path));
    let mut rows = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap();
    assert_eq!(header, ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]);
    for (epoch, row) in rows.enumerate() {
        for (name, cell) in header.iter().zip(&row).skip(1) {
            assert_eq!(cell.parse::<f64>().unwrap(), history.get(name)[epoch], "{name} of epoch {epoch}");
        }
    }
}

#[test]
fn error_names_a_file_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/history");
    let history = run(1, false);
    for error in [history.save_json(&path), history.save_csv(&path)].map(Result::unwrap_err) {
        assert!(matches!(error, TrainError::Io { .. }));
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}
