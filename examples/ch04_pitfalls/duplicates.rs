//! Samples that are in the data twice: most of what is held out has been learned by heart.

use kindling::{
    data::{DataError, SplitOptions, TextOptions, check_leakage, drop_duplicates},
    prelude::*,
    splits::HoldOut,
};
use kindling_programs::cli::{CommonArgs, Run};

use crate::{Scores, regression::score};

const EPOCHS: usize = 100;

/// Doubles every house. Compares the error of a hold-out split with that after duplicates are dropped.
pub fn show(run: &mut Run<CommonArgs>) -> anyhow::Result<Scores> {
    run.say("\n3. Houses that are in the data twice");
    let boston = run.load("boston_housing", |options| boston_housing::load(&SplitOptions::new(), options))?;
    let twice: Vec<usize> = (0..boston.train.len()).chain(0..boston.train.len()).collect();
    let doubled = boston.train.select(&twice)?;
    let distinct = drop_duplicates(&doubled);
    let splitter = HoldOut::random(0.25).seed(run.seed());
    run.say(format_args!("{:<30}{:>14}{:>14}{:>14}", "", "samples", "leaked", "MAE"));
    let mut scores = Vec::new();
    for (name, key, samples) in
        [("Each house twice", "doubled", doubled), ("Duplicates dropped", "distinct", distinct)]
    {
        let mae = score(run, &samples, &splitter, EPOCHS)?;
        let fold = samples.split(&splitter)?.swap_remove(0);
        let leaked = leaked(run, &fold.train, &fold.validation)?;
        run.say(format_args!("{name:<30}{:>14}{leaked:>14}{mae:>14.3}", samples.len()));
        run.record(&format!("{key}_leaked"), leaked);
        run.record(&format!("{key}_mae"), mae);
        scores.push(mae);
    }
    Ok(Scores { misleading: scores[0], correct: scores[1] })
}

/// Words of newswires that are told apart.
const WORDS: usize = 10_000;

/// Returns what the published split of Reuters shares: some test newswires have the same words as training ones.
pub fn show_reuters(run: &mut Run<CommonArgs>) -> anyhow::Result<String> {
    run.say("\nIt happens in published data:");
    let reuters =
        run.load("reuters", |options| reuters::load(&TextOptions::new().num_words(WORDS), options))?;
    let shared = leaked(run, &reuters.train.multi_hot(WORDS)?, &reuters.test.multi_hot(WORDS)?)?;
    run.record("reuters_leaked", shared);
    Ok(format!("{shared} of {} test newswires among its training newswires", reuters.test.sequences.len()))
}

/// Returns how many held-out samples are also trained on, and reports them.
fn leaked(run: &Run<CommonArgs>, train: &Samples, held_out: &Samples) -> anyhow::Result<usize> {
    match check_leakage(train, held_out) {
        Err(error @ DataError::Leakage { shared, .. }) => {
            run.say(format_args!("Leak found, as intended: {error}"));
            Ok(shared)
        }
        checked => Ok(checked.map(|()| 0)?),
    }
}
