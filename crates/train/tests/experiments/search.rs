//! The search for hyperparameters: what it tries, and how it continues after an interruption.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::common::flowers;
use burn::tensor::Device;
use kindling_models::{Init, activations::Softmax};
use kindling_train::{
    Compile, FitOptions, TrainError,
    callbacks::EarlyStopping,
    experiments::{Search, SearchSpace, Settings, Trial},
    losses::SparseCategoricalCrossentropy,
    metrics::{Accuracy, Best, Direction},
    optimizers::RmsProp,
};
use proptest::prelude::*;

fn space() -> SearchSpace {
    SearchSpace {
        layers: vec![1, 2],
        units: vec![4, 16],
        dropout: vec![0.0, 0.25],
        l2: vec![0.0, 0.001],
        learning_rate: vec![0.001, 0.01],
    }
}

/// Trains on flowers, stopping early.
fn train(settings: &Settings) -> Result<Option<Best>, TrainError> {
    let samples = flowers(60);
    let network = settings.network(4, 3, Softmax);
    let optimizer = RmsProp::new(settings.learning_rate);
    let compiling = network.compile(optimizer, SparseCategoricalCrossentropy, [Accuracy]);
    let mut model = compiling.on(&Device::flex())?;
    let options = FitOptions::new().epochs(5).batch_size(8).validation_data(&samples.slice(40..60));
    let mut stopping = EarlyStopping::new("val_loss").patience(2);
    let history = model.fit_with(&samples.slice(0..40), &options, &mut [&mut stopping])?;
    Ok(history.best("val_loss"))
}

/// A score without any training.
fn pretend(settings: &Settings) -> Result<Option<Best>, TrainError> {
    let value = settings.units as f64 + settings.dropout - settings.learning_rate;
    Ok(Some(Best { epoch: settings.layers, value }))
}

fn random(trials: usize, path: &Path) -> Search {
    Search::random("flowers", space(), trials, 7, path).unwrap()
}

#[test]
fn a_grid_holds_every_combination_and_the_last_value_varies_fastest() {
    let grid = space().grid().unwrap();
    assert_eq!(grid.len(), 32);
    assert!((0..32).all(|i| !grid[..i].contains(&grid[i])));
    let first = Settings { layers: 1, units: 4, dropout: 0.0, l2: 0.0, learning_rate: 0.001 };
    let second = Settings { learning_rate: 0.01, ..first };
    let third = Settings { l2: 0.001, ..first };
    assert_eq!(grid[..3], [first, second, third]);
    let last = Settings { layers: 2, units: 16, dropout: 0.25, l2: 0.001, learning_rate: 0.01 };
    assert_eq!(grid[31], last);
    assert_eq!(last.to_string(), "2 x 16 units, dropout 0.25, L2 0.001, learning rate 0.01");
}

proptest! {
    #[test]
    fn a_sample_is_of_different_combinations_and_begins_as_a_smaller_one(
        seed: u64, few in 1_usize..20, more in 0_usize..20,
    ) {
        let (small, large) = (space().sample(few, seed).unwrap(), space().sample(few + more, seed).unwrap());
        prop_assert_eq!(small.len(), few);
        prop_assert_eq!(large.len(), (few + more).min(32));
        prop_assert_eq!(&large[..few], &small[..]);
        let grid = space().grid().unwrap();
        prop_assert!(large.iter().all(|settings| grid.contains(settings)));
        prop_assert!((0..large.len()).all(|i| !large[..i].contains(&large[i])));
    }
}

#[test]
fn samples_differ_from_seed_to_seed() {
    assert_ne!(space().sample(8, 0).unwrap(), space().sample(8, 1).unwrap());
    assert_eq!(space().sample(8, 0).unwrap(), space().sample(8, 0).unwrap());
}

#[test]
fn a_network_is_built_of_its_settings() {
    let summary = |dropout| {
        let settings = Settings { layers: 2, units: 8, dropout, l2: 0.0, learning_rate: 0.1 };
        let network = settings.network(4, 3, Softmax);
        Init::build(&Device::flex(), 0, |init| network.build(init)).unwrap().summary()
    };
    let plain = summary(0.0);
    // 4 * 8 + 8, 8 * 8 + 8, 8 * 3 + 3
    assert!(plain.contains("Total params: 139 ") && !plain.contains("Dropout"), "{plain}");
    assert_eq!(summary(0.5).matches("(Dropout)").count(), 2);
}

#[test]
fn the_number_of_threads_changes_neither_trials_nor_file() {
    let [one, three] = [1, 3].map(|jobs| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("search.json");
        let trials = random(6, &path).run(jobs, train).unwrap();
        (trials, fs::read_to_string(path).unwrap())
    });
    assert_eq!(one, three);
    assert_eq!(one.0.len(), 6);
    assert!(one.0.iter().all(|trial| trial.score.is_some_and(|score| (1..=5).contains(&score.epoch))));
}

