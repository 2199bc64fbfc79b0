//! Conversion of a [`Picture`] to its two files.
//!
//! Lengths are in points, `pt(12)`. A saved picture is [`WIDTH`] points wide. On a phone, a point is then a pixel, and text of 12
//! points is legible. On other screens, an SVG is 1.5 times and a PNG 3 times as large.
//!
//! A picture is drawn twice with the same coordinates: as an SVG, and as pixels for a PNG. Plotters' coordinates are integers, so
//! a point has 6 units. A PNG pixel is the mean of 2 x 2 units.

use super::{PlotError, SavedPlot};
use kindling_data::files::WrittenFile;
use plotters::{
    coord::Shift,
    prelude::*,
    style::{
        register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};
use std::{io::Write, path::Path, sync::LazyLock};

/// Units per point, and units per pixel of an SVG at its original size.
const POINT: u32 = 6;
const SVG_PIXEL: u32 = 4;

/// The width of a saved picture, unless its content needs more.
pub(super) const WIDTH: i32 = pt(384);
/// The widths of pictures in an HTML page, on wide screens and on phones.
pub(super) const PAGE_WIDTHS: [i32; 2] = [pt(640), pt(360)];

/// The bundled font, and its substitutes in SVG viewers, which have about the same width.
const FONT: &str = "Roboto, Helvetica, Arial, sans-serif";

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(32, 32, 32);
/// Frames and captions.
pub(super) const GRAY: RGBColor = RGBColor(120, 120, 120);

/// A rectangle to draw in. Coordinates are units from its upper left corner.
pub(super) type Area<DB> = DrawingArea<DB, Shift>;
/// The outcome of drawing on the backend `DB`.
pub(super) type Drawn<DB, T = ()> = Result<T, DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// A picture that can be saved as a plot: a body between a title and a caption.
pub(super) trait Picture {
    /// Returns the title, up to two rows above the body.
    fn title(&self) -> &str;
    /// Returns the caption, up to three rows below the body. May be empty.
    fn caption(&self) -> &str;
    /// Checks that the picture can be drawn. The error names the problem and the remedy. Called first.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
    /// Returns the width and height of the body, in units.
    fn size(&self) -> (i32, i32);
    /// Draws the body into an area of this size.
    fn draw<DB: DrawingBackend>(&self, body: &Area<DB>) -> Drawn<DB>;
}

/// A picture that can be drawn at any size.
pub(super) trait Chart {
    /// See [`Picture::title`].
    fn title(&self) -> &str;
    /// See [`Picture::caption`].
    fn caption(&self) -> &str;
    /// Draws the body like [`Picture::draw`], into an area of any size.
    fn draw<DB: DrawingBackend>(&self, body: &Area<DB>) -> Drawn<DB>;
}

/// A chart with a size.
pub(super) struct Resized<'a, C> {
    pub chart: &'a C,
    pub size: (i32, i32),
}

impl<C: Chart> Picture for Resized<'_, C> {
    fn title(&self) -> &str {
        self.chart.title()
    }

    fn caption(&self) -> &str {
        self.chart.caption()
    }

    fn size(&self) -> (i32, i32) {
        self.size
    }

    fn draw<DB: DrawingBackend>(&self, body: &Area<DB>) -> Drawn<DB> {
        self.chart.draw(body)
    }
}

/// Converts a length from points to units.
pub(super) const fn pt(points: i32) -> i32 {
    points * POINT as i32
}

/// Returns the style of text with letters `size` units high, anchored at this position.
pub(super) fn text(size: i32, across: HPos, down: VPos) -> TextStyle<'static> {
    // Plotters expects the line height, which is 1.24 times the letter size.
    let font = FontDesc::new(FontFamily::Name(FONT), f64::from(size) * 1.24, FontStyle::Normal);
    font.color(&INK).pos(Pos::new(across, down))
}

/// Returns the width of `line` in letters of `size`, in units.
pub(super) fn width(line: &str, size: i32) -> i32 {
    let font = text(size, HPos::Left, VPos::Top).font;
    font.box_size(line).map_or(0, |(width, _)| width as i32)
}

