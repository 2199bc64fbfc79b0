//! Section 2.2: data as tensors. Vectors, time series, images and videos, with the channels last and first. Expect one line
//! per tensor, and a picture of a time series and of a video.

use kindling::{
    burn::tensor::{DType, Tensor, kind::Basic, s},
    data::{
        SplitOptions,
        random::{Purpose, uniform},
    },
    plots::{Chart, ImageSheet, Tile},
    prelude::*,
    preprocessing::{channels_first, channels_last},
};
use kindling_programs::{
    cli::{CommonArgs, Run},
    program::Program,
};

fn main() -> anyhow::Result<()> {
    let about = "Show the tensors of tables, prices, images and videos, as in section 2.2 of \"Deep Learning with Python\"";
    let (mut run, ()) = Program::new("ch02_data_tensors", about).start()?;
    vectors(&mut run)?;
    time_series(&mut run)?;
    let images = images(&mut run)?;
    videos(&mut run, images)?;

    run.takeaway(
        "The first axis is the sample axis; the other axes are the shape of one sample. A table row is a vector, a day of \
         prices is a matrix, an image has three axes, and a video has a fourth axis for time. Converting between channels last \
         and channels first moves values without changing them. Try --seed 1: the synthetic prices and colors change, the \
         shapes do not. ch03_layers shows which layers accept which shapes.",
    );
    run.conclude("Images and videos are unchanged after a conversion to channels first and back")
}

/// Prints the three attributes of a tensor: number of axes, shape and data type.
fn show<const D: usize, K: Basic>(run: &Run<CommonArgs>, what: &str, tensor: &Tensor<D, K>) {
    let (shape, dtype): (_, DType) = (tensor.dims(), tensor.dtype());
    run.say(format_args!("  {what:<42} ndim {}  shape {:<22} {dtype:?}", shape.len(), format!("{shape:?}")));
}

/// Shows vectors, the rows of a matrix `[samples, features]`.
fn vectors(run: &mut Run<CommonArgs>) -> anyhow::Result<()> {
    let houses =
        run.load("boston_housing", |options| boston_housing::load(&SplitOptions::new(), options))?.train;
    let houses = Tensor::<2>::from_data(houses.input(), run.device());
    show(run, "vectors: houses [samples, features]", &houses);
    run.record("vectors", houses.dims().to_vec());
    Ok(())
}

/// Shows synthetic stock prices: the current, highest and lowest price of each minute of each trading day.
fn time_series(run: &mut Run<CommonArgs>) -> anyhow::Result<()> {
    let (days, minutes) = (250, 390);
    let drawn = |limit, index| {
        let values = uniform(days * minutes, limit, run.seed(), Purpose::Synthetic, index);
        Tensor::<3>::from_data(TensorData::new(values, [days, minutes, 1]), run.device())
    };
    // Each price is the previous minute's price plus a small random change.
    let price = drawn(0.1, 0).cumsum(1) + 100.0;
    let (above, below) = (drawn(0.2, 1).abs(), drawn(0.2, 2).abs());
    let prices = Tensor::cat(vec![price.clone(), price.clone() + above, price - below], 2);
    show(run, "time series: prices [days, minutes, 3]", &prices);
    run.record("time_series", prices.dims().to_vec());

    let day =
        |feature: i32| -> Vec<f64> { prices.clone().slice(s![0, .., feature]).into_data().iter().collect() };
    Chart::new("One sample of a time series: a day's prices")
        .axes("Minute", "Price")
        .caption(format!("synthetic prices; {}", run.settings()))
        .band("lowest to highest of the minute", &day(2), &day(1))
        .line("price", &day(0))
        .save(run.files(), "time_series")?;
    Ok(())
}

/// Shows colored digits, `[samples, height, width, channels]`, and the same images with the channels first.
fn images(run: &mut Run<CommonArgs>) -> anyhow::Result<Tensor<4>> {
    let digits = run.load("mnist", mnist::load)?.train.slice(0..128).reshape([28, 28, 1])?;
    let gray = Tensor::<4>::from_data(digits.input(), run.device());
    let samples = gray.dims()[0];
    let colors = uniform(samples * 3, 0.25, run.seed(), Purpose::Synthetic, 3);
    let colors = Tensor::<4>::from_data(TensorData::new(colors, [samples, 1, 1, 3]), run.device()) + 0.75;
    let last = gray * colors;
    let first = channels_first(last.clone());
    show(run, "images, channels last", &last);
    show(run, "images, channels first", &first);
    run.record("images_channels_last", last.dims().to_vec());
    run.record("images_channels_first", first.dims().to_vec());
    ensure_same(last.clone(), channels_last(first))?;
    Ok(last)
}

/// Shows videos of four images that move to the right, `[samples, frames, height, width, channels]`.
fn videos(run: &mut Run<CommonArgs>, images: Tensor<4>) -> anyhow::Result<()> {
    let images = images.slice(0..4);
    let frames = (0..24).map(|frame| images.clone().roll_dim(frame / 6, 2)).collect();
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
        .caption(&run.caption())
        .save(run.files(), "video")?;
    Ok(())
}

fn ensure_same<const D: usize>(before: Tensor<D>, after: Tensor<D>) -> anyhow::Result<()> {
    anyhow::ensure!(
        before.into_data() == after.into_data(),
        "the conversion to channels first and back changed values"
    );
    Ok(())
}
