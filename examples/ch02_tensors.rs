//! Section 2.2: tensors. Number of axes, shape and data type; slices of real digits; batches. Expect one line per tensor, and
//! pictures of the slices.

use kindling::{
    burn::tensor::{DType, Int, Tensor, kind::Basic, s},
    plots::{ImageSheet, Tile},
    prelude::*,
};
use kindling_programs::{
    cli::{CommonArgs, Run},
    program::Program,
};

#[derive(clap::Args)]
struct Flags {
    /// Index of the training digit to draw
    #[arg(long, value_name = "INDEX", default_value_t = 4)]
    digit: usize,
    /// Index of the batch of 128 training digits to draw
    #[arg(long, value_name = "INDEX", default_value_t = 3)]
    batch: usize,
}

const BATCH_SIZE: usize = 128;

fn main() -> anyhow::Result<()> {
    let about = "Show axes, shapes, data types and slices of tensors, as in section 2.2 of \"Deep Learning with Python\"";
    let (mut run, Flags { digit, batch }) = Program::new("ch02_tensors", about).start()?;
    number_of_axes(&run);

    let mnist = run.load("mnist", mnist::load)?;
    let digits = mnist.train.len();
    let batches = digits.div_ceil(BATCH_SIZE);
    anyhow::ensure!(digit < digits, "--digit is {digit}: give 0 to {}, the last training digit", digits - 1);
    anyhow::ensure!(batch < batches, "--batch is {batch}: give 0 to {}, the last batch", batches - 1);

    // Pixels are bytes. Devices that do not support bytes use 32-bit integers.
    let dtype = if run.device().supports_dtype(DType::U8) { DType::U8 } else { DType::I32 };
    let images = Tensor::<3, Int>::from_data(mnist.train.inputs()[0].data(), (run.device(), dtype));
    let labels = mnist.train.classes().unwrap_or_default();
    run.say("\nReal digits");
    show(&run, "all training images", &images);
    run.record("images", images.dims().to_vec());
    slices(&mut run, &images, digit)?;
    let batch = nth_batch(&mut run, &images, &labels, batch)?;
    reshaping(&run, batch.clone());

    run.takeaway(
        "The inputs, outputs and weights of a network are tensors: numbers of one data type with a shape. The first axis of \
         data is the sample axis, and a batch is a slice along it. Try --digit 7 or --batch 10 to draw other digits, and \
         ch02_data_tensors for tables, prices, images and videos.",
    );
    run.conclude(format_args!(
        "{digits} digits are a tensor of shape {:?}; a batch of them has shape {:?}",
        images.dims(),
        batch.dims()
    ))
}

/// Prints the three attributes of a tensor: number of axes, shape and data type.
fn show<const D: usize, K: Basic>(run: &Run<CommonArgs>, what: &str, tensor: &Tensor<D, K>) {
    show_parts(run, what, &tensor.dims(), tensor.dtype());
}

fn show_parts(run: &Run<CommonArgs>, what: &str, shape: &[usize], dtype: DType) {
    run.say(format_args!("  {what:<42} ndim {}  shape {:<22} {dtype:?}", shape.len(), format!("{shape:?}")));
}

/// Shows tensors with zero to three axes.
fn number_of_axes(run: &Run<CommonArgs>) {
    run.say("\nTensors by their number of axes (ndim)");
    // A tensor on a device has at least one axis: a single number is a vector of length 1. Host data may have none.
    let scalar = TensorData::new(vec![12.0_f32], [0_usize; 0]);
    show_parts(run, "scalar", scalar.shape(), scalar.dtype());
    let vector = Tensor::<1>::from_data([12.0, 3.0, 6.0, 14.0, 7.0], run.device());
    show(run, "vector", &vector);
    let rows = [[5.0, 78.0, 2.0, 34.0, 0.0], [6.0, 79.0, 3.0, 35.0, 1.0], [7.0, 80.0, 4.0, 36.0, 2.0]];
    let matrix = Tensor::<2>::from_data(rows, run.device());
    show(run, "matrix", &matrix);
    let cube: Tensor<3> = Tensor::stack(vec![matrix.clone(), matrix.clone(), matrix], 0);
    show(run, "three matrices", &cube);
}

