//! Section 2.3: tensor operations, each as loops over the elements and as one operation of Burn. Expect equal results, a table of
//! times, and views that broadcast, transpose and reshape without copying data.

use kindling::{
    burn::tensor::{Tensor, activation},
    data::random::{Purpose, uniform},
    prelude::*,
};
use kindling_programs::{
    cli::{CommonArgs, Run},
    matrix::Matrix,
    program::Program,
    timing::milliseconds,
};

#[derive(clap::Args)]
struct Flags {
    /// Rows and columns of the random matrices
    #[arg(long, value_name = "ROWS", default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..=4096))]
    size: u16,
}

fn main() -> anyhow::Result<()> {
    let about = "Compare loops and tensor operations, as in section 2.3 of \"Deep Learning with Python\"";
    let (mut run, Flags { size }) = Program::new("ch02_tensor_operations", about).start()?;
    let size = usize::from(size);
    let comparisons = compare_all(&mut run, size)?;
    let seen = views(&mut run);
    shapes(&run);
    report(run, size, &comparisons, &seen)
}

// The book's operations as loops. `compare_all` calls each of them next to the same operation on tensors.

fn relu(x: &Matrix) -> Matrix {
    let (mut z, [rows, columns]) = (x.clone(), x.shape());
    for i in 0..rows {
        for j in 0..columns {
            z[[i, j]] = x[[i, j]].max(0.0);
        }
    }
    z
}

fn add(x: &Matrix, y: &Matrix) -> Matrix {
    assert_eq!(x.shape(), y.shape());
    let (mut z, [rows, columns]) = (x.clone(), x.shape());
    for i in 0..rows {
        for j in 0..columns {
            z[[i, j]] += y[[i, j]];
        }
    }
    z
}

/// Broadcasting: each row reads the same vector.
fn add_vector(x: &Matrix, v: &[f32]) -> Matrix {
    let (mut z, [rows, columns]) = (x.clone(), x.shape());
    assert_eq!(columns, v.len());
    for i in 0..rows {
        for j in 0..columns {
            z[[i, j]] += v[j];
        }
    }
    z
}

fn vector_dot(v: &[f32], w: &[f32]) -> f32 {
    assert_eq!(v.len(), w.len());
    let mut z = 0.0;
    for i in 0..v.len() {
        z += v[i] * w[i];
    }
    z
}

fn matrix_vector_dot(x: &Matrix, v: &[f32]) -> Vec<f32> {
    (0..x.shape()[0]).map(|i| vector_dot(&x.row(i), v)).collect()
}

fn matrix_dot(x: &Matrix, y: &Matrix) -> Matrix {
    assert_eq!(x.shape()[1], y.shape()[0]);
    let [rows, columns] = [x.shape()[0], y.shape()[1]];
    let mut z = Matrix::zeros([rows, columns]);
    for i in 0..rows {
        for j in 0..columns {
            z[[i, j]] = vector_dot(&x.row(i), &y.column(j));
        }
    }
    z
}

fn transpose(x: &Matrix) -> Matrix {
    let [rows, columns] = x.shape();
    let mut z = Matrix::zeros([columns, rows]);
    for i in 0..rows {
        for j in 0..columns {
            z[[j, i]] = x[[i, j]];
        }
    }
    z
}

