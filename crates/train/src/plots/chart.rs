//! Charts of curves, repeats, bars, histograms and scattered points: the interface for callers.

use super::{
    PlotError, SavedPlot,
    canvas::{self, PAGE_WIDTHS, Resized, WIDTH, pt},
    contours::Contours,
    series::{Datum, Kind, Series},
};
use std::path::Path;

const HEIGHT: i32 = pt(270);
/// The heights of pictures in an HTML page, on wide screens and on phones.
const PAGE_HEIGHTS: [i32; 2] = [pt(366), pt(330)];

/// A chart: two axes with any number of named series.
///
/// | data | method |
/// | --- | --- |
/// | a figure per epoch of the training data | [`points`](Self::points) |
/// | a figure per epoch of the validation data | [`line`](Self::line), with [`band`](Self::band) around it |
/// | repeats of one measurement, such as one per seed | [`dots`](Self::dots) |
/// | a figure per class or name | [`categories`](Self::categories) and [`bars`](Self::bars) |
/// | the distribution of many values | [`histogram`](Self::histogram) |
/// | a curve or path in the plane | [`xy_line`](Self::xy_line), on [`contours`](Self::contours) |
/// | samples in the plane, by class | [`xy_dots`](Self::xy_dots) |
///
/// The first points, the first line and the first band share a color, as do the second ones, and so on, so that the training and
/// validation curves of one experiment have the same color. The legend lists every series that has a name and a value. Values
/// that are not finite, or beyond 1e100, are gaps; without finite values, the picture says "no finite values".
///
/// Outliers that would flatten all other values, such as a loss of 1e6, are left outside of the axes: the curve is cut off at the
/// edge, an arrow marks the place, and the name of the axis states the farthest value.
#[derive(Debug, Clone)]
pub struct Chart {
    pub(super) title: String,
    pub(super) x_name: String,
    pub(super) y_name: String,
    pub(super) caption: String,
    pub(super) equal_scales: bool,
    pub(super) logarithmic: bool,
    /// Names of the positions 1, 2, ... on the x axis.
    pub(super) categories: Vec<String>,
    pub(super) series: Vec<Series>,
    pub(super) contours: Option<Contours>,
    pub(super) notes: Vec<Note>,
}

/// A label in the plot.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) label: String,
    pub(super) x: f64,
    /// `None` for a vertical line at `x`.
    pub(super) y: Option<f64>,
}

