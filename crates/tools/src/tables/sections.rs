//! The report's sections on columns.

use std::{collections::HashMap, time::Instant};

use kindling::{plots::BarChart, report::Section};

use super::{
    Columns,
    importance::{MOST_COLUMNS, permutation_importance},
};
use crate::training::{Dataset, report::figure, search::Tested};

/// Returns the sections on the type and the permutation importance of each column. The latter is skipped if the deadline
/// passes.
///
/// # Errors
/// Returns an error if the test rows do not fit the model.
pub fn sections(
    dataset: &Dataset,
    columns: &Columns,
    tested: &Tested,
    deadline: Instant,
) -> anyhow::Result<Vec<Section>> {
    Ok(vec![kinds(dataset, columns), importance(dataset, columns, tested, deadline)?])
}

fn kinds(dataset: &Dataset, columns: &Columns) -> Section {
    let blocks: HashMap<_, _> = columns.blocks().into_iter().collect();
    let rows: Vec<[String; 4]> = dataset
        .rows
        .columns()
        .map(|column| {
            let part = match blocks.get(column.name()) {
                _ if column.name() == dataset.config.target => "the target".to_owned(),
                Some(range) if range.len() == 1 => "1 feature".into(),
                Some(range) => format!("{} features", range.len()),
                None => "left out".into(),
            };
            let kind = format!("{:?}", column.kind()).to_lowercase();
            [column.name().into(), kind, column.reason().into(), part]
        })
        .collect();
    Section::new("Columns").table(&["column", "kind", "reason", "part"], &rows)
}

fn importance(
    dataset: &Dataset,
    columns: &Columns,
    tested: &Tested,
    deadline: Instant,
) -> anyhow::Result<Section> {
    let section = Section::new("Importance of columns");
    let Some(importance) = permutation_importance(tested, columns, &dataset.test, dataset.seed, deadline)?
    else {
        return Ok(section.text("Not computed: the time limit was reached."));
    };
    let (name, _) = tested.verdict.error();
    let bars = importance.iter().map(|one| (one.column.as_str(), one.mean));
    let chart = BarChart::new(format!("Increase of the {name} (mean of five shuffles)"), bars);
    let rows: Vec<[String; 3]> =
        importance.iter().map(|one| [one.column.clone(), figure(one.mean), figure(one.deviation)]).collect();
    let selection = match columns.blocks().len() > MOST_COLUMNS {
        true => {
            format!(" Only the {MOST_COLUMNS} columns with the largest first-layer weights are included.")
        }
        false => String::new(),
    };
    Ok(section
        .text(&format!(
            "Permutation importance: increase of the test {name} when the column's values are shuffled among the test rows \
             (mean and standard deviation of five shuffles).{selection}"
        ))
        .bar_chart(&chart)
        .table(&["column", "increase", "standard deviation"], &rows))
}