/// Compares loops and tensors on random matrices x and y, and random vectors v and w, of numbers from -1 to 1.
fn compare_all(run: &mut Run<CommonArgs>, size: usize) -> anyhow::Result<[Comparison; 7]> {
    let (device, seed) = (run.device().clone(), run.seed());
    let drawn = |count, index| uniform(count, 1.0, seed, Purpose::Synthetic, index);
    let (x, y) = (&drawn(size * size, 0), &drawn(size * size, 1));
    let (v, w) = (&drawn(size, 2), &drawn(size, 3));
    let matrix =
        |values: &[f32]| Tensor::<2>::from_data(TensorData::new(values.to_vec(), [size, size]), &device);
    let vector = |values: &[f32]| Tensor::<1>::from_floats(values, &device);
    let (tx, ty, tv, tw) = (&matrix(x), &matrix(y), &vector(v), &vector(w));
    let column = tv.clone().unsqueeze_dim::<2>(1);
    let (x, y) = (&Matrix::new(x.clone(), [size, size])?, &Matrix::new(y.clone(), [size, size])?);

    run.say(format_args!(
        "Random matrices x and y [{size}, {size}], random vectors v and w [{size}]; {}",
        run.settings()
    ));
    run.say("\n| operation | loops, µs | tensors, µs | ratio | largest difference |");
    run.say("| --- | ---: | ---: | ---: | ---: |");
    Ok([
        compare(run, "relu(x)", 0, || relu(x), || activation::relu(tx.clone()))?,
        compare(run, "x + y", 0, || add(x, y), || tx.clone() + ty.clone())?,
        compare(run, "x + v, broadcast", 0, || add_vector(x, v), || tx.clone() + tv.clone().unsqueeze())?,
        compare(run, "dot(v, w)", size, || vec![vector_dot(v, w)], || tv.clone().dot(tw.clone()))?,
        compare(run, "dot(x, v)", size, || matrix_vector_dot(x, v), || tx.clone().matmul(column.clone()))?,
        compare(run, "dot(x, y)", size, || matrix_dot(x, y), || tx.clone().matmul(ty.clone()))?,
        compare(run, "transpose(x)", 0, || transpose(x), || tx.clone().transpose())?,
    ])
}

/// The comparison of an operation as loops and on tensors.
struct Comparison {
    /// The time of the loops, as a multiple of that of the tensor operation.
    ratio: f64,
    /// The largest difference between the results.
    difference: f64,
}

/// Compares an operation as loops and on tensors. `terms` is the number of products that each result sums, or 0 if nothing is
/// rounded.
fn compare<L: Into<Vec<f32>>, const D: usize>(
    run: &mut Run<CommonArgs>,
    operation: &'static str,
    terms: usize,
    loops: impl Fn() -> L,
    tensors: impl Fn() -> Tensor<D>,
) -> anyhow::Result<Comparison> {
    let (own, burn): (Vec<f32>, _) = (loops().into(), tensors().into_data());
    let apart = own.iter().zip(burn.iter::<f32>()).map(|(own, burn)| f64::from((own - burn).abs()));
    let difference = apart.fold(0.0, f64::max);
    let allowed = 1e-6 * terms as f64;
    anyhow::ensure!(difference <= allowed, "{operation}: loops and tensors differ by {difference:e}");

    let (loops, tensors) = (milliseconds(run.device(), loops)?, milliseconds(run.device(), tensors)?);
    let ratio = loops / tensors;
    let (own, burn, apart) = (1000.0 * loops, 1000.0 * tensors, short(difference));
    run.say(format_args!("| {operation} | {own:.2} | {burn:.2} | {ratio:.1} | {apart} |"));
    run.record(&format!("{operation}: milliseconds of loops"), loops);
    run.record(&format!("{operation}: milliseconds of tensors"), tensors);
    run.record(&format!("{operation}: largest difference"), difference);
    Ok(Comparison { ratio, difference })
}

