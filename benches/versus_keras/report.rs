//! Writes the results as Markdown.

use crate::{
    common::{digits, median, table},
    machine::{Machine, figure},
    results::{JobResults, MEASURES, Measure, Results, SideResults, extremes},
};

/// Returns the tables: one per job, the ratios, the machine, and the floating-point operations.
pub fn markdown(results: &Results) -> String {
    let mut text = format!(
        "# {}\n\n{} (minimum and maximum in parentheses).\n\n",
        results.sides.join(", "),
        results.statistic()
    );
    for line in &results.data {
        text += &format!("- {line}\n");
    }
    for job in &results.jobs {
        text += &format!("\n## {}: {}\n\n{}", job.job, job.title, figures(job));
        if job.data_source == "synthetic" {
            text += "\nkindling generates the synthetic reviews, while Keras reads them from files: the load times and the times \
                     of the whole process are not comparable.\n";
        }
        if let Some(note) = single_predictions(job) {
            text += &format!("\n{note}\n");
        }
    }
    if results.sides.len() > 1 {
        text += &format!(
            "\n## Keras / kindling\n\nAbove 1: kindling is faster or uses less memory.\n\n{}",
            ratios(results)
        );
    }
    text += &format!("\n## Machine\n\n{}", machine(&results.machine));
    text += &format!(
        "\n## Floating-point operations\n\nOperations of the matrix multiplications per epoch, including validation, with all \
         inputs counted as dense. The percentage is relative to the fastest matrix multiplication above. kindling treats \
         multi-hot inputs as sparse and performs fewer operations than counted. For `boston`, the operations are those of one \
         fold; kindling trains two folds in parallel, Keras one at a time.\n\n{}",
        arithmetic(results)
    );
    text
}

/// Returns the table of a job.
fn figures(job: &JobResults) -> String {
    let mut head: Vec<String> = vec!["".into()];
    head.extend(job.sides.iter().map(|side| side.name.clone()));
    head.extend(job.sides.iter().skip(1).map(|side| format!("{} / kindling", side.name)));
    let row = |label: &str, of: &dyn Fn(&SideResults) -> Vec<f64>, compared: bool| {
        let mut row = vec![label.to_owned()];
        row.extend(job.sides.iter().map(|side| spread(&of(side))));
        row.extend(job.sides.iter().skip(1).map(|side| match compared {
            true => digits(median(&of(side)) / median(&of(&job.sides[0]))),
            false => String::new(),
        }));
        row
    };
    let measured = |measure: &&Measure| job.sides.iter().any(|side| !side.figures(measure.key).is_empty());
    let mut rows: Vec<Vec<String>> = MEASURES
        .iter()
        .filter(measured)
        .map(|measure| row(measure.label, &|side| side.figures(measure.key), true))
        .collect();
    rows.push(row("test metric (accuracy or error)", &SideResults::metrics, false));
    table(&head, &rows)
}

/// Formats median, minimum and maximum: `0.512 (0.498 to 0.530)`.
fn spread(figures: &[f64]) -> String {
    match extremes(figures) {
        None => "-".into(),
        Some((min, max)) if figures.len() == 1 || min == max => digits(median(figures)),
        Some((min, max)) => format!("{} ({} to {})", digits(median(figures)), digits(min), digits(max)),
    }
}

/// Returns a note on the function with which each side predicts one sample.
fn single_predictions(job: &JobResults) -> Option<String> {
    let ways: Vec<String> = job
        .sides
        .iter()
        .filter_map(|side| Some(format!("{} with `{}`", side.name, side.text("predict_one_with")?)))
        .collect();
    (!ways.is_empty()).then(|| format!("Prediction of one sample: {}.", ways.join(", ")))
}

fn ratios(results: &Results) -> String {
    let mut head: Vec<String> = vec!["job".into()];
    head.extend(MEASURES.iter().map(|measure| measure.short.into()));
    let mut rows = Vec::new();
    for job in &results.jobs {
        let Some((own, keras)) = job.split() else { continue };
        for side in keras {
            let mut row = vec![format!("{}, {}", job.job, side.name)];
            row.extend(MEASURES.iter().map(|measure| digits(ratio(own, side, measure.key))));
            rows.push(row);
        }
    }
    table(&head, &rows)
}

/// Returns a side's median divided by kindling's median.
pub fn ratio(own: &SideResults, side: &SideResults, key: &str) -> f64 {
    median(&side.figures(key)) / median(&own.figures(key))
}

fn machine(machine: &Machine) -> String {
    let head = ["", "1 thread", &format!("{} threads", machine.threads)].map(String::from);
    let row = |label: String, key: &str| {
        let of = |fields| digits(figure(fields, key));
        vec![label, of(&machine.one_thread), of(&machine.all_threads)]
    };
    let mut rows: Vec<Vec<String>> = Machine::products()
        .map(|(name, [rows, inner, columns])| {
            row(format!("[{rows}, {inner}] x [{inner}, {columns}] ({name}), GFLOP/s"), name)
        })
        .collect();
    rows.push(row("copy of 256 MiB, reads and writes, GB/s".into(), "copy_gb_s"));
    table(&head, &rows)
}

fn arithmetic(results: &Results) -> String {
    let names = results.jobs.first().map_or(&[][..], |job| &job.sides);
    let mut head: Vec<String> = vec!["job".into(), "GFLOP per epoch".into()];
    for side in names {
        head.extend([format!("{}, GFLOP/s", side.name), "% of peak".into()]);
    }
    let peak = results.machine.peak();
    let mut rows = Vec::new();
    for job in &results.jobs {
        let Some((gflop, side_by_side)) = job.gflop() else { continue };
        let mut row = vec![job.job.to_string(), digits(gflop)];
        for (place, side) in job.sides.iter().enumerate() {
            let at_a_time = if place == 0 { side_by_side } else { 1.0 };
            let rate = gflop * at_a_time / median(&side.figures("epoch_s"));
            row.extend([digits(rate), format!("{}%", digits(rate / peak * 100.0))]);
        }
        rows.push(row);
    }
    table(&head, &rows)
}
