//! The options and callbacks of `fit`.

use crate::common::{AtEpochEnd, Running, classifier, constant, flowers, json, numbers, standstill};
use kindling_data::Samples;
use kindling_train::{
    Callback, FitOptions, TrainError, Training,
    callbacks::{CsvLogger, EarlyStopping, LearningRateScheduler},
    metrics::Mae,
    optimizers::Sgd,
};

/// Gradient descent with a learning rate that halves the error, initially 1, in each step.
fn halving() -> Sgd {
    Sgd::new(0.125)
}

/// A callback that records the numbers of epochs and steps.
#[derive(Default)]
struct Told(Vec<(usize, usize, usize, usize)>);

impl Callback for Told {
    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.0.push((training.epoch, training.epochs, training.step, training.steps));
        Ok(())
    }
}

fn steps(samples: &Samples, options: &FitOptions) -> (usize, u64) {
    let mut told = Told::default();
    let mut model = classifier(0);
    model.fit_with(samples, options, &mut [&mut told]).unwrap();
    (told.0[0].3, model.step())
}

#[test]
fn a_batch_size_above_the_number_of_samples_is_clamped() {
    let samples = flowers(10);
    let batch = |size| FitOptions::new().batch_size(size);
    for size in [10, 11, 32, usize::MAX] {
        assert_eq!(steps(&samples, &batch(size)), (1, 1), "{size}");
    }
    assert_eq!(steps(&samples, &batch(9)), (2, 2));
    // Only the remaining training samples are counted.
    assert_eq!(steps(&samples, &batch(9).validation_split(0.2)), (1, 1));
    assert_eq!(steps(&samples, &batch(8).validation_split(0.2)), (1, 1));
    assert_eq!(steps(&samples, &batch(7).validation_split(0.2)), (2, 2));
    let [clamped, whole] = [32, 10].map(|size| classifier(0).fit(&samples, &batch(size)).unwrap());
    assert_eq!(clamped, whole);
}

#[test]
fn callbacks_count_from_the_initial_epoch() {
    let (mut told, mut rates) = (Told::default(), Vec::new());
    let mut schedule = LearningRateScheduler::new(|epoch, rate| {
        rates.push(epoch);
        rate
    });
    let options = FitOptions::new().epochs(10).initial_epoch(7);
    let mut model = constant(halving(), ());
    let history = model.fit_with(&numbers(&[1.0]), &options, &mut [&mut told, &mut schedule]).unwrap();
    assert_eq!(told.0, [(7, 10, 1, 1), (8, 10, 1, 1), (9, 10, 1, 1)]);
    assert_eq!(rates, [7, 8, 9]);
    // Three epochs are trained and are in the history.
    assert_eq!(history.get("loss"), [1.0, 0.25, 0.0625]);
    assert_eq!((model.epoch(), model.step()), (3, 3));
}

#[test]
fn run_in_two_parts_equals_a_single_run() {
    let samples = flowers(40);
    let [mut parts, mut whole] = [3, 3].map(classifier);
    let options = FitOptions::new().batch_size(8);
    parts.fit(&samples, &options.clone().epochs(2)).unwrap();
    let second = parts.fit(&samples, &options.clone().epochs(5).initial_epoch(2)).unwrap();
    let all = whole.fit(&samples, &options.epochs(5)).unwrap();
    assert_eq!(second.get("loss"), &all.get("loss")[2..]);
    assert_eq!(parts.weights().unwrap(), whole.weights().unwrap());
}

#[test]
fn epochs_without_validation_have_no_validation_metrics() {
    let samples = numbers(&[1.0]);
    let options = FitOptions::new().epochs(5).validation_data(&samples).validation_freq(2);
    let history = constant(halving(), [Mae]).fit(&samples, &options).unwrap();
    assert_eq!(history.get("mae"), [1.0, 0.5, 0.25, 0.125, 0.0625]);
    let figures: Vec<Option<f64>> =
        history.get("val_mae").iter().map(|value| (!value.is_nan()).then_some(*value)).collect();
    assert_eq!(figures, [None, Some(0.25), None, Some(0.0625), None]);
    let best = history.best("val_mae").unwrap();
    assert_eq!((best.epoch, best.value), (4, 0.0625));

    let text = String::from_utf8(json(&history)).unwrap();
    assert!(
        text.contains("\"val_mae\": [\n    null,\n    0.25,\n    null,\n    0.0625,\n    null\n  ]"),
        "{text}"
    );
    let folder = tempfile::tempdir().unwrap();
    history.save_csv(folder.path().join("history.csv")).unwrap();
    let csv = std::fs::read_to_string(folder.path().join("history.csv")).unwrap();
    assert_eq!(csv.lines().nth(1), Some("1,1,1,,"));
    assert_eq!(csv.lines().nth(2), Some("2,0.25,0.5,0.0625,0.25"));
    let mut log = CsvLogger::new(folder.path().join("log.csv"));
    constant(halving(), [Mae]).fit_with(&samples, &options, &mut [&mut log]).unwrap();
    assert_eq!(std::fs::read_to_string(folder.path().join("log.csv")).unwrap(), csv);
    // A frequency above the number of epochs never validates.
    let options = FitOptions::new().epochs(2).validation_data(&samples).validation_freq(3);
    assert!(constant(halving(), ()).fit(&samples, &options).unwrap().get("val_loss").is_empty());
}

