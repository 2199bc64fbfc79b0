//! Sheets of small images, such as misclassified digits or weights.

use super::{
    PlotError, SavedPlot,
    canvas::{self, Area, Drawn, GRAY, Picture, WIDTH, fit, outline, pt, text, width},
};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};
use std::path::Path;

/// Limits of a sheet: larger ones would need files of hundreds of megabytes.
const MOST_TILES: usize = 200;
const MOST_PIXELS: usize = 500_000;
const MOST_COLUMNS: usize = 20;

/// Maximum and minimum of the longer side of an image.
const SIDES: [i32; 2] = [pt(70), pt(24)];
const LETTERS: i32 = pt(12);
/// Space between images, and for a caption.
const GAP: i32 = pt(6);
const CAPTION: i32 = pt(20);
/// The strongest colors of signed images.
const NEGATIVE: RGBColor = RGBColor(0, 114, 178);
const POSITIVE: RGBColor = RGBColor(213, 94, 0);

/// One image of an [`ImageSheet`].
#[derive(Debug, Clone)]
pub struct Tile {
    /// The pixels, `[height, width]` row by row, from 0 (white) to 1 (black). A sheet of
    /// [signed](ImageSheet::signed) images takes any values.
    pub pixels: Vec<f32>,
    /// Pixels per row.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// The text below the image, such as "8 as 3, 0.998". May be empty.
    pub caption: String,
}

/// A sheet of images, black on white as in the book, each with its caption.
///
/// The sheet is laid out for the width of a phone. Images without captions are smaller if there are many in a row. Captions limit
/// the number of columns.
#[derive(Debug, Clone)]
pub struct ImageSheet<'a> {
    title: &'a str,
    caption: &'a str,
    tiles: &'a [Tile],
    columns: usize,
    signed: bool,
}

impl<'a> ImageSheet<'a> {
    /// Creates a sheet of `tiles` in rows of `columns`, or fewer if their captions need the space. At most 20 columns are used. A
    /// sheet without tiles shows the text "none".
    pub fn new(title: &'a str, tiles: &'a [Tile], columns: usize) -> Self {
        Self { title, caption: "", tiles, columns: columns.clamp(1, MOST_COLUMNS), signed: false }
    }

    /// Sets the text below the sheet, such as the data set, backend and seed.
    pub fn caption(mut self, caption: &'a str) -> Self {
        self.caption = caption;
        self
    }

    /// Shows signed values, such as weights: 0 is white, negative values are blue, positive ones orange. The largest
    /// absolute value of all images has the strongest color. Default: ink between 0 and 1.
    ///
    /// ```
    /// use kindling_train::plots::{ImageSheet, Tile};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// let unit = Tile { pixels: vec![-0.1, 0.0, 0.0, 0.2], width: 2, height: 2, caption: String::new() };
    /// ImageSheet::new("Weights of the first layer", &[unit], 8).signed().save(&folder, "weights")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    /// Writes `<folder>/<name>.svg` and `<folder>/<name>.png`. Existing files are replaced.
    ///
    /// # Errors
    /// Returns [`PlotError::Draw`] if a tile is empty or does not have `width * height` pixels, or if there are more than 200
    /// tiles or 500,000 pixels, and [`PlotError::Write`] if the folder does not exist or cannot be written to.
    pub fn save(&self, folder: impl AsRef<Path>, name: &str) -> Result<SavedPlot, PlotError> {
        canvas::save(self, folder.as_ref(), name)
    }

    fn layout(&self) -> Layout {
        let captions = self.tiles.iter().map(|tile| width(&fit(&tile.caption, LETTERS, pt(110)), LETTERS));
        // An SVG viewer without our fonts uses a wider one.
        let widest = captions.max().unwrap_or(0) * 9 / 8;
        let room = WIDTH - 2 * GAP;
        let fitting = room / (widest.max(SIDES[1]) + GAP);
        let columns = (self.columns.min(self.tiles.len()) as i32).clamp(1, fitting);
        let side = (room / columns - GAP).min(SIDES[0]);
        let row = side + if widest > 0 { CAPTION } else { 0 } + GAP;
        Layout { columns: columns as usize, column: side.max(widest) + GAP, side, row }
    }
}

