//! Annotations of a [`Chart`]: vertical lines, marked points, and arrows where a series leaves the axes.

use super::{
    canvas::{Area, Drawn, INK, fit, pt, text, width},
    chart::Chart,
    frame::{Frame, Pixel},
    layout::{LETTERS, ROW},
    series::{Datum, Series},
};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};

/// The width of rings.
const LINE: u32 = pt(2) as u32;

impl Chart {
    /// Draws the vertical lines and marked points with their labels.
    pub(super) fn draw_notes<DB: DrawingBackend>(
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
            let end = (corner.0 + label_width(&label), corner.1 + ROW);
            area.draw(&Rectangle::new([corner, end], WHITE.mix(0.7).filled()))?;
            area.draw_text(&label, &text(LETTERS, HPos::Left, VPos::Top), corner)?;
        }
        Ok(())
    }

    /// Returns the label of each note and its upper left corner: beside a line, above a marked point, and inside the frame.
    pub(super) fn note_labels(&self, frame: &Frame<impl Fn(f64, f64) -> Pixel>) -> Vec<(String, Pixel)> {
        let (mut row, mut labels) = (0, Vec::new());
        for note in &self.notes {
            let label = fit(&note.label, LETTERS, frame.size.0 / 2);
            let (x, y) = frame.place(note.x, note.y.unwrap_or(0.0));
            let (width, most) = (label_width(&label), frame.size.0 - label_width(&label));
            let corner = if note.y.is_some() {
                let above = y - pt(7) - ROW;
                ((x - width / 2).clamp(0, most.max(0)), if above < 0 { y + pt(7) } else { above })
            } else {
                row += 1;
                (if x + pt(4) <= most { x + pt(4) } else { x - pt(4) - width }, pt(2) + ROW * (row - 1))
            };
            labels.push((label, corner));
        }
        labels
    }

    /// Returns the height of the strip at the top for the labels of vertical lines.
    pub(super) fn labels_above(&self) -> i32 {
        let lines = self.notes.iter().filter(|note| note.y.is_none()).count() as i32;
        if lines == 0 { 0 } else { ROW * lines + pt(4) }
    }
}

/// Returns the width of a label. An SVG viewer without our fonts uses a wider one.
fn label_width(label: &str) -> i32 {
    width(label, LETTERS) * 9 / 8
}

/// Marks where a series leaves the frame, with a small triangle at the edge for each part outside.
pub(super) fn draw_exits<DB: DrawingBackend>(
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
            let (side_x, side_y) = (dy * pt(5), -dx * pt(5));
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
