//! Section 4.2: three ways to split data that mislead, each beside the correct one. Expect a validation accuracy of 0 for digits
//! that are sorted by class, half of the true error for a shuffled time series, and a lower error for houses that are in the
//! data twice.

mod arrow_of_time;
mod duplicates;
mod regression;
mod sorted_classes;

use kindling_programs::program::Program;

fn main() -> anyhow::Result<()> {
    let about = "Shows how splits of the data mislead, as in section 4.2 of \"Deep Learning with Python\"";
    let (mut run, ()) = Program::new("ch04_pitfalls", about).start()?;
    let sorted = sorted_classes::show(&mut run)?;
    let time = arrow_of_time::show(&mut run)?;
    let duplicates = duplicates::show(&mut run)?;
    let newswires = duplicates::show_reuters(&mut run)?;

    run.takeaway(format_args!(
        "A validation score says something only if the validation data are to the training data what new data will be. Sorted \
         digits hid two classes from the network, so the score was {:.2} instead of {:.2}: shuffle first. Neighbors in time \
         betrayed the level of a series ({:.2} instead of {:.2}): validate with what comes after. Copies were known by heart \
         ({:.2} instead of {:.2}): drop them first; the published Reuters split has {newswires}, too. Next: --seed 1 draws \
         another series and other shuffles, and each of the three still misleads in the same direction.",
        sorted.misleading, sorted.correct, time.misleading, time.correct, duplicates.misleading, duplicates.correct,
    ));
    run.conclude(format_args!(
        "Misleading and correct scores: sorted classes {:.3} and {:.3} (accuracy), shuffled time {:.3} and {:.3} (MAE), \
         duplicates {:.3} and {:.3} (MAE)",
        sorted.misleading, sorted.correct, time.misleading, time.correct, duplicates.misleading, duplicates.correct,
    ))
}

/// The score of a split that misleads, and that of the correct one.
pub struct Scores {
    pub misleading: f64,
    pub correct: f64,
}
