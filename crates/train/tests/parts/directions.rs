//! Directions of metrics, and their use in selecting the best epoch, variant or trial.

use crate::common::{AtEpochEnd, constant, cpu, numbers, standstill};
use burn::tensor::{Device, Tensor};
use kindling_models::{Sequential, SequentialNetwork, activations::Linear};
use kindling_train::{
    Callback, Compile, FitOptions, History, Model, TrainError, Training,
    callbacks::{EarlyStopping, ModelCheckpoint},
    experiments::{Experiment, Search, SearchPlan, SearchSpace, Trial},
    losses::{MeanSquaredError, Output, Target},
    metrics::{Best, Direction, Mae, Metric, Mse},
    optimizers::Sgd,
};
use serde::{Deserialize, Serialize};

/// A metric whose higher values are better, with a name that does not suggest so: the fraction of predictions below
/// `threshold`.
#[derive(Debug, Serialize, Deserialize)]
struct Auc {
    threshold: f64,
}

#[typetag::serde(name = "test_auc")]
impl Metric for Auc {
    fn name(&self) -> String {
        "auc".into()
    }

    fn direction(&self) -> Direction {
        Direction::Max
    }

    fn sums(&self, output: &Output, _: &Target) -> Tensor<1> {
        output.predictions().lower_elem(self.threshold).float().sum()
    }
}

/// `1 - sum of squared errors / sum of squared deviations`, exact over an epoch. It can be negative.
#[derive(Debug, Serialize, Deserialize)]
struct R2;

#[typetag::serde(name = "test_r2")]
impl Metric for R2 {
    fn name(&self) -> String {
        "r2_score".into()
    }

    fn direction(&self) -> Direction {
        Direction::Max
    }

    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        let values = target.values();
        let errors = output.predictions() - values.clone();
        Tensor::cat(vec![errors.square().sum(), values.clone().sum(), values.square().sum()], 0)
    }

    fn figure(&self, totals: &[f64], rows: f64) -> f64 {
        1.0 - totals[0] / (totals[2] - totals[1] * totals[1] / rows)
    }
}

/// A metric whose lower values are better, with a name that suggests an accuracy.
#[derive(Debug, Serialize, Deserialize)]
struct Inaccuracy;

#[typetag::serde]
impl Metric for Inaccuracy {
    fn name(&self) -> String {
        "inaccuracy".into()
    }

    fn direction(&self) -> Direction {
        Direction::Min
    }

    fn sums(&self, output: &Output, target: &Target) -> Tensor<1> {
        (output.predictions() - target.values()).abs().sum()
    }
}

/// A model whose error, initially 1, doubles in each step. The squared errors are 1, 4, 16 and so on, and R² falls.
fn diverging(seed: u64) -> Result<Model<SequentialNetwork>, TrainError> {
    let network = Sequential::new(1).dense(1, Linear);
    let metrics = (Auc { threshold: 0.5 }, R2, Inaccuracy);
    let mut model =
        network.compile(Sgd::new(0.75), MeanSquaredError, metrics).seed(seed).on(&Device::flex())?;
    model.set_weights(&crate::common::kernel_and_bias(0.0, 0.0))?;
    Ok(model)
}

/// One batch of targets with a mean of 1.
fn targets() -> kindling_data::Samples {
    numbers(&[0.0, 2.0])
}

fn history() -> History {
    diverging(0).unwrap().fit(&targets(), &FitOptions::new().epochs(3).validation_data(&targets())).unwrap()
}

#[test]
fn history_has_the_directions_of_all_metrics_of_the_model() {
    let history = history();
    for (name, direction) in [
        ("loss", Direction::Min),
        ("auc", Direction::Max),
        ("r2_score", Direction::Max),
        ("inaccuracy", Direction::Min),
    ] {
        assert_eq!(history.direction(name), Some(direction));
        assert_eq!(history.direction(&format!("val_{name}")), Some(direction));
    }
    for unknown in ["accuracy", "val_", "", "r2", "learning_rate"] {
        assert_eq!((history.direction(unknown), history.best(unknown)), (None, None), "{unknown}");
    }
}

#[test]
fn best_value_is_the_highest_if_higher_is_better() {
    let history = history();
    // The predictions before each step are 0, 3 and -3. With deviations of 1, R² is 1 - (1 + d²) for a distance d
    // from 1.
    assert_eq!(history.get("r2_score"), [-1.0, -4.0, -16.0]);
    assert_eq!(history.best("r2_score"), Some(Best { epoch: 1, value: -1.0 }));
    assert_eq!(history.get("auc"), [1.0, 0.0, 1.0]);
    assert_eq!(history.best("auc"), Some(Best { epoch: 1, value: 1.0 }));
    assert_eq!(history.get("val_auc"), [0.0, 1.0, 0.0]);
    assert_eq!(history.best("val_auc"), Some(Best { epoch: 2, value: 1.0 }));
    assert_eq!(history.get("inaccuracy"), [1.0, 2.0, 4.0]);
    assert_eq!(history.best("inaccuracy"), Some(Best { epoch: 1, value: 1.0 }));
}

