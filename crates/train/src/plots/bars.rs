//! Bar charts: one figure for each of several names.

use super::{
    PlotError, SavedPlot,
    canvas::{self, Area, Drawn, INK, PAGE_WIDTHS, Resized, WIDTH, fit, pt, text, width},
};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};
use std::path::Path;

/// Maximum number of bars that can be read.
const MOST_BARS: usize = 40;
const LETTERS: i32 = pt(12);
const ROW: i32 = pt(24);
const COLOR: RGBColor = RGBColor(31, 107, 180);

/// A chart of horizontal bars that start at 0. Figures that are negative or not finite have no bar. For several series over the
/// same names, see [`Chart::bars`](super::Chart::bars).
#[derive(Debug, Clone)]
pub struct BarChart {
    title: String,
    caption: String,
    bars: Vec<(String, f64)>,
}

impl BarChart {
    /// Creates a chart of named figures. Only the first 40 are shown.
    pub fn new<N: Into<String>>(title: impl Into<String>, bars: impl IntoIterator<Item = (N, f64)>) -> Self {
        let bars = bars.into_iter().take(MOST_BARS).map(|(name, figure)| (name.into(), figure)).collect();
        Self { title: title.into(), caption: String::new(), bars }
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
        canvas::save(&self.sized(WIDTH), folder.as_ref(), name)
    }

    /// Returns the chart as an HTML `figure`, as [`Chart::to_html`](super::Chart::to_html) does.
    pub fn to_html(&self) -> String {
        canvas::to_html(PAGE_WIDTHS.map(|width| self.sized(width)))
    }

    fn sized(&self, width: i32) -> Resized<'_, Self> {
        Resized { chart: self, size: (width, ROW * self.bars.len().max(1) as i32 + pt(12)) }
    }
}

impl canvas::Chart for BarChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn caption(&self) -> &str {
        &self.caption
    }

    fn draw<DB: DrawingBackend>(&self, body: &Area<DB>) -> Drawn<DB> {
        let (whole, _) = body.dim_in_pixel();
        let names: Vec<String> =
            self.bars.iter().map(|(name, _)| fit(name, LETTERS, whole as i32 * 2 / 5)).collect();
        let are_whole = self.bars.iter().all(|(_, figure)| figure.fract() == 0.0);
        let figures: Vec<String> =
            self.bars.iter().map(|(_, figure)| figure_text(*figure, are_whole)).collect();
        let widest = |texts: &[String]| texts.iter().map(|text| width(text, LETTERS)).max().unwrap_or(0);
        let left = pt(16) + widest(&names) + pt(8);
        let longest = (whole as i32 - left - widest(&figures) - pt(24)).max(pt(10));
        let largest = self.bars.iter().map(|(_, figure)| *figure).filter(|figure| figure.is_finite());
        let largest = largest.fold(0.0, f64::max);
        let (name_style, figure_style) =
            (text(LETTERS, HPos::Right, VPos::Center), text(LETTERS, HPos::Left, VPos::Center));
        for (place, (_, figure)) in self.bars.iter().enumerate() {
            let top = pt(4) + ROW * place as i32;
            let share = if figure.is_finite() && largest > 0.0 { (figure / largest).max(0.0) } else { 0.0 };
            let right = left + (f64::from(longest) * share) as i32;
            body.draw(&Rectangle::new([(left, top + pt(4)), (right, top + ROW - pt(4))], COLOR.filled()))?;
            body.draw_text(&names[place], &name_style, (left - pt(8), top + ROW / 2))?;
            body.draw_text(&figures[place], &figure_style, (right + pt(6), top + ROW / 2))?;
        }
        let bottom = pt(4) + ROW * self.bars.len().max(1) as i32;
        body.draw(&PathElement::new([(left, pt(4)), (left, bottom)], INK.stroke_width(pt(1) as u32)))
    }
}

/// Formats with three decimals, more for small figures, and none if all figures are whole numbers.
fn figure_text(figure: f64, are_whole: bool) -> String {
    match figure.abs() {
        ..1e6 if are_whole => format!("{figure:.0}"),
        0.0 | 0.001..1e6 => format!("{figure:.3}"),
        _ => format!("{figure:.2e}"),
    }
}
