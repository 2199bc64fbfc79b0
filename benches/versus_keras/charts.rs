//! Draws the results as bar charts.

use std::path::Path;

use kindling::plots::BarChart;

use crate::{common::median, report::ratio, results::Results};

/// Keys of the measurements to compare, file names, and titles.
const COMPARED: [(&str, &str, &str); 4] = [
    ("total_s", "total", "Time of the whole process: Keras / kindling"),
    ("epoch_s", "epoch", "Time of an epoch: Keras / kindling"),
    ("predict_one_us", "predict_one", "Time to predict one sample: Keras / kindling"),
    ("peak_mb", "memory", "Peak memory: Keras / kindling"),
];

/// Saves a chart of total times and, if Keras was measured, charts of the ratios Keras / kindling.
pub fn save(results: &Results, out: &Path) -> anyhow::Result<()> {
    let below = format!("{}; {}", results.sides.join(", "), results.statistic().to_lowercase());
    let seconds = results.jobs.iter().flat_map(|job| {
        job.sides
            .iter()
            .map(move |side| (format!("{}, {}", job.job, side.name), median(&side.figures("total_s"))))
    });
    BarChart::new("Time of the whole process, s", seconds).caption(&below).save(out, "seconds")?;
    if results.sides.len() == 1 {
        return Ok(());
    }
    let several = results.sides.len() > 2;
    for (key, file, title) in COMPARED {
        let bars = results.jobs.iter().filter_map(|job| job.split().map(|sides| (job, sides)));
        let bars = bars.flat_map(|(job, (own, keras))| {
            keras.iter().map(move |side| {
                let name = if several { format!("{}, {}", job.job, side.name) } else { job.job.to_string() };
                (name, ratio(own, side, key))
            })
        });
        BarChart::new(title, bars)
            .caption(format!("Above 1: kindling is faster or uses less memory; {below}"))
            .save(out, file)?;
    }
    Ok(())
}
