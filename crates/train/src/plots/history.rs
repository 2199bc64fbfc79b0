//! The curves of a training run.

use super::Chart;
use crate::History;

/// Returns a chart of a figure of a history by epoch: training as points, validation, if there is one, as a line.
///
/// `figure` is a key of the history such as `loss` or `accuracy`; an unknown key gives an empty chart. [`Chart::title`]
/// replaces the title.
pub fn history_chart(history: &History, figure: &str) -> Chart {
    let validation = history.get(&format!("val_{figure}"));
    let title = match validation {
        [] => format!("Training {figure}"),
        _ => format!("Training and validation {figure}"),
    };
    let chart = Chart::new(title)
        .axes("Epochs", capitalized(figure))
        .points(format!("Training {figure}"), history.get(figure));
    match validation {
        [] => chart,
        _ => chart.line(format!("Validation {figure}"), validation),
    }
}

/// Returns the name of a history's key on an axis: `val_loss` is "Validation loss", `mae` "Training MAE".
pub(crate) fn figure_label(figure: &str) -> String {
    let (part, figure) = match figure.strip_prefix("val_") {
        Some(figure) => ("Validation", figure),
        None => ("Training", figure),
    };
    match figure.len() {
        3 => format!("{part} {}", capitalized(figure)),
        _ => format!("{part} {figure}"),
    }
}

/// "Accuracy", but "MAE".
fn capitalized(figure: &str) -> String {
    let capitals = if figure.len() == 3 { 3 } else { 1 };
    figure.chars().take(capitals).flat_map(char::to_uppercase).chain(figure.chars().skip(capitals)).collect()
}
