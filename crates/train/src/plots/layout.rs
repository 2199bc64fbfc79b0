//! The layout of a [`Chart`]: its axes and their labels.

use super::{
    axis::{Axis, Scale, has_place},
    canvas::{Area, Drawn, GRAY, INK, fit, pt, text, width, wrap},
    chart::Chart,
    frame::{Frame, Pixel},
    outliers::{short, without_outliers},
    series::Datum,
};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};
use std::ops::Range;

/// Letter sizes of labels and of the names of the axes.
pub(super) const LETTERS: i32 = pt(12);
const NAME_LETTERS: i32 = pt(13);
pub(super) const ROW: i32 = pt(15);
/// Space to the right of the plot.
const MARGIN: i32 = pt(16);

/// A plotters chart with this module's axes.
pub(super) type Plot<'a, DB> = ChartContext<'a, DB, Cartesian2d<Axis, Axis>>;

impl Chart {
    fn shown(&self) -> impl Iterator<Item = &Datum> {
        self.series.iter().flat_map(|series| series.runs().flatten())
    }

    /// Returns the axes, with room for all values except outliers.
    pub(super) fn axes_around(&self) -> (Axis, Axis) {
        let (xs, ys) = self.values();
        let (x_noted, y_noted) = self.noted();
        let (x_scale, y_scale) = match self.logarithmic {
            true => (Scale::Logarithmic, Scale::Logarithmic),
            false => (scale_of(&xs), scale_of(&ys)),
        };
        let x = match self.categories.is_empty() {
            true => Axis::around(without_outliers(xs.into_iter()).into_iter().chain(x_noted), x_scale),
            false => Axis::named(&self.categories),
        };
        if self.series.iter().any(|series| series.kind.stands_on_zero()) {
            let values = || ys.iter().copied().chain(y_noted.iter().copied());
            return (x, Axis::around(values(), y_scale).standing_on_zero(values()));
        }
        (x, Axis::around(without_outliers(ys.into_iter()).into_iter().chain(y_noted), y_scale))
    }

    /// Returns all values of x and of y.
    fn values(&self) -> (Vec<f64>, Vec<f64>) {
        let xs = self.shown().map(|datum| datum.x).collect();
        (xs, self.shown().flat_map(|datum| [datum.low, datum.high]).collect())
    }

    /// Returns the positions of lines and marks.
    fn noted(&self) -> (Vec<f64>, Vec<f64>) {
        let can_be_shown = |value: &f64| has_place(*value) && (*value > 0.0 || !self.logarithmic);
        let xs = self.notes.iter().map(|note| note.x).filter(can_be_shown).collect();
        (xs, self.notes.iter().filter_map(|note| note.y).filter(can_be_shown).collect())
    }

    /// Returns a plot with the two axes on `body`, with equal scales if requested.
    pub(super) fn plot<'a, DB: DrawingBackend>(
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

