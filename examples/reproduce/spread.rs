//! Figures over several seeds, compared with the book's.

use kindling::{
    experiments::{VariantResult, statistics},
    metrics::{Best, Direction},
    prelude::History,
};

/// The values of a figure for all seeds, in the order of the seeds.
#[derive(Clone)]
pub struct Spread(pub Vec<f64>);

impl Spread {
    /// Computes a figure from each history.
    pub fn of(variant: &VariantResult, figure: impl Fn(&History) -> f64) -> Self {
        Self(variant.histories.iter().map(figure).collect())
    }

    /// Returns the last value of a metric for each seed.
    pub fn last(variant: &VariantResult, metric: &str) -> Self {
        Self::of(variant, |history| last(history.get(metric)))
    }

    pub fn iter(&self) -> impl Iterator<Item = f64> + '_ {
        self.0.iter().copied()
    }

    pub fn mean(&self) -> f64 {
        statistics::mean(&self.0)
    }

    pub fn low(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub fn high(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }
}

/// A row of a section's table.
pub struct Row {
    pub figure: String,
    pub ours: Spread,
    /// The book's figure, if it prints one.
    pub book: Option<f64>,
    /// The range of Keras' results, if it was measured.
    pub keras: Option<(f64, f64)>,
}

impl Row {
    /// Creates a row without reference figures.
    pub fn new(figure: &str, ours: Spread) -> Self {
        Self { figure: figure.into(), ours, book: None, keras: None }
    }

    pub fn book(self, book: f64) -> Self {
        Self { book: Some(book), ..self }
    }

    pub fn keras(self, range: (f64, f64)) -> Self {
        Self { keras: Some(range), ..self }
    }

    /// Returns the cells without a comparison.
    pub fn alone(&self) -> Vec<String> {
        let Self { figure, ours, .. } = self;
        vec![figure.clone(), number(ours.mean()), number(ours.low()), number(ours.high())]
    }

    /// Returns the cells with the book's figure, its position relative to our range, and Keras' range.
    pub fn compared(&self) -> Vec<String> {
        let (low, high) = (self.ours.low(), self.ours.high());
        let place = |book: f64| match book {
            book if book < low => format!("{} below our range", number(low - book)),
            book if book > high => format!("{} above our range", number(book - high)),
            _ => "within our range".into(),
        };
        let mut cells = self.alone();
        cells.push(self.book.map(number).unwrap_or_default());
        cells.push(self.book.map(place).unwrap_or_default());
        cells.push(self.keras.map(|(low, high)| format!("{low} to {high}")).unwrap_or_default());
        cells
    }
}

/// Returns the last value of a curve.
pub fn last(curve: &[f64]) -> f64 {
    curve.last().copied().unwrap_or(f64::NAN)
}

/// Returns the lowest loss and its epoch.
pub fn lowest(losses: &[f64]) -> Best {
    Best::of(losses, Direction::Min).unwrap_or(Best { epoch: 0, value: f64::NAN })
}

/// Returns the highest accuracy.
pub fn highest(accuracies: &[f64]) -> f64 {
    Best::of(accuracies, Direction::Max).map_or(f64::NAN, |best| best.value)
}

/// Column headings of the tables with and without a comparison.
pub const COMPARED: [&str; 7] =
    ["", "mean", "lowest", "highest", "book", "position of the book's", "Keras, 3 seeds"];
pub const ALONE: [&str; 4] = ["", "mean", "lowest", "highest"];

/// Formats integers as such, and other numbers with four decimal places.
pub fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value}") } else { format!("{value:.4}") }
}