/// Shows how broadcast, transposed and reshaped tensors are stored, and returns a sentence for the takeaway. The index on each
/// axis is multiplied by the stride, so a stride of 0 reads the same numbers again.
fn views(run: &mut Run<CommonArgs>) -> String {
    let y = Tensor::<2>::ones([32, 10], run.device());
    let all = [
        ("y", "y", storage(y.clone())),
        ("broadcast", "broadcast to [64, 3, 32, 10]", storage(y.clone().expand([64, 3, 32, 10]))),
        ("repeated", "copied 64 * 3 times", storage(y.clone().unsqueeze::<4>().repeat(&[64, 3, 1, 1]))),
        ("transposed", "transposed to [10, 32]", storage(y.clone().transpose())),
        ("reshaped", "reshaped to [10, 32]", storage(y.clone().reshape([10, 32]))),
    ];
    let [(.., Some(original)), (.., Some(broadcast)), ..] = &all else {
        return "Run with --backend flex to see that broadcasting copies nothing.".into();
    };
    run.say("\n| y [32, 10] and derived tensors | strides | numbers stored | in y's memory |\n| --- | --- | ---: | --- |");
    for (name, what, storage) in &all {
        let Some(Storage { strides, numbers, address }) = storage else { continue };
        let shared = *address == original.address;
        run.say(format_args!("| {what} | {strides:?} | {numbers} | {} |", if shared { "yes" } else { "no" }));
        run.record(&format!("{name}: strides"), strides.clone());
        run.record(&format!("{name}: numbers"), *numbers);
        run.record(&format!("{name}: in the same memory"), shared);
    }
    format!(
        "Broadcast y still stores {} numbers: with the strides {:?}, they are read repeatedly.",
        broadcast.numbers, broadcast.strides
    )
}

/// How the backend flex stores a tensor.
struct Storage {
    strides: Vec<isize>,
    numbers: usize,
    address: *const u8,
}

#[cfg(feature = "flex")]
fn storage<const D: usize>(tensor: Tensor<D>) -> Option<Storage> {
    let tensor = tensor.try_into_primitive::<kindling::burn::backend::Flex>().ok()?;
    let (strides, bytes) = (tensor.layout().strides().to_vec(), tensor.bytes());
    Some(Storage { strides, numbers: bytes.len() / tensor.dtype().size(), address: bytes.as_ptr() })
}

#[cfg(not(feature = "flex"))]
fn storage<const D: usize>(_: Tensor<D>) -> Option<Storage> {
    None
}

/// Shows the shapes of results if the operands differ in rank: the operand of lower rank gets leading axes.
fn shapes(run: &Run<CommonArgs>) {
    let (x, y) =
        (Tensor::<4>::ones([64, 3, 32, 10], run.device()), Tensor::<2>::ones([32, 10], run.device()));
    let larger = x.clone().max_pair(y.clone().unsqueeze());
    run.say(format_args!("\nmaximum(x, y) of {:?} and {:?}: {:?}", x.dims(), y.dims(), larger.dims()));
    let kernel = Tensor::<2>::ones([10, 5], run.device());
    let product = x.clone().matmul(kernel.clone().unsqueeze());
    run.say(format_args!("dot(x, y) of {:?} and {:?}: {:?}", x.dims(), kernel.dims(), product.dims()));
}

fn report(mut run: Run<CommonArgs>, size: usize, all: &[Comparison; 7], seen: &str) -> anyhow::Result<()> {
    let largest = all.iter().map(|each| each.difference).fold(0.0, f64::max);
    run.record("largest_difference", largest);
    let [relu, add, .., product, _] = all;
    run.takeaway(format_args!(
        "Loops and tensor operations give the same results up to rounding, because sums are added in a different order. The \
         loops took {:.1} times as long for relu(x), {:.1} times for x + y and {:.1} times for dot(x, y). Unlike Python, Rust \
         compiles element-wise loops to fast code. A matrix product uses each number {size} times; Burn keeps blocks of the \
         matrices in the cache and multiplies several numbers per instruction. {seen} Try --size 8: a tensor operation then \
         takes longer than most of the loops.",
        relu.ratio, add.ratio, product.ratio
    ));
    run.conclude(format_args!(
        "{} operations gave the same results with loops and with tensors, within {}; for dot(x, y) of [{size}, {size}] the loops \
         took {:.1} times as long",
        all.len(),
        short(largest),
        product.ratio
    ))
}

fn short(difference: f64) -> String {
    if difference == 0.0 { "0".into() } else { format!("{difference:.1e}") }
}