/// Returns `line` truncated to `limit` units with an ellipsis, and without control characters, which are not allowed in SVG.
pub(super) fn fit(line: &str, size: i32, limit: i32) -> String {
    let is_plain = |c: &char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let plain: String = line.chars().filter(is_plain).collect();
    if width(&plain, size) <= limit {
        return plain;
    }
    let mut cut: String = plain.chars().take(300).collect();
    while width(&cut, size) + width("…", size) > limit && cut.pop().is_some() {}
    cut + "…"
}

/// Wraps `line` at spaces into at most `most` rows of up to `limit` units. The last row is truncated if necessary.
pub(super) fn wrap(line: &str, size: i32, limit: i32, most: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        let is_last = rows.len() == most;
        match rows.last_mut() {
            Some(row) if is_last || width(&format!("{row} {word}"), size) <= limit => {
                row.push(' ');
                row.push_str(word);
            }
            _ => rows.push(word.to_owned()),
        }
    }
    rows.iter().map(|row| fit(row, size, limit)).collect()
}

/// Draws the outline of a rectangle. Plotters' `Rectangle` loses its line width in SVG.
pub(super) fn outline<DB: DrawingBackend>(
    area: &Area<DB>,
    [(left, top), (right, bottom)]: [(i32, i32); 2],
    style: ShapeStyle,
) -> Drawn<DB> {
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    area.draw(&PathElement::new(corners, style))
}

/// Saves `picture` as `<folder>/<name>.svg` and `<folder>/<name>.png`.
pub(super) fn save(picture: &impl Picture, folder: &Path, name: &str) -> Result<SavedPlot, PlotError> {
    let svg = folder.join(format!("{name}.svg"));
    let png = folder.join(format!("{name}.png"));
    let drawn = picture.check().and_then(|()| Ok((draw_svg(picture)?, draw_png(picture)?)));
    let (svg_bytes, png_bytes) = drawn.map_err(|problem| PlotError::Draw { file: svg.clone(), problem })?;
    let written = |path, content: &[u8]| {
        let file = WrittenFile::write(path, |file| file.write_all(content));
        file.map_err(|source| PlotError::Write { file: path.to_owned(), source })
    };
    let files = [(written(&svg, svg_bytes.as_bytes())?, &svg), (written(&png, &png_bytes)?, &png)];
    for (file, path) in files {
        file.publish().map_err(|source| PlotError::Write { file: path.clone(), source })?;
    }
    Ok(SavedPlot { svg, png })
}

/// Escapes text for HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Returns the picture as SVG text.
pub(super) fn draw_svg(picture: &impl Picture) -> Result<String, String> {
    let (width, height) = full_size(picture);
    let mut svg = String::new();
    draw_all(picture, SVGBackend::with_string(&mut svg, (width, height)))?;
    // The view box is in units.
    let units = format!("width=\"{width}\" height=\"{height}\"");
    let pixels = format!("width=\"{}\" height=\"{}\"", width / SVG_PIXEL, height / SVG_PIXEL);
    Ok(svg.replacen(&units, &pixels, 1))
}

/// Returns pictures for wide and for narrow screens as an HTML `figure` with inline SVG. The style of a report shows the one that
/// fits.
pub(super) fn to_html([wide, narrow]: [impl Picture; 2]) -> String {
    let picture = |picture, class| {
        let svg = draw_svg(picture);
        // Within HTML, an SVG needs no namespace.
        let svg = svg.map(|svg| svg.replacen(" xmlns=\"http://www.w3.org/2000/svg\"", "", 1));
        svg.map(|svg| svg.replacen("<svg ", &format!("<svg class=\"{class}\" role=\"img\" "), 1))
    };
    match picture(&wide, "wide").and_then(|wide| Ok(wide + &picture(&narrow, "narrow")?)) {
        Ok(pictures) => format!("<figure class=\"chart\">{pictures}</figure>\n"),
        Err(problem) => format!("<p>The chart cannot be drawn: {}</p>\n", escape(&problem)),
    }
}