impl Chart {
    /// Creates an empty chart.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            x_name: String::new(),
            y_name: String::new(),
            caption: String::new(),
            equal_scales: false,
            logarithmic: false,
            categories: Vec::new(),
            series: Vec::new(),
            contours: None,
            notes: Vec::new(),
        }
    }

    /// Replaces the title, for example that of a chart from [`history_chart`](super::history_chart).
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Names the axes, such as "Epochs" and "Loss".
    pub fn axes(mut self, x: impl Into<String>, y: impl Into<String>) -> Self {
        (self.x_name, self.y_name) = (x.into(), y.into());
        self
    }

    /// Adds separate points at 1, 2, ...; the book uses them for training data.
    pub fn points(self, name: impl Into<String>, values: &[f64]) -> Self {
        self.with(Kind::Points, name, counted(values, values))
    }

    /// Adds a line through values at 1, 2, ...; the book uses it for validation data.
    pub fn line(self, name: impl Into<String>, values: &[f64]) -> Self {
        self.with(Kind::Line, name, counted(values, values))
    }

    /// Adds a line through `(x, y)` pairs, in their order.
    pub fn xy_line(self, name: impl Into<String>, values: &[(f64, f64)]) -> Self {
        self.with(Kind::Line, name, paired(values))
    }

    /// Adds separate points at `(x, y)` pairs.
    pub fn xy_points(self, name: impl Into<String>, values: &[(f64, f64)]) -> Self {
        self.with(Kind::Points, name, paired(values))
    }

    /// Adds small dots at `(x, y)` pairs, for many samples of several classes. Up to ten series have different colors.
    ///
    /// ```
    /// use kindling_train::plots::Chart;
    ///
    /// let chart = Chart::new("Codes of an autoencoder").axes("First unit", "Second unit");
    /// let chart = chart.xy_dots("digit 0", &[(0.1, 2.0), (0.2, 1.9)]).xy_dots("digit 1", &[(1.5, 0.3)]);
    /// ```
    pub fn xy_dots(self, name: impl Into<String>, values: &[(f64, f64)]) -> Self {
        self.with(Kind::Dots, name, paired(values))
    }

    /// Adds a pale band at 1, 2, ..., such as mean ± deviation. It ends at the end of the shorter of `low` and `high`.
    pub fn band(self, name: impl Into<String>, low: &[f64], high: &[f64]) -> Self {
        self.with(Kind::Band, name, counted(low, high))
    }

    /// Adds repeats of one measurement in no particular order, such as the scores of several seeds: a column of dots above its
    /// name, with a short line at the mean. Each call adds a column.
    ///
    /// ```
    /// use kindling_train::plots::Chart;
    ///
    /// let chart = Chart::new("Ten shuffles of each protocol")
    ///     .axes("", "Validation MAE (1000 dollars)")
    ///     .dots("Hold-out", &[2.4, 2.9, 2.2])
    ///     .dots("4 folds", &[2.5, 2.6, 2.5]);
    /// ```
    pub fn dots(mut self, name: impl Into<String>, values: &[f64]) -> Self {
        self.categories.push(name.into());
        let column = self.categories.len() as f64;
        let data = values.iter().map(|&value| Datum { x: column, low: value, high: value }).collect();
        self.with(Kind::Repeats, "", data)
    }

    /// Names the positions 1, 2, ... on the x axis, such as classes.
    pub fn categories<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.categories = names.into_iter().map(Into::into).collect();
        self
    }

    /// Adds bars at 1, 2, ..., which start at 0. The bars of several series are side by side.
    ///
    /// ```
    /// use kindling_train::plots::Chart;
    ///
    /// let chart = Chart::new("Accuracy by class")
    ///     .categories(["cat", "dog", "horse"])
    ///     .bars("dense", &[0.71, 0.64, 0.80])
    ///     .bars("convolutional", &[0.88, 0.79, 0.91]);
    /// ```
    pub fn bars(self, name: impl Into<String>, values: &[f64]) -> Self {
        self.with(Kind::Bars, name, counted(&vec![0.0; values.len()], values))
    }

    /// Adds the distribution of values over 40 bins, as the percentage of the values in each. The bins of several
    /// histograms are the same.
    pub fn histogram(self, name: impl Into<String>, values: &[f64]) -> Self {
        let data = values.iter().map(|&value| Datum { x: value, low: 0.0, high: 0.0 }).collect();
        self.with(Kind::Histogram, name, data)
    }

    /// Adds contour lines of a function of `(x, y)`, which fill the plot behind everything else. The distance between levels
    /// grows with the distance from the minimum, so that the lines of a quadratic function are evenly spaced. The function is
    /// called about 10,000 times per picture.
    ///
    /// ```
    /// use kindling_train::plots::Chart;
    ///
    /// let chart = Chart::new("Gradient descent in a valley")
    ///     .contours(|x, y| x * x + 20.0 * y * y)
    ///     .xy_line("SGD", &[(-8.0, 2.0), (-6.0, -1.5), (-4.0, 1.0)])
    ///     .mark("start", -8.0, 2.0)
    ///     .mark("minimum", 0.0, 0.0);
    /// ```
    pub fn contours(mut self, function: impl Fn(f64, f64) -> f64 + Send + Sync + 'static) -> Self {
        self.contours = Some(Contours::of(function));
        self
    }

    /// Marks a point with a ring and a label, such as the minimum of a function.
    pub fn mark(mut self, label: impl Into<String>, x: f64, y: f64) -> Self {
        self.notes.push(Note { label: label.into(), x, y: Some(y) });
        self
    }

    /// Draws a dashed vertical line with a label, such as the end of the training data in a time series.
    pub fn vertical_line(mut self, label: impl Into<String>, x: f64) -> Self {
        self.notes.push(Note { label: label.into(), x, y: None });
        self
    }

    /// Gives both axes the same scale, so that geometric figures keep their shapes. Default: each axis fills the picture.
    pub fn equal_scales(mut self) -> Self {
        self.equal_scales = true;
        self
    }

    /// Makes both axes logarithmic, so that a power law becomes a straight line. Values of 0 and below are gaps. Default: linear
    /// axes.
    pub fn logarithmic(mut self) -> Self {
        self.logarithmic = true;
        self
    }

    /// Sets the text below the chart, such as the data set, backend and seed.
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// Writes `<folder>/<name>.svg` and `<folder>/<name>.png`. Existing files are replaced.
    ///
    /// # Errors
    /// Returns [`PlotError::Write`] if the folder does not exist or cannot be written to.
    pub fn save(&self, folder: impl AsRef<Path>, name: &str) -> Result<SavedPlot, PlotError> {
        canvas::save(&Resized { chart: self, size: (WIDTH, HEIGHT) }, folder.as_ref(), name)
    }

    /// Returns the chart as an HTML `figure` with inline SVG: one picture for wide screens and one for narrow ones. The style of
    /// a [`Report`](crate::report::Report) shows the one that fits.
    pub fn to_html(&self) -> String {
        let [wide, narrow] = PAGE_WIDTHS;
        let sizes = [(wide, PAGE_HEIGHTS[0]), (narrow, PAGE_HEIGHTS[1])];
        canvas::to_html(sizes.map(|size| Resized { chart: self, size }))
    }

    fn with(mut self, kind: Kind, name: impl Into<String>, data: Vec<Datum>) -> Self {
        let number = self.series.iter().filter(|series| series.kind == kind).count();
        self.series.push(Series { kind, name: name.into(), number, data });
        self
    }
}

/// Pairs the values with 1, 2, ...
fn counted(low: &[f64], high: &[f64]) -> Vec<Datum> {
    low.iter().zip(high).zip(1..).map(|((&low, &high), x)| Datum { x: f64::from(x), low, high }).collect()
}

/// Returns the pairs unchanged.
fn paired(values: &[(f64, f64)]) -> Vec<Datum> {
    values.iter().map(|&(x, y)| Datum { x, low: y, high: y }).collect()
}
