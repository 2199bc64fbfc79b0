//! Points from a CSV file.

use std::collections::BTreeMap;

use kindling::tables::{CsvOptions, Table, TableColumn};
use serde::{Deserialize, Serialize};

use super::{
    Point,
    points::{MOST_CLASSES, MOST_POINTS, classes},
};
use crate::server::Refusal;

/// The text of a CSV file with two columns of numbers and one of labels, which is the last column or has a name such as `label`.
#[derive(Clone, Debug, Deserialize)]
pub struct Csv {
    csv: String,
}

/// Recognized names of the label column. Without one of them, the last column holds the labels.
const LABELS: [&str; 4] = ["label", "class", "target", "species"];

/// The points of a file and their names.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Read {
    /// The points, with each axis scaled to -1 to 1.
    pub points: Vec<Point>,
    /// The names of the two columns.
    pub axes: [String; 2],
    /// The labels, in the order of the classes.
    pub labels: Vec<String>,
}

impl Csv {
    /// Reads the points.
    ///
    /// # Errors
    /// Returns an error if the text is not such a table or its points are invalid.
    pub fn read(&self) -> Result<Read, Refusal> {
        let bad = |error: kindling::data::DataError| Refusal::bad(error.to_string());
        let table = Table::parse_csv(&self.csv, &CsvOptions::new()).map_err(bad)?;
        if table.len() > MOST_POINTS {
            return Err(Refusal::bad(format!(
                "the file has {} rows: give at most {MOST_POINTS}",
                table.len()
            )));
        }
        let columns: Vec<TableColumn> = table.columns().collect();
        let is_label = |column: &TableColumn| LABELS.contains(&column.name().to_lowercase().as_str());
        let last = columns.len().saturating_sub(1);
        let label = columns.iter().position(is_label).unwrap_or(last);
        let others: Vec<&TableColumn> =
            (0..columns.len()).filter(|index| *index != label).map(|index| &columns[index]).collect();
        let [x, y] = others.as_slice() else {
            let reason =
                format!("the file has {} columns: give two of numbers and one of labels", columns.len());
            return Err(Refusal::bad(reason));
        };
        let label = &columns[label];
        let names = (0..label.len()).map(|row| label.text(row).unwrap_or_default()).collect::<Vec<_>>();
        let mut codes: BTreeMap<&str, u8> = names.iter().map(|name| (name.as_str(), 0)).collect();
        if codes.len() > MOST_CLASSES {
            return Err(Refusal::bad(format!(
                "column {} has {} distinct labels: give at most {MOST_CLASSES} classes",
                label.name(),
                codes.len()
            )));
        }
        codes.values_mut().zip(0..).for_each(|(code, index)| *code = index);
        let (xs, ys) = (scaled(x)?, scaled(y)?);
        let points: Vec<Point> =
            xs.into_iter().zip(ys).zip(&names).map(|((x, y), name)| (x, y, codes[name.as_str()])).collect();
        classes(&points)?;
        let labels = codes.keys().map(|name| (*name).to_owned()).collect();
        Ok(Read { points, axes: [x.name().into(), y.name().into()], labels })
    }
}

/// Returns the numbers of a column, scaled to -1 to 1.
fn scaled(column: &TableColumn) -> Result<Vec<f32>, Refusal> {
    let name = column.name();
    let numbers: Option<Vec<f64>> = column.numbers().map(Iterator::collect);
    let numbers = numbers.ok_or_else(|| {
        Refusal::bad(format!("column {name} does not hold numbers: give numbers, such as 1.5"))
    })?;
    if let Some(row) = numbers.iter().position(|number| !number.is_finite()) {
        return Err(Refusal::bad(format!(
            "column {name} has no number in row {}: fill in the value",
            row + 1
        )));
    }
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Half of the range, because the range itself may overflow.
    let (middle, half) = (low / 2.0 + high / 2.0, high / 2.0 - low / 2.0);
    let scale = |number: &f64| if half > 0.0 { ((number - middle) / half) as f32 } else { 0.0 };
    Ok(numbers.iter().map(scale).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(csv: &str) -> Result<Read, String> {
        Csv { csv: csv.into() }.read().map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_scaled_and_labels_are_classes() {
        let rows = "1,10,b\n3,20,a\n2,15,a\n1,10,b\n".repeat(4);
        let found = read(&format!("width,height,kind\n{rows}")).unwrap();
        assert_eq!(found.axes, ["width", "height"]);
        assert_eq!(found.labels, ["a", "b"]);
        assert_eq!(found.points[..3], [(-1.0, -1.0, 1), (1.0, 1.0, 0), (0.0, 0.0, 0)]);
        // A label column found by name, numeric labels, and another delimiter.
        let found = read(&format!("Class;x;y\n{}", "1;0,5;2\n7;0,25;3\n".repeat(4))).unwrap();
        assert_eq!((found.labels.as_slice(), found.points[0].2), (&["1".to_owned(), "7".to_owned()][..], 0));
    }

    #[test]
    fn other_files_are_refused_with_the_reason() {
        let fails = |csv: &str, reason: &str| {
            let error = read(csv).unwrap_err();
            assert!(error.contains(reason), "{error}");
        };
        fails("", "");
        fails("a,b\n1,2\n", "2 columns");
        fails(&format!("x,y,label\n{}", "one,2,a\ntwo,3,b\n".repeat(5)), "x does not hold numbers");
        fails(&format!("x,y,label\n{}", "1,2,a\n2,3,a\n".repeat(5)), "of one class");
        fails(&format!("x,y,label\n{}", "1,,a\n2,3,b\n".repeat(5)), "y has no number in row 1");
        for count in [7, 300] {
            let many: String = (0..count).map(|label| format!("1,2,l{label}\n")).collect();
            let reason = format!("column label has {count} distinct labels: give at most 6 classes");
            fails(&format!("x,y,label\n{many}"), &reason);
        }
        fails(&format!("x,y,label\n{}", "1,2,a\n".repeat(1001)), "1001 rows");
    }
}
