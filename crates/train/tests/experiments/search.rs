//! The search for settings: what it tries, and how it goes on after an interruption.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::common::{cpu, flowers};
use burn::tensor::Device;
use kindling_models::{
    Sequential,
    activations::{Activation, Relu, Softmax, Tanh},
    part::{IntoPart, Part},
};
use kindling_train::{
    Compile, FitOptions, TrainError,
    callbacks::EarlyStopping,
    experiments::{Search, SearchPlan, SearchSpace, Trial},
    losses::SparseCategoricalCrossentropy,
    metrics::{Accuracy, Best, Direction},
    optimizers::RmsProp,
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Numbers, a name, and a part of a network.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Settings {
    units: usize,
    batch_size: usize,
    activation: Part<dyn Activation>,
    learning_rate: f64,
}

fn space() -> SearchSpace {
    SearchSpace::new()
        .choice("units", [4, 16])
        .choice("batch_size", [5, 8, 10, 40])
        .choice("activation", [Relu.into_part() as Part<dyn Activation>, Tanh.into_part()])
        .choice("learning_rate", [0.001, 0.01])
}

/// A setting of each kind.
fn ranges() -> SearchSpace {
    SearchSpace::new()
        .choice("activation", ["relu", "tanh"])
        .integers("units", 8..=64)
        .uniform("dropout", 0.0..=0.5)
        .log_uniform("learning_rate", 1e-4..=1e-1)
}

/// What a plan tries, as it is in files.
fn settings(plan: SearchPlan) -> Vec<Map<String, Value>> {
    let folder = tempfile::tempdir().unwrap();
    Search::<Map<String, Value>>::open(plan, folder.path().join("search.json")).unwrap().settings().to_vec()
}

/// Trains on flowers, stopping early.
fn train(settings: &Settings, device: &Device) -> Result<Option<Best>, TrainError> {
    let samples = flowers(60);
    let network = Sequential::new(4).dense(settings.units, settings.activation.clone()).dense(3, Softmax);
    let optimizer = RmsProp::new(settings.learning_rate);
    let mut model = network.compile(optimizer, SparseCategoricalCrossentropy, [Accuracy]).on(device)?;
    let options = FitOptions::new().epochs(5).batch_size(settings.batch_size);
    let options = options.validation_data(&samples.slice(40..60));
    let mut stopping = EarlyStopping::new("val_loss").patience(2);
    let history = model.fit_with(&samples.slice(0..40), &options, &mut [&mut stopping])?;
    Ok(history.best("val_loss"))
}

/// A score without any training.
fn pretend(settings: &Settings, _: &Device) -> Result<Option<Best>, TrainError> {
    let value = settings.units as f64 + settings.batch_size as f64 / 100.0 - settings.learning_rate;
    Ok(Some(Best { epoch: 1, value }))
}

fn never(_: &Settings, _: &Device) -> Result<Option<Best>, TrainError> {
    panic!("nothing is to be trained")
}

fn random_plan(trials: usize) -> SearchPlan {
    SearchPlan::random(space(), trials).seed(7).description("flowers")
}

fn random(trials: usize, path: &Path) -> Search<Settings> {
    Search::open(random_plan(trials), path).unwrap()
}

fn grid(path: &Path) -> Search<Settings> {
    Search::open(SearchPlan::grid(space()), path).unwrap()
}

#[test]
fn a_grid_holds_every_combination_and_the_last_value_varies_fastest() {
    let folder = tempfile::tempdir().unwrap();
    let search = grid(&folder.path().join("search.json"));
    let grid = search.settings();
    assert_eq!(grid.len(), 32);
    assert!((0..32).all(|i| !grid[..i].contains(&grid[i])));
    let of = |units, batch_size, activation, learning_rate| Settings {
        units,
        batch_size,
        activation,
        learning_rate,
    };
    assert_eq!(grid[0], of(4, 5, Relu.into_part(), 0.001));
    assert_eq!(grid[1], of(4, 5, Relu.into_part(), 0.01));
    assert_eq!(grid[2], of(4, 5, Tanh.into_part(), 0.001));
    assert_eq!(grid[31], of(16, 40, Tanh.into_part(), 0.01));
}

proptest! {
    #[test]
    fn a_sample_is_of_different_combinations_and_begins_as_a_smaller_one(
        seed: u64, few in 1_usize..20, more in 0_usize..20, continuous: bool,
    ) {
        let space = if continuous { ranges() } else { space() };
        let sample = |trials| settings(SearchPlan::random(space.clone(), trials).seed(seed));
        let (small, large) = (sample(few), sample(few + more));
        prop_assert_eq!(small.len(), few);
        prop_assert_eq!(large.len(), if continuous { few + more } else { (few + more).min(32) });
        prop_assert_eq!(&large[..few], &small[..]);
        prop_assert!((0..large.len()).all(|i| !large[..i].contains(&large[i])));
        if !continuous {
            let grid = settings(SearchPlan::grid(space));
            prop_assert!(large.iter().all(|settings| grid.contains(settings)));
        }
    }

    #[test]
    fn numbers_lie_within_their_range_and_have_four_digits(
        low in -1e3..1e3, length in 0.0..1e3, factor in 1.0..1e6, seed: u64,
    ) {
        let (high, least) = (low + length, 1e-6 + length);
        let space = SearchSpace::new()
            .uniform("uniform", low..=high)
            .log_uniform("log", least..=least * factor)
            .integers("integer", -3..=i64::from(seed as u8));
        for drawn in settings(SearchPlan::random(space, 5).seed(seed)) {
            let number = |name: &str| drawn[name].as_f64().unwrap();
            prop_assert!((low..=high).contains(&number("uniform")));
            prop_assert!((least..=least * factor).contains(&number("log")));
            prop_assert!((-3..=i64::from(seed as u8)).contains(&drawn["integer"].as_i64().unwrap()));
            for (name, ends) in [("uniform", [low, high]), ("log", [least, least * factor])] {
                let is_short = format!("{:.3e}", number(name)).parse() == Ok(number(name));
                prop_assert!(is_short || ends.contains(&number(name)), "{}", number(name));
            }
        }
    }
}

#[test]
fn a_logarithmic_range_gives_each_power_of_ten_its_share() {
    let space = SearchSpace::new().log_uniform("rate", 1e-4..=1.0).uniform("share", 0.0..=1.0);
    let drawn = settings(SearchPlan::random(space, 4000));
    let count =
        |name: &str, limit: f64| drawn.iter().filter(|own| own[name].as_f64().unwrap() < limit).count();
    // A quarter of each; five standard deviations are 137.
    assert!(count("rate", 1e-3).abs_diff(1000) < 137 && count("rate", 1e-1).abs_diff(3000) < 137);
    assert!(count("share", 0.25).abs_diff(1000) < 137);
}

#[test]
fn samples_differ_from_seed_to_seed() {
    for space in [space(), ranges()] {
        let sample = |seed| settings(SearchPlan::random(space.clone(), 8).seed(seed));
        assert_ne!(sample(0), sample(1));
        assert_eq!(sample(0), sample(0));
    }
}

#[test]
fn the_number_of_threads_changes_neither_trials_nor_file() {
    let [one, three] = [1, 3].map(|jobs| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("search.json");
        let trials = random(6, &path).run(&cpu(jobs), train).unwrap();
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
    let interrupted =
        random(6, &path).run(&cpu(1), |settings, device| match calls.fetch_add(1, Ordering::Relaxed) {
            4 => Err(TrainError::Mismatch("the power failed".into())),
            _ => train(settings, device),
        });
    assert_eq!(interrupted.unwrap_err().to_string(), "the power failed");

    let again = random(6, &path);
    assert_eq!((again.finished(), again.settings().len()), (4, 6));
    calls.store(0, Ordering::Relaxed);
    let counted = |settings: &Settings, device: &Device| {
        calls.fetch_add(1, Ordering::Relaxed);
        train(settings, device)
    };
    let trials = again.run(&cpu(2), counted).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    assert_eq!(trials, random(6, &other).run(&cpu(1), train).unwrap());
    assert_eq!(fs::read(&path).unwrap(), fs::read(&other).unwrap());

    // More trials: the first are there. Fewer: the others stay in the file.
    assert_eq!(random(9, &path).finished(), 6);
    assert_eq!(random(2, &path).run(&cpu(1), never).unwrap(), trials[..2]);
    assert_eq!(random(6, &path).run(&cpu(1), never).unwrap(), trials);
}

#[test]
fn trials_of_a_range_are_found_again_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.json");
    let open = || Search::<Value>::open(SearchPlan::random(ranges(), 20), &path).unwrap();
    let score = |settings: &Value, _: &Device| {
        Ok(Some(Best { epoch: 1, value: settings["learning_rate"].as_f64().unwrap().ln() }))
    };
    let trials = open().run(&cpu(2), score).unwrap();
    assert_eq!(open().finished(), 20);
    assert_eq!(open().run(&cpu(1), |_, _| panic!("all of them are finished")).unwrap(), trials);
}

#[test]
fn the_lowest_score_wins_and_what_diverges_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.json");
    let trials = grid(&path)
        .run(&cpu(2), |settings, device| match settings.learning_rate {
            0.01 => Err(TrainError::NotFinite {
                name: "loss".into(),
                value: f64::NAN,
                epoch: 1,
                step: 1,
                cause: None,
            }),
            _ => pretend(settings, device),
        })
        .unwrap();
    assert_eq!(trials.iter().filter(|trial| trial.score.is_none()).count(), 16);
    let best = Trial::best(&trials, Direction::Min).unwrap();
    assert_eq!((best.settings.units, best.settings.batch_size, best.settings.learning_rate), (4, 5, 0.001));
    assert_eq!(best.score, Some(Best { epoch: 1, value: 4.0 + 0.05 - 0.001 }));
    // The file says the same of them.
    assert_eq!(grid(&path).finished(), 32);
    assert_eq!(grid(&path).run(&cpu(1), never).unwrap(), trials);
    assert_eq!(Trial::best(&trials[..0], Direction::Min), None);
}