    /// Returns the axes with as many marks as there is room for, and their layout on `body`.
    fn lay_out<'a, DB: DrawingBackend>(
        &self,
        body: &'a Area<DB>,
        x: &Axis,
        y: &Axis,
    ) -> Drawn<DB, Plot<'a, DB>> {
        let (across, down) = body.dim_in_pixel();
        let above = if self.y_name.is_empty() { pt(8) } else { pt(24) };
        let named = if self.x_name.is_empty() { 0 } else { pt(18) };
        let y = y.with_marks((f64::from(down as i32 - above - pt(40)) / f64::from(2 * LETTERS)).min(10.0));
        let left = widest(&y) + pt(18);
        let room = across as i32 - left - MARGIN;
        let marked = |most: i32| x.with_marks(f64::from(most));
        let fits = |x: &Axis| x.least_gap(room, |label| width(label, LETTERS) * 9 / 8) >= pt(6);
        let x = (2..=10).rev().map(marked).find(fits).unwrap_or_else(|| marked(2));
        let rows = self.category_rows(room).iter().map(Vec::len).max().unwrap_or(1) as i32;
        ChartBuilder::on(body)
            .margin_left(0)
            .margin_right(MARGIN)
            .margin_top(above)
            .margin_bottom(named)
            .x_label_area_size(pt(10) + ROW * rows)
            .y_label_area_size(left)
            .build_cartesian_2d(x, y)
    }

    /// Returns the names of the categories, each wrapped to fit its part of an axis of length `room`.
    fn category_rows(&self, room: i32) -> Vec<Vec<String>> {
        let limit = room / self.categories.len().max(1) as i32 - pt(4);
        self.categories.iter().map(|name| wrap(name, LETTERS, limit, 4)).collect()
    }

    pub(super) fn draw_axes<DB: DrawingBackend>(
        &self,
        body: &Area<DB>,
        plot: &mut Plot<'_, DB>,
    ) -> Drawn<DB> {
        let mut mesh = plot.configure_mesh();
        mesh.bold_line_style(GRAY.mix(0.2).stroke_width(pt(1) as u32))
            .light_line_style(TRANSPARENT)
            .axis_style(INK.stroke_width(pt(1) as u32))
            .set_all_tick_mark_size(pt(4))
            .label_style(text(LETTERS, HPos::Center, VPos::Center));
        if !self.categories.is_empty() {
            mesh.disable_x_mesh()
                .set_tick_mark_size(LabelAreaPosition::Bottom, 0)
                .x_label_formatter(&|_| String::new());
        }
        mesh.draw()?;
        self.draw_categories(body, plot)?;
        self.draw_names(body, plot)
    }

    fn draw_categories<DB: DrawingBackend>(&self, body: &Area<DB>, plot: &Plot<'_, DB>) -> Drawn<DB> {
        let (left, top) = offset(body, plot);
        let (across, down) = plot.plotting_area().dim_in_pixel();
        let centered = text(LETTERS, HPos::Center, VPos::Center);
        for (place, rows) in self.category_rows(across as i32).iter().enumerate() {
            let middle = left + across as i32 * (2 * place as i32 + 1) / (2 * self.categories.len() as i32);
            for (row, line) in rows.iter().enumerate() {
                let below = top + down as i32 + pt(13) + ROW * row as i32;
                body.draw_text(line, &centered, (middle, below))?;
            }
        }
        Ok(())
    }

    /// Draws the name of the x axis below it, and the name of the y axis above it, where it can be as long as the picture is
    /// wide.
    fn draw_names<DB: DrawingBackend>(&self, body: &Area<DB>, plot: &Plot<'_, DB>) -> Drawn<DB> {
        let (whole, height) = body.dim_in_pixel();
        let [x_name, y_name] =
            self.axis_names(plot).map(|name| fit(&name, NAME_LETTERS, whole as i32 - pt(16)));
        let half = width(&x_name, NAME_LETTERS) / 2;
        let center = offset(body, plot).0 + plot.plotting_area().dim_in_pixel().0 as i32 / 2;
        let center = center.min(whole as i32 - pt(8) - half);
        let centered = text(NAME_LETTERS, HPos::Center, VPos::Center);
        body.draw_text(&x_name, &centered, (center, height as i32 - pt(10)))?;
        body.draw_text(&y_name, &text(NAME_LETTERS, HPos::Left, VPos::Center), (pt(8), pt(9)))
    }

    /// Returns the names of the axes, with the farthest value if there are values outside.
    fn axis_names<DB: DrawingBackend>(&self, plot: &Plot<'_, DB>) -> [String; 2] {
        let (xs, ys) = self.values();
        [with_outside(&self.x_name, &xs, plot.x_range()), with_outside(&self.y_name, &ys, plot.y_range())]
    }
}

/// Returns the name of an axis with the farthest value outside of it.
fn with_outside(name: &str, values: &[f64], shown: Range<f64>) -> String {
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    match (low < shown.start, high > shown.end) {
        (false, false) => name.to_owned(),
        (false, true) => format!("{name} (arrows: up to {})", short(high)),
        (true, false) => format!("{name} (arrows: down to {})", short(low)),
        (true, true) => format!("{name} (arrows: {} to {})", short(low), short(high)),
    }
}

/// Returns the scale of an axis: axes of whole numbers have marks at whole numbers only.
fn scale_of(values: &[f64]) -> Scale {
    if values.iter().all(|value| value.fract() == 0.0) { Scale::Whole } else { Scale::Linear }
}

fn widest(axis: &Axis) -> i32 {
    axis.labels().map(|label| width(&label, LETTERS)).max().unwrap_or(0)
}

/// Returns the upper left corner of the plot on `body`.
fn offset<DB: DrawingBackend>(body: &Area<DB>, plot: &Plot<'_, DB>) -> Pixel {
    let (left, top) = plot.plotting_area().get_base_pixel();
    let (body_left, body_top) = body.get_base_pixel();
    (left - body_left, top - body_top)
}

/// Returns the frame of a plot with its axes.
pub(super) fn frame_of<DB: DrawingBackend>(plot: &Plot<'_, DB>) -> Frame<impl Fn(f64, f64) -> Pixel> {
    let (left, top) = plot.plotting_area().get_base_pixel();
    let (across, down) = plot.plotting_area().dim_in_pixel();
    let place = move |x, y| {
        let (pixel_x, pixel_y) = plot.backend_coord(&(x, y));
        (pixel_x - left, pixel_y - top)
    };
    Frame { size: (across as i32, down as i32), place }
}
