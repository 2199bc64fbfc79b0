//! Section 2.2: tensors, by their axes, shapes and types; slices and batches of real digits; vectors, time series,
//! images and videos. Expect a line for each tensor, and pictures of what was cut out.

use kindling::{
    burn::tensor::{DType, Int, Tensor, kind::Basic, s},
    data::{
        SplitOptions,
        random::{Purpose, uniform},
    },
    plots::{Chart, ImageSheet, Tile},
    prelude::*,
    preprocessing::{channels_first, channels_last},
};
use kindling_programs::cli::{self, CommonArgs, Data, Run};

/// Shows what tensors are, as section 2.2 of "Deep Learning with Python"
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    common: CommonArgs,
    /// The training digit to draw, counted from 0
    #[arg(long, value_name = "INDEX", default_value_t = 4)]
    digit: usize,
    /// The batch of 128 training digits to draw, counted from 0
    #[arg(long, value_name = "INDEX", default_value_t = 3)]
    batch: usize,
}

const BATCH_SIZE: usize = 128;

fn main() -> anyhow::Result<()> {
    let Args { common, digit, batch } = cli::parse_common("ch02_tensors");
    let mut run = Run::start("ch02_tensors", &common.run)?;
    let mnist = common.load(mnist::load)?;
    let digits = mnist.train.len();
    let data = Data {
        dataset: "mnist",
        source: mnist.source,
        train_samples: digits,
        test_samples: mnist.test.len(),
    };
    run.loaded(data);
    let caption = run.caption(&data);
    let batches = digits.div_ceil(BATCH_SIZE);
    anyhow::ensure!(digit < digits, "--digit is {digit}: give 0 to {}, the last training digit", digits - 1);
    anyhow::ensure!(batch < batches, "--batch is {batch}: give 0 to {}, the last batch", batches - 1);

    number_of_axes(&run);

    // Pixels are bytes. A device that has no bytes takes wider integers.
    let bytes = run.device().supports_dtype(DType::U8);
    let dtype = if bytes { DType::U8 } else { DType::I32 };
    let images = mnist.train.inputs()[0].data();
    let labels = mnist.train.classes().unwrap_or_default();
    let images = Tensor::<3, Int>::from_data(images, (run.device(), dtype));
    run.say("\nReal digits");
    show(&run, "all training images", &images);
    run.record("images", images.dims().to_vec());
    slices(&mut run, &images, digit, &caption)?;
    let batch = nth_batch(&mut run, &images, &labels, batch, &caption)?;

    run.say("\nReal-world data");
    vectors(&mut run, &common)?;
    time_series(&mut run, &common)?;
    let pictures = pictures(&mut run, batch.clone(), common.run.seed)?;
    videos(&mut run, pictures, &caption)?;
    reshaping(&run, batch.clone());

    run.conclude(format_args!(
        "{digits} digits from {} as a tensor of shape {:?}, a batch of them of shape {:?}; images and videos came back \
         unchanged from channels first",
        data.source,
        images.dims(),
        batch.dims()
    ))
}

/// Prints the three things to know of a tensor.
fn show<const D: usize, K: Basic>(run: &Run, what: &str, tensor: &Tensor<D, K>) {
    show_parts(run, what, &tensor.dims(), tensor.dtype());
}

fn show_parts(run: &Run, what: &str, shape: &[usize], dtype: DType) {
    run.say(format_args!("  {what:<42} ndim {}  shape {:<22} {dtype:?}", shape.len(), format!("{shape:?}")));
}

