//! Successive halving: continued runs equal uninterrupted ones.

use std::{fs, path::Path, sync::Mutex};

use crate::common::{cpu, flowers};
use burn::tensor::Device;
use kindling_data::Samples;
use kindling_models::{
    Sequential, SequentialNetwork,
    activations::{Relu, Softmax},
};
use kindling_train::{
    Compile, FitOptions, Model, TrainError,
    experiments::{HalvingSearch, Rung, Search, SearchPlan, SearchSpace, SuccessiveHalving, Trial},
    losses::SparseCategoricalCrossentropy,
    metrics::{Accuracy, Best, Direction},
    optimizers::Adam,
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Settings {
    units: usize,
    learning_rate: f64,
}

const HALVING: SuccessiveHalving = SuccessiveHalving { min_epochs: 1, max_epochs: 9, factor: 3 };

fn plan() -> SearchPlan {
    let space = SearchSpace::new().integers("units", 2..=32).log_uniform("learning_rate", 1e-3..=1e-1);
    SearchPlan::random(space, 9).seed(3)
}

fn open(path: &Path) -> HalvingSearch<Settings> {
    HalvingSearch::open(plan(), HALVING, path).unwrap()
}

fn parts() -> (Samples, FitOptions) {
    let samples = flowers(60);
    let options = FitOptions::new().batch_size(8).validation_data(&samples.slice(40..60));
    (samples.slice(0..40), options)
}

fn compile(settings: &Settings, device: &Device) -> Result<Model<SequentialNetwork>, TrainError> {
    let network = Sequential::new(4).dense(settings.units, Relu).dropout(0.2).dense(3, Softmax);
    let optimizer = Adam::new(settings.learning_rate);
    network.compile(optimizer, SparseCategoricalCrossentropy, [Accuracy]).seed(5).on(device)
}

fn train(rung: &Rung<Settings>, device: &Device) -> Result<Option<Best>, TrainError> {
    let (samples, options) = parts();
    Ok(rung.fit(device, || compile(&rung.settings, device), &samples, &options)?.best("val_loss"))
}

/// Returns all files below a directory with their paths, sorted.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true => all.extend(files(&entry)),
            false => all.push((entry.to_string_lossy().into_owned(), fs::read(&entry).unwrap())),
        }
    }
    all.sort();
    all
}

#[test]
fn best_model_equals_that_of_an_uninterrupted_run() {
    let folder = tempfile::tempdir().unwrap();
    let rungs = Mutex::new(Vec::new());
    let trials = open(&folder.path().join("search.json"))
        .run(Direction::Min, &cpu(2), |rung, device| {
            rungs.lock().unwrap().push(rung.epochs.clone());
            train(rung, device)
        })
        .unwrap();
    // No epoch is trained twice.
    let mut rungs = rungs.into_inner().unwrap();
    rungs.sort_by_key(|epochs| epochs.start);
    assert_eq!(rungs, [vec![0..1; 9], vec![1..3; 3], vec![3..9; 1]].concat());

    let best = Trial::best(&trials, Direction::Min).unwrap();
    let (samples, options) = parts();
    let mut whole = compile(&best.settings, &Device::flex()).unwrap();
    let history = whole.fit(&samples, &options.epochs(9)).unwrap();
    assert_eq!(best.score, history.best("val_loss"));

    // Only the model of the last rung is kept, with the same bytes as that of the uninterrupted run.
    let kept = files(&folder.path().join("search.checkpoints"));
    let [(path, bytes)] = kept.as_slice() else { panic!("expected one file, got {:?}", kept.len()) };
    assert!(path.ends_with("epochs_9/model.keras"), "{path}");
    let other = folder.path().join("whole.keras");
    whole.save(&other).unwrap();
    assert!(*bytes == fs::read(other).unwrap());
}

#[test]
fn results_do_not_depend_on_threads_or_interruptions() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, jobs| {
        let path = folder.path().join(name).join("search.json");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        (open(&path).run(Direction::Min, &cpu(jobs), train).unwrap(), fs::read(path).unwrap())
    };
    let whole = run("one", 1);
    assert_eq!(whole, run("three", 3));

    // Interrupted in each of the 13 runs, after its checkpoint was written.
    let path = folder.path().join("again/search.json");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    for _ in 0..13 {
        let first = Mutex::new(true);
        let stopped = open(&path).run(Direction::Min, &cpu(1), |rung, device| {
            let score = train(rung, device)?;
            match std::mem::take(&mut *first.lock().unwrap()) {
                true => Ok(score),
                false => Err(TrainError::Mismatch("power failure".into())),
            }
        });
        assert_eq!(stopped.map_err(|error| error.to_string()).is_ok(), path_is_finished(&path));
    }
    assert_eq!(run("again", 1), whole);
}

