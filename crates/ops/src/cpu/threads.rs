//! Threads.

use rayon::prelude::*;

/// Operations that take as long as waking another thread a few times, about 20 microseconds.
const WORTH_A_THREAD: usize = 1 << 19;

/// Calls `each` with the index of each chunk of `size` values and the chunk; on several threads if all calls together take
/// more than some 20 microseconds, at `operations` vectorizable operations.
pub fn for_each_chunk(
    values: &mut [f32],
    size: usize,
    operations: usize,
    each: impl Fn(usize, &mut [f32]) + Sync + Send,
) {
    let chunks = values.len().div_ceil(size.max(1));
    if operations < WORTH_A_THREAD || chunks < 2 {
        values.chunks_mut(size.max(1)).enumerate().for_each(|(index, chunk)| each(index, chunk));
    } else {
        values.par_chunks_mut(size.max(1)).enumerate().for_each(|(index, chunk)| each(index, chunk));
    }
}
