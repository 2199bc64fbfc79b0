//! The results as bars.

use std::path::Path;

use kindling::plots::BarChart;

use crate::{common::median, report::ratio, results::Results};

/// Figures of which Keras' are divided by kindling's, with the names of the files.
const COMPARED: [(&str, &str, &str); 4] = [
    ("total_s", "total", "Time of the whole process: Keras' divided by kindling's"),
    ("epoch_s", "epoch", "Time of an epoch: Keras' divided by kindling's"),
    ("predict_one_us", "predict_one", "Time to predict one sample: Keras' divided by kindling's"),
    ("peak_mb", "memory", "Peak memory: Keras' divided by kindling's"),
];

/// Saves a chart of seconds and, beside Keras, a chart of ratios for each of some figures.
pub fn save(results: &Results, out: &Path) -> anyhow::Result<()> {
    let below = format!("{}; {}", results.sides.join(", "), results.statistic().to_lowercase());
    let seconds = results.jobs.iter().flat_map(|job| {
        job.sides
            .iter()
            .map(move |side| (format!("{}, {}", job.job, side.name), median(&side.figures("total_s"))))
    });
    BarChart::new("Seconds of the whole process", seconds).caption(&below).save(out, "seconds")?;
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
            .caption(format!("Above 1, kindling takes less; {below}"))
            .save(out, file)?;
    }
    Ok(())
}