/// From a number to a cube of numbers.
fn number_of_axes(run: &Run) {
    run.say("\nTensors by their number of axes (ndim)");
    // On the device, one number is a vector of length 1; only data at rest has no axis at all.
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

/// Parts between any two indices on each axis; negative ones count from the end.
fn slices(run: &mut Run, images: &Tensor<3, Int>, digit: usize, caption: &str) -> anyhow::Result<()> {
    let slice = images.clone().slice(s![10..100, .., ..]);
    show(run, "images[10..100]", &slice);
    run.record("digits_10_to_100", slice.dims().to_vec());
    show(run, "images[-1], the last one", &images.clone().slice(s![-1, .., ..]));

    let mut tiles = vec![tile(images.clone().slice(s![digit, .., ..]), "whole")];
    for (name, what, part) in [
        ("bottom right", "images[.., 14.., 14..]", s![.., 14.., 14..]),
        ("centre", "images[.., 7..-7, 7..-7]", s![.., 7..-7, 7..-7]),
        ("every second pixel", "images[.., ..;2, ..;2]", s![.., ..;2, ..;2]),
    ] {
        let parts = images.clone().slice(part);
        show(run, &format!("{what}, {name}"), &parts);
        run.record(&name.replace(' ', "_"), parts.dims().to_vec());
        tiles.push(tile(parts.slice(s![digit, .., ..]), name));
    }
    ImageSheet::new(&format!("Training digit {digit}, and parts of it"), &tiles, 4)
        .caption(caption)
        .save(run.files(), "slices")?;
    Ok(())
}

/// A picture of the one image in a slice `[1, height, width]`, 0 to 255.
fn tile(image: Tensor<3, Int>, caption: impl Into<String>) -> Tile {
    let [_, height, width] = image.dims();
    let pixels = image.into_data().iter::<f32>().map(|ink| ink / 255.0).collect();
    Tile { pixels, width, height, caption: caption.into() }
}

/// The first axis of data is that of the samples: a batch is a slice of it.
fn nth_batch(
    run: &mut Run,
    images: &Tensor<3, Int>,
    labels: &[i32],
    n: usize,
    caption: &str,
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
        .caption(caption)
        .save(run.files(), "batch")?;
    Ok(batch)
}

/// Vectors are rows of a matrix: `[samples, features]`.
fn vectors(run: &mut Run, args: &CommonArgs) -> anyhow::Result<()> {
    let houses = args.load(|options| boston_housing::load(&SplitOptions::new(), options))?.train;
    let houses = Tensor::<2>::from_data(houses.input(), run.device());
    show(run, "vectors: houses [samples, features]", &houses);
    run.record("vectors", houses.dims().to_vec());
    Ok(())
}

/// Prices of a share, made up: the present, the highest and the lowest one of each minute of each trading day.
fn time_series(run: &mut Run, args: &CommonArgs) -> anyhow::Result<()> {
    let (days, minutes) = (250, 390);
    let drawn = |limit, index| {
        let values = uniform(days * minutes, limit, args.run.seed, Purpose::Synthetic, index);
        Tensor::<3>::from_data(TensorData::new(values, [days, minutes, 1]), run.device())
    };
    // Each price is the one of the minute before, and a little more or less.
    let price = drawn(0.1, 0).cumsum(1) + 100.0;
    let (above, below) = (drawn(0.2, 1).abs(), drawn(0.2, 2).abs());
    let prices = Tensor::cat(vec![price.clone(), price.clone() + above, price - below], 2);
    show(run, "time series: prices [days, minutes, 3]", &prices);
    run.record("time_series", prices.dims().to_vec());

    let mut chart = Chart::new("One sample of a time series: a day's prices")
        .axes("Minute", "Price")
        .caption(format!("made-up prices; {}, seed {}", args.run.backend, args.run.seed));
    for (feature, name) in [(0, "price"), (1, "highest of the minute"), (2, "lowest of the minute")] {
        let day: Vec<f64> = prices.clone().slice(s![0, .., feature]).into_data().iter().collect();
        chart = chart.line(name, &day);
    }
    chart.save(run.files(), "time_series")?;
    Ok(())
}

/// Digits in colours: `[samples, height, width, channels]`, and the same with the channels first.
fn pictures(run: &mut Run, batch: Tensor<3, Int>, seed: u64) -> anyhow::Result<Tensor<4>> {
    let grey = batch.float().div_scalar(255.0).unsqueeze_dim::<4>(3);
    let samples = grey.dims()[0];
    let colours = uniform(samples * 3, 0.25, seed, Purpose::Synthetic, 3);
    let colours = Tensor::<4>::from_data(TensorData::new(colours, [samples, 1, 1, 3]), run.device()) + 0.75;
    let last = grey * colours;
    let first = channels_first(last.clone());
    show(run, "images, channels last", &last);
    show(run, "images, channels first", &first);
    run.record("images_channels_last", last.dims().to_vec());
    run.record("images_channels_first", first.dims().to_vec());
    ensure_same(last.clone(), channels_last(first))?;
    Ok(last)
}

/// Four of the pictures, moving out to the right and in from the left: `[samples, frames, height, width, channels]`.
fn videos(run: &mut Run, pictures: Tensor<4>, caption: &str) -> anyhow::Result<()> {
    let pictures = pictures.slice(0..4);
    let frames = (0..24).map(|frame| pictures.clone().roll_dim(frame, 2)).collect();
    let last: Tensor<5> = Tensor::stack(frames, 1);
    let first = channels_first(last.clone());
    show(run, "videos, channels last", &last);
    show(run, "videos, channels first", &first);
    run.record("videos_channels_last", last.dims().to_vec());
    run.record("videos_channels_first", first.dims().to_vec());
    ensure_same(last, channels_last(first.clone()))?;

    let frame = |frame: usize| {
        let red = first.clone().slice(s![0, frame, 0, .., ..]).into_data().iter().collect();
        Tile { pixels: red, width: 28, height: 28, caption: format!("frame {frame}") }
    };
    let tiles: Vec<_> = (0..24).step_by(4).map(frame).collect();
    ImageSheet::new("Frames of a video, its first channel", &tiles, 6)
        .caption(caption)
        .save(run.files(), "video")?;
    Ok(())
}

fn ensure_same<const D: usize>(before: Tensor<D>, after: Tensor<D>) -> anyhow::Result<()> {
    anyhow::ensure!(
        before.into_data() == after.into_data(),
        "the way to channels first and back changed values"
    );
    Ok(())
}

/// The same numbers, in another shape.
fn reshaping(run: &Run, batch: Tensor<3, Int>) {
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
        "  x to [2, 3]   {}  keeps the order of the values",
        rows(&x.clone().reshape([2, 3]))
    ));
    run.say(format_args!("  x, transposed {}  makes rows of columns", rows(&x.transpose())));
}

/// A matrix in one line.
fn rows(matrix: &Tensor<2>) -> String {
    let values: Vec<f32> = matrix.to_data().iter().collect();
    format!("{:?}", values.chunks(matrix.dims()[1]).collect::<Vec<_>>())
}
