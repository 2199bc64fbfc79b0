//! Curves over epochs, or over anything else.

use super::{
    PlotError, SavedPlot,
    axis::{Axis, Scale},
    canvas::{self, Area, Drawn, GRAY, INK, Resized, fit, pt, text, width},
    legend::Legend,
    series::{Datum, Kind, Pixel, Series},
};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};
use std::path::Path;

const SIZE: (i32, i32) = (pt(640), pt(366));
/// On a phone.
const NARROW: (i32, i32) = (pt(360), pt(330));
const LETTERS: i32 = pt(12);

/// A line chart: one picture with any number of named series.
///
/// The first points, the first line and the first band share a color, as do the second ones, and so on: the training
/// and validation curves of one experiment belong together. A series without a name is left out of the legend. Values
/// that are not finite, or beyond 1e100, are gaps; if nothing is left, the picture says so.
#[derive(Debug, Clone)]
pub struct Chart {
    title: String,
    x_name: String,
    y_name: String,
    caption: String,
    equal_scales: bool,
    logarithmic: bool,
    series: Vec<Series>,
}

impl Chart {
    /// An empty chart.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            x_name: String::new(),
            y_name: String::new(),
            caption: String::new(),
            equal_scales: false,
            logarithmic: false,
            series: Vec::new(),
        }
    }

    /// Names the axes, such as "Epochs" and "Loss".
    pub fn axes(mut self, x: impl Into<String>, y: impl Into<String>) -> Self {
        (self.x_name, self.y_name) = (x.into(), y.into());
        self
    }

    /// Adds separate points at 1, 2, ...: in the book, figures of the training data.
    pub fn points(self, name: impl Into<String>, values: &[f64]) -> Self {
        self.with(Kind::Points, name, counted(values, values))
    }

    /// Adds a line through values at 1, 2, ...: in the book, figures of the validation data.
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

    /// Adds a pale band at 1, 2, ..., such as mean ± deviation. It ends with the shorter of `low` and `high`.
    pub fn band(self, name: impl Into<String>, low: &[f64], high: &[f64]) -> Self {
        self.with(Kind::Band, name, counted(low, high))
    }

    /// Makes a unit as long across as it is up, so that figures in the plane keep their shapes; by default, each axis
    /// fills the picture.
    pub fn equal_scales(mut self) -> Self {
        self.equal_scales = true;
        self
    }

    /// Makes both axes logarithmic, so that a power law is a straight line. Values of 0 and below are gaps. Default: linear
    /// axes.
    pub fn logarithmic(mut self) -> Self {
        self.logarithmic = true;
        self
    }

    /// Sets the line below the chart, such as the data set, backend and seed.
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// Writes `<folder>/<name>.svg` and `<folder>/<name>.png`, replacing what is there.
    ///
    /// # Errors
    /// [`PlotError::Write`] if the folder does not exist or cannot be written to.
    pub fn save(&self, folder: impl AsRef<Path>, name: &str) -> Result<SavedPlot, PlotError> {
        canvas::save(&Resized { chart: self, size: SIZE }, folder.as_ref(), name)
    }

    /// Returns the chart as an HTML `figure` with inline SVG: one picture for wide screens and one for narrow ones, of
    /// which the style of a [`Report`](crate::report::Report) shows the one that fits.
    pub fn to_html(&self) -> String {
        canvas::to_html([SIZE, NARROW].map(|size| Resized { chart: self, size }))
    }

    fn with(mut self, kind: Kind, name: impl Into<String>, data: Vec<Datum>) -> Self {
        let number = self.series.iter().filter(|series| series.kind == kind).count();
        self.series.push(Series { kind, name: name.into(), number, data });
        self
    }

    /// The axes, with room for every value.
    fn axes_around(&self) -> (Axis, Axis) {
        let data: Vec<&Datum> = self.series.iter().flat_map(|series| series.runs().flatten()).collect();
        let scales = match self.logarithmic {
            true => (Scale::Logarithmic, Scale::Logarithmic),
            false if data.iter().all(|d| d.x.fract() == 0.0) => (Scale::Whole, Scale::Linear),
            false => (Scale::Linear, Scale::Linear),
        };
        let x = Axis::around(data.iter().map(|d| d.x), scales.0);
        (x, Axis::around(data.iter().flat_map(|d| [d.low, d.high]), scales.1))
    }

    /// The same chart with gaps in place of what has no logarithm.
    fn with_gaps(&self) -> Self {
        let mut chart = self.clone();
        for datum in chart.series.iter_mut().flat_map(|series| &mut series.data) {
            if [datum.x, datum.low, datum.high].into_iter().any(|value| value <= 0.0) {
                datum.low = f64::NAN;
            }
        }
        chart
    }

    /// A plot of the two axes on `body`, with equal scales if that is wanted.
    fn plot<'a, DB: DrawingBackend>(
        &self,
        body: &'a Area<DB>,
        x: &Axis,
        y: &Axis,
    ) -> Drawn<DB, Plot<'a, DB>> {
        let plot = self.lay_out(body, x, y)?;
        if !self.equal_scales {
            return Ok(plot);
        }
        let (across, down) = plot.plotting_area().dim_in_pixel();
        let units_a_pixel = (x.length() / f64::from(across)).max(y.length() / f64::from(down));
        let stretched = |axis: &Axis, pixels: u32| axis.stretched(units_a_pixel * f64::from(pixels));
        self.lay_out(body, &stretched(x, across), &stretched(y, down))
    }

    /// The axes as they are, and how their names and marks are laid out on `body`.
    fn lay_out<'a, DB: DrawingBackend>(
        &self,
        body: &'a Area<DB>,
        x: &Axis,
        y: &Axis,
    ) -> Drawn<DB, Plot<'a, DB>> {
        let widest = y.labels().map(|label| width(&label, LETTERS)).max().unwrap_or(0);
        ChartBuilder::on(body)
            .margin_left(pt(12))
            .margin_right(pt(24))
            .margin_top(pt(2))
            .margin_bottom(pt(6))
            .x_label_area_size(pt(42))
            .y_label_area_size(widest + pt(32))
            .build_cartesian_2d(x.clone(), y.clone())
    }

    /// Pixels which a legend should not cover: closely along every curve, and across every band.
    fn taken(&self, place: impl Fn(f64, f64) -> Pixel) -> Vec<Pixel> {
        let mut taken = Vec::new();
        for run in self.series.iter().flat_map(Series::runs) {
            for (from, to) in run.iter().zip(run.iter().skip(1).chain(run.last())) {
                for edge in [|d: &Datum| d.low, |d: &Datum| (d.low + d.high) / 2.0, |d: &Datum| d.high] {
                    let ((x, y), (to_x, to_y)) = (place(from.x, edge(from)), place(to.x, edge(to)));
                    taken.extend((0..32).map(|k| (x + (to_x - x) * k / 32, y + (to_y - y) * k / 32)));
                }
            }
        }
        taken
    }

    fn draw_axes<DB: DrawingBackend>(&self, plot: &mut Plot<'_, DB>) -> Drawn<DB> {
        let (across, down) = plot.plotting_area().dim_in_pixel();
        plot.configure_mesh()
            .bold_line_style(GRAY.mix(0.2).stroke_width(pt(1) as u32))
            .light_line_style(TRANSPARENT)
            .axis_style(INK.stroke_width(pt(1) as u32))
            .set_all_tick_mark_size(pt(4))
            .label_style(text(LETTERS, HPos::Center, VPos::Center))
            .axis_desc_style(text(pt(13), HPos::Center, VPos::Center))
            .x_desc(fit(&self.x_name, pt(13), across as i32))
            .y_desc(fit(&self.y_name, pt(13), down as i32))
            .draw()
    }
}