/// Columns and rows of images; sizes in units.
struct Layout {
    columns: usize,
    column: i32,
    /// The longer side of an image.
    side: i32,
    row: i32,
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
                    "tile {index} of {width} x {height} has {held} pixels: give one for each position"
                ));
            }
        }
        let tiles = self.tiles.len();
        let pixels: usize = self.tiles.iter().map(|tile| tile.pixels.len()).sum();
        if tiles > MOST_TILES || pixels > MOST_PIXELS {
            return Err(format!(
                "{tiles} tiles with {pixels} pixels are too many: give at most {MOST_TILES} with {MOST_PIXELS}"
            ));
        }
        Ok(())
    }

    fn size(&self) -> (i32, i32) {
        let Layout { columns, column, row, .. } = self.layout();
        let rows = self.tiles.len().div_ceil(columns).max(1) as i32;
        ((columns as i32 * column + 2 * GAP).max(pt(320)), rows * row + pt(4))
    }

    fn draw<DB: DrawingBackend>(&self, body: &Area<DB>) -> Drawn<DB> {
        let (across, down) = self.size();
        if self.tiles.is_empty() {
            let style = text(pt(14), HPos::Center, VPos::Center).color(&GRAY);
            return body.draw_text("none", &style, (across / 2, down / 2));
        }
        let Layout { columns, column, side, row } = self.layout();
        let left = (across - columns as i32 * column) / 2;
        let color = self.colors();
        for (index, tile) in self.tiles.iter().enumerate() {
            let center = left + (index % columns) as i32 * column + column / 2;
            let top = pt(4) + (index / columns) as i32 * row;
            draw_tile(body, tile, (center - side / 2, top), side, &color)?;
            let caption = fit(&tile.caption, LETTERS, column - pt(2));
            let style = text(LETTERS, HPos::Center, VPos::Center);
            body.draw_text(&caption, &style, (center, top + side + pt(10)))?;
        }
        Ok(())
    }
}

impl ImageSheet<'_> {
    /// Returns the color of a value. NaN is white.
    fn colors(&self) -> impl Fn(f32) -> RGBColor {
        let values = self.tiles.iter().flat_map(|tile| &tile.pixels).map(|value| value.abs());
        let largest =
            if self.signed { values.filter(|value| value.is_finite()).fold(0.0, f32::max) } else { 1.0 };
        let signed = self.signed;
        move |value| {
            let strongest = match signed {
                true if value < 0.0 => NEGATIVE,
                true => POSITIVE,
                false => BLACK,
            };
            let share = if signed { value.abs() / largest } else { value };
            let mix = |channel: u8| 255 - (share * f32::from(255 - channel)).round().clamp(0.0, 255.0) as u8;
            RGBColor(mix(strongest.0), mix(strongest.1), mix(strongest.2))
        }
    }
}

/// Draws an image in the middle of a square with its upper left corner at `corner`.
fn draw_tile<DB: DrawingBackend>(
    body: &Area<DB>,
    tile: &Tile,
    corner: (i32, i32),
    side: i32,
    color: impl Fn(f32) -> RGBColor,
) -> Drawn<DB> {
    let longer = tile.width.max(tile.height);
    let units = |pixels: usize| (pixels as i64 * i64::from(side) / longer as i64) as i32;
    let left = corner.0 + (side - units(tile.width)) / 2;
    let top = corner.1 + (side - units(tile.height)) / 2;
    for (y, row) in tile.pixels.chunks_exact(tile.width).enumerate() {
        let mut x = 0;
        // To keep the SVG small, neighbors of the same color are one rectangle, and white pixels are not drawn.
        for run in row.chunk_by(|a, b| color(*a) == color(*b)) {
            let (from, to) = (x, x + run.len());
            x = to;
            let color = color(run[0]);
            if color != WHITE {
                let corners = [(left + units(from), top + units(y)), (left + units(to), top + units(y + 1))];
                body.draw(&Rectangle::new(corners, color.filled()))?;
            }
        }
    }
    let frame = [(left, top), (left + units(tile.width), top + units(tile.height))];
    outline(body, frame, GRAY.mix(0.4).stroke_width(pt(1) as u32 / 2))
}