#[test]
fn an_interrupted_search_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let [path, other] = ["search.json", "whole.json"].map(|name| folder.path().join(name));
    let calls = AtomicUsize::new(0);
    let interrupted = random(6, &path).run(1, |settings| match calls.fetch_add(1, Ordering::Relaxed) {
        4 => Err(TrainError::Mismatch("the power failed".into())),
        _ => train(settings),
    });
    assert_eq!(interrupted.unwrap_err().to_string(), "the power failed");

    let again = random(6, &path);
    assert_eq!((again.finished(), again.plan().len()), (4, 6));
    calls.store(0, Ordering::Relaxed);
    let counted = |settings: &Settings| {
        calls.fetch_add(1, Ordering::Relaxed);
        train(settings)
    };
    let trials = again.run(2, counted).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    assert_eq!(trials, random(6, &other).run(1, train).unwrap());
    assert_eq!(fs::read(&path).unwrap(), fs::read(&other).unwrap());

    // More trials: the first are there. Fewer: the others stay in the file.
    assert_eq!(random(9, &path).finished(), 6);
    let never = |_: &Settings| -> Result<Option<Best>, TrainError> { panic!("all of them are finished") };
    assert_eq!(random(2, &path).run(1, never).unwrap(), trials[..2]);
    assert_eq!(random(6, &path).run(1, never).unwrap(), trials);
}

#[test]
fn the_lowest_score_wins_and_what_diverges_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let search = Search::grid("pretended", space(), folder.path().join("search.json")).unwrap();
    let trials = search
        .run(2, |settings| match settings.learning_rate {
            0.01 => Err(TrainError::NotFinite { name: "loss".into(), value: f64::NAN, epoch: 1, step: 1 }),
            _ => pretend(settings),
        })
        .unwrap();
    assert_eq!(trials.iter().filter(|trial| trial.score.is_none()).count(), 16);
    let best = Trial::best(&trials, Direction::Min).unwrap();
    assert_eq!((best.settings.units, best.settings.dropout, best.settings.learning_rate), (4, 0.0, 0.001));
    assert_eq!(best.score, Some(Best { epoch: 1, value: 4.0 - 0.001 }));
    // The file says the same of them.
    let again = Search::grid("pretended", space(), folder.path().join("search.json")).unwrap();
    assert_eq!(again.finished(), 32);
    assert_eq!(again.run(1, pretend).unwrap(), trials);
    assert_eq!(Trial::best(&trials[..0], Direction::Min), None);
}

#[test]
fn the_file_of_another_search_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.json");
    random(2, &path).run(1, pretend).unwrap();
    let before = fs::read(&path).unwrap();
    let wider = SearchSpace { units: vec![4, 16, 64], ..space() };
    let others = [
        (Search::random("flowers", space(), 2, 8, &path), "Random { seed: 7 }"),
        (Search::random("digits", space(), 2, 7, &path), "\"flowers\", while this one is \"digits\""),
        (Search::random("flowers", wider, 2, 7, &path), "another space"),
        (Search::grid("flowers", space(), &path), "while this one is Grid"),
    ];
    for (search, reason) in others {
        let message = search.unwrap_err().to_string();
        assert!(message.contains("search.json") && message.contains(reason), "{message}");
        assert!(message.contains("delete the file"), "{message}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_search_or_cannot_be_had_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.json");
    let refused = |path: &Path| Search::grid("flowers", space(), path).unwrap_err().to_string();
    for text in ["", "{\"search\": ", "[1, 2]", "{\"trials\": []}"] {
        fs::write(&path, text).unwrap();
        let message = refused(&path);
        assert!(message.contains("search.json") && message.contains("no file of a search"), "{message}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    let message = refused(folder.path());
    assert!(message.contains("cannot be read"), "{message}");
    let never = |_: &Settings| -> Result<Option<Best>, TrainError> { panic!("nothing is to be trained") };
    let nowhere = random(1, &folder.path().join("missing").join("search.json"));
    let message = nowhere.run(1, never).unwrap_err().to_string();
    assert!(message.contains("cannot write") && message.contains("missing"), "{message}");
}

#[test]
fn an_empty_or_muddled_space_is_refused() {
    let refused = |space: SearchSpace| space.grid().unwrap_err().to_string();
    assert!(refused(SearchSpace::default()).contains("layers is []"));
    assert!(refused(SearchSpace { dropout: Vec::new(), ..space() }).contains("dropout is []"));
    assert!(refused(SearchSpace { units: vec![4, 8, 4], ..space() }).contains("units is [4.0, 8.0, 4.0]"));
    assert!(refused(SearchSpace { l2: vec![f64::NAN], ..space() }).contains("l2 is [NaN]"));
    let large = SearchSpace { units: (1..=100_000).collect(), ..space() };
    assert!(refused(large).contains("more than 1000000 combinations"));
    assert!(space().sample(0, 0).unwrap_err().to_string().contains("trials is 0"));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.json");
    assert!(Search::random("none", SearchSpace::default(), 3, 0, &path).is_err());
    assert!(!path.exists());
    assert!(random(1, &path).run(0, pretend).unwrap_err().to_string().contains("jobs is 0"));
}
