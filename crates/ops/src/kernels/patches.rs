//! Sliding windows over images with channels last. A sequence is an image with one row.

use std::ops::Range;

/// Sliding windows over a sample, `[height, width, channels]`.
#[derive(Clone, Copy, Debug)]
pub struct Patches {
    /// Height and width of a sample.
    pub lengths: [usize; 2],
    /// Channels of a sample.
    pub channels: usize,
    /// Height and width of a window.
    pub size: [usize; 2],
    /// Strides: the distance between windows.
    pub strides: [usize; 2],
    /// Dilation rate: the distance between neighboring values of a window.
    pub dilation: [usize; 2],
    /// The padding before and after each axis.
    pub padding: [(usize, usize); 2],
}

impl Patches {
    /// Returns the number of windows along each axis.
    pub fn places(&self) -> [usize; 2] {
        std::array::from_fn(|axis| {
            let reach = (self.size[axis] - 1) * self.dilation[axis] + 1;
            let padded = self.lengths[axis] + self.padding[axis].0 + self.padding[axis].1;
            if padded < reach { 0 } else { (padded - reach) / self.strides[axis] + 1 }
        })
    }

    /// Returns the number of values in a window.
    pub fn len(&self) -> usize {
        self.size[0] * self.size[1] * self.channels
    }

    /// Returns whether a window is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of values in a sample.
    pub fn inputs(&self) -> usize {
        self.lengths[0] * self.lengths[1] * self.channels
    }

    /// Writes `rows` rows of windows from row `first` on, `[places, size * channels]`. Values in the padding are 0.
    pub(super) fn read(&self, sample: &[f32], first: usize, rows: usize, patches: &mut [f32]) {
        self.for_each_piece(first, rows, |patch, inside| match inside {
            Some(place) => patches[patch.clone()].copy_from_slice(&sample[place..place + patch.len()]),
            None => patches[patch].fill(0.0),
        });
    }

    /// Adds `rows` rows of windows from row `first` on to the sample.
    pub(super) fn add(&self, patches: &[f32], first: usize, rows: usize, sample: &mut [f32]) {
        self.for_each_piece(first, rows, |patch, inside| {
            if let Some(place) = inside {
                let values = sample[place..place + patch.len()].iter_mut().zip(&patches[patch]);
                values.for_each(|(sum, value)| *sum += value);
            }
        });
    }

    /// Calls `each` with every contiguous piece of the windows, and its position in the sample if it is not in the
    /// padding.
    #[inline(always)]
    fn for_each_piece(&self, first: usize, rows: usize, mut each: impl FnMut(Range<usize>, Option<usize>)) {
        let [_, columns] = self.places();
        let channels = self.channels;
        let width = self.size[1] * channels;
        // A whole row of a window is contiguous without dilation.
        let contiguous = self.dilation[1] == 1;
        let mut start = 0;
        for row in first..first + rows {
            for column in 0..columns {
                let left = (column * self.strides[1]).checked_sub(self.padding[1].0);
                for y in 0..self.size[0] {
                    let y = (row * self.strides[0] + y * self.dilation[0]).checked_sub(self.padding[0].0);
                    let y = y.filter(|y| *y < self.lengths[0]);
                    let inside = left.filter(|left| contiguous && left + self.size[1] <= self.lengths[1]);
                    match (y, inside) {
                        (None, _) => each(start..start + width, None),
                        (Some(y), Some(left)) => {
                            each(start..start + width, Some((y * self.lengths[1] + left) * channels));
                        }
                        (Some(y), None) => {
                            for x in 0..self.size[1] {
                                let piece = start + x * channels..start + (x + 1) * channels;
                                let x = column * self.strides[1] + x * self.dilation[1];
                                let x = x.checked_sub(self.padding[1].0).filter(|x| *x < self.lengths[1]);
                                each(piece, x.map(|x| (y * self.lengths[1] + x) * channels));
                            }
                        }
                    }
                    start += width;
                }
            }
        }
    }
}
