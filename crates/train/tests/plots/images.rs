//! Confusion matrices, sheets of images, and the letters of all pictures.

use super::{Pixels, assert_texts, files_in, texts};
use kindling_train::plots::{BarChart, Chart, ConfusionChart, ImageSheet, SavedPlot, Tile};
use std::fs;

fn class_names(count: usize) -> Vec<String> {
    (0..count).map(|class| format!("class {class}")).collect()
}

fn tile(pixels: Vec<f32>, width: usize, height: usize) -> Tile {
    Tile { pixels, width, height, caption: "8 as 3, 0.998".to_owned() }
}

#[test]
fn a_confusion_matrix_shows_names_and_counts() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["negative".to_owned(), "positive".to_owned()];
    let counts = [vec![11_012, 1_488], vec![1_290, 11_210]];
    let chart = ConfusionChart::new("IMDB", &names, &counts).caption("test set");
    let saved = chart.save(&folder, "confusion").unwrap();
    assert_texts(&saved, &["IMDB", "Actual", "Predicted", "negative", "positive", "test set"]);
    assert_texts(&saved, &["11012", "1488", "1290", "11210"]);
    let is_blue = |[red, _, blue]: [u8; 3]| blue > red.saturating_add(60);
    assert!(Pixels::read(&saved.png).count(is_blue) > 50_000);
}

#[test]
fn counts_are_written_as_long_as_they_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    for classes in [1, 2, 10, 46, 50, 100] {
        let counts = vec![vec![1234; classes]; classes];
        let saved =
            ConfusionChart::new("t", &class_names(classes), &counts).save(&folder, "confusion").unwrap();
        assert_eq!(texts(&saved).contains(&"1234".to_owned()), classes <= 10, "{classes} classes");
    }
    let largest = vec![vec![u64::MAX, 0]; 2];
    ConfusionChart::new("t", &class_names(2), &largest).save(&folder, "confusion").unwrap();
}

#[test]
fn a_confusion_matrix_which_is_not_square_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |classes: usize, counts: &[Vec<u64>], expected: &str| {
        let saved = ConfusionChart::new("t", &class_names(classes), counts).save(&folder, "confusion");
        let message = saved.unwrap_err().to_string();
        assert!(message.contains(expected) && message.contains("confusion.svg"), "{message}");
    };
    fails(0, &[], "0 classes");
    fails(101, &vec![vec![0; 101]; 101], "101 classes");
    fails(2, &[vec![1, 2]], "1 rows");
    fails(2, &[vec![1, 2], vec![1]], "row 1 has 1 counts");
    assert!(files_in(folder.path()).is_empty());
}

#[test]
fn an_image_sheet_shows_ink_and_captions() {
    let folder = tempfile::tempdir().unwrap();
    let tiles = [tile(vec![1.0; 784], 28, 28), tile(vec![0.0, f32::NAN, 7.0, -1.0, 0.5, 0.5], 3, 2)];
    let saved = ImageSheet::new("Mistakes", &tiles, 10).caption("synthetic").save(&folder, "digits").unwrap();
    assert_eq!(texts(&saved), ["Mistakes", "8 as 3, 0.998", "8 as 3, 0.998", "synthetic"]);
    let png = Pixels::read(&saved.png);
    assert!(png.count(|pixel| pixel == [0; 3]) > 130 * 130, "a black tile is black");
    assert!(png.count(|pixel| pixel == [127; 3]) > 1000, "half the ink is gray");
}

#[test]
fn signed_images_are_blue_below_zero_and_orange_above() {
    let folder = tempfile::tempdir().unwrap();
    let plain = |pixels| Tile { pixels, width: 2, height: 1, caption: String::new() };
    let tiles = [plain(vec![-0.2, 0.0]), plain(vec![0.2, f32::NAN])];
    let saved = ImageSheet::new("Weights", &tiles, 2).signed().save(&folder, "weights").unwrap();
    assert_eq!(texts(&saved).iter().filter(|text| !text.is_empty()).collect::<Vec<_>>(), ["Weights"]);
    let png = Pixels::read(&saved.png);
    assert!(png.count(|pixel| pixel == [0, 114, 178]) > 5000);
    assert!(png.count(|pixel| pixel == [213, 94, 0]) > 5000);
}

/// The size of the smallest letters of an SVG if it is shown `width` pixels wide.
fn smallest_letters(saved: &SavedPlot, width: f64) -> f64 {
    let svg = fs::read_to_string(&saved.svg).unwrap();
    let after = |text: &str, start: &str| -> f64 {
        let number = text.split(start).nth(1).unwrap();
        number.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap().parse().unwrap()
    };
    let sizes = svg.split("<text ").skip(1).map(|text| after(text, "font-size=\""));
    let smallest = sizes.fold(f64::INFINITY, f64::min);
    smallest * width / after(&svg, "viewBox=\"0 0 ")
}

#[test]
fn letters_can_be_read_on_a_phone() {
    let folder = tempfile::tempdir().unwrap();
    let (names, counts) = (class_names(46), vec![vec![1; 46]; 46]);
    let tiles = vec![tile(vec![0.5; 784], 28, 28); 20];
    let saved = [
        Chart::new("t").axes("Epochs", "Loss").line("a", &[1.0, 2.0]).caption("c").save(&folder, "chart"),
        BarChart::new("t", [("a", 1.0)]).caption("c").save(&folder, "bars"),
        ConfusionChart::new("t", &names, &counts).caption("c").save(&folder, "confusion"),
        ImageSheet::new("t", &tiles, 10).caption("c").save(&folder, "sheet"),
    ];
    for saved in saved {
        // A screen of 390 pixels with margins of 16.
        let letters = smallest_letters(&saved.unwrap(), 358.0);
        assert!(letters > 11.0, "{letters}");
    }
}

#[test]
fn an_empty_image_sheet_says_none() {
    let folder = tempfile::tempdir().unwrap();
    let saved = ImageSheet::new("Mistakes", &[], 0).save(&folder, "digits").unwrap();
    assert_eq!(texts(&saved), ["Mistakes", "none"]);
}

#[test]
fn an_image_of_another_size_than_it_says_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |tiles: &[Tile], expected: &str| {
        let message = ImageSheet::new("t", tiles, 5).save(&folder, "digits").unwrap_err().to_string();
        assert!(message.contains(expected) && message.contains("digits.svg"), "{message}");
    };
    let good = tile(vec![0.0], 1, 1);
    fails(&[good.clone(), tile(vec![0.0; 783], 28, 28)], "tile 1 of 28 x 28 has 783 pixels");
    fails(&[tile(vec![], 0, 0)], "tile 0");
    fails(&[tile(vec![0.0], usize::MAX, 2)], "tile 0");
    fails(&vec![good; 201], "201 tiles");
    fails(&[tile(vec![0.0; 1_000_000], 1000, 1000)], "1000000 pixels");
    assert!(files_in(folder.path()).is_empty());
}
