//! Runs the program of section 2.2 on real-world data tensors.

use std::fs;

use kindling_e2e::{Program, check_plots, json};
use serde_json::json;

const PROGRAM: Program = Program("ch02_data_tensors");

#[test]
fn tables_time_series_images_and_videos_are_shown() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &[]);
    let result = json(&out.path().join("result.json"));
    for (name, what, shape) in [
        ("vectors", "vectors: houses [samples, features]", &[404, 13][..]),
        ("time_series", "time series: prices [days, minutes, 3]", &[250, 390, 3]),
        ("images_channels_last", "images, channels last", &[128, 28, 28, 3]),
        ("images_channels_first", "images, channels first", &[128, 3, 28, 28]),
        ("videos_channels_last", "videos, channels last", &[4, 24, 28, 28, 3]),
        ("videos_channels_first", "videos, channels first", &[4, 24, 3, 28, 28]),
    ] {
        let line = printed.lines().find(|line| line.trim_start().starts_with(&format!("{what} ")));
        let line = line.unwrap_or_else(|| panic!("no line of {what} in {printed}"));
        let without_gaps = line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(without_gaps.ends_with(&format!("ndim {} shape {shape:?} F32", shape.len())), "{line}");
        assert_eq!(result[name], json!(shape), "{name}");
    }
    let last = printed.lines().last().unwrap();
    assert!(last.contains("unchanged after a conversion to channels first and back"), "{last}");
    check_plots(out.path(), &["video"], "mnist, bundled; flex, seed 0");
    check_plots(out.path(), &["time_series"], "synthetic prices; flex, seed 0");
}

#[test]
fn synthetic_prices_depend_only_on_the_seed() {
    let [one, same, other] = ["1", "1", "2"].map(|seed| {
        let out = tempfile::tempdir().unwrap();
        PROGRAM.run(out.path(), &["--seed", seed]);
        let picture = fs::read_to_string(out.path().join("time_series.svg")).unwrap();
        picture.replace(&format!("seed {seed}"), "")
    });
    assert!(one == same && one != other);
}
