//! The section's claims, checked with each seed.

use kindling::{
    data::Source,
    experiments::{
        Comparison, VariantResult,
        statistics::{deviation, mean},
    },
    prelude::*,
};
use kindling_programs::cli::{Run, TrainingArgs};

/// A claim: its text, two networks, and what must hold for the histories of both with the same seed.
type Claim = (&'static str, &'static str, &'static str, fn(&History, &History) -> bool);

const CLAIMS: [Claim; 11] = [
    ("4 units: validation loss turns later", "4 units", "original", turns_later),
    ("4 units: ends lower", "4 units", "original", ends_lower),
    ("512 units: turns no later", "original", "512 units", turns_no_sooner),
    ("512 units: ends higher", "original", "512 units", ends_lower),
    ("L2: ends lower", "L2", "original", ends_lower),
    ("L1: ends lower", "L1", "original", ends_lower),
    ("dropout 0.2: ends lower", "dropout 0.2", "original", ends_lower),
    ("dropout 0.5: ends lower", "dropout 0.5", "original", ends_lower),
    ("dropout 0.2: has the lower minimum", "dropout 0.2", "original", is_lower),
    ("dropout 0.35: has the lower minimum", "dropout 0.35", "original", is_lower),
    ("dropout 0.5: has the lower minimum", "dropout 0.5", "original", is_lower),
];

fn lowest_epoch(history: &History) -> usize {
    history.best("val_loss").map_or(0, |best| best.epoch)
}

fn turns_later(one: &History, other: &History) -> bool {
    lowest_epoch(one) > lowest_epoch(other)
}

fn turns_no_sooner(one: &History, other: &History) -> bool {
    lowest_epoch(one) >= lowest_epoch(other)
}

fn is_lower(one: &History, other: &History) -> bool {
    let lowest = |history: &History| history.best("val_loss").map_or(f64::INFINITY, |best| best.value);
    lowest(one) < lowest(other)
}

fn ends_lower(one: &History, other: &History) -> bool {
    one.get("val_loss").last() < other.get("val_loss").last()
}

/// Prints with how many seeds each claim holds, and sets the takeaway.
pub fn check(run: &mut Run<TrainingArgs>, comparison: &Comparison, source: Source) -> anyhow::Result<()> {
    run.say("Compared with the original network of 16 units, seed by seed:");
    let mut counts = serde_json::Map::new();
    for (text, one, other, holds) in CLAIMS {
        let pair = comparison.select(&[one, other])?;
        let [one, other] = pair.variants() else { continue };
        let seeds = one.histories.len();
        let held =
            one.histories.iter().zip(&other.histories).filter(|(one, other)| holds(one, other)).count();
        run.say(format_args!("  {text:<44} with {held} of {seeds} seeds"));
        counts.insert(text.into(), held.into());
    }
    run.record("claims", counts);

    let of = |name: &str| -> anyhow::Result<VariantResult> {
        Ok(comparison.select(&[name])?.variants()[0].clone())
    };
    let (original, small, large, l2, dropout) =
        (of("original")?, of("4 units")?, of("512 units")?, of("L2")?, of("dropout 0.5")?);
    let synthetic = match source {
        Source::Synthetic => "Synthetic data, NOT imdb: the figures say nothing about real reviews. ",
        _ => "",
    };
    run.takeaway(format_args!(
        "{synthetic}After the epoch of the lowest validation loss, a network memorizes its training reviews. This epoch is {} \
         (over the seeds) with 4 units, {} with 16 and {} with 512; the last validation loss is {}, {} and {}. With L2, which penalizes large \
         weights, the last loss is {}; with dropout 0.5, it is {}, because no unit can rely on another. The table also shows what did not help. Differences within the \
         standard deviation over the seeds (±) are not significant. Next: --seeds 1 takes a third of the time. On the full \
         data set, --seeds 1 --seed 1 shows that one seed can mislead: 4 units do not end lower than 16.",
        lowest_epochs(&small),
        lowest_epochs(&original),
        lowest_epochs(&large),
        end(&small),
        end(&original),
        end(&large),
        end(&l2),
        end(&dropout),
    ));
    Ok(())
}

/// Formats the mean and standard deviation over the seeds.
fn spread(values: &[f64], digits: usize) -> String {
    match values.len() {
        1 => format!("{:.digits$}", values[0]),
        _ => format!("{:.digits$} ± {:.digits$}", mean(values), deviation(values)),
    }
}

fn lowest_epochs(variant: &VariantResult) -> String {
    let epochs = variant.histories.iter().map(|history| lowest_epoch(history) as f64);
    spread(&epochs.collect::<Vec<_>>(), 1)
}

fn end(variant: &VariantResult) -> String {
    let last = |history: &History| history.get("val_loss").last().copied().unwrap_or(f64::NAN);
    spread(&variant.histories.iter().map(last).collect::<Vec<_>>(), 2)
}