/// Returns whether a file has all runs of the rungs: nine, three and one.
fn path_is_finished(path: &Path) -> bool {
    let record: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    record["trials"].as_array().unwrap().len() == 13
}

#[test]
fn search_without_checkpoints_retrains_with_the_same_result() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.json");
    let result = open(&path).run(Direction::Min, &cpu(1), |rung, device| match rung.epochs.start {
        3 => Err(TrainError::Mismatch("power failure".into())),
        _ => train(rung, device),
    });
    assert!(result.is_err());
    fs::remove_dir_all(folder.path().join("search.checkpoints")).unwrap();
    let trials = open(&path)
        .run(Direction::Min, &cpu(1), |rung, device| {
            assert_eq!((rung.epochs.clone(), &rung.from), (0..9, &None));
            train(rung, device)
        })
        .unwrap();
    let other = open(&folder.path().join("other.json")).run(Direction::Min, &cpu(1), train).unwrap();
    assert_eq!(trials, other);
}

/// Runs a search without training, where the score of a trial is its index. Returns the epochs and the trials of each
/// rung.
fn places(
    direction: Direction,
    halving: SuccessiveHalving,
    count: i64,
    diverging: &[i64],
) -> Vec<(usize, Vec<i64>)> {
    let folder = tempfile::tempdir().unwrap();
    let plan = SearchPlan::grid(SearchSpace::new().integers("place", 0..=count - 1));
    let search =
        HalvingSearch::<serde_json::Value>::open(plan, halving, folder.path().join("search.json")).unwrap();
    let tried = Mutex::new(Vec::new());
    search
        .run(direction, &cpu(1), |rung, _| {
            let place = rung.settings["place"].as_i64().unwrap();
            tried.lock().unwrap().push((rung.epochs.end, place));
            match diverging.contains(&place) {
                true => Err(TrainError::NotFinite {
                    name: "loss".into(),
                    value: f64::NAN,
                    epoch: 1,
                    step: 1,
                    cause: None,
                }),
                false => Ok(Some(Best { epoch: 1, value: place as f64 })),
            }
        })
        .unwrap();
    let mut rungs: Vec<(usize, Vec<i64>)> = Vec::new();
    for (epochs, place) in tried.into_inner().unwrap() {
        match rungs.last_mut() {
            Some((own, places)) if *own == epochs => places.push(place),
            _ => rungs.push((epochs, vec![place])),
        }
    }
    rungs
}

#[test]
fn best_trials_of_each_rung_continue() {
    let halving = SuccessiveHalving { min_epochs: 2, max_epochs: 10, factor: 2 };
    let all: Vec<i64> = (0..7).collect();
    let expected = [(2, all.clone()), (4, vec![0, 1, 2]), (8, vec![0]), (10, vec![0])];
    assert_eq!(places(Direction::Min, halving, 7, &[]), expected);
    assert_eq!(places(Direction::Max, halving, 7, &[])[1], (4, vec![4, 5, 6]));
    assert_eq!(places(Direction::Min, halving, 7, &[0, 2])[1], (4, vec![1, 3, 4]));
    // All trials have failed.
    assert_eq!(places(Direction::Min, halving, 7, &all), [(2, all)]);
    let once = SuccessiveHalving { min_epochs: 3, max_epochs: 3, factor: 2 };
    assert_eq!(places(Direction::Min, once, 2, &[]), [(3, vec![0, 1])]);
}

#[test]
fn invalid_or_different_halvings_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.json");
    let refused = |halving| HalvingSearch::<Settings>::open(plan(), halving, &path).unwrap_err().to_string();
    assert!(refused(SuccessiveHalving { factor: 1, ..HALVING }).contains("factor is 1"));
    assert!(refused(SuccessiveHalving { min_epochs: 0, ..HALVING }).contains("min_epochs is 0"));
    assert!(refused(SuccessiveHalving { min_epochs: 10, ..HALVING }).contains("at most max_epochs (9)"));
    open(&path).run(Direction::Min, &cpu(2), train).unwrap();
    assert!(refused(SuccessiveHalving { max_epochs: 27, ..HALVING }).contains("max_epochs: 9"));
    let message = Search::<Settings>::open(plan(), &path).unwrap_err().to_string();
    assert!(message.contains("it belongs to another search"), "{message}");
}
