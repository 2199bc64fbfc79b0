//! Graphs of layers as text.

use std::fmt;

/// Width of a diagram in characters.
const WIDTH: usize = 76;

/// A directed acyclic graph, drawn as text from top to bottom. Nodes without inputs are in the first row, others in the row after
/// their last input. An edge from an earlier row is not drawn, but named in the label of the node.
///
/// ```
/// use kindling_programs::pictures::Diagram;
///
/// let mut diagram = Diagram::default();
/// let (left, right) = (diagram.node("left", &[]), diagram.node("right", &[]));
/// diagram.node("sum", &[left, right]);
/// assert!(diagram.to_string().contains("┬"));
/// ```
#[derive(Debug, Default)]
pub struct Diagram {
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    label: String,
    row: usize,
    inputs: Vec<usize>,
}

impl Diagram {
    /// Adds a node with these nodes as inputs, and returns its number.
    ///
    /// # Panics
    /// Panics if an input is not the number of an earlier node.
    pub fn node(&mut self, label: impl Into<String>, inputs: &[usize]) -> usize {
        let row = inputs.iter().map(|input| self.nodes[*input].row + 1).max().unwrap_or(0);
        let mut label = label.into();
        for input in inputs.iter().map(|input| &self.nodes[*input]).filter(|input| input.row + 1 < row) {
            label.push_str(&format!(" (also reads {})", input.label));
        }
        self.nodes.push(Node { label, row, inputs: inputs.into() });
        self.nodes.len() - 1
    }

    /// Returns the numbers of the nodes in a row.
    fn row(&self, row: usize) -> Vec<usize> {
        (0..self.nodes.len()).filter(|node| self.nodes[*node].row == row).collect()
    }

    /// Returns the column of a node's middle.
    fn column(&self, node: usize) -> usize {
        let row = self.row(self.nodes[node].row);
        let place = row.iter().position(|other| *other == node).unwrap_or(0);
        WIDTH * (2 * place + 1) / (2 * row.len())
    }

    /// Returns the line of edges above a row.
    fn edges(&self, nodes: &[usize]) -> String {
        let mut line = [0_usize; WIDTH];
        for node in nodes {
            let above = |input: &&usize| self.nodes[**input].row + 1 == self.nodes[*node].row;
            for input in self.nodes[*node].inputs.iter().filter(above) {
                let (from, to) = (self.column(*input), self.column(*node));
                line[from] |= UP;
                line[to] |= DOWN;
                let (start, end) = (from.min(to), from.max(to));
                for column in start..end {
                    line[column] |= RIGHT;
                    line[column + 1] |= LEFT;
                }
            }
        }
        line.map(|directions| LINES[directions]).iter().collect()
    }
}

/// Directions of the strokes of a character in a line of edges.
const UP: usize = 1;
const DOWN: usize = 2;
const LEFT: usize = 4;
const RIGHT: usize = 8;

/// Characters by their directions.
const LINES: [char; 16] = [' ', '╵', '╷', '│', '╴', '┘', '┐', '┤', '╶', '└', '┌', '├', '─', '┴', '┬', '┼'];

impl fmt::Display for Diagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.nodes.iter().map(|node| node.row + 1).max().unwrap_or(0);
        for row in 0..rows {
            let nodes = self.row(row);
            if row > 0 {
                writeln!(f, "{}", self.edges(&nodes).trim_end())?;
            }
            let mut line = String::new();
            for node in nodes {
                let label = &self.nodes[node].label;
                let start = self.column(node).saturating_sub(label.chars().count() / 2);
                let gap = start.saturating_sub(line.chars().count()).max(usize::from(!line.is_empty()));
                line.push_str(&" ".repeat(gap));
                line.push_str(label);
            }
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_join_and_part() {
        let mut diagram = Diagram::default();
        let [a, b] = ["a", "b"].map(|label| diagram.node(label, &[]));
        let both = diagram.node("both", &[a, b]);
        diagram.node("one", &[both]);
        diagram.node("two", &[both, a]);
        let drawn = diagram.to_string();
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines.len(), 5, "{drawn}");
        assert!(lines[0].trim_start().starts_with('a') && lines[0].ends_with('b'), "{drawn}");
        let edges = |line: &str| line.trim().replace('─', "");
        assert_eq!((edges(lines[1]), edges(lines[3])), ("└┬┘".into(), "┌┴┐".into()), "{drawn}");
        assert_eq!(lines[2].trim(), "both");
        assert!(lines[4].contains("one") && lines[4].ends_with("two (also reads a)"), "{drawn}");
        // Edges end above and below the middle of a label.
        assert_eq!(lines[1].chars().position(|c| c == '┬'), Some(WIDTH / 2));
        assert_eq!(Diagram::default().to_string(), "");
    }

    #[test]
    fn parallel_edges_are_straight() {
        let mut diagram = Diagram::default();
        let [a, b] = ["a", "b"].map(|label| diagram.node(label, &[]));
        diagram.node("c", &[a]);
        diagram.node("d", &[b]);
        let drawn = diagram.to_string();
        let line: String = drawn.lines().nth(1).unwrap().chars().filter(|c| *c != ' ').collect();
        assert_eq!(line, "││", "{drawn}");
    }
}
