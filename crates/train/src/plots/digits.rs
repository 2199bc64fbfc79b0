//! Sheets of small images, such as the digits a model read wrongly.

use super::{
    PlotError, SavedPlot,
    canvas::{self, Area, Drawn, GRAY, Picture, fit, outline, pt, text, width},
};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};
use std::path::Path;

/// Beyond these the files grow to hundreds of megabytes.
const MOST_TILES: usize = 200;
const MOST_PIXELS: usize = 500_000;
const MOST_COLUMNS: usize = 20;

/// The longer side of an image: 28 pixels come out equally large.
const SIDE: i32 = pt(70);
const LETTERS: i32 = pt(10);
/// An image with its caption, and the distance to the next one.
const ROW: i32 = SIDE + pt(26);

/// One image of an [`ImageSheet`].
#[derive(Debug, Clone)]
pub struct Tile {
    /// How much ink each pixel has, `[height, width]` row by row: 0 is white, 1 is black.
    pub pixels: Vec<f32>,
    /// Pixels in a row.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// What is written below, such as "8 as 3, 0.998".
    pub caption: String,
}

/// Images side by side, black ink on white as in the book, each with its caption.
#[derive(Debug, Clone)]
pub struct ImageSheet<'a> {
    title: &'a str,
    caption: &'a str,
    tiles: &'a [Tile],
    columns: usize,
}

impl<'a> ImageSheet<'a> {
    /// A sheet of `tiles`, in rows of `columns`, which is taken as at least 1 and at most 20. A sheet without tiles says
    /// "none".
    pub fn new(title: &'a str, tiles: &'a [Tile], columns: usize) -> Self {
        Self { title, caption: "", tiles, columns: columns.clamp(1, MOST_COLUMNS) }
    }

    /// One line below the sheet, such as what the data were.
    pub fn caption(mut self, caption: &'a str) -> Self {
        self.caption = caption;
        self
    }

    /// Writes `<folder>/<name>.svg` and `<folder>/<name>.png`, replacing what is there.
    ///
    /// # Errors
    /// [`PlotError::Draw`] if a tile is not `width * height` pixels large, or has none, and if there are more than 200
    /// tiles or 500 000 pixels; [`PlotError::Write`] if the folder does not exist or cannot be written to.
    pub fn save(&self, folder: impl AsRef<Path>, name: &str) -> Result<SavedPlot, PlotError> {
        canvas::save(self, folder.as_ref(), name)
    }

    /// The width of a column: wide enough for captions of a usual length.
    fn column(&self) -> i32 {
        let widest =
            self.tiles.iter().map(|tile| width(&fit(&tile.caption, LETTERS, pt(140)), LETTERS)).max();
        widest.unwrap_or(0).max(SIDE) + pt(14)
    }
}

impl Picture for ImageSheet<'_> {
    fn title(&self) -> &str {
        self.title
    }

    fn caption(&self) -> &str {
        self.caption
    }

    fn check(&self) -> Result<(), String> {
        for (index, Tile { pixels, width, height, .. }) in self.tiles.iter().enumerate() {
            if pixels.is_empty() || width.checked_mul(*height) != Some(pixels.len()) {
                let held = pixels.len();
                return Err(format!(
                    "tile {index} of {width} x {height} has {held} pixels; give one to a place"
                ));
            }
        }
        let tiles = self.tiles.len();
        let pixels: usize = self.tiles.iter().map(|tile| tile.pixels.len()).sum();
        if tiles > MOST_TILES || pixels > MOST_PIXELS {
            return Err(format!(
                "{tiles} tiles with {pixels} pixels are too many; give at most {MOST_TILES} with {MOST_PIXELS}"
            ));
        }
        Ok(())
    }

    fn size(&self) -> (i32, i32) {
        let columns = self.columns.min(self.tiles.len()) as i32;
        let rows = self.tiles.len().div_ceil(self.columns).max(1) as i32;
        ((columns * self.column() + pt(24)).max(pt(320)), rows * ROW + pt(8))
    }

    fn draw<DB: DrawingBackend>(&self, body: &Area<DB>) -> Drawn<DB> {
        let (across, down) = self.size();
        if self.tiles.is_empty() {
            let style = text(pt(14), HPos::Center, VPos::Center).color(&GRAY);
            return body.draw_text("none", &style, (across / 2, down / 2));
        }
        let column = self.column();
        let columns = self.columns.min(self.tiles.len());
        let left = (across - columns as i32 * column) / 2;
        for (index, tile) in self.tiles.iter().enumerate() {
            let center = left + (index % columns) as i32 * column + column / 2;
            let top = pt(4) + (index / columns) as i32 * ROW;
            draw_tile(body, tile, (center - SIDE / 2, top))?;
            let caption = fit(&tile.caption, LETTERS, column - pt(8));
            let style = text(LETTERS, HPos::Center, VPos::Center);
            body.draw_text(&caption, &style, (center, top + SIDE + pt(10)))?;
        }
        Ok(())
    }
}

/// An image in the middle of a square with its upper left corner at `corner`.
fn draw_tile<DB: DrawingBackend>(body: &Area<DB>, tile: &Tile, corner: (i32, i32)) -> Drawn<DB> {
    let longer = tile.width.max(tile.height);
    let units = |pixels: usize| (pixels as i64 * i64::from(SIDE) / longer as i64) as i32;
    let left = corner.0 + (SIDE - units(tile.width)) / 2;
    let top = corner.1 + (SIDE - units(tile.height)) / 2;
    for (y, row) in tile.pixels.chunks_exact(tile.width).enumerate() {
        let mut x = 0;
        // Neighbours of the same grey are one rectangle, and white needs none: it keeps the SVG small.
        for run in row.chunk_by(|a, b| grey(*a) == grey(*b)) {
            let (from, to) = (x, x + run.len());
            x = to;
            let grey = grey(run[0]);
            if grey < 255 {
                let corners = [(left + units(from), top + units(y)), (left + units(to), top + units(y + 1))];
                body.draw(&Rectangle::new(corners, RGBColor(grey, grey, grey).filled()))?;
            }
        }
    }
    let frame = [(left, top), (left + units(tile.width), top + units(tile.height))];
    outline(body, frame, GRAY.mix(0.4).stroke_width(pt(1) as u32 / 2))
}

/// Ink as a grey value; what is not a number is white.
fn grey(ink: f32) -> u8 {
    255 - (ink * 255.0).round() as u8
}