#[test]
fn histories_with_missing_values_can_be_equal() {
    let samples = flowers(20);
    let options = FitOptions::new().epochs(3).validation_split(0.5).validation_freq(2);
    let [one, same, other] = [1, 1, 2].map(|seed| classifier(seed).fit(&samples, &options).unwrap());
    assert!(one.get("val_loss")[0].is_nan());
    assert!(one == same && one != other);
}

#[test]
fn early_stopping_counts_only_epochs_with_validation() {
    // The weights do not change, so the first validation is the best. Epochs 2, 4, 6, ... (counted from 1) have one.
    let samples = numbers(&[1.0]);
    let options = FitOptions::new().epochs(20).validation_data(&samples).validation_freq(2);
    let mut stopping = EarlyStopping::new("val_loss").patience(3);
    let history = constant(standstill(), ()).fit_with(&samples, &options, &mut [&mut stopping]).unwrap();
    assert_eq!((stopping.best_epoch(), stopping.stopped_epoch()), (Some(1), Some(7)));
    assert_eq!(history.epochs(), 8);
}

#[test]
fn options_can_be_reused() {
    let samples = flowers(40);
    let options = FitOptions::new().epochs(2).batch_size(8).validation_data(&samples.slice(30..40));
    let [first, second] = [1, 1].map(|seed| classifier(seed).fit(&samples, &options).unwrap());
    assert_eq!(first, second);
    let longer = options.clone().epochs(3);
    assert_eq!(classifier(1).fit(&samples, &longer).unwrap().get("loss")[..2], *first.get("loss"));
    assert_eq!(classifier(1).fit(&samples, &options).unwrap().epochs(), 2);
}

#[test]
fn callbacks_are_borrowed_and_can_be_read_afterwards() {
    let samples = numbers(&[1.0]);
    let (mut running, mut told, mut losses) = (Running::default(), Told::default(), Vec::new());
    let mut stopping = EarlyStopping::new("loss").min_delta(0.5);
    let mut note = AtEpochEnd(|training: &mut Training| {
        losses.push(training.logs()?.require("loss")?);
        Ok(())
    });
    let options = FitOptions::new().epochs(9);
    let mut model = constant(halving(), ());
    model.fit_with(&samples, &options, &mut [&mut running, &mut told, &mut stopping, &mut note]).unwrap();
    // The values are 1 and 0.25, then changes are less than 0.5.
    assert_eq!(running.0, [1.0, 0.25, 0.0625]);
    assert_eq!(losses, running.0);
    assert_eq!(told.0.len(), 3);
    assert_eq!((stopping.best_epoch(), stopping.stopped_epoch()), (Some(1), Some(2)));
    // The callback can be used in another run.
    model.fit_with(&samples, &FitOptions::new(), &mut [&mut running, &mut told]).unwrap();
    assert_eq!((running.0.len(), told.0.len()), (4, 4));
}

#[test]
fn total_steps_of_any_options_do_not_panic() {
    let samples = flowers(10);
    let options = FitOptions::new().batch_size(4);
    assert_eq!(options.clone().epochs(5).initial_epoch(3).total_steps(&samples).unwrap(), 6);
    assert_eq!(options.clone().epochs(usize::MAX).total_steps(&samples).unwrap(), u64::MAX);
    for initial_epoch in [2, 3] {
        let error = options.clone().epochs(2).initial_epoch(initial_epoch).total_steps(&samples).unwrap_err();
        assert!(error.to_string().starts_with("epochs is 2: "), "{error}");
    }
}