#[test]
fn numbered_metrics_have_directions_and_logged_values_have_none() {
    let mut note = AtEpochEnd(|training: &mut Training| {
        training.log("score", training.epoch as f64);
        Ok(())
    });
    let mut model = constant(standstill(), (Mae, Mae, Mse));
    let history = model.fit_with(&targets(), &FitOptions::new().epochs(2), &mut [&mut note]).unwrap();
    assert_eq!(history.direction("mae_1"), Some(Direction::Min));
    assert_eq!((history.direction("score"), history.best("score")), (None, None));
    assert_eq!(Best::of(history.get("score"), Direction::Max), Some(Best { epoch: 2, value: 1.0 }));
}

#[test]
fn best_values_of_variants_use_the_directions() {
    let targets = targets();
    let experiment = Experiment::new(&targets, &targets, &FitOptions::new().epochs(3));
    let comparison =
        experiment.variant("diverging", |seed, _| diverging(seed)).seeds([0, 1]).run(&cpu(1)).unwrap();
    let variant = &comparison.variants()[0];
    assert_eq!(variant.best("r2_score"), Some(Best { epoch: 1, value: -1.0 }));
    assert_eq!(variant.best("val_auc"), Some(Best { epoch: 2, value: 1.0 }));
    assert_eq!(variant.best("inaccuracy"), Some(Best { epoch: 1, value: 1.0 }));
    assert_eq!(variant.best("val_loss").map(|best| best.epoch), Some(1));
    // The table shows the highest value of each curve.
    let table = comparison.to_string();
    assert!(table.contains("best val_auc") && table.contains("1.0000 ± 0.0000"), "{table}");
}

#[track_caller]
fn stopped(monitor: &str, mode: Option<Direction>) -> (Option<usize>, Option<usize>) {
    let mut stopping = EarlyStopping::new(monitor).patience(2);
    if let Some(mode) = mode {
        stopping = stopping.mode(mode);
    }
    let options = FitOptions::new().epochs(6).validation_data(&targets());
    diverging(0).unwrap().fit_with(&targets(), &options, &mut [&mut stopping]).unwrap();
    (stopping.best_epoch(), stopping.stopped_epoch())
}

#[test]
fn early_stopping_and_checkpoints_use_the_direction() {
    // R² falls from the start, and the error rises. The mode overrides the direction of the metric.
    assert_eq!(stopped("r2_score", None), (Some(0), Some(2)));
    assert_eq!(stopped("val_r2_score", None), (Some(0), Some(2)));
    assert_eq!(stopped("r2_score", Some(Direction::Min)), (Some(5), None));
    assert_eq!(stopped("inaccuracy", None), (Some(0), Some(2)));
    assert_eq!(stopped("inaccuracy", Some(Direction::Max)), (Some(5), None));
    assert_eq!(stopped("val_auc", None), (Some(1), Some(3)));

    let folder = tempfile::tempdir().unwrap();
    let mut checkpoint = ModelCheckpoint::new(folder.path().join("{epoch}")).save_best_only("val_auc");
    let options = FitOptions::new().epochs(4).validation_data(&targets());
    diverging(0).unwrap().fit_with(&targets(), &options, &mut [&mut checkpoint]).unwrap();
    let saved = |epoch: usize| folder.path().join(epoch.to_string()).exists();
    assert_eq!([1, 2, 3, 4].map(saved), [true, true, false, false]);
}

#[test]
fn value_logged_by_a_callback_needs_a_direction() {
    let run = |stopping: &mut EarlyStopping| {
        let mut note = AtEpochEnd(|training: &mut Training| {
            training.log("score", training.epoch as f64);
            Ok(())
        });
        let callbacks: &mut [&mut dyn Callback] = &mut [&mut note, stopping];
        constant(standstill(), ()).fit_with(&targets(), &FitOptions::new().epochs(4), callbacks)
    };
    let message = run(&mut EarlyStopping::new("score")).unwrap_err().to_string();
    assert!(message.contains("EarlyStopping") && message.contains("mode(Direction::Min)"), "{message}");
    let mut highest = EarlyStopping::new("score").mode(Direction::Max);
    run(&mut highest).unwrap();
    assert_eq!((highest.best_epoch(), highest.stopped_epoch()), (Some(3), None));
    let mut lowest = EarlyStopping::new("score").mode(Direction::Min);
    run(&mut lowest).unwrap();
    assert_eq!((lowest.best_epoch(), lowest.stopped_epoch()), (Some(0), Some(1)));
}

#[derive(Deserialize)]
struct Settings {
    units: usize,
    learning_rate: f64,
}

#[test]
fn best_trial_depends_on_the_direction() {
    let space = SearchSpace::new().choice("units", [8, 32, 16]).choice("learning_rate", [0.1, 0.2]);
    let folder = tempfile::tempdir().unwrap();
    let search = Search::open(SearchPlan::grid(space), folder.path().join("search.json")).unwrap();
    let trials = search
        .run(&cpu(1), |settings: &Settings, _| match settings.units {
            16 => Ok(None),
            units => Ok(Some(Best { epoch: 1, value: units as f64 })),
        })
        .unwrap();
    let best = |direction| &Trial::best(&trials, direction).unwrap().settings;
    // The first trial wins ties.
    assert_eq!((best(Direction::Max).units, best(Direction::Max).learning_rate), (32, 0.1));
    assert_eq!((best(Direction::Min).units, best(Direction::Min).learning_rate), (8, 0.1));
}
