//! The time that a tensor operation takes.

use std::{hint::black_box, time::Instant};

use kindling::prelude::Device;

/// Returns the milliseconds that an operation takes: the median of five rounds after a warm-up. A round repeats short operations,
/// and an operation of more than 0.1 seconds runs only once.
///
/// # Errors
/// Returns an error if the device fails.
pub fn milliseconds<T>(device: &Device, operation: impl Fn() -> T) -> anyhow::Result<f64> {
    let seconds = |times: usize| {
        let start = Instant::now();
        for _ in 0..times {
            black_box(black_box(&operation)());
        }
        device.sync()?;
        anyhow::Ok(start.elapsed().as_secs_f64() / times as f64)
    };
    let first = seconds(1)?;
    if first > 0.1 {
        return Ok(1000.0 * first);
    }
    let times = (0.01 / first).clamp(1.0, 1000.0) as usize;
    let mut rounds = [seconds(times)?, seconds(times)?, seconds(times)?, seconds(times)?, seconds(times)?];
    rounds.sort_by(f64::total_cmp);
    Ok(1000.0 * rounds[2])
}
