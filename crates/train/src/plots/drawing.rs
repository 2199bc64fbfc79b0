//! How a [`Chart`] is drawn.

use super::{
    axis::{Axis, Scale, has_place},
    canvas::{self, Area, Drawn, GRAY, INK, fit, pt, text, width, wrap},
    chart::Chart,
    frame::{Frame, Pixel},
    legend::Legend,
    outliers::{short, without_outliers},
    series::{Datum, Kind, Series},
};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};
use std::ops::Range;

const LETTERS: i32 = pt(12);
const ROW: i32 = pt(15);
/// Beside the plot on the right.
const MARGIN: i32 = pt(16);
/// The width of rings.
const LINE: u32 = pt(2) as u32;
const BINS: usize = 40;
/// The share of a category's width that its bars take.
const BARS: f64 = 0.8;

/// A chart of plotters with our axes.
type Plot<'a, DB> = ChartContext<'a, DB, Cartesian2d<Axis, Axis>>;

impl canvas::Chart for Chart {
    fn title(&self) -> &str {
        &self.title
    }

    fn caption(&self) -> &str {
        &self.caption
    }

    fn draw<DB: DrawingBackend>(&self, body: &Area<DB>) -> Drawn<DB> {
        self.prepared().draw_on(body)
    }
}

impl Chart {
    /// The same chart with what is to be drawn: bars side by side, counted histograms, and gaps in place of what has no
    /// logarithm.
    fn prepared(&self) -> Self {
        let mut chart = self.clone();
        let bars = self.of_kind(Kind::Bars).count() as f64;
        let (low, high) = self.histogram_range();
        for series in &mut chart.series {
            match series.kind {
                Kind::Bars => {
                    let aside = (series.number as f64 + 0.5) / bars - 0.5;
                    series.data.iter_mut().for_each(|datum| datum.x += BARS * aside);
                }
                Kind::Histogram => series.data = counted_in_bins(series, low, high),
                _ => {}
            }
            for datum in series.data.iter_mut().filter(|_| self.logarithmic) {
                if datum.x <= 0.0 || datum.low <= 0.0 || datum.high <= 0.0 {
                    datum.low = f64::NAN;
                }
            }
        }
        chart
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Series> {
        self.series.iter().filter(move |series| series.kind == kind)
    }

    /// The ends of the bins of all histograms.
    fn histogram_range(&self) -> (f64, f64) {
        let values = self.of_kind(Kind::Histogram).flat_map(Series::runs).flatten().map(|datum| datum.x);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let largest = low.abs().max(high.abs());
        match high - low > 1e-6 * largest {
            true => (low, high),
            // All values are equal.
            false => (low - 0.1 * largest.max(1e-6), high + 0.1 * largest.max(1e-6)),
        }
    }

    fn draw_on<DB: DrawingBackend>(&self, body: &Area<DB>) -> Drawn<DB> {
        let (x, mut y) = self.axes_around();
        let mut plot = self.plot(body, &x, &y)?;

        let (across, down) = plot.plotting_area().dim_in_pixel();
        let size = (across as i32, down as i32);
        let legend = Legend::new(&self.series, size);
        let (mut corner, covered) = legend.place(size, &self.taken(&frame_of(&plot)));
        if covered > 0 && legend.share(size) < 0.5 && !legend.is_empty() {
            y = y.with_headroom(legend.share(size));
            plot = self.plot(body, &x, &y)?;
            (corner, _) = legend.place(size, &self.taken(&frame_of(&plot)));
        }

        self.draw_axes(body, &mut plot)?;
        let area = plot.plotting_area().strip_coord_spec();
        let frame = frame_of(&plot);
        self.draw_contours(&area, &plot)?;
        let bars = self.of_kind(Kind::Bars).count().max(1);
        let bar_width = f64::from(frame.place(BARS, 0.0).0 - frame.place(0.0, 0.0).0) / bars as f64;
        for kind in Kind::DRAWN {
            for series in self.of_kind(kind) {
                series.draw(&area, &frame, bar_width as i32)?;
            }
        }
        self.series.iter().try_for_each(|series| draw_exits(&area, &frame, series))?;
        self.draw_notes(&area, &frame)?;
        if self.contours.is_none() && self.series.iter().all(Series::is_empty) {
            let style = text(pt(14), HPos::Center, VPos::Center).color(&GRAY);
            area.draw_text("no finite values", &style, (size.0 / 2, size.1 / 2))?;
        }
        if legend.is_empty() { Ok(()) } else { legend.draw(&area, corner) }
    }

    fn shown(&self) -> impl Iterator<Item = &Datum> {
        self.series.iter().flat_map(|series| series.runs().flatten())
    }

    /// The axes, with room for every value but outliers.
    fn axes_around(&self) -> (Axis, Axis) {
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

    /// All values of x and of y.
    fn values(&self) -> (Vec<f64>, Vec<f64>) {
        let xs = self.shown().map(|datum| datum.x).collect();
        (xs, self.shown().flat_map(|datum| [datum.low, datum.high]).collect())
    }

    /// The places of lines and marks.
    fn noted(&self) -> (Vec<f64>, Vec<f64>) {
        let can_be_shown = |value: &f64| has_place(*value) && (*value > 0.0 || !self.logarithmic);
        let xs = self.notes.iter().map(|note| note.x).filter(can_be_shown).collect();
        (xs, self.notes.iter().filter_map(|note| note.y).filter(can_be_shown).collect())
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

    /// The axes as they are, with as many marks as there is room for, and how they are laid out on `body`.
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
        let fits = |x: &Axis| (widest(x) + pt(10)) * x.labels().count() as i32 <= room;
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

    /// The names of the categories, each in rows that fit its part of an axis which is `room` long.
    fn category_rows(&self, room: i32) -> Vec<Vec<String>> {
        let limit = room / self.categories.len().max(1) as i32 - pt(4);
        self.categories.iter().map(|name| wrap(name, LETTERS, limit, 4)).collect()
    }

    fn draw_axes<DB: DrawingBackend>(&self, body: &Area<DB>, plot: &mut Plot<'_, DB>) -> Drawn<DB> {
        let (left, top) = offset(body, plot);
        let (across, down) = plot.plotting_area().dim_in_pixel();
        let (across, down, whole) = (across as i32, down as i32, body.dim_in_pixel());
        let is_named = !self.categories.is_empty();
        let mut mesh = plot.configure_mesh();
        mesh.bold_line_style(GRAY.mix(0.2).stroke_width(pt(1) as u32))
            .light_line_style(TRANSPARENT)
            .axis_style(INK.stroke_width(pt(1) as u32))
            .set_all_tick_mark_size(pt(4))
            .label_style(text(LETTERS, HPos::Center, VPos::Center));
        if is_named {
            mesh.disable_x_mesh()
                .set_tick_mark_size(LabelAreaPosition::Bottom, 0)
                .x_label_formatter(&|_| String::new());
        }
        mesh.draw()?;

        let centered = text(LETTERS, HPos::Center, VPos::Center);
        for (place, rows) in self.category_rows(across).iter().enumerate() {
            let middle = left + across * (2 * place as i32 + 1) / (2 * self.categories.len() as i32);
            for (row, line) in rows.iter().enumerate() {
                body.draw_text(line, &centered, (middle, top + down + pt(13) + ROW * row as i32))?;
            }
        }
        let [x_name, y_name] = self.axis_names(plot);
        let x_name = fit(&x_name, pt(13), across + left - pt(8));
        let right = whole.0 as i32 - pt(8) - width(&x_name, pt(13)) / 2;
        let middle = (left + across / 2).min(right);
        body.draw_text(
            &x_name,
            &text(pt(13), HPos::Center, VPos::Center),
            (middle, whole.1 as i32 - pt(10)),
        )?;
        let y_name = fit(&y_name, pt(13), whole.0 as i32 - pt(16));
        body.draw_text(&y_name, &text(pt(13), HPos::Left, VPos::Center), (pt(8), pt(9)))
    }

    /// The names of the axes; where arrows stand for values outside, with the farthest of these.
    fn axis_names<DB: DrawingBackend>(&self, plot: &Plot<'_, DB>) -> [String; 2] {
        let (xs, ys) = self.values();
        [with_outside(&self.x_name, &xs, plot.x_range()), with_outside(&self.y_name, &ys, plot.y_range())]
    }

    fn draw_contours<DB: DrawingBackend>(&self, area: &Area<DB>, plot: &Plot<'_, DB>) -> Drawn<DB> {
        let Some(contours) = &self.contours else { return Ok(()) };
        let (x, y) = (plot.x_range(), plot.y_range());
        let frame = frame_of(plot);
        for line in contours.lines(x, y) {
            let line: Vec<Pixel> = line.iter().map(|(x, y)| frame.place(*x, *y)).collect();
            area.draw(&PathElement::new(line, GRAY.mix(0.5).stroke_width(pt(1) as u32)))?;
        }
        Ok(())
    }

    /// The vertical lines and marked places, with their labels.
    fn draw_notes<DB: DrawingBackend>(
        &self,
        area: &Area<DB>,
        frame: &Frame<impl Fn(f64, f64) -> Pixel>,
    ) -> Drawn<DB> {
        for (note, (label, corner)) in self.notes.iter().zip(self.note_labels(frame)) {
            let at = frame.place(note.x, note.y.unwrap_or(f64::NAN));
            if !frame.contains((at.0, 0)) {
                continue;
            }
            match note.y {
                Some(_) => area.draw(&Circle::new(at, pt(5), INK.stroke_width(LINE)))?,
                None => draw_dashes(area, at.0, frame.size.1)?,
            }
            let end = (corner.0 + width(&label, LETTERS) + pt(4), corner.1 + ROW);
            area.draw(&Rectangle::new([(corner.0 - pt(2), corner.1), end], WHITE.mix(0.8).filled()))?;
            area.draw_text(&label, &text(LETTERS, HPos::Left, VPos::Top), corner)?;
        }
        Ok(())
    }

    /// The label of each note and the upper left corner where it is written: on the right if there is room.
    fn note_labels(&self, frame: &Frame<impl Fn(f64, f64) -> Pixel>) -> Vec<(String, Pixel)> {
        let (mut row, mut labels) = (0, Vec::new());
        for note in &self.notes {
            let label = fit(&note.label, LETTERS, frame.size.0 / 2);
            let (x, y) = frame.place(note.x, note.y.unwrap_or(0.0));
            let right = x + pt(8);
            let left = if right + width(&label, LETTERS) + pt(4) <= frame.size.0 {
                right
            } else {
                x - pt(8) - width(&label, LETTERS)
            };
            let top = if note.y.is_some() { y - ROW / 2 } else { pt(3) + ROW * row };
            row += i32::from(note.y.is_none());
            labels.push((label, (left, top)));
        }
        labels
    }

    /// Pixels which a legend should not cover: closely along every curve, across every band, and labels.
    fn taken(&self, frame: &Frame<impl Fn(f64, f64) -> Pixel>) -> Vec<Pixel> {
        let mut taken = Vec::new();
        for series in &self.series {
            for run in series.runs() {
                let next = run.iter().skip(1).chain(run.last());
                for (from, to) in run.iter().zip(next) {
                    let to = if series.kind.is_connected() { to } else { from };
                    let places = [from, to]
                        .map(|d| [d.low, (d.low + d.high) / 2.0, d.high].map(|y| frame.place(d.x, y)));
                    for ((x, y), (to_x, to_y)) in places[0].into_iter().zip(places[1]) {
                        taken.extend((0..32).map(|k| (x + (to_x - x) * k / 32, y + (to_y - y) * k / 32)));
                    }
                }
            }
        }
        for (label, (left, top)) in self.note_labels(frame) {
            let length = width(&label, LETTERS);
            taken.extend((0..=8).map(|k| (left + length * k / 8, top + ROW / 2)));
        }
        taken
    }
}

/// The name of an axis, and how far the values go of which it shows only a part.
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

/// Whole numbers have marks at whole numbers only.
fn scale_of(values: &[f64]) -> Scale {
    if values.iter().all(|value| value.fract() == 0.0) { Scale::Whole } else { Scale::Linear }
}

/// The outline of a histogram: the percentage of the values in each bin between `low` and `high`.
fn counted_in_bins(series: &Series, low: f64, high: f64) -> Vec<Datum> {
    let width = (high - low) / BINS as f64;
    let mut counts = [0usize; BINS];
    for datum in series.runs().flatten() {
        counts[(((datum.x - low) / width) as usize).min(BINS - 1)] += 1;
    }
    let all = counts.iter().sum::<usize>().max(1) as f64;
    let edge = |bin: usize| low + width * bin as f64;
    let steps = counts.iter().enumerate().flat_map(|(bin, count)| {
        let share = 100.0 * *count as f64 / all;
        [edge(bin), edge(bin + 1)].map(|x| Datum { x, low: 0.0, high: share })
    });
    if series.is_empty() { Vec::new() } else { steps.collect() }
}

/// Marks where a series leaves the frame: a small triangle at the edge for each stretch outside.
fn draw_exits<DB: DrawingBackend>(
    area: &Area<DB>,
    frame: &Frame<impl Fn(f64, f64) -> Pixel>,
    series: &Series,
) -> Drawn<DB> {
    let places = |run: &[Datum]| -> Vec<Pixel> { run.iter().map(|d| frame.place(d.x, d.high)).collect() };
    for run in series.runs() {
        for outside in places(run).split(|at| frame.contains(*at)).filter(|outside| !outside.is_empty()) {
            let (x, y) = frame.nearest(outside[0]);
            let (dx, dy) = ((outside[0].0 - x).signum(), (outside[0].1 - y).signum());
            // The tip is at the edge, the base inside.
            let (base_x, base_y) = (x - dx * pt(8), y - dy * pt(8));
            let (side_x, side_y) = (dy * pt(5), dx * pt(5));
            let corners =
                vec![(x, y), (base_x + side_x, base_y + side_y), (base_x - side_x, base_y - side_y)];
            area.draw(&Polygon::new(corners, series.color().filled()))?;
        }
    }
    Ok(())
}

fn draw_dashes<DB: DrawingBackend>(area: &Area<DB>, x: i32, height: i32) -> Drawn<DB> {
    (0..height).step_by(pt(8) as usize).try_for_each(|top| {
        let dash = [(x, top), (x, (top + pt(5)).min(height))];
        area.draw(&PathElement::new(dash, INK.stroke_width(pt(1) as u32)))
    })
}

fn widest(axis: &Axis) -> i32 {
    axis.labels().map(|label| width(&label, LETTERS)).max().unwrap_or(0)
}

/// The upper left corner of the plot on `body`.
fn offset<DB: DrawingBackend>(body: &Area<DB>, plot: &Plot<'_, DB>) -> Pixel {
    let (left, top) = plot.plotting_area().get_base_pixel();
    let (body_left, body_top) = body.get_base_pixel();
    (left - body_left, top - body_top)
}

/// The frame of a plot, with the map of its axes.
fn frame_of<DB: DrawingBackend>(plot: &Plot<'_, DB>) -> Frame<impl Fn(f64, f64) -> Pixel> {
    let (left, top) = plot.plotting_area().get_base_pixel();
    let (across, down) = plot.plotting_area().dim_in_pixel();
    let place = move |x, y| {
        let (pixel_x, pixel_y) = plot.backend_coord(&(x, y));
        (pixel_x - left, pixel_y - top)
    };
    Frame { size: (across as i32, down as i32), place }
}
