//! The HTML report of a training.

use kindling::{
    experiments::statistics::confidence_interval,
    plots::{Chart, history_chart},
    report::{Report, Section},
};

use super::{
    Dataset, Pipeline, Scores,
    scores::{self, Verdict, most_probable},
    search::{Found, Tested, Trial},
};

/// Number of rows in the table of the largest errors.
const WORST: usize = 10;

/// The results that the report shows.
#[derive(Debug)]
pub struct Results<'a> {
    /// The data set and its splits.
    pub dataset: &'a Dataset,
    /// The result of the search.
    pub found: &'a Found,
    /// The predictions of the constant baseline for the test set.
    pub constant: &'a Verdict,
    /// The metrics of each fold of the cross-validation.
    pub folds: &'a [Scores],
    /// Sections specific to tables, texts or images.
    pub sections: &'a [Section],
    /// Warnings about the data, such as leakage.
    pub warnings: &'a [String],
}

impl Results<'_> {
    /// Returns the test metrics of the selected model, the linear baseline and the constant baseline.
    pub fn scores(&self) -> [Scores; 3] {
        self.verdicts().map(Verdict::scores)
    }

    fn verdicts(&self) -> [&Verdict; 3] {
        [&self.found.tested.verdict, &self.found.tested_linear().verdict, self.constant]
    }

    /// Returns one sentence that compares the model with the baselines. Only significant differences count
    /// ([`Verdict::is_better_than`]).
    pub fn conclusion(&self) -> String {
        let [model, linear, constant] = self.verdicts();
        let figures = self.verdicts().map(|verdict| {
            let (name, value) = verdict.error();
            format!("{name} {}", figure(value))
        });
        let verdict = if !model.is_better_than(constant) && !linear.is_better_than(constant) {
            "No significant improvement over the constant baseline on the test set: the model may have learned nothing."
        } else if self.found.chosen == 0 {
            "The linear model has the lowest validation error and was selected. It is better than the constant baseline."
        } else if model.is_better_than(linear) {
            "The network is better than the linear and the constant baseline."
        } else if linear.is_better_than(model) {
            "The linear baseline is better than the network on the test set, although its validation error was higher."
        } else {
            "The network is not significantly different from the linear baseline. It is better than the constant baseline."
        };
        let [model, linear, constant] = figures;
        format!("{verdict} Model: {model}, linear baseline: {linear}, constant baseline: {constant}.")
    }

    /// Returns the mean of each metric over the folds and its 95% confidence interval, clipped to the metric's range; empty for
    /// fewer than two folds.
    pub fn intervals(&self) -> impl Iterator<Item = (&'static str, f64, [f64; 2])> {
        let figures = if self.folds.len() < 2 { Vec::new() } else { Scores::each(self.folds) };
        figures.into_iter().map(|(name, values)| {
            let (mean, half) = confidence_interval(&values);
            let (least, most) = scores::bounds(name);
            (name, mean, [(mean - half).max(least), (mean + half).min(most)])
        })
    }

    /// Returns the report. `subtitle` names the data file, the backend and the seed.
    pub fn report(&self, title: &str, subtitle: &str) -> Report {
        let mut report = Report::new(title, subtitle).section(self.test_section());
        if let Some(wanted) = self.dataset.config.kfold {
            report = report.section(self.folds_section(wanted));
        }
        for section in self.sections {
            report = report.section(section.clone());
        }
        report.section(self.predictions_section()).section(self.candidates_section())
    }

    fn test_section(&self) -> Section {
        let Dataset { development, choices, test, task, notes, .. } = self.dataset;
        let chosen_by = match choices.as_slice() {
            [(_, validation)] => format!("{} of them for validation", validation.len()),
            folds => format!("validated in {} folds", folds.len()),
        };
        let [model, linear, constant] = self.scores();
        let names: Vec<&str> = model.iter().map(|(name, _)| name).collect();
        let row = |title: &str, scores: &Scores| {
            let values = names.iter().map(|name| scores.get(name).map_or("undefined".into(), figure));
            [title.to_owned()].into_iter().chain(values).collect::<Vec<String>>()
        };
        let head: Vec<&str> = ["model"].into_iter().chain(names.iter().copied()).collect();
        let anew = match self.found.tested.members {
            0 => "The time limit was reached before the selected model was retrained on all training rows."
                .into(),
            1 => "The selected model was retrained on all training rows.".into(),
            members => format!(
                "The selected model was retrained on all training rows from {members} seeds; the saved model is the mean \
                 of these networks, merged into one."
            ),
        };
        let mut section = Section::new("Test")
            .text(&self.conclusion())
            .text(&format!(
                "Task: {}. {} training rows ({chosen_by}), {} test rows. {anew}",
                task.name(),
                development.len(),
                test.len()
            ))
            .table(
                &head,
                &[
                    row("selected model", &model),
                    row("linear baseline", &linear),
                    row("constant baseline", &constant),
                ],
            );
        for note in notes.iter().chain(self.warnings) {
            section = section.text(&format!("Note: {note}."));
        }
        section
    }

    fn folds_section(&self, wanted: usize) -> Section {
        let folds = self.folds;
        let mut section = Section::new("Cross-validation").text(&format!(
            "The selected model, trained and tested on {} of {} folds of all rows. The estimate is slightly optimistic: the \
             model was selected on some of these rows.",
            folds.len(),
            wanted
        ));
        let rows: Vec<[String; 4]> = self
            .intervals()
            .map(|(name, mean, [low, high])| [name.into(), figure(mean), figure(low), figure(high)])
            .collect();
        if !rows.is_empty() {
            section = section.table(&["metric", "mean", "95% from", "to"], &rows);
        }
        section
    }

    fn predictions_section(&self) -> Section {
        let Pipeline { target, .. } = &self.found.tested.pipeline;
        match &self.found.tested.verdict {
            Verdict::Numbers { actual, predicted } => {
                // More points would overlap and slow down the page.
                let pairs: Vec<(f64, f64)> =
                    actual.iter().copied().zip(predicted.iter().copied()).take(2_000).collect();
                let low = actual.iter().copied().fold(f64::INFINITY, f64::min);
                let high = actual.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let chart = Chart::new(format!("Predicted versus true {}", target.name()))
                    .axes("True", "Predicted")
                    .xy_points("Test rows", &pairs)
                    .xy_line("Perfect prediction", &[(low, low), (high, high)]);
                Section::new("Predictions").chart(&chart)
            }
            Verdict::Classes { actual, probabilities } => {
                let classes = target.classes();
                let mut counts = vec![vec![0_usize; classes.len()]; classes.len()];
                for (actual, probabilities) in actual.iter().zip(probabilities) {
                    counts[*actual][most_probable(probabilities)] += 1;
                }
                let section = Section::new("Predictions");
                let section = match classes.len() {
                    0..=30 => {
                        let rows: Vec<Vec<String>> = classes
                            .iter()
                            .zip(&counts)
                            .map(|(class, counts)| {
                                [class.clone()]
                                    .into_iter()
                                    .chain(counts.iter().map(usize::to_string))
                                    .collect()
                            })
                            .collect();
                        let head: Vec<&str> = ["true / predicted"]
                            .into_iter()
                            .chain(classes.iter().map(String::as_str))
                            .collect();
                        section.text("Confusion matrix of the test rows.").table(&head, &rows)
                    }
                    _ => section,
                };
                section.chart(&calibration(actual, probabilities))
            }
        }
    }

    fn candidates_section(&self) -> Section {
        let Found { trials, chosen, .. } = self.found;
        let row = |(index, trial): (usize, &Trial)| {
            let (_, error) = trial.validation.error();
            let end = match trial.history.epochs() {
                _ if trial.cut_short => "time limit",
                all if all == self.dataset.config.max_epochs => "max_epochs",
                _ => "early stopping",
            };
            [
                if index == *chosen { "selected".to_owned() } else { String::new() },
                trial.candidate.to_string(),
                figure(error),
                trial.epochs.to_string(),
                end.into(),
            ]
        };
        let rows: Vec<[String; 5]> = trials.iter().enumerate().map(row).collect();
        let error = format!("validation {}", trials[0].validation.error().0);
        let chart = history_chart(&trials[*chosen].history, "loss");
        Section::new("Models")
            .table(&["", "settings", &error, "best epoch", "stopped by"], &rows)
            .chart(&chart)
    }
}