/// Returns the picture as the bytes of a PNG file.
fn draw_png(picture: &impl Picture) -> Result<Vec<u8>, String> {
    let (width, height) = full_size(picture);
    let mut units = vec![0; width as usize * height as usize * 3];
    draw_all(picture, BitMapBackend::with_buffer(&mut units, (width, height)))?;
    let pixels = shrink(&units, width as usize);

    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, width / 2, height / 2);
    encoder.set_color(png::ColorType::Rgb);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
    written.map_err(|e| e.to_string())?;
    Ok(png)
}

/// Returns the mean of each 2 x 2 units of an RGB buffer with rows of `width` units.
fn shrink(units: &[u8], width: usize) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(units.len() / 4);
    for rows in units.chunks_exact(2 * width * 3) {
        let (upper, lower) = rows.split_at(width * 3);
        for (above, below) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            pixels.extend([0, 1, 2].map(|c| {
                let sum: u32 = [above[c], above[c + 3], below[c], below[c + 3]].map(u32::from).iter().sum();
                ((sum + 2) / 4) as u8
            }));
        }
    }
    pixels
}

/// Returns the width and height of the picture with title and caption, in units, rounded to whole pixels.
fn full_size(picture: &impl Picture) -> (u32, u32) {
    let (width, height) = picture.size();
    let [title, caption] = strips(picture).map(|strip| strip.height());
    [width, title + height + caption].map(|units| (units as u32).next_multiple_of(2 * POINT)).into()
}

/// Centered rows of text above or below the body.
struct Strip {
    rows: Vec<String>,
    letters: i32,
    color: RGBColor,
    /// Space above the rows, and total vertical space around them.
    margins: (i32, i32),
}

/// The rows of the title and of the caption.
fn strips(picture: &impl Picture) -> [Strip; 2] {
    // An SVG viewer without our fonts uses a wider one.
    let limit = (picture.size().0 - pt(16)) * 8 / 9;
    let rows = |text, letters, most| wrap(text, letters, limit, most);
    let caption = rows(picture.caption(), CAPTION, 3);
    let around = if caption.is_empty() { 0 } else { pt(8) };
    [
        Strip { rows: rows(picture.title(), TITLE, 2), letters: TITLE, color: INK, margins: (pt(8), pt(12)) },
        Strip { rows: caption, letters: CAPTION, color: GRAY, margins: (0, around) },
    ]
}

/// Letters of titles and captions.
const TITLE: i32 = pt(15);
const CAPTION: i32 = pt(12);

impl Strip {
    fn row(&self) -> i32 {
        self.letters * 5 / 4
    }

    fn height(&self) -> i32 {
        self.margins.1 + self.row() * self.rows.len() as i32
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>, center: i32) -> Drawn<DB> {
        let style = text(self.letters, HPos::Center, VPos::Center).color(&self.color);
        self.rows.iter().zip(0..).try_for_each(|(line, row)| {
            let middle = self.margins.0 + self.row() * row + self.row() / 2;
            area.draw_text(line, &style, (center, middle))
        })
    }
}

/// Draws title, body and caption on either backend.
fn draw_all<DB: DrawingBackend>(picture: &impl Picture, backend: DB) -> Result<(), String> {
    static REGISTERED: LazyLock<bool> = LazyLock::new(|| {
        let roboto = include_bytes!("../../assets/Roboto-Plots.ttf");
        register_font(FONT, FontStyle::Normal, roboto).is_ok()
    });
    if !*REGISTERED {
        return Err("the bundled font cannot be read".to_owned());
    }
    let draw = || -> Drawn<DB> {
        let area = backend.into_drawing_area();
        area.fill(&WHITE)?;
        let (width, height) = picture.size();
        let [title, caption] = strips(picture);
        let (top, rest) = area.split_vertically(title.height());
        let (body, bottom) = rest.split_vertically(height);
        title.draw(&top, width / 2)?;
        picture.draw(&body)?;
        caption.draw(&bottom, width / 2)?;
        area.present()
    };
    draw().map_err(|e| e.to_string())
}
