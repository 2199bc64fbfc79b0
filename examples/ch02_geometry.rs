//! Section 2.3: tensor operations as transformations of points in the plane. Expect five pictures of the letter F: translated,
//! rotated, scaled, transformed by a dense layer without an activation, and by one with ReLU.

use kindling::{
    burn::tensor::{Tensor, activation},
    plots::Chart,
    prelude::*,
};
use kindling_programs::{
    cli::{CommonArgs, Run},
    program::Program,
};

#[derive(clap::Args)]
struct Flags {
    /// Angle of the rotation, in degrees
    #[arg(long, value_name = "DEGREES", default_value_t = 40, allow_negative_numbers = true)]
    angle: i16,
}

fn main() -> anyhow::Result<()> {
    let about = "Show tensor operations as geometry, as in section 2.3 of \"Deep Learning with Python\"";
    let (mut run, Flags { angle }) = Program::new("ch02_geometry", about).start()?;
    let device = run.device().clone();
    let matrix = |values: [[f32; 2]; 2]| Tensor::<2>::from_floats(values, &device);
    let vector = |values: [f32; 2]| Tensor::<2>::from_floats([values], &device);

    // Points are rows, as the samples of a dense layer are: dot(points, kernel) + bias.
    let letter = letter(&device);
    let (sine, cosine) = f32::from(angle).to_radians().sin_cos();
    let rotation = matrix([[cosine, sine], [-sine, cosine]]);
    let scaling = matrix([[1.5, 0.0], [0.0, 0.5]]);
    let (kernel, bias) = (scaling.clone().matmul(rotation.clone()), vector([0.5, -1.0]));

    let translated = letter.clone() + vector([1.5, 0.5]);
    let rotated = letter.clone().matmul(rotation);
    let scaled = letter.clone().matmul(scaling);
    let affine = letter.clone().matmul(kernel.clone()) + bias.clone();
    let activated = activation::relu(affine.clone());

    let area_before = area(&points(&letter));
    run.say(format_args!("A letter F with an area of {area_before:.2}"));
    run.say("\n| operation | (0, 0) goes to | (2, 3) goes to | area |\n| --- | --- | --- | ---: |");
    let turned = format!("rotation by {angle} degrees: dot(x, W)");
    show(&mut run, "translation", "translation: x + b", &letter, &translated)?;
    show(&mut run, "rotation", &turned, &letter, &rotated)?;
    show(&mut run, "scaling", "scaling: dot(x, W), W diagonal", &letter, &scaled)?;
    show(&mut run, "affine", "affine: dot(x, W) + b", &letter, &affine)?;
    show(&mut run, "affine_relu", "dense layer: relu(dot(x, W) + b)", &affine, &activated)?;

    // The same affine transformation twice, and the single one that it equals.
    let twice = affine.matmul(kernel.clone()) + bias.clone();
    let once = letter.matmul(kernel.clone().matmul(kernel.clone())) + (bias.clone().matmul(kernel) + bias);
    let difference = (twice - once).abs().max().into_scalar::<f64>();
    anyhow::ensure!(
        difference < 1e-5,
        "two affine transformations and the equivalent single one differ by {difference:e}"
    );
    run.record("largest_difference", difference);

    let activated = points(&activated);
    let on_axes = activated.iter().filter(|(x, y)| *x == 0.0 || *y == 0.0).count();
    let percent = 100.0 * on_axes as f64 / activated.len() as f64;
    run.record("percent_on_axes", percent);
    run.takeaway(format_args!(
        "A dense layer without an activation is an affine transformation: the kernel rotates and scales points, and the bias \
         translates them. Two affine transformations in sequence equal a single one, so stacked layers without activations \
         gain nothing. ReLU sets negative coordinates to 0: {percent:.0}% of the outline now lies on an axis, and no affine \
         transformation can restore it. Try --angle 180: every point of the letter then has a negative coordinate, and ReLU \
         maps the letter to a line."
    ));
    run.conclude(format_args!(
        "Two affine transformations and the single one that replaces them differ by at most {difference:.1e}; ReLU puts \
         {percent:.0}% of the letter's outline on an axis"
    ))
}

/// Prints and draws a letter before and after an operation.
fn show(
    run: &mut Run<CommonArgs>,
    file: &str,
    what: &str,
    before: &Tensor<2>,
    after: &Tensor<2>,
) -> anyhow::Result<()> {
    let (before, after) = (points(before), points(after));
    let [(x1, y1), (x2, y2)] = [after[0], after[2 * POINTS_PER_EDGE]];
    let area = area(&after);
    run.say(format_args!("| {what} | ({x1:.3}, {y1:.3}) | ({x2:.3}, {y2:.3}) | {area:.2} |"));
    run.record(file, vec![x1, y1, x2, y2]);
    run.record(&format!("{file}: area"), area);
    let mut title = what.to_owned();
    title[..1].make_ascii_uppercase();
    Chart::new(title)
        .axes("x", "y")
        .equal_scales()
        .xy_line("before", &before)
        .xy_line("after", &after)
        .caption(format!("the outline of a letter; {}", run.settings()))
        .save(run.files(), file)?;
    Ok(())
}

/// Number of points on each edge. ReLU may bend an edge, so its end points are not enough.
const POINTS_PER_EDGE: usize = 33;

/// Returns the outline of an F, `[points, 2]`. It starts at (0, 0), and its third corner is (2, 3).
fn letter(device: &Device) -> Tensor<2> {
    let corners: [[f32; 2]; 11] = [
        [0.0, 0.0],
        [0.0, 3.0],
        [2.0, 3.0],
        [2.0, 2.5],
        [0.5, 2.5],
        [0.5, 1.75],
        [1.5, 1.75],
        [1.5, 1.25],
        [0.5, 1.25],
        [0.5, 0.0],
        [0.0, 0.0],
    ];
    let mut outline = Vec::new();
    for (from, to) in corners.iter().zip(&corners[1..]) {
        let between = |share: f32| [0, 1].map(|axis| from[axis] + share * (to[axis] - from[axis]));
        let shares = (0..POINTS_PER_EDGE).map(|point| point as f32 / (POINTS_PER_EDGE - 1) as f32);
        outline.extend(shares.flat_map(between));
    }
    let points = outline.len() / 2;
    Tensor::from_data(TensorData::new(outline, [points, 2]), device)
}

/// Returns the rows of a tensor `[points, 2]`.
fn points(tensor: &Tensor<2>) -> Vec<(f64, f64)> {
    let values: Vec<f64> = tensor.to_data().iter().collect();
    values.chunks_exact(2).map(|point| (point[0], point[1])).collect()
}

/// Returns the area inside an outline (the shoelace formula).
fn area(outline: &[(f64, f64)]) -> f64 {
    let edges = outline.iter().zip(outline.iter().cycle().skip(1));
    edges.map(|((x1, y1), (x2, y2))| x1 * y2 - x2 * y1).sum::<f64>().abs() / 2.0
}
