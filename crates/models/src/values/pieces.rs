//! Pieces of long index lists that every device can process.

use std::ops::Range;

use burn::tensor::Device;

use crate::computes_in_host_memory;

/// Maximum number of indices in a piece. On a GPU, one thread adds up rows in a loop over all indices, and Mesa's
/// software device silently ends a loop after 65,535 iterations.
const MOST: usize = 1 << 15;

/// Splits `0..count` into pieces that are short enough for `device`. There is one piece if the device computes in the
/// host's memory.
#[doc(hidden)]
pub fn pieces(count: usize, device: &Device) -> impl Iterator<Item = Range<usize>> {
    let most = if computes_in_host_memory(device) { count.max(1) } else { MOST };
    (0..count).step_by(most).map(move |start| start..count.min(start + most))
}
