//! Section 4.2: three ways to split data that mislead, each beside the correct one. Expect a validation accuracy of 0 for digits
//! that are sorted by class, half of the true error for a shuffled time series, and a lower error for houses that are in the
//! data twice.

mod arrow_of_time;
mod duplicates;
mod regression;
mod sorted_classes;

use kindling_programs::program::Program;

fn main() -> anyhow::Result<()> {
    let about = "Show how splits of the data mislead, as in section 4.2 of \"Deep Learning with Python\"";
    let (mut run, ()) = Program::new("ch04_pitfalls", about).start()?;
    let sorted = sorted_classes::show(&mut run)?;
    let time = arrow_of_time::show(&mut run)?;
    let duplicates = duplicates::show(&mut run)?;
    let newswires = duplicates::show_reuters(&mut run)?;

    run.takeaway(format_args!(
        "A validation set must differ from the training set in the same way as new data will. Sorted by class, the training \
         digits lacked two classes: the accuracy was {:.2}, with a correct split {:.2}, on new digits {:.2}. In the time \
         series, neighboring steps revealed the level: the error was {:.2}, in time order {:.2}, on future steps {:.2}. \
         Duplicates had been memorized: the error was {:.2}, without duplicates {:.2}, for new houses {:.2}. In the published \
         split of Reuters, {newswires}. Next: --seed 1 draws another series and other shuffles; the three scores still mislead \
         in the same direction.",
        sorted.misleading,
        sorted.correct,
        sorted.new_data,
        time.misleading,
        time.correct,
        time.new_data,
        duplicates.misleading,
        duplicates.correct,
        duplicates.new_data,
    ));
    run.conclude(format_args!(
        "Misleading and correct scores: sorted classes {:.3} and {:.3} (accuracy), shuffled time {:.3} and {:.3} (MAE), \
         duplicates {:.3} and {:.3} (MAE)",
        sorted.misleading, sorted.correct, time.misleading, time.correct, duplicates.misleading, duplicates.correct,
    ))
}

/// The scores of one network with two splits.
pub struct Scores {
    /// The score of the split that misleads.
    pub misleading: f64,
    /// The score of the correct split.
    pub correct: f64,
    /// The score on new data, which both splits estimate.
    pub new_data: f64,
}
