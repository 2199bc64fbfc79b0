//! The series of a chart, and their drawing.

use super::{
    axis::has_place,
    canvas::{Area, Drawn, INK, pt},
    frame::{Frame, Pixel},
};
use plotters::prelude::*;

/// Colors that color-blind readers can distinguish (Okabe and Ito, 2008), blue first as in the book, and three more for charts of
/// ten classes.
const COLORS: [RGBColor; 10] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
    RGBColor(136, 34, 85),
    RGBColor(128, 128, 0),
    RGBColor(140, 140, 140),
];

const LINE_WIDTH: u32 = pt(2) as u32;

/// The type of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Band,
    /// Values whose distribution is drawn: `x` of each datum.
    Histogram,
    Bars,
    Line,
    /// A column of dots with their mean; `x` of each datum is the column.
    Repeats,
    Dots,
    Points,
}

impl Kind {
    /// Returns the order in which series are drawn: more important ones are drawn later.
    pub(super) const DRAWN: [Self; 7] =
        [Self::Band, Self::Histogram, Self::Bars, Self::Line, Self::Repeats, Self::Dots, Self::Points];

    /// Returns whether neighboring points are connected.
    pub(super) fn is_connected(self) -> bool {
        matches!(self, Self::Band | Self::Histogram | Self::Line)
    }

    /// Returns whether it fills an area that starts at 0.
    pub(super) fn stands_on_zero(self) -> bool {
        matches!(self, Self::Histogram | Self::Bars)
    }
}

/// One point of a series. `low` and `high` differ only in bands, bars and histograms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Datum {
    pub(super) x: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Named data of one kind.
#[derive(Debug, Clone)]
pub(super) struct Series {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// Number of earlier series of the same kind. The first points, line and band share a color.
    pub(super) number: usize,
    pub(super) data: Vec<Datum>,
}

impl Series {
    /// Returns the parts of the data between gaps. Gaps are values that are not finite.
    pub(super) fn runs(&self) -> impl Iterator<Item = &[Datum]> {
        let is_gap = |d: &Datum| ![d.x, d.low, d.high].into_iter().all(has_place);
        self.data.split(is_gap).filter(|run| !run.is_empty())
    }

    /// Returns whether there is anything to draw.
    pub(super) fn is_empty(&self) -> bool {
        self.runs().next().is_none()
    }

    /// Draws the part of the series that is inside the frame. `bar_width` is in units.
    pub(super) fn draw<DB: DrawingBackend>(
        &self,
        area: &Area<DB>,
        frame: &Frame<impl Fn(f64, f64) -> Pixel>,
        bar_width: i32,
    ) -> Drawn<DB> {
        for run in self.runs() {
            let lower: Vec<Pixel> = run.iter().map(|d| frame.place(d.x, d.low)).collect();
            let upper: Vec<Pixel> = run.iter().map(|d| frame.place(d.x, d.high)).collect();
            let shown = lower.iter().filter(|at| frame.contains(**at));
            match self.kind {
                Kind::Points => shown.copied().try_for_each(|at| self.draw_mark(area, at))?,
                Kind::Dots => shown.copied().try_for_each(|at| self.draw_dot(area, at))?,
                Kind::Repeats => self.draw_repeats(area, &spread(&lower, frame))?,
                Kind::Line => frame.inside(&lower).iter().try_for_each(|line| self.draw_line(area, line))?,
                Kind::Band => self.draw_band(area, frame, &lower, &upper)?,
                Kind::Histogram => {
                    self.draw_band(area, frame, &lower, &upper)?;
                    self.draw_line(area, &upper)?;
                }
                Kind::Bars => lower.iter().zip(&upper).try_for_each(|(from, to)| {
                    let (left, right) = (from.0 - bar_width / 2, from.0 + (bar_width + 1) / 2);
                    let corners = [(left, from.1.min(to.1)), (right, from.1.max(to.1))];
                    area.draw(&Rectangle::new(corners, self.color().filled()))
                })?,
            }
        }
        self.draw_mean(area, frame)
    }

    /// Draws the symbol of the series in a legend, over `length` units to the right of `(left, middle)`.
    pub(super) fn draw_sample<DB: DrawingBackend>(
        &self,
        area: &Area<DB>,
        (left, middle): Pixel,
        length: i32,
    ) -> Drawn<DB> {
        let (right, top, bottom) = (left + length, middle - pt(4), middle + pt(4));
        let corners = [(left, top), (right, bottom)];
        match self.kind {
            Kind::Points => self.draw_mark(area, (left + length / 2, middle)),
            Kind::Dots | Kind::Repeats => self.draw_dot(area, (left + length / 2, middle)),
            Kind::Line => self.draw_line(area, &[(left, middle), (right, middle)]),
            Kind::Band => area.draw(&Rectangle::new(corners, self.color().mix(0.2).filled())),
            Kind::Histogram => {
                area.draw(&Rectangle::new(corners, self.color().mix(0.2).filled()))?;
                self.draw_line(area, &[(left, top), (right, top)])
            }
            Kind::Bars => {
                let corners = [
                    (left + length / 2 - pt(5), middle - pt(5)),
                    (left + length / 2 + pt(5), middle + pt(5)),
                ];
                area.draw(&Rectangle::new(corners, self.color().filled()))
            }
        }
    }

