//! Writes the table and the charts.

use std::path::Path;

use kindling::plots::Chart;
use serde_json::{Value, json};

use crate::{
    common::{self, Fields, digits, table},
    size::Size,
};

/// Prints the table and writes it, with JSON and charts, to `out`.
pub fn write(
    rows: &[(Size, Fields)],
    growing_samples: [Size; 4],
    growing_words: [Size; 4],
    out: &Path,
) -> anyhow::Result<()> {
    let head = [
        "reviews",
        "words",
        "words read per epoch",
        "encode, s",
        "epoch, s",
        "step, µs",
        "ns per word read",
        "peak while loading, MiB",
        "peak while training, MiB",
    ];
    let keys = ["words_read", "encode_s", "epoch_s", "step_us", "ns_per_word", "loading_mb", "training_mb"];
    let cells = rows.iter().map(|(size, fields)| {
        let mut row = vec![size.samples.to_string(), size.words.to_string()];
        row.extend(keys.iter().map(|key| digits(figure(fields, key))));
        row
    });
    let text = table(&head.map(String::from), &cells.collect::<Vec<_>>());
    println!("\n{text}");
    common::write(out, "growth.md", &text)?;
    let all: Vec<Value> = rows.iter().map(|(_, fields)| Value::Object(fields.clone())).collect();
    common::write(out, "growth.json", &(serde_json::to_string_pretty(&json!({ "sizes": all }))? + "\n"))?;

    let base = growing_samples[0];
    let caption =
        format!("16-16-1 on synthetic reviews; size 1 is {} reviews and {} words", base.samples, base.words);
    for (key, name, title, axis) in [
        ("epoch_s", "time", "Time of an epoch", "Seconds"),
        ("training_mb", "memory", "Peak memory while training", "MiB"),
    ] {
        let line = |sizes: &[Size]| -> Vec<(f64, f64)> {
            let find = |size: &Size| rows.iter().find(|(own, _)| own == size);
            let times = |size: &Size| (size.samples / base.samples * (size.words / base.words)) as f64;
            sizes.iter().filter_map(|size| Some((times(size), figure(&find(size)?.1, key)))).collect()
        };
        let (samples, words) = (line(&growing_samples), line(&growing_words));
        let proportional: Vec<(f64, f64)> =
            samples.iter().map(|(times, _)| (*times, samples[0].1 * times)).collect();
        Chart::new(format!("{title} by data size"))
            .axes("Size relative to the smallest", axis)
            .logarithmic()
            .xy_line("More reviews", &samples)
            .xy_line("More words", &words)
            .xy_line("Proportional to the size", &proportional)
            .xy_points("", &samples)
            .xy_points("", &words)
            .caption(&caption)
            .save(out, name)?;
    }
    println!("Wrote {}", out.display());
    Ok(())
}

/// Returns a field as a number; NaN if it is missing.
fn figure(fields: &Fields, key: &str) -> f64 {
    fields.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN)
}