/// Pairs of the values at 1, 2, ...
fn counted(low: &[f64], high: &[f64]) -> Vec<Datum> {
    low.iter().zip(high).zip(1..).map(|((&low, &high), x)| Datum { x: f64::from(x), low, high }).collect()
}

/// The pairs as they are.
fn paired(values: &[(f64, f64)]) -> Vec<Datum> {
    values.iter().map(|&(x, y)| Datum { x, low: y, high: y }).collect()
}

/// A chart of plotters with our axes.
type Plot<'a, DB> = ChartContext<'a, DB, Cartesian2d<Axis, Axis>>;

/// Where values lie in the plot, in units from its upper left corner.
fn place_in<DB: DrawingBackend>(plot: &Plot<'_, DB>) -> impl Fn(f64, f64) -> Pixel {
    let (left, top) = plot.plotting_area().get_base_pixel();
    move |x, y| {
        let (across, down) = plot.backend_coord(&(x, y));
        (across - left, down - top)
    }
}

impl canvas::Chart for Chart {
    fn title(&self) -> &str {
        &self.title
    }

    fn caption(&self) -> &str {
        &self.caption
    }

    fn draw<DB: DrawingBackend>(&self, body: &Area<DB>) -> Drawn<DB> {
        if self.logarithmic { self.with_gaps().draw_on(body) } else { self.draw_on(body) }
    }
}

impl Chart {
    fn draw_on<DB: DrawingBackend>(&self, body: &Area<DB>) -> Drawn<DB> {
        let (x, mut y) = self.axes_around();
        let mut plot = self.plot(body, &x, &y)?;

        let (across, down) = plot.plotting_area().dim_in_pixel();
        let size = (across as i32, down as i32);
        let legend = Legend::new(&self.series, size);
        let (mut corner, covered) = legend.place(size, &self.taken(place_in(&plot)));
        if covered > 0 && legend.share(size) < 0.5 {
            y = y.with_headroom(legend.share(size));
            plot = self.plot(body, &x, &y)?;
            (corner, _) = legend.place(size, &self.taken(place_in(&plot)));
        }

        self.draw_axes(&mut plot)?;
        let area = plot.plotting_area().strip_coord_spec();
        for kind in [Kind::Band, Kind::Line, Kind::Points] {
            for series in self.series.iter().filter(|series| series.kind == kind) {
                series.draw(&area, place_in(&plot))?;
            }
        }
        if self.series.iter().all(|series| series.runs().next().is_none()) {
            let style = text(pt(14), HPos::Center, VPos::Center).color(&GRAY);
            area.draw_text("no finite values", &style, (size.0 / 2, size.1 / 2))?;
        }
        if self.series.iter().all(|series| series.name.is_empty()) {
            Ok(())
        } else {
            legend.draw(&area, corner)
        }
    }
}
