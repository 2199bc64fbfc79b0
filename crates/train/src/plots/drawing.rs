//! Drawing of a [`Chart`].

use super::{
    canvas::{self, Area, Drawn, GRAY, pt, text, width},
    chart::Chart,
    frame::{Frame, Pixel},
    layout::{LETTERS, Plot, ROW, frame_of},
    legend::Legend,
    notes::draw_exits,
    series::{Datum, Kind, Series},
};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};

const BINS: usize = 40;
/// The fraction of a category's width that its bars take.
const BARS: f64 = 0.8;

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
    /// Returns the chart prepared for drawing: bars side by side, binned histograms, and gaps for values without a logarithm.
    fn prepared(&self) -> Self {
        let mut chart = self.clone();
        let bars = self.of_kind(Kind::Bars).count() as f64;
        if bars > 0.0 && chart.categories.is_empty() {
            let most = self.of_kind(Kind::Bars).map(|series| series.data.len()).max().unwrap_or(0);
            chart.categories = (1..=most).map(|place| place.to_string()).collect();
        }
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

    /// Returns the ends of the bins of all histograms.
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
        let labels = f64::from(self.labels_above()) / f64::from(size.1);
        if (0.01..0.5).contains(&labels) {
            y = y.with_headroom(labels);
            plot = self.plot(body, &x, &y)?;
        }
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

    /// Returns the pixels that a legend should not cover: those of curves, bands and labels.
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

/// Returns the outline of a histogram: the percentage of the values in each bin between `low` and `high`.
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
