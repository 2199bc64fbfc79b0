//! The legend of a chart: a box with the names of the series, placed where it hides the fewest data.

use super::{
    canvas::{Area, Drawn, GRAY, fit, outline, pt, text, width},
    frame::Pixel,
    series::Series,
};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, VPos},
};

const LETTERS: i32 = pt(12);
const ROW: i32 = pt(17);
/// Space between the box and its content, and between the box and the frame of the plot.
const PADDING: i32 = pt(6);
const DISTANCE: i32 = pt(8);
/// Space for the symbol of a series, and the length of the symbol.
const SAMPLE: i32 = pt(28);
const SAMPLE_LENGTH: i32 = pt(22);

/// The layout of a legend.
pub(super) struct Legend<'a> {
    /// The displayed names of the series. The last entry may state the number of series that do not fit.
    entries: Vec<(Option<&'a Series>, String)>,
    columns: usize,
    /// Size of an entry, in units.
    width: i32,
    size: (i32, i32),
}

impl<'a> Legend<'a> {
    /// Creates the legend of the `series` that have a name and a value, for a plot of the given size. Many short names are
    /// arranged in columns.
    pub(super) fn new(series: &'a [Series], plot: (i32, i32)) -> Self {
        let limit = plot.0 * 2 / 3 - SAMPLE;
        let named = series.iter().filter(|s| !s.name.is_empty() && !s.is_empty());
        let mut entries: Vec<_> = named.map(|s| (Some(s), fit(&s.name, LETTERS, limit))).collect();
        let widest = entries.iter().map(|(_, name)| width(name, LETTERS)).max().unwrap_or(0);
        // An SVG viewer without our fonts uses a wider one.
        let width = SAMPLE + widest * 9 / 8;
        let room = (plot.1 - 2 * (DISTANCE + PADDING)) / ROW;
        let most_columns = ((plot.0 - 2 * DISTANCE - PADDING) / (width + PADDING)).max(1) as usize;
        let columns = entries.len().div_ceil((room as usize / 3).max(1)).clamp(1, most_columns);
        if entries.len() > room as usize * columns {
            let more = entries.len() - (room as usize * columns - 1);
            entries.truncate(room as usize * columns - 1);
            entries.push((None, format!("… {more} more")));
        }
        let rows = entries.len().div_ceil(columns) as i32;
        let size = (columns as i32 * (width + PADDING) + PADDING, rows * ROW + 2 * PADDING);
        Self { entries, columns, width, size }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the fraction of the plot's height that the legend takes.
    pub(super) fn share(&self, plot: (i32, i32)) -> f64 {
        f64::from(self.size.1 + 2 * DISTANCE) / f64::from(plot.1)
    }

    /// Returns the first position along the frame that covers the fewest `taken` pixels, and their number.
    pub(super) fn place(&self, plot: (i32, i32), taken: &[Pixel]) -> (Pixel, usize) {
        let (width, height) = self.size;
        let (right, bottom) = (plot.0 - DISTANCE - width, plot.1 - DISTANCE - height);
        let (center, middle) = ((plot.0 - width) / 2, (plot.1 - height) / 2);
        let places = [
            (right, DISTANCE),
            (DISTANCE, DISTANCE),
            (right, bottom),
            (DISTANCE, bottom),
            (center, DISTANCE),
            (center, bottom),
            (right, middle),
            (DISTANCE, middle),
        ];
        let covered = |(left, top): Pixel| {
            let (xs, ys) = (left - PADDING..left + width + PADDING, top - PADDING..top + height + PADDING);
            taken.iter().filter(|(x, y)| xs.contains(x) && ys.contains(y)).count()
        };
        let counted = places.map(|place| (place, covered(place)));
        counted.into_iter().min_by_key(|(_, count)| *count).unwrap_or((places[0], 0))
    }

    /// Draws the legend with its upper left corner at the given position.
    pub(super) fn draw<DB: DrawingBackend>(&self, area: &Area<DB>, (left, top): Pixel) -> Drawn<DB> {
        let corners = [(left, top), (left + self.size.0, top + self.size.1)];
        area.draw(&Rectangle::new(corners, WHITE.mix(0.85).filled()))?;
        outline(area, corners, GRAY.mix(0.5).stroke_width(pt(1) as u32))?;
        let style = text(LETTERS, HPos::Left, VPos::Center);
        let rows = self.entries.len().div_ceil(self.columns);
        for (place, (series, name)) in self.entries.iter().enumerate() {
            let left = left + PADDING + (place / rows) as i32 * (self.width + PADDING);
            let middle = top + PADDING + ROW / 2 + (place % rows) as i32 * ROW;
            if let Some(series) = series {
                series.draw_sample(area, (left, middle), SAMPLE_LENGTH)?;
            }
            area.draw_text(name, &style, (left + SAMPLE, middle))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plots::series::{Datum, Kind};

    #[test]
    fn stands_in_the_first_free_corner() {
        let plot = (pt(560), pt(300));
        let series = [Series {
            kind: Kind::Line,
            name: "loss".to_owned(),
            number: 0,
            data: vec![Datum { x: 1.0, low: 0.5, high: 0.5 }],
        }];
        let legend = Legend::new(&series, plot);
        let (upper_right, upper_left, lower_left) = ((pt(540), pt(20)), (pt(20), pt(20)), (pt(20), pt(280)));
        let ((left, top), covered) = legend.place(plot, &[]);
        assert!(left > pt(400) && top == DISTANCE && covered == 0);
        assert_eq!(legend.place(plot, &[upper_right]), ((DISTANCE, DISTANCE), 0));
        let ((left, top), covered) = legend.place(plot, &[upper_right, upper_left, lower_left]);
        assert!(left > pt(400) && top > pt(200) && covered == 0);
    }
}
