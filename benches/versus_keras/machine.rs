//! Measures the machine's peak performance: matrix multiplications with the jobs' shapes, and a large memory copy.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::Context;
use kindling::{
    burn::tensor::{Distribution, Tensor},
    prelude::*,
};
use serde::Serialize;
use serde_json::json;

use crate::common::{self, Fields};

/// Names and shapes (rows, inner dimension, columns) of the matrix multiplications: `mnist` forward and kernel gradient, the
/// texts as dense vectors, a time step of `lstm`, the second convolution of `cnn` for one sample, and a large square.
const PRODUCTS: [(&str, [usize; 3]); 7] = [
    ("mnist, forward", [128, 784, 512]),
    ("mnist, kernel gradient", [784, 128, 512]),
    ("imdb, dense forward", [512, 10_000, 16]),
    ("reuters, dense forward", [512, 10_000, 64]),
    ("lstm, one step", [64, 64, 256]),
    ("cnn, one sample", [121, 288, 64]),
    ("square", [1024, 1024, 1024]),
];

/// Measurement time per matrix multiplication.
const TIME: Duration = Duration::from_millis(300);
/// Floats per copied array (256 MiB, larger than any cache).
const COPIED: usize = 1 << 26;
const COPIES: usize = 20;

/// The machine's performance with one thread and with all threads.
#[derive(Serialize)]
pub struct Machine {
    pub threads: usize,
    pub one_thread: Fields,
    pub all_threads: Fields,
}

impl Machine {
    /// Measures in separate processes, because the number of threads is fixed per process.
    pub fn measured() -> anyhow::Result<Self> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let with = |threads: usize| {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["--measure", "machine", "--threads", &threads.to_string()]);
            // Burn's CPU backend uses rayon's thread pool.
            common::measure(command.env("RAYON_NUM_THREADS", threads.to_string()))
        };
        let context = "cannot measure the machine";
        Ok(Self {
            threads,
            one_thread: with(1).context(context)?,
            all_threads: with(threads).context(context)?,
        })
    }

    /// Returns the names and shapes of the matrix multiplications.
    pub fn products() -> impl Iterator<Item = (&'static str, [usize; 3])> {
        PRODUCTS.into_iter()
    }

    /// Returns the highest GFLOP/s of any matrix multiplication.
    pub fn peak(&self) -> f64 {
        let both = [&self.one_thread, &self.all_threads];
        let all = both.iter().flat_map(|fields| PRODUCTS.iter().map(|(name, _)| figure(fields, name)));
        all.fold(f64::NAN, f64::max)
    }
}

/// Returns a field as a number; NaN if it is missing.
pub fn figure(fields: &Fields, name: &str) -> f64 {
    fields.get(name).and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN)
}

/// Measures with this number of threads. Returns GFLOP/s by the names of the matrix multiplications, and `copy_gb_s`.
pub fn measure(threads: usize) -> anyhow::Result<Fields> {
    let device = backend::default_device()?;
    let mut fields = Fields::new();
    for (name, shape) in PRODUCTS {
        fields.insert(name.into(), json!(product(shape, &device)?));
    }
    fields.insert("copy_gb_s".into(), json!(copy(threads)));
    Ok(fields)
}

/// Returns the GFLOP/s of the fastest repetition.
fn product([rows, inner, columns]: [usize; 3], device: &Device) -> anyhow::Result<f64> {
    let random = |shape| Tensor::<2>::random(shape, Distribution::Uniform(-1.0, 1.0), device);
    let (left, right) = (random([rows, inner]), random([inner, columns]));
    let (begin, mut fastest) = (Instant::now(), f64::INFINITY);
    while begin.elapsed() < TIME {
        let start = Instant::now();
        let product = left.clone().matmul(right.clone());
        device.sync()?;
        fastest = fastest.min(start.elapsed().as_secs_f64());
        drop(product);
    }
    Ok(2.0 * (rows * inner * columns) as f64 / fastest / 1e9)
}

/// Returns the GB/s of the fastest copy, counting reads and writes. Each thread copies a part.
fn copy(threads: usize) -> f64 {
    let (from, mut to) = (vec![1.0_f32; COPIED], vec![0.0_f32; COPIED]);
    let part = COPIED.div_ceil(threads.max(1));
    let seconds = (0..COPIES).map(|_| {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for (from, to) in from.chunks(part).zip(to.chunks_mut(part)) {
                scope.spawn(|| to.copy_from_slice(from));
            }
        });
        start.elapsed().as_secs_f64()
    });
    let fastest = seconds.fold(f64::INFINITY, f64::min);
    std::hint::black_box(&to);
    (2 * COPIED * size_of::<f32>()) as f64 / fastest / 1e9
}
