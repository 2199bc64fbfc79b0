//! The pictures that several programs draw. Each is saved as SVG and PNG among the run's files, captioned with data, backend and
//! seed; a [`Diagram`] is text.

mod diagram;
mod digits;

pub use diagram::Diagram;
pub use digits::{digit, first_layer, misread, pixels};

use std::cmp::Reverse;

use anyhow::Context;
use kindling::{
    evaluation::confusion_matrix,
    plots::{BarChart, Chart, ConfusionChart, history_chart},
    prelude::{History, Model, Network, Samples},
};

use crate::cli::Run;

/// Draws the loss and each metric over the epochs, as `loss`, `accuracy` and so on.
///
/// # Errors
/// When a file cannot be written.
pub fn history<A>(run: &Run<A>, history: &History) -> anyhow::Result<()> {
    named_history(run, history, "")
}

/// As [`history`], with this prefix in the names of the files.
///
/// # Errors
/// When a file cannot be written.
pub fn named_history<A>(run: &Run<A>, history: &History, prefix: &str) -> anyhow::Result<()> {
    for figure in history.iter().map(|(figure, _)| figure).filter(|figure| !figure.starts_with("val_")) {
        let chart = history_chart(history, figure).caption(run.caption());
        chart.save(run.files(), &format!("{prefix}{figure}"))?;
    }
    Ok(())
}

/// Draws one figure over the epochs, such as `val_loss`, of several trainings of one kind, as `file`.
///
/// # Errors
/// When the file cannot be written.
pub fn compared<A>(
    run: &Run<A>,
    file: &str,
    title: &str,
    figure: &str,
    histories: &[(&str, &History)],
) -> anyhow::Result<()> {
    let axis = match figure {
        "val_accuracy" => "Validation accuracy",
        "val_loss" => "Validation loss",
        figure => figure,
    };
    let mut chart = Chart::new(title).axes("Epochs", axis).caption(run.caption());
    for (name, history) in histories {
        chart = chart.line(*name, history.get(figure));
    }
    chart.save(run.files(), file)?;
    Ok(())
}

/// Draws the confusion matrix of a classifier with one output for each class, as `confusion`.
///
/// # Errors
/// When the predictions are not of classes, or the file cannot be written.
pub fn confusion<A, N: Network>(run: &Run<A>, model: &Model<N>, test: &Samples) -> anyhow::Result<()> {
    let labels = test.classes().context("a confusion matrix needs labels of classes")?;
    let counts = confusion_matrix(&labels, &model.predict(test)?)?;
    let names: Vec<String> = (0..counts.len()).map(|class| class.to_string()).collect();
    ConfusionChart::new("Test samples by class (rows) and predicted class (columns)", &names, &counts)
        .caption(&run.caption())
        .save(run.files(), "confusion")?;
    Ok(())
}

/// Draws the accuracy on each of the `most` most frequent classes as bars, as `classes`, and returns the accuracy on all others, NaN
/// if there are none.
///
/// # Errors
/// When the predictions are not of classes, or the file cannot be written.
pub fn accuracy_by_class<A, N: Network>(
    run: &Run<A>,
    model: &Model<N>,
    test: &Samples,
    names: &[&str],
    most: usize,
) -> anyhow::Result<f64> {
    let labels = test.classes().context("accuracies of classes need labels of classes")?;
    let counts = confusion_matrix(&labels, &model.predict(test)?)?;
    let mut classes: Vec<(&str, u64, u64)> = (counts.iter().enumerate())
        .map(|(class, row)| (*names.get(class).unwrap_or(&"?"), row[class], row.iter().sum()))
        .collect();
    classes.sort_by_key(|(_, _, all)| Reverse(*all));
    let (frequent, others) = classes.split_at(most.min(classes.len()));
    let bars =
        frequent.iter().map(|(name, right, all)| (format!("{name} ({all})"), *right as f64 / *all as f64));
    BarChart::new("Accuracy by class (number of test samples)", bars)
        .caption(run.caption())
        .save(run.files(), "classes")?;
    let (right, all) = others.iter().fold((0, 0), |(right, all), class| (right + class.1, all + class.2));
    Ok(right as f64 / all as f64)
}
