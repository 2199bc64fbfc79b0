//! Positions of values in a plot, and clipping of lines.

/// A position in units from the upper left corner of the plot.
pub(super) type Pixel = (i32, i32);

/// The plot's rectangle and the map from values to it.
pub(super) struct Frame<P> {
    pub(super) size: (i32, i32),
    /// Returns the position of a pair of values, which may be outside of the rectangle.
    pub(super) place: P,
}

impl<P: Fn(f64, f64) -> Pixel> Frame<P> {
    pub(super) fn place(&self, x: f64, y: f64) -> Pixel {
        (self.place)(x, y)
    }

    pub(super) fn contains(&self, (x, y): Pixel) -> bool {
        (0..=self.size.0).contains(&x) && (0..=self.size.1).contains(&y)
    }

    /// Returns the nearest position inside.
    pub(super) fn nearest(&self, (x, y): Pixel) -> Pixel {
        (x.clamp(0, self.size.0), y.clamp(0, self.size.1))
    }

    /// Returns the parts of a line that are inside.
    pub(super) fn inside(&self, line: &[Pixel]) -> Vec<Vec<Pixel>> {
        if let [alone] = *line {
            return if self.contains(alone) { vec![vec![alone]] } else { Vec::new() };
        }
        let mut parts: Vec<Vec<Pixel>> = Vec::new();
        for pair in line.windows(2) {
            let Some((from, to)) = self.segment_inside(pair[0], pair[1]) else { continue };
            match parts.last_mut() {
                Some(part) if part.last() == Some(&from) => part.push(to),
                _ => parts.push(vec![from, to]),
            }
        }
        parts
    }

    /// Returns the part of a segment that is inside. Source: Liang and Barsky, 1984.
    fn segment_inside(&self, from: Pixel, to: Pixel) -> Option<(Pixel, Pixel)> {
        let [from_x, from_y, to_x, to_y] = [from.0, from.1, to.0, to.1].map(f64::from);
        let (dx, dy) = (to_x - from_x, to_y - from_y);
        let (mut enter, mut leave) = (0.0f64, 1.0f64);
        let (right, bottom) = (f64::from(self.size.0), f64::from(self.size.1));
        for (direction, room) in [(-dx, from_x), (dx, right - from_x), (-dy, from_y), (dy, bottom - from_y)] {
            if direction < 0.0 {
                enter = enter.max(room / direction);
            } else if direction > 0.0 {
                leave = leave.min(room / direction);
            } else if room < 0.0 {
                return None;
            }
        }
        let at = |share: f64| ((from_x + dx * share).round() as i32, (from_y + dy * share).round() as i32);
        (enter <= leave).then(|| (at(enter), at(leave)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_where_it_leaves() {
        let frame = Frame { size: (100, 100), place: |x: f64, y: f64| (x as i32, y as i32) };
        let line = [(0, 50), (50, 150), (100, 50), (100, 60)];
        assert_eq!(frame.inside(&line), [vec![(0, 50), (25, 100)], vec![(75, 100), (100, 50), (100, 60)]]);
        assert_eq!(frame.inside(&[(-50, 50), (150, 50)]), [vec![(0, 50), (100, 50)]]);
        assert!(frame.inside(&[(-50, 150), (150, 151)]).is_empty());
        assert!(frame.inside(&[(150, 0)]).is_empty() && frame.inside(&[]).is_empty());
        assert_eq!(frame.inside(&[(50, 0)]), [vec![(50, 0)]]);
        assert_eq!(frame.nearest((-4, 300)), (0, 100));
    }
}
