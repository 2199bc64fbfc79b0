//! Section 2.3: tensor operations, as plain loops and as Burn has them, and what they do to figures in the plane. Expect
//! a table of times, in which the loops lose most at the product of two matrices, and plots of a letter that is moved,
//! turned, stretched and folded.

use std::{hint::black_box, time::Instant};

use kindling::{
    burn::tensor::{Tensor, activation},
    data::random::{Purpose, uniform},
    plots::Chart,
    prelude::*,
};
use kindling_programs::{
    cli::{self, CommonArgs, Run},
    naive::{self, Matrix, NaiveError},
};

/// Shows what tensor operations do, and how fast, as section 2.3 of "Deep Learning with Python"
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    common: CommonArgs,
    /// Rows of the random matrices, and their columns
    #[arg(long, value_name = "ROWS", default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..=4096))]
    size: u16,
}

fn main() -> anyhow::Result<()> {
    let Args { common, size } = cli::parse_common("ch02_tensor_operations");
    let size = usize::from(size);
    let mut run = Run::start("ch02_tensor_operations", &common.run)?;
    let caption = format!("{}, seed {}", common.run.backend, common.run.seed);
    run.say(format_args!(
        "Random matrices x and y [{size}, {size}], random vectors v and w [{size}]; {caption}"
    ));

    let comparisons = compare_all(size, common.run.seed, run.device())?;
    run.say("\n| operation | loops, ms | tensors, ms | ratio | largest difference |");
    run.say("| --- | ---: | ---: | ---: | ---: |");
    for each in &comparisons {
        let Comparison { operation, loops, tensors, difference, .. } = each;
        let ratio = each.ratio();
        run.say(format_args!("| {operation} | {loops:.4} | {tensors:.4} | {ratio:.1} | {difference:.1e} |"));
        run.record(&format!("{operation}: milliseconds of loops"), *loops);
        run.record(&format!("{operation}: milliseconds of tensors"), *tensors);
        run.record(&format!("{operation}: largest difference"), *difference);
    }
    run.say("\nBurn transposes without moving a number: it reads the same memory in another order.");
    for Comparison { operation, terms, difference, .. } in &comparisons {
        let allowed = 1e-6 * *terms as f64;
        anyhow::ensure!(*difference <= allowed, "{operation}: loops and tensors are {difference:e} apart");
    }

    broadcasting(&run);
    geometry(&mut run, &caption)?;

    let difference = comparisons.iter().map(|each| each.difference).fold(0.0, f64::max);
    run.record("largest_difference", difference);
    let [.., product, _] = &comparisons;
    run.conclude(format_args!(
        "{} operations came out the same as loops and as tensors, within {difference:.1e}; \
         for {} of [{size}, {size}] the loops took {:.1} times as long",
        comparisons.len(),
        product.operation,
        product.ratio()
    ))
}

/// An operation done both ways.
struct Comparison {
    operation: &'static str,
    /// The products that are added up for a value of the result; 0 where nothing has to be rounded differently.
    terms: usize,
    /// Milliseconds.
    loops: f64,
    /// Milliseconds.
    tensors: f64,
    /// Between two values of the results.
    difference: f64,
}

impl Comparison {
    fn ratio(&self) -> f64 {
        self.loops / self.tensors
    }
}

/// Each operation of the section on random numbers from -1 to 1.
fn compare_all(size: usize, seed: u64, device: &Device) -> anyhow::Result<[Comparison; 7]> {
    let drawn = |count, index| uniform(count, 1.0, seed, Purpose::Synthetic, index);
    let (x, y) = (drawn(size * size, 0), drawn(size * size, 1));
    let (v, w) = (&drawn(size, 2), &drawn(size, 3));

    let matrix =
        |values: &[f32]| Tensor::<2>::from_data(TensorData::new(values.to_vec(), [size, size]), device);
    let vector = |values: &[f32]| Tensor::<1>::from_floats(values, device);
    let (tx, ty, tv, tw) = (&matrix(&x), &matrix(&y), &vector(v), &vector(w));
    let (x, y) = (&Matrix::new(x, [size, size])?, &Matrix::new(y, [size, size])?);

    let relu = || Ok(naive::relu(x).into_values());
    let add = || Ok(naive::add(x, y)?.into_values());
    let broadcast = || Ok(naive::add_matrix_and_vector(x, v)?.into_values());
    let dot = || Ok(vec![naive::vector_dot(v, w)?]);
    let matrix_vector = || naive::matrix_vector_dot(x, v);
    let matrix_matrix = || Ok(naive::matrix_dot(x, y)?.into_values());
    let transpose = || Ok(naive::transpose(x).into_values());
    let column = || tv.clone().unsqueeze_dim::<2>(1);
    Ok([
        compare("relu(x)", 0, device, relu, || activation::relu(tx.clone()))?,
        compare("x + y", 0, device, add, || tx.clone() + ty.clone())?,
        compare("x + v, broadcast", 0, device, broadcast, || tx.clone() + tv.clone().unsqueeze())?,
        compare("dot(v, w)", size, device, dot, || tv.clone().dot(tw.clone()))?,
        compare("dot(x, v)", size, device, matrix_vector, || tx.clone().matmul(column()))?,
        compare("dot(x, y)", size, device, matrix_matrix, || tx.clone().matmul(ty.clone()))?,
        compare("transpose(x)", 0, device, transpose, || tx.clone().transpose())?,
    ])
}