#[test]
fn the_settings_that_explain_the_scores_are_important() {
    let folder = tempfile::tempdir().unwrap();
    let trials = grid(&folder.path().join("search.json")).run(&cpu(1), pretend).unwrap();
    let importance = space().importance(&trials, Direction::Min).unwrap();
    let names: Vec<&str> = importance.iter().map(|one| one.setting.as_str()).collect();
    assert_eq!(names[..2], ["units", "batch_size"]);
    assert!(importance[0].share > 0.7 && importance[1].share > 0.1, "{importance:?}");
    assert!(importance[2..].iter().all(|one| one.share == 0.0), "{importance:?}");

    // Diverged trials are the worst, whichever direction is better.
    let diverging = |settings: &Settings, _: &Device| match settings.learning_rate {
        0.01 => Ok(None),
        _ => Ok(Some(Best { epoch: 1, value: 1.0 })),
    };
    let trials = grid(&folder.path().join("diverging.json")).run(&cpu(1), diverging).unwrap();
    for direction in [Direction::Min, Direction::Max] {
        let importance = space().importance(&trials, direction).unwrap();
        assert_eq!((importance[0].setting.as_str(), importance[0].share), ("learning_rate", 1.0));
    }
    assert!(space().importance::<Settings>(&[], Direction::Min).unwrap().iter().all(|one| one.share == 0.0));
    let error = ranges().importance(&trials, Direction::Min).unwrap_err().to_string();
    assert!(error.contains("have no dropout"), "{error}");
}