/// Returns the section on the test rows with the largest errors. `show` returns the text of a row for the column `name`.
pub fn errors_section(tested: &Tested, name: &str, show: impl Fn(usize) -> String) -> Section {
    let errors = tested.verdict.errors();
    let mut order: Vec<usize> = (0..errors.len()).collect();
    order.sort_by(|one, other| errors[*other].total_cmp(&errors[*one]));
    let target = &tested.pipeline.target;
    let row = |row: usize| match &tested.verdict {
        Verdict::Numbers { actual, predicted } => {
            [show(row), figure(actual[row]), figure(predicted[row]), String::new()]
        }
        Verdict::Classes { actual, probabilities } => {
            let class = most_probable(&probabilities[row]);
            let name = |class: usize| target.classes()[class].clone();
            [show(row), name(actual[row]), name(class), figure(probabilities[row][class])]
        }
    };
    let rows: Vec<[String; 4]> = order.into_iter().take(WORST).map(row).collect();
    Section::new("Largest errors").table(&[name, "true", "predicted", "probability"], &rows)
}

/// Returns the calibration chart: accuracy against mean confidence, in ten bins.
fn calibration(actual: &[usize], probabilities: &[Vec<f64>]) -> Chart {
    const BINS: usize = 10;
    let mut bins = [(0.0, 0.0, 0.0); BINS];
    for (actual, probabilities) in actual.iter().zip(probabilities) {
        let class = most_probable(probabilities);
        let confidence = probabilities[class];
        let bin = &mut bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
        *bin = (bin.0 + 1.0, bin.1 + confidence, bin.2 + f64::from(class == *actual));
    }
    let filled = bins.iter().filter(|(count, ..)| *count > 0.0);
    let points: Vec<(f64, f64)> =
        filled.map(|(count, confidence, right)| (confidence / count, right / count)).collect();
    Chart::new("Calibration")
        .axes("Mean probability of the predicted class", "Accuracy")
        .xy_points("Test rows in ten bins", &points)
        .xy_line("Perfect calibration", &[(0.0, 0.0), (1.0, 1.0)])
}

/// Formats a number with four decimals, or in scientific notation.
pub fn figure(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        1e-3..1e6 => format!("{value:.4}"),
        _ => format!("{value:.3e}"),
    }
}
