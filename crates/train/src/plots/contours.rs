//! Contour lines of a function of two variables, by marching squares.

use std::{collections::HashMap, fmt, ops::Range, sync::Arc};

/// Number of cells of the grid on which the function is evaluated.
const ACROSS: usize = 120;
const UP: usize = 80;
const LEVELS: u32 = 14;

/// A function to draw.
#[derive(Clone)]
pub(super) struct Contours(Arc<dyn Fn(f64, f64) -> f64 + Send + Sync>);

/// A line through `(x, y)` pairs.
pub(super) type Path = Vec<(f64, f64)>;

/// An edge of a cell: the grid point it starts from, and whether it goes up.
type Edge = (usize, usize, bool);

impl Contours {
    pub(super) fn of(function: impl Fn(f64, f64) -> f64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(function))
    }

    /// Returns the contour lines inside a rectangle.
    pub(super) fn lines(&self, x: Range<f64>, y: Range<f64>) -> Vec<Path> {
        let at = |range: &Range<f64>, step: usize, steps: usize| {
            range.start + (range.end - range.start) * step as f64 / steps as f64
        };
        let row = |j| (0..=ACROSS).map(move |i| (i, j));
        let grid: Vec<Vec<f64>> = (0..=UP)
            .map(|j| row(j).map(|(i, j)| (self.0)(at(&x, i, ACROSS), at(&y, j, UP))).collect())
            .collect();
        let levels = levels(&grid);
        let place = |(i, j): (f64, f64)| {
            let (across, up) = (i / ACROSS as f64, j / UP as f64);
            (x.start + (x.end - x.start) * across, y.start + (y.end - y.start) * up)
        };
        let lines = levels.iter().flat_map(|level| lines_at(&grid, *level));
        lines.map(|line| line.into_iter().map(place).collect()).collect()
    }
}

impl fmt::Debug for Contours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contours")
    }
}

/// Returns levels whose distance grows linearly from the lowest value. The highest 2 percent of the values are left out, because
/// a function that is steep in a corner would have all its lines there.
fn levels(grid: &[Vec<f64>]) -> Vec<f64> {
    let mut values: Vec<f64> = grid.iter().flatten().copied().filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let (Some(&low), Some(&high)) = (values.first(), values.get(values.len() * 98 / 100)) else {
        return Vec::new();
    };
    (1..=LEVELS).map(|k| low + (high - low) * (f64::from(k) / f64::from(LEVELS)).powi(2)).collect()
}

/// Returns the lines, in grid coordinates, along which the values cross a level.
fn lines_at(grid: &[Vec<f64>], level: f64) -> Vec<Path> {
    let mut neighbors: HashMap<Edge, Vec<Edge>> = HashMap::new();
    let mut edges = Vec::new();
    for j in 0..grid.len() - 1 {
        for i in 0..grid[j].len() - 1 {
            for [from, to] in segments(grid, level, (i, j)) {
                for (edge, other) in [(from, to), (to, from)] {
                    neighbors
                        .entry(edge)
                        .or_insert_with(|| {
                            edges.push(edge);
                            Vec::new()
                        })
                        .push(other);
                }
            }
        }
    }
    // Open lines start at an edge with one neighbor. The remaining lines are rings.
    edges.sort_by_key(|edge| neighbors[edge].len());
    let mut lines = Vec::new();
    for edge in edges {
        while !neighbors[&edge].is_empty() {
            let mut line = vec![crossing(grid, level, edge)];
            let mut here = edge;
            while let Some(next) = neighbors.get_mut(&here).and_then(Vec::pop) {
                if let Some(back) = neighbors.get_mut(&next) {
                    back.retain(|other| *other != here);
                }
                line.push(crossing(grid, level, next));
                here = next;
            }
            lines.push(line);
        }
    }
    lines
}

/// Returns the pieces of lines in the cell with its lower left corner at `(i, j)`, each between two of its edges.
fn segments(grid: &[Vec<f64>], level: f64, (i, j): (usize, usize)) -> Vec<[Edge; 2]> {
    let corners = [grid[j][i], grid[j][i + 1], grid[j + 1][i + 1], grid[j + 1][i]];
    if corners.iter().any(|value| !value.is_finite()) {
        return Vec::new();
    }
    let above = corners.map(|value| value > level);
    let edges = [(i, j, false), (i + 1, j, true), (i, j + 1, false), (i, j, true)];
    let crossed: Vec<Edge> = (0..4).filter(|k| above[*k] != above[(k + 1) % 4]).map(|k| edges[k]).collect();
    match crossed[..] {
        [first, second] => vec![[first, second]],
        // A saddle point: the value in the middle determines which two corners belong together.
        [bottom, right, top, left] if (corners.iter().sum::<f64>() / 4.0 > level) == above[0] => {
            vec![[bottom, right], [top, left]]
        }
        [bottom, right, top, left] => vec![[left, bottom], [right, top]],
        _ => Vec::new(),
    }
}

/// Returns where the values cross a level on an edge, in grid coordinates.
fn crossing(grid: &[Vec<f64>], level: f64, (i, j, is_up): Edge) -> (f64, f64) {
    let from = grid[j][i];
    let to = if is_up { grid[j + 1][i] } else { grid[j][i + 1] };
    let share = (level - from) / (to - from);
    if is_up { (i as f64, j as f64 + share) } else { (i as f64 + share, j as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contours_of_a_bowl_are_rings_around_its_minimum() {
        let lines = Contours::of(|x, y| (x - 1.0).powi(2) + (y + 2.0).powi(2)).lines(-2.0..4.0, -5.0..1.0);
        let mut radii = Vec::new();
        for line in &lines {
            let distances = line.iter().map(|(x, y)| (x - 1.0).hypot(y + 2.0));
            let (least, most) = distances.fold((f64::MAX, 0.0f64), |(l, m), d| (l.min(d), m.max(d)));
            assert!(most - least < 0.01, "{least} to {most}");
            radii.push(most);
        }
        // Rings up to a radius of 3, then four arcs each in the corners.
        let rings = lines.iter().zip(&radii).filter(|(_, radius)| **radius < 2.99);
        assert!(rings.clone().count() >= 8);
        for (line, _) in rings {
            assert_eq!(line.first(), line.last());
        }
        assert!(lines.len() < 50, "{}", lines.len());
    }

    #[test]
    fn a_saddle_and_values_that_are_not_finite_have_lines_too() {
        let saddle = Contours::of(|x, y| if x > 1.5 { f64::NAN } else { x * y });
        let lines = saddle.lines(-2.0..2.0, -2.0..2.0);
        assert!(!lines.is_empty());
        assert!(lines.iter().flatten().all(|(x, y)| *x <= 1.5 && y.is_finite()));
        assert!(Contours::of(|_, _| f64::NAN).lines(0.0..1.0, 0.0..1.0).is_empty());
        assert!(Contours::of(|_, _| 1.0).lines(0.0..1.0, 0.0..1.0).is_empty());
    }
}
