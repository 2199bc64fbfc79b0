//! `Search` and `HalvingSearch` with the file that an earlier run left, which is the input.

#![no_main]

use std::path::Path;

use burn::tensor::Device;
use kindling_fuzz::{on_file, seeds};
use kindling_train::{
    TrainError,
    experiments::{Devices, HalvingSearch, Search, SearchPlan, SearchSpace, SuccessiveHalving},
    metrics::{Best, Direction},
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn search(path: &Path) -> Result<usize, TrainError> {
    let space = SearchSpace::new().choice("units", [1, 2]).uniform("rate", 0.0..=1.0);
    let best = Some(Best { epoch: 1, value: 0.5 });
    let search = Search::open(SearchPlan::random(space, 3), path)?;
    assert!(search.finished() <= 3);
    Ok(search.run(&Devices::from(&Device::flex()), |_: &Value, _| Ok(best))?.len())
}

fn halving(path: &Path) -> Result<usize, TrainError> {
    let plan = SearchPlan::grid(SearchSpace::new().choice("units", [1, 2, 3, 4]));
    let halving = SuccessiveHalving { min_epochs: 1, max_epochs: 4, factor: 2 };
    let search = HalvingSearch::<Value>::open(plan, halving, path)?;
    let score = |epochs| Some(Best { epoch: epochs, value: 0.5 });
    let devices = Devices::from(&Device::flex());
    Ok(search.run(Direction::Min, &devices, |rung, _| Ok(score(rung.epochs.len())))?.len())
}

fuzz_target!(
    init: seeds(|folder| {
        search(&folder.join("search.json")).unwrap();
        halving(&folder.join("halving.json")).unwrap();
    }),
    |bytes: &[u8]| {
        on_file("search.json", bytes, |path| drop(search(path).map(|trials| assert_eq!(trials, 3))));
        on_file("search.json", bytes, |path| drop(halving(path).map(|trials| assert_eq!(trials, 4))));
    }
);
