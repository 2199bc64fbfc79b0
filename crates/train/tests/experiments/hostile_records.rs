//! The file of a search that was changed is refused with an error that names it, or the search goes on; nothing panics.

use std::{fs, path::Path, sync::LazyLock};

use kindling_train::{
    TrainError,
    experiments::{HalvingSearch, Search, SearchPlan, SearchSpace, SuccessiveHalving, Trial},
    metrics::{Best, Direction},
};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use crate::common::cpu;

const BEST: Best = Best { epoch: 1, value: 0.5 };

type Trials = Vec<Trial<Value>>;

/// Runs a search of three trials; returns those, and the number that were finished before.
fn search(path: &Path) -> Result<(Trials, usize), TrainError> {
    let space = SearchSpace::new().choice("units", [1, 2]).uniform("rate", 0.0..=1.0);
    let search = Search::open(SearchPlan::random(space, 3), path)?;
    let finished = search.finished();
    Ok((search.run(&cpu(1), |_, _| Ok(Some(BEST)))?, finished))
}

/// Runs a successive halving of four trials.
fn halving(path: &Path) -> Result<Trials, TrainError> {
    let plan = SearchPlan::grid(SearchSpace::new().choice("units", [1, 2, 3, 4]));
    let halving = SuccessiveHalving { min_epochs: 1, max_epochs: 4, factor: 2 };
    HalvingSearch::open(plan, halving, path)?.run(Direction::Min, &cpu(1), |_, _| Ok(Some(BEST)))
}

/// The files of the two searches.
static RECORDS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["search.json", "halving.json"].map(|name| folder.path().join(name));
    search(&one).unwrap();
    halving(&other).unwrap();
    [one, other].map(|path| fs::read(path).unwrap())
});

/// Takes up each search with this file.
fn take_up(bytes: &[u8]) -> [Option<Trials>; 2] {
    [with_file(bytes, |path| Ok(search(path)?.0)), with_file(bytes, halving)]
}

/// Runs a search with this file. An error names it.
fn with_file(bytes: &[u8], run: impl Fn(&Path) -> Result<Trials, TrainError>) -> Option<Trials> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("given.json");
    fs::write(&path, bytes).unwrap();
    run(&path).map_err(|error| assert!(error.to_string().contains("given.json"), "{error}")).ok()
}

#[test]
fn an_intact_record_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.json");
    fs::write(&path, &RECORDS[0]).unwrap();
    let (trials, finished) = search(&path).unwrap();
    assert_eq!(finished, 3);
    assert!(trials.iter().all(|trial| trial.score == Some(BEST)));
    assert_eq!(fs::read(&path).unwrap(), RECORDS[0], "nothing was tried again");
}

#[test]
fn absurd_scores_are_refused_or_harmless() {
    let mut record: Value = serde_json::from_slice(&RECORDS[0]).unwrap();
    let mut with = |epoch: Value, value: Value| {
        record["trials"][0]["score"] = json!({"epoch": epoch, "value": value});
        take_up(&serde_json::to_vec(&record).unwrap())[0].clone()
    };
    for (epoch, value) in
        [(json!(-1), json!(0.5)), (json!(1), json!(null)), (json!(1), json!("nan")), (json!(1e18), json!(1))]
    {
        assert_eq!(with(epoch, value), None);
    }
    // It is what the file says.
    let trials = with(json!(10_u64.pow(18)), json!(-1e300)).unwrap();
    let best = Trial::best(&trials, Direction::Min).unwrap().score;
    assert_eq!(best, Some(Best { epoch: 10_usize.pow(18), value: -1e300 }));
    let mut halved: Value = serde_json::from_slice(&RECORDS[1]).unwrap();
    for trial in halved["trials"].as_array_mut().unwrap() {
        trial["score"]["epoch"] = json!(u64::MAX);
        trial["epochs"] = json!(10_u64.pow(18));
    }
    // Trials of other epochs than those of the rungs do not count.
    let trials = take_up(&serde_json::to_vec(&halved).unwrap())[1].clone().unwrap();
    assert!(trials.iter().all(|trial| trial.score == Some(BEST)));
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.json");
    fs::write(&path, [&RECORDS[0][..], &vec![b' '; 1 << 26]].concat()).unwrap();
    let error = search(&path).unwrap_err().to_string();
    assert!(error.contains("search.json") && error.contains("more than 67108864 bytes"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]
    #[test]
    fn changed_bytes_are_refused_or_harmless(
        which in 0..2_usize,
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4),
        cut in prop::option::weighted(0.2, any::<Index>()),
    ) {
        let mut bytes = RECORDS[which].clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
        let taken_up = take_up(&bytes);
        prop_assert!(taken_up[1 - which].is_none(), "it is of another search");
        if let Some(trials) = &taken_up[which] {
            prop_assert_eq!(trials.len(), [3, 4][which]);
        }
    }
}
