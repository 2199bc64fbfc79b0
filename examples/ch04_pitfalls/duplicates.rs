//! Samples that are in the data twice: most of the held-out samples are also in the training set.

use kindling::{
    data::{DataError, SplitOptions, TextOptions, check_leakage, drop_duplicates},
    prelude::*,
    splits::{HoldOut, train_test_split},
};
use kindling_programs::cli::{CommonArgs, Run};

use crate::{Scores, regression::Trained};

const EPOCHS: usize = 100;

/// Duplicates every house. Compares the error on held-out houses with that on new ones, with and without the duplicates.
pub fn show(run: &mut Run<CommonArgs>) -> anyhow::Result<Scores> {
    run.say("\n3. Houses that are in the data twice");
    let boston = run.load("boston_housing", |options| boston_housing::load(&SplitOptions::new(), options))?;
    let twice: Vec<usize> = (0..boston.train.len()).chain(0..boston.train.len()).collect();
    let doubled = boston.train.select(&twice)?;
    let distinct = drop_duplicates(&doubled);
    let rows = [("Each house twice", "doubled", doubled), ("Duplicates dropped", "distinct", distinct)];
    run.say(format_args!(
        "{:<20}{:>14}{:>14}{:>18}{:>14}",
        "", "samples", "leaked", "validation MAE", "new houses"
    ));
    let mut scores = [[0.0; 2]; 2];
    for ((name, key, samples), scores) in rows.into_iter().zip(&mut scores) {
        let (train, held_out) = train_test_split(&samples, &HoldOut::random(0.25).seed(run.seed()))?;
        let trained = Trained::on(&train, run.device(), run.seed(), EPOCHS)?;
        let mae = |samples: &Samples| trained.evaluate(samples)?.require("mae");
        let (validation, new_houses) = (mae(&held_out)?, mae(&boston.test)?);
        let leaked = leaked(run, &train, &held_out)?;
        run.say(format_args!(
            "{name:<20}{:>14}{leaked:>14}{validation:>18.3}{new_houses:>14.3}",
            samples.len()
        ));
        run.record(&format!("{key}_leaked"), leaked);
        run.record(&format!("{key}_mae"), validation);
        run.record(&format!("{key}_new_houses_mae"), new_houses);
        *scores = [validation, new_houses];
    }
    let [[misleading, _], [correct, new_data]] = scores;
    Ok(Scores { misleading, correct, new_data })
}

/// Size of the vocabulary: the most frequent words.
const WORDS: usize = 10_000;

/// Returns how many test newswires of the published split of Reuters have the same words as a training newswire.
pub fn show_reuters(run: &mut Run<CommonArgs>) -> anyhow::Result<String> {
    run.say("\nPublished data also contain duplicates:");
    let reuters =
        run.load("reuters", |options| reuters::load(&TextOptions::new().num_words(WORDS), options))?;
    let shared = leaked(run, &reuters.train.multi_hot(WORDS)?, &reuters.test.multi_hot(WORDS)?)?;
    run.record("reuters_leaked", shared);
    Ok(format!(
        "{shared} of {} test newswires are also among the training newswires",
        reuters.test.sequences.len()
    ))
}

/// Prints and returns the number of held-out samples that are also in the training set.
fn leaked(run: &Run<CommonArgs>, train: &Samples, held_out: &Samples) -> anyhow::Result<usize> {
    match check_leakage(train, held_out) {
        Err(error @ DataError::Leakage { shared, .. }) => {
            run.say(format_args!("Leak found, as intended: {error}"));
            Ok(shared)
        }
        checked => Ok(checked.map(|()| 0)?),
    }
}
