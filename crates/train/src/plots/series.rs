//! The series of a chart: points, lines and bands, and how each is drawn.

use super::{
    axis::has_place,
    canvas::{Area, Drawn, pt},
};
use plotters::prelude::*;

/// Colors that a color-blind reader can tell apart (Okabe and Ito, 2008), blue first as in the book.
const COLORS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

const LINE_WIDTH: u32 = pt(2) as u32;

/// How a series looks; drawn in this order, so that nothing hides what matters more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Band,
    Line,
    Points,
}

/// What a series has at one place; `low` and `high` differ in a band only.
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
    /// How many series of the same kind came before: the first points, line and band share a color.
    pub(super) number: usize,
    pub(super) data: Vec<Datum>,
}

/// A position in an [`Area`].
pub(super) type Pixel = (i32, i32);

impl Series {
    /// The stretches of data between gaps, which are values that are not finite.
    pub(super) fn runs(&self) -> impl Iterator<Item = &[Datum]> {
        let is_gap = |d: &Datum| ![d.x, d.low, d.high].into_iter().all(has_place);
        self.data.split(is_gap).filter(|run| !run.is_empty())
    }

    /// Draws the series; `place` says where a pair of values lies in `area`.
    pub(super) fn draw<DB: DrawingBackend>(
        &self,
        area: &Area<DB>,
        place: impl Fn(f64, f64) -> Pixel,
    ) -> Drawn<DB> {
        for run in self.runs() {
            let mut lower = run.iter().map(|d| place(d.x, d.low));
            let upper = run.iter().map(|d| place(d.x, d.high));
            match self.kind {
                Kind::Points => lower.try_for_each(|at| self.draw_mark(area, at))?,
                Kind::Line => self.draw_line(area, &lower.collect::<Vec<_>>())?,
                Kind::Band => self.draw_band(area, lower.chain(upper.rev()).collect())?,
            }
        }
        Ok(())
    }

    /// Draws what stands for the series in a legend: `length` units to the right of `(left, middle)`.
    pub(super) fn draw_sample<DB: DrawingBackend>(
        &self,
        area: &Area<DB>,
        (left, middle): Pixel,
        length: i32,
    ) -> Drawn<DB> {
        let (right, top, bottom) = (left + length, middle - pt(4), middle + pt(4));
        match self.kind {
            Kind::Points => self.draw_mark(area, (left + length / 2, middle)),
            Kind::Line => self.draw_line(area, &[(left, middle), (right, middle)]),
            Kind::Band => {
                self.draw_band(area, vec![(left, top), (right, top), (right, bottom), (left, bottom)])
            }
        }
    }

    /// A dot, or a cross in every second series.
    fn draw_mark<DB: DrawingBackend>(&self, area: &Area<DB>, at: Pixel) -> Drawn<DB> {
        if self.number.is_multiple_of(2) {
            area.draw(&Circle::new(at, pt(7) / 2, self.color().filled()))
        } else {
            area.draw(&Cross::new(at, pt(3), self.color().stroke_width(LINE_WIDTH)))
        }
    }

    fn draw_line<DB: DrawingBackend>(&self, area: &Area<DB>, path: &[Pixel]) -> Drawn<DB> {
        if let [alone] = *path {
            // A value between two gaps.
            return area.draw(&Circle::new(alone, LINE_WIDTH, self.color().filled()));
        }
        // Corner by corner: plotters leaves holes where one long thick line overlaps itself.
        path.windows(path.len().min(3)).try_for_each(|corner| {
            area.draw(&PathElement::new(corner, self.color().stroke_width(LINE_WIDTH)))
        })
    }

    fn draw_band<DB: DrawingBackend>(&self, area: &Area<DB>, outline: Vec<Pixel>) -> Drawn<DB> {
        area.draw(&Polygon::new(outline, self.color().mix(0.2)))
    }

    fn color(&self) -> RGBColor {
        COLORS[self.number % COLORS.len()]
    }
}
