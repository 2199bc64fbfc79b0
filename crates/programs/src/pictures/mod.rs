//! The pictures that several programs draw. Each is saved as SVG and PNG in the run directory, with data, backend and seed in the
//! caption. A [`Diagram`] is text.

mod diagram;
mod digits;

pub use diagram::Diagram;
pub use digits::{digit, first_layer, mistakes, pixels};

use std::cmp::Reverse;

use anyhow::Context;
use kindling::{
    evaluation::confusion_matrix,
    plots::{BarChart, Chart, history_chart},
    prelude::{History, Model, Network, Samples},
};

use crate::cli::Run;

/// Draws the loss and each metric by epoch, as `loss`, `accuracy` and so on.
///
/// # Errors
/// Returns an error if a file cannot be written.
pub fn history<A>(run: &Run<A>, history: &History) -> anyhow::Result<()> {
    for figure in history.iter().map(|(figure, _)| figure).filter(|figure| !figure.starts_with("val_")) {
        history_chart(history, figure).caption(run.caption()).save(run.files(), figure)?;
    }
    Ok(())
}

/// Draws one figure, such as `val_loss`, of several trainings by epoch, as `file`.
///
/// # Errors
/// Returns an error if the file cannot be written.
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

/// Draws a bar chart of the accuracy on each of the `most` most frequent classes, as `classes`. Returns the accuracy on all other
/// classes, or NaN if there are none.
///
/// # Errors
/// Returns an error if the predictions are not class probabilities or the file cannot be written.
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
