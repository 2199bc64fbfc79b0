//! From a [`Picture`] to its two files.
//!
//! A picture is drawn twice, with the same coordinates: into an SVG, and into pixels for a PNG. Its unit is a quarter
//! of an SVG pixel, so that plotters' whole-numbered coordinates are fine enough for smooth lines; a PNG pixel is the
//! mean of 2 x 2 units. The code speaks of SVG pixels as points: `pt(12)`.

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

/// Units to a point.
const POINT: u32 = 4;

/// The bundled font, and what a viewer of the SVG takes in its place: all are about equally wide.
const FONT: &str = "Roboto, Helvetica, Arial, sans-serif";

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(32, 32, 32);
/// Frames and captions.
pub(super) const GRAY: RGBColor = RGBColor(120, 120, 120);

/// A rectangle to draw in; its coordinates are units from its upper left corner.
pub(super) type Area<DB> = DrawingArea<DB, Shift>;
/// The outcome of drawing on the backend `DB`.
pub(super) type Drawn<DB, T = ()> = Result<T, DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// What can be saved as a plot: a body, between a title and a caption.
pub(super) trait Picture {
    /// One line above the body.
    fn title(&self) -> &str;
    /// One line below the body, or nothing.
    fn caption(&self) -> &str;
    /// What keeps it from being drawn, and what would be right; asked before anything else.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
    /// Width and height of the body, in units.
    fn size(&self) -> (i32, i32);
    /// Draws the body into an area of that size.
    fn draw<DB: DrawingBackend>(&self, body: &Area<DB>) -> Drawn<DB>;
}

/// A picture that is drawn in any size.
pub(super) trait Chart {
    /// As [`Picture::title`].
    fn title(&self) -> &str;
    /// As [`Picture::caption`].
    fn caption(&self) -> &str;
    /// As [`Picture::draw`], into an area of any size.
    fn draw<DB: DrawingBackend>(&self, body: &Area<DB>) -> Drawn<DB>;
}

/// A chart in a size.
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

/// Lengths in points, as units.
pub(super) const fn pt(points: i32) -> i32 {
    points * POINT as i32
}

/// The style of text whose letters are `size` units high, and which part of it is put where it is drawn.
pub(super) fn text(size: i32, across: HPos, down: VPos) -> TextStyle<'static> {
    // Plotters takes the height of a line, which is 1.24 times the size of its letters.
    let font = FontDesc::new(FontFamily::Name(FONT), f64::from(size) * 1.24, FontStyle::Normal);
    font.color(&INK).pos(Pos::new(across, down))
}

/// How wide `line` is in letters of `size`, in units.
pub(super) fn width(line: &str, size: i32) -> i32 {
    let font = text(size, HPos::Left, VPos::Top).font;
    font.box_size(line).map_or(0, |(width, _)| width as i32)
}

/// `line` as it can be shown within `limit` units: cut off with an ellipsis, and without control characters, which an
/// SVG must not hold.
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

/// Draws the outline of a rectangle. (An SVG of plotters forgets how thick the outline of its `Rectangle` is.)
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

/// The picture as SVG text.
pub(super) fn draw_svg(picture: &impl Picture) -> Result<String, String> {
    let (width, height) = full_size(picture);
    let mut svg = String::new();
    draw_all(picture, SVGBackend::with_string(&mut svg, (width, height)))?;
    // The view box counts units; the picture measures points.
    let units = format!("width=\"{width}\" height=\"{height}\"");
    let points = format!("width=\"{}\" height=\"{}\"", width / POINT, height / POINT);
    Ok(svg.replacen(&units, &points, 1))
}

/// Pictures of the same for wide and for narrow screens as an HTML `figure` with inline SVG, of which the style of a report
/// shows the one that fits.
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

/// The picture as the bytes of a PNG file.
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

/// The mean of each 2 x 2 units of an RGB buffer whose rows are `width` units long.
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

/// Width and height of the picture with title and caption, in units that make whole points.
fn full_size(picture: &impl Picture) -> (u32, u32) {
    let (width, height) = picture.size();
    [width, TITLE + height + caption_height(picture)]
        .map(|units| (units as u32).next_multiple_of(POINT))
        .into()
}

/// The strip of the title.
const TITLE: i32 = pt(34);

fn caption_height(picture: &impl Picture) -> i32 {
    if picture.caption().is_empty() { 0 } else { pt(22) }
}

/// Title, body and caption on either backend.
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
        let (top, rest) = area.split_vertically(TITLE);
        let (body, bottom) = rest.split_vertically(height);
        let (center, limit) = (width / 2, width - pt(16));
        let title = fit(picture.title(), pt(15), limit);
        top.draw_text(&title, &text(pt(15), HPos::Center, VPos::Center), (center, pt(20)))?;
        picture.draw(&body)?;
        if !picture.caption().is_empty() {
            let caption = fit(picture.caption(), pt(11), limit);
            let style = text(pt(11), HPos::Center, VPos::Center).color(&GRAY);
            bottom.draw_text(&caption, &style, (center, pt(9)))?;
        }
        area.present()
    };
    draw().map_err(|e| e.to_string())
}
