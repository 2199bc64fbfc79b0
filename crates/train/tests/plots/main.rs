//! The public API of plots: the contents of both files, and invalid input.

use kindling_train::plots::{BarChart, Chart, PlotError, SavedPlot};
use proptest::prelude::*;
use std::{
    fs::{self, File},
    io::BufReader,
    path::Path,
};

mod images;
mod series;

/// A decoded PNG.
struct Pixels {
    size: (u32, u32),
    rgb: Vec<[u8; 3]>,
}

impl Pixels {
    fn read(path: &Path) -> Self {
        let mut reader = png::Decoder::new(BufReader::new(File::open(path).unwrap())).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!(info.color_type, png::ColorType::Rgb);
        let rgb = bytes.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        Self { size: (info.width, info.height), rgb }
    }

    fn count(&self, is_meant: impl Fn([u8; 3]) -> bool) -> usize {
        self.rgb.iter().filter(|&&pixel| is_meant(pixel)).count()
    }
}

/// Returns the text elements of an SVG, unescaped.
fn texts(saved: &SavedPlot) -> Vec<String> {
    let svg = fs::read_to_string(&saved.svg).unwrap();
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert!(!svg.contains(|c: char| c.is_control() && c != '\n'), "the SVG contains control characters");
    let inner = svg.split("<text ").skip(1).map(|rest| rest.split(['>', '<']).nth(1).unwrap().trim());
    inner.map(|text| text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")).collect()
}

fn assert_texts(saved: &SavedPlot, expected: &[&str]) {
    let texts = texts(saved);
    for &text in expected {
        assert!(texts.iter().any(|t| t == text), "{text:?} is not among {texts:?}");
    }
}

/// Returns the centers of the circles in an SVG.
fn circles(saved: &SavedPlot) -> Vec<(i32, i32)> {
    let svg = fs::read_to_string(&saved.svg).unwrap();
    let attribute = |circle: &str, name: &str| -> i32 {
        circle.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
    };
    svg.split("<circle").skip(1).map(|rest| (attribute(rest, "cx"), attribute(rest, "cy"))).collect()
}

fn files_in(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn chart_is_saved_as_svg_with_text_and_png() {
    let folder = tempfile::tempdir().unwrap();
    let saved = Chart::new("Training & validation <loss>")
        .axes("Epochs", "Loss")
        .points("Training loss", &[0.26, 0.10, 0.07, 0.05, 0.04])
        .line("Validation loss", &[0.13, 0.10, 0.08, 0.07, 0.07])
        .band("mean ± σ", &[0.12, 0.09], &[0.14, 0.11])
        .caption("synthetic reviews, not IMDB")
        .save(&folder, "loss")
        .unwrap();
    assert_eq!(files_in(folder.path()), ["loss.png", "loss.svg"]);
    assert_texts(&saved, &["Training & validation <loss>", "synthetic reviews, not IMDB"]);
    assert_texts(&saved, &["Training loss", "Validation loss", "mean ± σ"]);
    assert_texts(&saved, &["Epochs", "1", "2", "3", "4", "5", "Loss", "0.10", "0.20"]);

    let png = Pixels::read(&saved.png);
    assert_eq!(png.size, (1152, 972));
    assert!(png.count(|pixel| pixel == [255; 3]) > png.rgb.len() / 2);
    assert!(png.count(|pixel| pixel == [0, 114, 178]) > 2000, "points and line are blue");
}

#[test]
fn saving_again_replaces_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let first = Chart::new("first").line("loss", &[1.0]).save(&folder, "loss").unwrap();
    let second = Chart::new("second").line("loss", &[1.0]).save(&folder, "loss").unwrap();
    assert_eq!(first, second);
    assert_texts(&second, &["second"]);
    assert_eq!(files_in(folder.path()), ["loss.png", "loss.svg"]);
}

#[test]
fn unwritable_directory_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let error = Chart::new("t").line("loss", &[1.0]).save(&missing, "loss").unwrap_err();
    assert!(matches!(error, PlotError::Write { .. }));
    assert!(error.to_string().contains(&missing.display().to_string()), "{error}");
    assert!(files_in(folder.path()).is_empty());

    fs::create_dir(folder.path().join("loss.svg")).unwrap();
    let error = Chart::new("t").line("loss", &[1.0]).save(&folder, "loss").unwrap_err();
    assert!(error.to_string().contains("loss.svg"), "{error}");
    assert_eq!(files_in(folder.path()), ["loss.svg"], "a temporary file is left");
}

#[test]
fn square_is_square_with_equal_scales() {
    let folder = tempfile::tempdir().unwrap();
    let square = [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0)];
    let chart = Chart::new("t").xy_line("square", &square);
    // The longest runs of blue pixels in rows and columns: a horizontal and a vertical side.
    let sides = |chart: &Chart| {
        let png = Pixels::read(&chart.save(&folder, "square").unwrap().png);
        let (width, height) = (png.size.0 as usize, png.size.1 as usize);
        let longest = |lines: usize, length: usize, place: &dyn Fn(usize, usize) -> usize| {
            let line = |line| {
                (0..length).map(|along| png.rgb[place(line, along)] == [0, 114, 178]).collect::<Vec<_>>()
            };
            let run = |line: Vec<bool>| line.split(|blue| !blue).map(<[bool]>::len).max().unwrap_or(0);
            (0..lines).map(line).map(run).max().unwrap() as f64
        };
        (
            longest(height, width, &|row, along| row * width + along),
            longest(width, height, &|column, along| along * width + column),
        )
    };
    let (across, up) = sides(&chart);
    assert!(across > 1.5 * up && up > 400.0, "each axis fills the picture: {across} x {up}");
    let (across, up) = sides(&chart.equal_scales());
    assert!((across / up - 1.0).abs() < 0.02 && up > 400.0, "{across} x {up}");
}