    /// Draws a dot, or a cross in every second series.
    fn draw_mark<DB: DrawingBackend>(&self, area: &Area<DB>, at: Pixel) -> Drawn<DB> {
        if self.number.is_multiple_of(2) {
            area.draw(&Circle::new(at, pt(7) / 2, self.color().filled()))
        } else {
            area.draw(&Cross::new(at, pt(3), self.color().stroke_width(LINE_WIDTH)))
        }
    }

    fn draw_dot<DB: DrawingBackend>(&self, area: &Area<DB>, at: Pixel) -> Drawn<DB> {
        area.draw(&Circle::new(at, pt(5) / 2, self.color().mix(0.7).filled()))
    }

    fn draw_repeats<DB: DrawingBackend>(&self, area: &Area<DB>, places: &[Pixel]) -> Drawn<DB> {
        places
            .iter()
            .try_for_each(|at| area.draw(&Circle::new(*at, pt(7) / 2, self.color().mix(0.7).filled())))
    }

    /// Draws the mean of repeats as a short horizontal line.
    fn draw_mean<DB: DrawingBackend>(
        &self,
        area: &Area<DB>,
        frame: &Frame<impl Fn(f64, f64) -> Pixel>,
    ) -> Drawn<DB> {
        let values: Vec<f64> = self.runs().flatten().map(|d| d.low).collect();
        let (Kind::Repeats, Some(first)) = (self.kind, self.runs().next()) else { return Ok(()) };
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let line = [frame.place(first[0].x - 0.3, mean), frame.place(first[0].x + 0.3, mean)];
        let line = frame.inside(&line);
        line.into_iter().try_for_each(|line| area.draw(&PathElement::new(line, INK.stroke_width(LINE_WIDTH))))
    }

    fn draw_line<DB: DrawingBackend>(&self, area: &Area<DB>, path: &[Pixel]) -> Drawn<DB> {
        if let [alone] = *path {
            // A value between two gaps.
            return area.draw(&Circle::new(alone, LINE_WIDTH, self.color().filled()));
        }
        // Draw corner by corner: plotters leaves holes where one long thick line overlaps itself.
        let draw = |corner| area.draw(&PathElement::new(corner, self.color().stroke_width(LINE_WIDTH)));
        path.windows(path.len().clamp(1, 3)).try_for_each(|corner| match corner {
            [from, at, to] if turns_back(*from, *at, *to) => {
                draw(&corner[..2])?;
                draw(&corner[1..])
            }
            _ => draw(corner),
        })
    }

    fn draw_band<DB: DrawingBackend>(
        &self,
        area: &Area<DB>,
        frame: &Frame<impl Fn(f64, f64) -> Pixel>,
        lower: &[Pixel],
        upper: &[Pixel],
    ) -> Drawn<DB> {
        let outline = lower.iter().chain(upper.iter().rev()).map(|at| frame.nearest(*at));
        area.draw(&Polygon::new(outline.collect::<Vec<_>>(), self.color().mix(0.2)))
    }

    pub(super) fn color(&self) -> RGBColor {
        // The names of repeats are below their columns, so all columns have the same color.
        let number = if self.kind == Kind::Repeats { 0 } else { self.number };
        COLORS[number % COLORS.len()]
    }
}

/// Returns whether a line nearly reverses at a corner, where plotters would draw a long spike.
fn turns_back(from: Pixel, at: Pixel, to: Pixel) -> bool {
    let [before, after] = [(from, at), (at, to)].map(|(a, b)| (f64::from(b.0 - a.0), f64::from(b.1 - a.1)));
    before.0 * after.0 + before.1 * after.1 < -0.9 * before.0.hypot(before.1) * after.0.hypot(after.1)
}

/// Moves the dots of a column sideways, so that equal values do not hide each other.
fn spread(column: &[Pixel], frame: &Frame<impl Fn(f64, f64) -> Pixel>) -> Vec<Pixel> {
    const SIDES: [i32; 7] = [0, 1, -1, 2, -2, 3, -3];
    let mut placed: Vec<Pixel> = Vec::with_capacity(column.len());
    for &(x, y) in column.iter().filter(|at| frame.contains(**at)) {
        let places = SIDES.map(|side| (x + side * pt(8), y));
        let is_free = |(x, y): &Pixel| {
            placed.iter().all(|other| (x - other.0).abs() >= pt(7) || (y - other.1).abs() >= pt(6))
        };
        placed.push(places.into_iter().find(is_free).unwrap_or((x, y)));
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_turns_back_where_its_directions_are_nearly_opposite() {
        assert!(turns_back((0, 0), (10, 0), (0, 1)));
        assert!(turns_back((5, 5), (5, 90), (5, 20)));
        assert!(!turns_back((0, 0), (10, 0), (10, 10)));
        assert!(!turns_back((0, 0), (10, 0), (0, 10)));
        assert!(!turns_back((0, 0), (10, 0), (20, 1)));
        assert!(!turns_back((3, 3), (3, 3), (3, 3)));
    }
}