#[test]
fn the_file_of_another_search_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.json");
    random(2, &path).run(&cpu(1), pretend).unwrap();
    let before = fs::read(&path).unwrap();
    let wider = SearchSpace::new().choice("units", [1]);
    let others = [
        (random_plan(2).seed(8), "Random { seed: 7 }"),
        (random_plan(2).description("digits"), "\"flowers\", while this one is \"digits\""),
        (SearchPlan::random(wider, 2).seed(7).description("flowers"), "another space"),
        (SearchPlan::grid(space()).description("flowers"), "while this one is Grid"),
    ];
    for (plan, reason) in others {
        let message = Search::<Value>::open(plan, &path).unwrap_err().to_string();
        assert!(message.contains("search.json") && message.contains(reason), "{message}");
        assert!(message.contains("delete the file"), "{message}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_search_or_cannot_be_had_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.json");
    let refused = |path: &Path| Search::<Settings>::open(random_plan(2), path).unwrap_err().to_string();
    for text in ["", "{\"search\": ", "[1, 2]", "{\"trials\": []}"] {
        fs::write(&path, text).unwrap();
        let message = refused(&path);
        assert!(message.contains("search.json") && message.contains("no file of a search"), "{message}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    let message = refused(folder.path());
    // What cannot be opened now may be the file of a search all the same.
    assert!(message.starts_with("cannot read ") && !message.contains("delete"), "{message}");
    let nowhere = random(1, &folder.path().join("missing").join("search.json"));
    let message = nowhere.run(&cpu(1), never).unwrap_err().to_string();
    assert!(message.contains("cannot write") && message.contains("missing"), "{message}");
}

#[test]
fn an_empty_or_muddled_space_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.json");
    let refused = |plan: SearchPlan| Search::<Value>::open(plan, &path).unwrap_err().to_string();
    let random = |space| refused(SearchPlan::random(space, 3));
    let none = || SearchSpace::new();
    assert!(random(none()).contains("there is no setting"));
    assert!(random(none().choice::<f64>("dropout", [])).contains("dropout is []"));
    assert!(random(none().choice("units", [4, 8, 4])).contains("units is [4,8,4]"));
    assert!(random(none().choice("units", [4]).integers("units", 1..=2)).contains("units is given twice"));
    #[allow(clippy::reversed_empty_ranges, reason = "it is to be refused")]
    let reversed = none().integers("units", 8..=4);
    assert!(random(reversed).contains("units is 8..=4"));
    for range in [1.0..=0.0, f64::NAN..=1.0, 0.0..=f64::INFINITY, -f64::MAX..=f64::MAX] {
        assert!(random(none().uniform("dropout", range)).contains("dropout is"));
    }
    for range in [0.0..=1.0, -1.0..=1.0, 1.0..=f64::INFINITY, 1.0..=0.5, f64::NAN..=1.0] {
        assert!(random(none().log_uniform("rate", range)).contains("above 0"));
    }
    // The first of several faults.
    assert!(random(none().choice::<f64>("a", []).uniform("b", 1.0..=0.0)).contains("a is []"));
    let large = none().integers("units", 1..=i64::MAX).integers("more", i64::MIN..=i64::MAX);
    assert!(refused(SearchPlan::grid(large.clone())).contains("more than 1000000 combinations"));
    assert_eq!(settings(SearchPlan::random(large, 3)).len(), 3);
    assert!(refused(SearchPlan::grid(ranges())).contains("dropout cannot be a range"));
    assert!(refused(random_plan(0)).contains("trials is 0"));
    // A range with a single number has a single trial.
    assert_eq!(
        settings(SearchPlan::random(none().uniform("rate", 0.5..=0.5), 3)),
        [json!({"rate": 0.5}).as_object().unwrap().clone()]
    );

    // What the settings are read into does not fit them: known before anything is tried.
    let wrong = none().choice("units", ["many"]).choice("batch_size", [1]);
    let message = Search::<Settings>::open(SearchPlan::grid(wrong), &path).unwrap_err().to_string();
    assert!(message.contains("Settings") && message.contains("many"), "{message}");
    assert!(!path.exists());
    let message = self::random(1, &path).run(&cpu(0), never).unwrap_err().to_string();
    assert!(message.contains("jobs is 0"));
}
