//! A figure over the seeds, beside the book's.

use kindling::{
    experiments::VariantResult,
    metrics::{Best, Direction},
    prelude::History,
};

/// A figure of the trainings with several seeds, in the order of the seeds.
#[derive(Clone)]
pub struct Spread(pub Vec<f64>);

impl Spread {
    /// Returns a figure of each history.
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
        self.0.iter().sum::<f64>() / self.0.len() as f64
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
    /// The range of Keras, where it was measured.
    pub keras: Option<(f64, f64)>,
}

impl Row {
    /// A figure that the book does not print.
    pub fn new(figure: &str, ours: Spread) -> Self {
        Self { figure: figure.into(), ours, book: None, keras: None }
    }

    pub fn book(self, book: f64) -> Self {
        Self { book: Some(book), ..self }
    }

    pub fn keras(self, range: (f64, f64)) -> Self {
        Self { keras: Some(range), ..self }
    }

    /// The row without what it could be compared with.
    pub fn alone(&self) -> Vec<String> {
        let Self { figure, ours, .. } = self;
        vec![figure.clone(), number(ours.mean()), number(ours.low()), number(ours.high())]
    }

    /// The row with the book's figure and where it lies among ours, and the range of Keras.
    pub fn compared(&self) -> Vec<String> {
        let (low, high) = (self.ours.low(), self.ours.high());
        let place = |book: f64| match book {
            book if book < low => format!("{} below ours", number(low - book)),
            book if book > high => format!("{} above ours", number(book - high)),
            _ => "within ours".into(),
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

/// Returns the lowest value of a loss, and its epoch.
pub fn lowest(losses: &[f64]) -> Best {
    Best::of(losses, Direction::Min).unwrap_or(Best { epoch: 0, value: f64::NAN })
}

/// Returns the highest value of an accuracy.
pub fn highest(accuracies: &[f64]) -> f64 {
    Best::of(accuracies, Direction::Max).map_or(f64::NAN, |best| best.value)
}

/// The heads of tables with and without a comparison.
pub const COMPARED: [&str; 7] =
    ["", "ours: mean", "lowest", "highest", "the book", "the book's lies", "Keras, 3 seeds"];
pub const ALONE: [&str; 4] = ["", "mean", "lowest", "highest"];

/// Integers as integers, other numbers with four decimal places.
pub fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value}") } else { format!("{value:.4}") }
}