/// Shows slices between two indices on each axis. Negative indices count from the end.
fn slices(run: &mut Run<CommonArgs>, images: &Tensor<3, Int>, digit: usize) -> anyhow::Result<()> {
    let slice = images.clone().slice(s![10..100, .., ..]);
    show(run, "images[10..100]", &slice);
    run.record("digits_10_to_100", slice.dims().to_vec());
    show(run, "images[-1], the last one", &images.clone().slice(s![-1, .., ..]));

    let mut tiles = vec![tile(images.clone().slice(s![digit, .., ..]), "whole")];
    for (name, what, part) in [
        ("bottom right", "images[.., 14.., 14..]", s![.., 14.., 14..]),
        ("center", "images[.., 7..-7, 7..-7]", s![.., 7..-7, 7..-7]),
        ("every second pixel", "images[.., ..;2, ..;2]", s![.., ..;2, ..;2]),
    ] {
        let parts = images.clone().slice(part);
        show(run, &format!("{what}, {name}"), &parts);
        run.record(&name.replace(' ', "_"), parts.dims().to_vec());
        tiles.push(tile(parts.slice(s![digit, .., ..]), name));
    }
    ImageSheet::new(&format!("Training image {digit}, and parts of it"), &tiles, 2)
        .caption(&run.caption())
        .save(run.files(), "slices")?;
    Ok(())
}

/// Returns the image in a slice `[1, height, width]`, with values from 0 to 255, as a tile.
fn tile(image: Tensor<3, Int>, caption: impl Into<String>) -> Tile {
    let [_, height, width] = image.dims();
    let pixels = image.into_data().iter::<f32>().map(|ink| ink / 255.0).collect();
    Tile { pixels, width, height, caption: caption.into() }
}

/// Draws and returns the n-th batch, a slice along the sample axis.
fn nth_batch(
    run: &mut Run<CommonArgs>,
    images: &Tensor<3, Int>,
    labels: &[i32],
    n: usize,
) -> anyhow::Result<Tensor<3, Int>> {
    let (from, to) = (BATCH_SIZE * n, BATCH_SIZE * (n + 1));
    let batch = images.clone().slice(from..to);
    show(run, &format!("images[{from}..{to}], batch {n}"), &batch);
    run.record("batch", batch.dims().to_vec());
    let labels = labels.iter().skip(from).take(20);
    let tiles: Vec<_> = labels
        .enumerate()
        .map(|(sample, label)| tile(batch.clone().slice(s![sample, .., ..]), label.to_string()))
        .collect();
    ImageSheet::new(&format!("The first digits of batch {n}, and their labels"), &tiles, 10)
        .caption(&run.caption())
        .save(run.files(), "batch")?;
    Ok(batch)
}

/// Shows that reshaping keeps the order of the values, and that transposing turns columns into rows.
fn reshaping(run: &Run<CommonArgs>, batch: Tensor<3, Int>) {
    run.say("\nReshaping and transposing");
    let samples = batch.dims()[0];
    show(run, "a batch, reshaped to vectors", &batch.reshape([samples, 28 * 28]));
    let x = Tensor::<2>::from_data([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], run.device());
    show(run, "x", &x);
    show(run, "x, reshaped to [6, 1]", &x.clone().reshape([6, 1]));
    show(run, "x, reshaped to [2, 3]", &x.clone().reshape([2, 3]));
    show(run, "x, transposed", &x.clone().transpose());
    run.say(format_args!("  x             {}", rows(&x)));
    run.say(format_args!(
        "  x to [2, 3]   {}  the order of the values is kept",
        rows(&x.clone().reshape([2, 3]))
    ));
    run.say(format_args!("  x, transposed {}  columns become rows", rows(&x.transpose())));
}

/// Formats a matrix in one line.
fn rows(matrix: &Tensor<2>) -> String {
    let values: Vec<f32> = matrix.to_data().iter().collect();
    format!("{:?}", values.chunks(matrix.dims()[1]).collect::<Vec<_>>())
}
