//! Digits sorted by class: the validation set must contain the same classes as the training set.

use kindling::{
    losses::SparseCategoricalCrossentropy,
    metrics::Accuracy,
    networks,
    optimizers::RmsProp,
    plots::Chart,
    prelude::*,
    splits::{Fold, HoldOut, Splitter, StratifiedKFold},
};
use kindling_programs::cli::{CommonArgs, Run};

use crate::Scores;

/// Number of digits that are sorted and split.
const DIGITS: usize = 5000;

/// Holds out a fifth of the sorted digits in three ways. Compares the validation accuracy with that on the test digits.
pub fn show(run: &mut Run<CommonArgs>) -> anyhow::Result<Scores> {
    let mnist = run.load("mnist", mnist::load)?;
    let (train, test) = (mnist.train.reshape(28 * 28)?.slice(0..DIGITS), mnist.test.reshape(28 * 28)?);
    let classes = train.classes().unwrap_or_default();
    let mut order: Vec<usize> = (0..train.len()).collect();
    order.sort_by_key(|position| classes[*position]);
    let sorted = train.select(&order)?;

    let splitters: [(&str, &str, Box<dyn Splitter>); 3] = [
        ("The last fifth", "last", Box::new(HoldOut::last(0.2))),
        ("Shuffled", "shuffled", Box::new(HoldOut::random(0.2).seed(run.seed()))),
        ("Stratified", "stratified", Box::new(StratifiedKFold::new(5).shuffle_with_seed(run.seed()))),
    ];
    run.say(format_args!("\n1. The first {DIGITS} digits sorted by class, a fifth of them held out"));
    run.say(format_args!(
        "{:<16}{:>20}{:>22}{:>16}",
        "", "classes trained on", "validation accuracy", "new digits"
    ));
    let mut chart = Chart::new("Digits sorted by class, a fifth held out")
        .axes("Digit", "Percentage of its images that is held out")
        .categories((0..10).map(|digit| digit.to_string()))
        .caption(run.caption());
    let mut scores = [[0.0; 2]; 3];
    for ((name, key, splitter), scores) in splitters.into_iter().zip(&mut scores) {
        let Fold { train: partial, validation: held_out, .. } = sorted.split(&*splitter)?.swap_remove(0);
        let network = networks::mnist(64);
        let compiling = network.compile(RmsProp::default(), SparseCategoricalCrossentropy, [Accuracy]);
        let mut model = compiling.seed(run.seed()).on(run.device())?;
        model.fit(&partial, &FitOptions::new().epochs(5).batch_size(64))?;
        let accuracy = |samples: &Samples| model.evaluate(samples)?.require("accuracy");
        let (validation, test) = (accuracy(&held_out)?, accuracy(&test)?);

        let shares = held_out_shares(&sorted, &held_out);
        let learned = shares.iter().filter(|share| **share < 1.0).count();
        run.say(format_args!("{name:<16}{learned:>20}{validation:>22.4}{test:>16.4}"));
        chart = chart.bars(name, &shares.iter().map(|share| 100.0 * share).collect::<Vec<_>>());
        run.record(&format!("sorted_{key}_classes_trained_on"), learned);
        run.record(&format!("sorted_{key}_validation_accuracy"), validation);
        run.record(&format!("sorted_{key}_test_accuracy"), test);
        run.record(&format!("sorted_{key}_held_out_shares"), shares);
        *scores = [validation, test];
    }
    chart.save(run.files(), "sorted_digits")?;
    let [[misleading, _], _, [correct, new_data]] = scores;
    Ok(Scores { misleading, correct, new_data })
}

/// Returns the fraction of each digit's images that is held out.
fn held_out_shares(all: &Samples, held_out: &Samples) -> Vec<f64> {
    let count = |samples: &Samples, digit: i32| {
        samples.classes().unwrap_or_default().iter().filter(|class| **class == digit).count() as f64
    };
    (0..10).map(|digit| count(held_out, digit) / count(all, digit)).collect()
}
