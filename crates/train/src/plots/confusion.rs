//! Confusion matrices.

use super::{
    PlotError, SavedPlot,
    canvas::{self, Area, Drawn, GRAY, INK, Picture, WIDTH, fit, outline, pt, text, width},
};
use plotters::{
    prelude::*,
    style::{
        FontTransform,
        text_anchor::{HPos, VPos},
    },
};
use std::path::Path;

/// Maximum number of classes that can be read.
const MOST_CLASSES: usize = 100;
const LETTERS: i32 = pt(12);
/// The color of a cell that contains its whole row.
const DARKEST: RGBColor = RGBColor(8, 72, 142);

/// A confusion matrix as a picture: rows are the actual classes, columns the predicted ones.
///
/// The color of a cell is the square root of its fraction of the row, so that rare mistakes remain visible. Counts are written if
/// they fit into the cells. With many classes, only every second name, or fewer, is written.
#[derive(Debug, Clone)]
pub struct ConfusionChart<'a> {
    title: &'a str,
    caption: &'a str,
    class_names: &'a [String],
    counts: &'a [Vec<u64>],
}

impl<'a> ConfusionChart<'a> {
    /// Creates a picture of `counts[actual][predicted]`, `[classes, classes]`.
    pub fn new(title: &'a str, class_names: &'a [String], counts: &'a [Vec<u64>]) -> Self {
        Self { title, caption: "", class_names, counts }
    }

    /// Sets the text below the matrix, such as the data set, backend and seed.
    pub fn caption(mut self, caption: &'a str) -> Self {
        self.caption = caption;
        self
    }

    /// Writes `<folder>/<name>.svg` and `<folder>/<name>.png`. Existing files are replaced.
    ///
    /// # Errors
    /// Returns [`PlotError::Draw`] unless there are 1 to 100 class names and as many rows and columns, and [`PlotError::Write`]
    /// if the folder does not exist or cannot be written to.
    pub fn save(&self, folder: impl AsRef<Path>, name: &str) -> Result<SavedPlot, PlotError> {
        canvas::save(self, folder.as_ref(), name)
    }

    fn layout(&self) -> Layout {
        let names: Vec<_> = self.class_names.iter().map(|name| fit(name, LETTERS, pt(90))).collect();
        // An SVG viewer without our fonts uses a wider one.
        let widest_name = names.iter().map(|name| width(name, LETTERS)).max().unwrap_or(0) * 9 / 8;
        let left = pt(34) + widest_name;
        let cell = ((WIDTH - left - pt(12)) / names.len() as i32).clamp(pt(3), pt(96));

        // All digits are equally wide, so the largest count is the widest.
        let count = self.counts.iter().flatten().max().map(u64::to_string).unwrap_or_default();
        let has_counts = width(&count, LETTERS) <= cell * 15 / 16;
        Layout { cell, left, names, widest_name, has_counts }
    }
}

/// Sizes in units.
struct Layout {
    cell: i32,
    /// The left edge of the matrix. "Actual" and the names are to its left.
    left: i32,
    names: Vec<String>,
    widest_name: i32,
    /// Whether there is room for the counts.
    has_counts: bool,
}

impl Layout {
    fn side(&self) -> i32 {
        self.cell * self.names.len() as i32
    }

    /// Returns the distance between classes whose names are written: 1 for all names, 2 for every second one.
    fn every(&self) -> usize {
        ((LETTERS * 6 / 5 + self.cell - 1) / self.cell) as usize
    }

    /// Returns whether the names below the columns are vertical.
    fn is_upright(&self) -> bool {
        self.widest_name > self.cell * self.every() as i32 - pt(4)
    }

    /// Returns the height of the names below the columns, in units.
    fn below(&self) -> i32 {
        if self.is_upright() { self.widest_name } else { LETTERS }
    }
}