#[test]
fn points_are_drawn_at_their_coordinates() {
    let folder = tempfile::tempdir().unwrap();
    let chart = Chart::new("t").xy_points("places", &[(-2.0, 5.0), (2.0, 5.0), (2.0, 5.5)]);
    let saved = chart.save(&folder, "places").unwrap();
    assert_texts(&saved, &["places", "-2", "2", "5.0", "5.5"]);
    let circles = circles(&saved);
    let [first, second, third, ..] = circles[..] else { panic!("{circles:?}") };
    assert!(first.0 < second.0 && first.1 == second.1, "{circles:?}");
    assert!(second.0 == third.0 && second.1 > third.1, "{circles:?}");
}

#[test]
fn power_law_is_a_line_on_logarithmic_axes_without_values_up_to_zero() {
    let folder = tempfile::tempdir().unwrap();
    let squares = [(1.0, 1.0), (10.0, 100.0), (100.0, 1e4), (0.0, 5.0), (5.0, -1.0)];
    let saved = Chart::new("t").xy_points("", &squares).logarithmic().save(&folder, "squares").unwrap();
    assert_texts(&saved, &["1", "10", "100", "1000", "10000"]);
    let circles = circles(&saved);
    let [first, second, third] = circles[..] else { panic!("{circles:?}") };
    assert!((first.0 + third.0 - 2 * second.0).abs() <= 2, "{circles:?}");
    assert!((first.1 + third.1 - 2 * second.1).abs() <= 2, "{circles:?}");
}

#[test]
fn chart_without_finite_values_has_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let hopeless = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300];
    let empty = Chart::new("t");
    for chart in [empty.clone(), empty.clone().line("loss", &[]), empty.points("loss", &hopeless)] {
        assert_texts(&chart.save(&folder, "loss").unwrap(), &["no finite values"]);
    }
}

#[test]
fn many_series_and_long_names_are_truncated() {
    let folder = tempfile::tempdir().unwrap();
    let long = "a name without end ".repeat(1000);
    let chart = Chart::new(&long).axes(&long, &long).caption(&long);
    let chart = (0..40).fold(chart, |chart, _| chart.line(&long, &[1.0, 2.0]));
    let texts = texts(&chart.save(&folder, "loss").unwrap());
    assert!(texts.iter().all(|text| text.chars().count() < 150));
    assert!(texts.iter().any(|text| text.starts_with("… ") && text.ends_with(" more")), "{texts:?}");
}

#[test]
fn lengths_of_bars_are_proportional_to_values() {
    let folder = tempfile::tempdir().unwrap();
    let bars = [("units", 0.5), ("dropout", 0.25), ("nothing", 0.0), ("less", -0.5), ("none", f64::NAN)];
    let saved = BarChart::new("What mattered", bars).caption("mnist").save(&folder, "bars").unwrap();
    assert_texts(
        &saved,
        &["What mattered", "mnist", "units", "0.500", "dropout", "0.250", "less", "-0.500", "NaN"],
    );
    let svg = fs::read_to_string(saved.svg).unwrap();
    let number = |rectangle: &str, name: &str| -> f64 {
        rectangle.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
    };
    // The first rectangle is the background.
    let widths: Vec<f64> = svg.split("<rect").skip(2).map(|rest| number(rest, "width")).collect();
    assert_eq!(widths.len(), 5);
    assert!(widths[0] > 500.0 && (widths[1] / widths[0] - 0.5).abs() < 0.01, "{widths:?}");
    assert!(widths[2..].iter().all(|width| *width == 0.0), "{widths:?}");
    let none = BarChart::new("None", Vec::<(String, f64)>::new());
    assert_texts(&none.save(&folder, "none").unwrap(), &["None"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn charts_of_any_values_and_names_can_be_saved(
        points in prop::collection::vec(prop::num::f64::ANY, 0..6),
        line in prop::collection::vec(prop_oneof![-1e3..1e3, Just(f64::NAN)], 0..30),
        pairs in prop::collection::vec((prop::num::f64::ANY, -1e90..1e90), 0..6),
        [title, x, y, name] in prop::array::uniform4(any::<String>()),
        [equal_scales, contours]: [bool; 2],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let chart = Chart::new(title)
            .axes(x, y)
            .points(&name, &points)
            .line(&name, &line)
            .xy_line(&name, &pairs)
            .xy_points(&name, &pairs)
            .band(&name, &points, &line)
            .xy_dots(&name, &pairs)
            .bars(&name, &line)
            .dots(&name, &points)
            .histogram(&name, &points)
            .vertical_line(&name, points.first().copied().unwrap_or(0.0))
            .mark(&name, f64::NAN, 1.0)
            .caption(&name);
        let chart = if equal_scales { chart.equal_scales() } else { chart };
        let chart = if contours { chart.contours(|x, y| x * y) } else { chart };
        let saved = chart.save(&folder, "chart").unwrap();
        texts(&saved);
        prop_assert_eq!(Pixels::read(&saved.png).size.0, 1152);
    }
    #[test]
    fn bar_charts_of_any_values_and_names_can_be_saved(
        bars in prop::collection::vec((any::<String>(), prop::num::f64::ANY), 0..50), title: String,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let chart = BarChart::new(title, bars);
        let saved = chart.save(&folder, "bars").unwrap();
        texts(&saved);
        prop_assert_eq!(Pixels::read(&saved.png).size.0, 1152);
        prop_assert!(chart.to_html().contains("<svg class=\"narrow\""));
    }
}