fn compare<const D: usize>(
    operation: &'static str,
    terms: usize,
    device: &Device,
    loops: impl Fn() -> Result<Vec<f32>, NaiveError>,
    tensors: impl Fn() -> Tensor<D>,
) -> anyhow::Result<Comparison> {
    let (own, burn) = (loops()?, tensors().into_data());
    let apart = own.iter().zip(burn.iter::<f32>()).map(|(own, burn)| f64::from((own - burn).abs()));
    let difference = apart.fold(0.0, f64::max);
    let (loops, tensors) = (milliseconds(device, loops)?, milliseconds(device, tensors)?);
    Ok(Comparison { operation, terms, loops, tensors, difference })
}

/// The median time of an operation over five rounds, after one to warm up. Short operations are timed many at once.
fn milliseconds<T>(device: &Device, operation: impl Fn() -> T) -> anyhow::Result<f64> {
    let seconds = |times: usize| {
        let start = Instant::now();
        for _ in 0..times {
            black_box(black_box(&operation)());
        }
        device.sync()?;
        anyhow::Ok(start.elapsed().as_secs_f64() / times as f64)
    };
    let times = (0.01 / seconds(1)?).clamp(1.0, 1000.0) as usize;
    let mut rounds = [seconds(times)?, seconds(times)?, seconds(times)?, seconds(times)?, seconds(times)?];
    rounds.sort_by(f64::total_cmp);
    Ok(1000.0 * rounds[2])
}

/// What becomes of shapes when the operands are not of one rank.
fn broadcasting(run: &Run) {
    let (x, y) =
        (Tensor::<4>::ones([64, 3, 32, 10], run.device()), Tensor::<2>::ones([32, 10], run.device()));
    let larger = x.clone().max_pair(y.clone().unsqueeze());
    run.say(format_args!("\nmaximum(x, y) of {:?} and {:?}: {:?}", x.dims(), y.dims(), larger.dims()));
    let kernel = Tensor::<2>::ones([10, 5], run.device());
    let product = x.clone().matmul(kernel.clone().unsqueeze());
    run.say(format_args!("dot(x, y) of {:?} and {:?}: {:?}", x.dims(), kernel.dims(), product.dims()));
}

/// Operations on the coordinates of points: a letter before and after each.
fn geometry(run: &mut Run, caption: &str) -> anyhow::Result<()> {
    let device = run.device().clone();
    let matrix = |values: [[f32; 2]; 2]| Tensor::<2>::from_floats(values, &device);
    let vector = |values: [f32; 2]| Tensor::<1>::from_floats(values, &device).unsqueeze::<2>();
    let (sine, cosine) = 40_f32.to_radians().sin_cos();
    // Points are rows, as the samples of a dense layer are: dot(points, kernel) + bias.
    let rotation = matrix([[cosine, sine], [-sine, cosine]]);
    let scaling = matrix([[1.5, 0.0], [0.0, 0.5]]);
    let letter = letter(&device);
    let affine = letter.clone().matmul(scaling.clone()).matmul(rotation.clone()) + vector([0.5, -1.0]);

    run.say("\n| operation on points | (0, 0) goes to | (2, 3) goes to |\n| --- | --- | --- |");
    for (name, what, before, after) in [
        ("translation", "x + b moves", &letter, letter.clone() + vector([1.5, 0.5])),
        ("rotation", "dot(x, W) turns, W a rotation by 40 degrees", &letter, letter.clone().matmul(rotation)),
        ("scaling", "dot(x, W) stretches and flattens, W diagonal", &letter, letter.clone().matmul(scaling)),
        ("affine", "dot(x, W) + b does all of these", &letter, affine.clone()),
        (
            "affine_relu",
            "relu(dot(x, W) + b), a dense layer, folds",
            &affine,
            activation::relu(affine.clone()),
        ),
    ] {
        let (before, after) = (points(before), points(&after));
        let [(x1, y1), (x2, y2)] = [after[0], after[2 * POINTS_AN_EDGE]];
        run.say(format_args!("| {what} | ({x1:.3}, {y1:.3}) | ({x2:.3}, {y2:.3}) |"));
        run.record(name, vec![x1, y1, x2, y2]);
        Chart::new(what)
            .axes("x", "y")
            .equal_scales()
            .xy_line("before", &before)
            .xy_line("after", &after)
            .caption(format!("the outline of a letter; {caption}"))
            .save(run.files(), name)?;
    }
    Ok(())
}

/// Points lie closely, since an edge need not stay straight.
const POINTS_AN_EDGE: usize = 33;

/// The outline of an F, `[points, 2]`, from (0, 0) on; its third corner is (2, 3).
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
        let shares = (0..POINTS_AN_EDGE).map(|point| point as f32 / (POINTS_AN_EDGE - 1) as f32);
        outline.extend(shares.flat_map(between));
    }
    let points = outline.len() / 2;
    Tensor::from_data(TensorData::new(outline, [points, 2]), device)
}

/// The rows of a tensor `[points, 2]`.
fn points(tensor: &Tensor<2>) -> Vec<(f64, f64)> {
    let values: Vec<f64> = tensor.to_data().iter().collect();
    values.chunks_exact(2).map(|point| (point[0], point[1])).collect()
}
