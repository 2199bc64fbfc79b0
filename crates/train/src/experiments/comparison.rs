//! The results of an experiment: curves and a table of its variants.

use std::fmt;

use super::statistics::{deviation, mean, over_histories};
#[cfg(feature = "plots")]
use crate::plots::{Chart, figure_label};
use crate::{History, TrainError, metrics::Best};

/// The training runs of one variant, one per seed.
///
/// Training losses include weight penalties, as in Keras. Validation losses do not, as in
/// [`evaluate`](crate::Model::evaluate); Keras' `val_loss` includes them.
#[derive(Clone, Debug)]
pub struct VariantResult {
    /// Name of the variant.
    pub name: String,
    /// Number of parameters.
    pub parameters: usize,
    /// Histories of the runs, in the order of the seeds.
    pub histories: Vec<History>,
}

impl VariantResult {
    /// Returns the mean of a metric (such as `val_loss`) over the seeds, `[epochs]`. Its length is that of the
    /// shortest history.
    pub fn mean_curve(&self, figure: &str) -> Vec<f64> {
        over_histories(self.histories.iter(), figure, mean)
    }

    /// Returns the population standard deviation (NumPy's `std`) of a metric over the seeds, `[epochs]`.
    pub fn deviation_curve(&self, figure: &str) -> Vec<f64> {
        over_histories(self.histories.iter(), figure, deviation)
    }

    /// Returns the best point of the mean curve of a metric, or `None` if the histories do not have the metric or its
    /// direction is unknown.
    pub fn best(&self, figure: &str) -> Option<Best> {
        let direction = self.histories.first()?.direction(figure)?;
        Best::of(&self.mean_curve(figure), direction)
    }

    /// Returns the last value of the mean curve of a metric, or `None` if the histories do not have the metric.
    pub fn last(&self, figure: &str) -> Option<f64> {
        self.mean_curve(figure).last().copied()
    }

    /// Returns the duration of a run in seconds, averaged over the seeds. Concurrent runs slow each other down.
    pub fn seconds(&self) -> f64 {
        let seconds = |history: &History| history.epoch_seconds().iter().sum();
        mean(&self.histories.iter().map(seconds).collect::<Vec<_>>())
    }

    /// Returns the mean at an epoch, counted from 1, with the standard deviation if there are several seeds.
    fn at(&self, figure: &str, epoch: usize) -> String {
        let value = |curve: Vec<f64>| curve.get(epoch.wrapping_sub(1)).copied().unwrap_or(f64::NAN);
        let mean = value(self.mean_curve(figure));
        match self.histories.len() {
            _ if mean.is_nan() => "-".into(),
            1 => format!("{mean:.4}"),
            _ => format!("{mean:.4} ± {:.4}", value(self.deviation_curve(figure))),
        }
    }
}

/// The results of all variants of an experiment. They are displayed as a table with one row per variant.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub(crate) variants: Vec<VariantResult>,
}

impl Comparison {
    /// Returns the variants, in the order in which they were added.
    pub fn variants(&self) -> &[VariantResult] {
        &self.variants
    }

    /// Returns a comparison of the named variants, in the order of `names`.
    ///
    /// # Errors
    /// Returns an error if there is no variant of a name.
    pub fn select(&self, names: &[&str]) -> Result<Self, TrainError> {
        let find = |name: &&str| {
            let own = self.variants.iter().find(|variant| variant.name == *name);
            own.cloned().ok_or_else(|| {
                let names: Vec<&str> = self.variants.iter().map(|variant| variant.name.as_str()).collect();
                let remedy = format!("there is no such variant; use one of {}", names.join(", "));
                TrainError::argument("a variant's name", format!("{name:?}"), remedy)
            })
        };
        Ok(Self { variants: names.iter().map(find).collect::<Result<_, _>>()? })
    }

    /// Returns a chart of a metric (such as `val_loss`) over the epochs, with one line per variant: the mean over the
    /// seeds. If there are several seeds, a band shows one standard deviation.
    ///
    /// The title is the metric's name. Several charts of the same metric need [titles](Chart::title) that tell them
    /// apart: `comparison.chart("val_loss").title("Validation loss by network size")`.
    #[cfg(feature = "plots")]
    pub fn chart(&self, figure: &str) -> Chart {
        let label = figure_label(figure);
        let title = match self.seeds() {
            1 => label.clone(),
            seeds => format!("{label}, mean ± deviation of {seeds} seeds"),
        };
        let mut chart = Chart::new(title).axes("Epochs", label);
        for variant in &self.variants {
            let (mean, deviation) = (variant.mean_curve(figure), variant.deviation_curve(figure));
            if self.seeds() > 1 {
                let edge = |sign: f64| -> Vec<f64> {
                    mean.iter().zip(&deviation).map(|(mean, deviation)| mean + sign * deviation).collect()
                };
                chart = chart.band("", &edge(-1.0), &edge(1.0));
            }
            chart = chart.line(&variant.name, &mean);
        }
        chart
    }

    #[cfg(feature = "plots")]
    fn seeds(&self) -> usize {
        self.variants.first().map_or(0, |variant| variant.histories.len())
    }

    /// Returns the names of the validation metrics, `val_loss` first.
    fn figures(&self) -> Vec<&str> {
        let histories = self.variants.iter().filter_map(|variant| variant.histories.first());
        let mut figures = Vec::new();
        for (name, _) in histories.flat_map(History::iter).filter(|(name, _)| name.starts_with("val_")) {
            if !figures.contains(&name) {
                figures.push(name);
            }
        }
        figures
    }
}

/// Formats the comparison as a table: number of parameters, duration in seconds, epoch of the lowest validation loss,
/// and the best and last value of each validation metric. Values are means over the seeds, with standard deviations
/// if there are several.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figures = self.figures();
        let head = ["variant", "parameters", "seconds", "best epoch"].map(String::from).into_iter();
        let names = figures.iter().flat_map(|figure| [format!("best {figure}"), format!("last {figure}")]);
        let rows = self.variants.iter().map(|variant| {
            let best_epoch = variant.best("val_loss").map_or(0, |best| best.epoch);
            let first = [
                variant.name.clone(),
                variant.parameters.to_string(),
                format!("{:.1}", variant.seconds()),
                best_epoch.to_string(),
            ];
            let values = figures.iter().flat_map(|figure| {
                let best = variant.best(figure).map_or(0, |best| best.epoch);
                [variant.at(figure, best), variant.at(figure, variant.mean_curve(figure).len())]
            });
            first.into_iter().chain(values).collect()
        });
        let rows: Vec<Vec<String>> = std::iter::once(head.chain(names).collect()).chain(rows).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        for (place, row) in rows.iter().enumerate() {
            write!(f, "{}{:<2$}", if place == 0 { "" } else { "\n" }, row[0], width(0))?;
            for (column, cell) in row.iter().enumerate().skip(1) {
                write!(f, "  {cell:>0$}", width(column))?;
            }
        }
        Ok(())
    }
}