impl Picture for ConfusionChart<'_> {
    fn title(&self) -> &str {
        self.title
    }

    fn caption(&self) -> &str {
        self.caption
    }

    fn check(&self) -> Result<(), String> {
        let classes = self.class_names.len();
        if !(1..=MOST_CLASSES).contains(&classes) {
            return Err(format!("{classes} classes are named: name 1 to {MOST_CLASSES}"));
        }
        if self.counts.len() != classes {
            let rows = self.counts.len();
            return Err(format!("{rows} rows of counts for {classes} class names: give one row per class"));
        }
        match self.counts.iter().position(|row| row.len() != classes) {
            Some(row) => {
                let columns = self.counts[row].len();
                Err(format!("row {row} has {columns} counts for {classes} class names: give one per class"))
            }
            None => Ok(()),
        }
    }

    fn size(&self) -> (i32, i32) {
        let layout = self.layout();
        ((layout.left + layout.side() + pt(12)).max(pt(320)), layout.side() + layout.below() + pt(40))
    }

    fn draw<DB: DrawingBackend>(&self, body: &Area<DB>) -> Drawn<DB> {
        let layout = self.layout();
        let (cell, side, left, top) = (layout.cell, layout.side(), layout.left, pt(4));

        for (actual, row) in self.counts.iter().enumerate() {
            let total: f64 = row.iter().map(|&count| count as f64).sum();
            for (predicted, &count) in row.iter().enumerate() {
                let corner = (left + cell * predicted as i32, top + cell * actual as i32);
                let blue = if count == 0 { 0.0 } else { (count as f64 / total).sqrt() };
                draw_cell(body, corner, cell, count, blue, layout.has_counts)?;
            }
        }
        let thin = GRAY.mix(0.4).stroke_width(pt(1) as u32 / 2);
        for line in (cell..side).step_by(cell as usize) {
            body.draw(&PathElement::new([(left + line, top), (left + line, top + side)], thin))?;
            body.draw(&PathElement::new([(left, top + line), (left + side, top + line)], thin))?;
        }
        outline(body, [(left, top), (left + side, top + side)], INK.stroke_width(pt(1) as u32))?;

        let row_style = text(LETTERS, HPos::Right, VPos::Center);
        let column_style = if layout.is_upright() {
            row_style.transform(FontTransform::Rotate270)
        } else {
            text(LETTERS, HPos::Center, VPos::Top)
        };
        for (class, name) in layout.names.iter().enumerate().step_by(layout.every()) {
            let middle = cell * class as i32 + cell / 2;
            body.draw_text(name, &row_style, (left - pt(6), top + middle))?;
            body.draw_text(name, &column_style, (left + middle, top + side + pt(6)))?;
        }
        let axis_style = text(pt(13), HPos::Center, VPos::Center);
        let upright = axis_style.transform(FontTransform::Rotate270);
        body.draw_text("Actual", &upright, (pt(14), top + side / 2))?;
        body.draw_text("Predicted", &axis_style, (left + side / 2, top + side + layout.below() + pt(20)))
    }
}

/// Draws a cell with its upper left corner at `corner`. `blue` is from 0 (white) to 1.
fn draw_cell<DB: DrawingBackend>(
    body: &Area<DB>,
    (left, top): (i32, i32),
    side: i32,
    count: u64,
    blue: f64,
    is_written: bool,
) -> Drawn<DB> {
    if count > 0 {
        let mix = |darkest: u8| (255.0 + (f64::from(darkest) - 255.0) * blue) as u8;
        let color = RGBColor(mix(DARKEST.0), mix(DARKEST.1), mix(DARKEST.2));
        body.draw(&Rectangle::new([(left, top), (left + side, top + side)], color.filled()))?;
    }
    if !is_written {
        return Ok(());
    }
    let color = match blue {
        0.0 => GRAY,
        ..0.55 => INK,
        _ => WHITE,
    };
    let style = text(LETTERS, HPos::Center, VPos::Center);
    body.draw_text(&count.to_string(), &style.color(&color), (left + side / 2, top + side / 2))
}
