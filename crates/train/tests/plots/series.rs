//! Repeats, bars, histograms, contours and labels of a chart.

use super::{assert_texts, circles, texts};
use kindling_train::plots::{Chart, SavedPlot};
use std::fs;

fn saved(chart: &Chart) -> (tempfile::TempDir, SavedPlot) {
    let folder = tempfile::tempdir().unwrap();
    let saved = chart.save(&folder, "chart").unwrap();
    (folder, saved)
}

/// The values of an attribute of all elements of a kind in an SVG.
fn attributes(saved: &SavedPlot, element: &str, name: &str) -> Vec<i32> {
    let svg = fs::read_to_string(&saved.svg).unwrap();
    let (start, name) = (format!("<{element}"), format!(" {name}=\""));
    let elements = svg.split(&start).skip(1);
    let value = |rest: &str| rest.split(&name).nth(1)?.split('"').next()?.parse().ok();
    elements.filter_map(value).collect()
}

#[test]
fn repeats_are_columns_of_dots_above_their_names() {
    let chart =
        Chart::new("t").dots("Hold-out of a quarter", &[2.0, 3.0, f64::NAN]).dots("4 folds", &[2.5, 2.5]);
    let (_folder, saved) = saved(&chart);
    assert_texts(&saved, &["Hold-out of a quarter", "4 folds", "2.0", "3.0"]);
    let [low, high, first, second] = circles(&saved)[..] else { panic!() };
    assert!(low.0 == high.0 && low.1 > high.1, "{low:?} {high:?}");
    assert!(first.0 != second.0 && first.1 == second.1, "equal values stand side by side");
    assert_eq!(texts(&saved).iter().filter(|text| *text == "4 folds").count(), 1, "there is no legend");
}

#[test]
fn bars_of_several_series_stand_side_by_side_on_zero() {
    let chart = Chart::new("t")
        .categories(["cat", "dog"])
        .bars("dense", &[2.0, 4.0])
        .bars("convolutional", &[3.0, f64::NAN])
        .vertical_line("unused", 9.0);
    let (_folder, saved) = saved(&chart);
    assert_texts(&saved, &["cat", "dog", "dense", "convolutional", "0", "1", "2", "3", "4"]);
    // After the background: three bars, then the samples in the legend.
    let (heights, lefts) = (attributes(&saved, "rect", "height"), attributes(&saved, "rect", "x"));
    let bars: Vec<(i32, i32)> = lefts.into_iter().zip(heights).skip(1).take(3).collect();
    assert!((bars[1].1 - 2 * bars[0].1).abs() <= 2, "{bars:?}");
    assert!((2 * bars[2].1 - 3 * bars[0].1).abs() <= 3, "{bars:?}");
    assert!(bars[0].0 < bars[2].0 && bars[2].0 < bars[1].0, "{bars:?}");
}

#[test]
fn a_histogram_counts_each_value_once() {
    let values: Vec<f64> = (0..1000).map(|value| f64::from(value % 10)).collect();
    let chart =
        Chart::new("t").axes("Weight", "Weights (%)").histogram("all", &values).histogram("none", &[]);
    let (_folder, saved) = saved(&chart);
    assert_texts(&saved, &["Weights (%)", "0", "2", "4", "6", "8", "all"]);
    assert!(!texts(&saved).contains(&"none".to_owned()), "without values there is no legend entry");
    let same = Chart::new("t").histogram("", &[3.0; 5]);
    assert_texts(&self::saved(&same).1, &["100", "3.0"]);
}

#[test]
fn contours_lines_and_marks_are_drawn_and_named() {
    let chart = Chart::new("t")
        .contours(|x, y| x * x + 10.0 * y * y)
        .xy_line("SGD", &[(-2.0, 1.0), (1.0, -0.5)])
        .mark("start", -2.0, 1.0)
        .mark("minimum", 0.0, 0.0)
        .vertical_line("split", 1.5);
    let (_folder, saved) = saved(&chart);
    assert_texts(&saved, &["SGD", "start", "minimum", "split"]);
    assert_eq!(circles(&saved).len(), 2);
    let svg = fs::read_to_string(&saved.svg).unwrap();
    assert!(svg.matches("<polyline").count() > 20 && svg.len() < 200_000, "{}", svg.len());
    let alone = Chart::new("t").contours(|x, y| x * y);
    assert!(!texts(&self::saved(&alone).1).contains(&"no finite values".to_owned()));
}

#[test]
fn classes_have_a_color_each_and_a_title_can_be_replaced() {
    let chart = (0..10).fold(Chart::new("t"), |chart, class| {
        chart.xy_dots(class.to_string(), &[(f64::from(class), 0.5), (f64::from(class), 1.5)])
    });
    let (_folder, saved) = saved(&chart.title("Codes of ten digits"));
    assert_texts(&saved, &["Codes of ten digits", "9"]);
    assert!(!texts(&saved).contains(&"t".to_owned()));
    let svg = fs::read_to_string(&saved.svg).unwrap();
    let mut colors: Vec<&str> = svg
        .split("<circle")
        .skip(1)
        .filter_map(|rest| rest.split("fill=\"").nth(1)?.split('"').next())
        .collect();
    colors.sort_unstable();
    colors.dedup();
    assert_eq!(colors.len(), 10);
}

#[test]
fn a_curve_without_values_is_not_in_the_legend() {
    let chart = Chart::new("t").line("drawn", &[1.0, 2.0]).line("not drawn", &[f64::NAN, f64::INFINITY]);
    let texts = texts(&saved(&chart).1);
    assert!(texts.contains(&"drawn".to_owned()) && !texts.contains(&"not drawn".to_owned()), "{texts:?}");
}

#[test]
fn one_exploded_value_does_not_flatten_the_others() {
    let mut losses: Vec<f64> = (0..30).map(|epoch| 0.3 + 0.01 * f64::from(epoch % 5)).collect();
    losses[12] = 2e9;
    let chart = Chart::new("t").axes("Epochs", "Loss").line("rate 0.1", &losses).points("", &losses);
    let (_folder, saved) = saved(&chart);
    assert_texts(&saved, &["Loss (arrows: up to 2e9)", "0.30", "0.34"]);
    let svg = fs::read_to_string(&saved.svg).unwrap();
    assert_eq!(svg.matches("<polygon").count(), 2, "an arrow for each series");
    let ys: Vec<i32> = circles(&saved).into_iter().map(|(_, y)| y).collect();
    assert!(ys.len() >= 29 && ys.iter().max().unwrap() - ys.iter().min().unwrap() > 500, "{ys:?}");
}
