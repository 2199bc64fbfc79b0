//! Long lists of indices, cut into pieces that every device can add up.

use std::ops::Range;

use burn::tensor::Device;

use crate::computes_in_host_memory;

/// Where a GPU adds rows up by their indices, one thread goes through all of them in a loop, and Mesa's software device
/// ends any loop after 65,535 turns without a word.
const MOST: usize = 1 << 15;

/// `0..count` in pieces that are short enough for `device`; whole where it computes in the host's memory.
pub(crate) fn pieces(count: usize, device: &Device) -> impl Iterator<Item = Range<usize>> {
    let most = if computes_in_host_memory(device) { count.max(1) } else { MOST };
    (0..count).step_by(most).map(move |start| start..count.min(start + most))
}
