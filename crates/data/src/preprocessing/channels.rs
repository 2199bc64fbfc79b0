//! Conversions between the channels-last and channels-first layouts of images and videos.
//!
//! Keras and image files use channels-last, Burn's convolutions channels-first. "Deep Learning with Python", section 2.2.11.

use burn::tensor::{Tensor, kind::Basic};

/// Converts a tensor from the channels-last to the channels-first layout.
///
/// Images `[samples, height, width, channels]` become `[samples, channels, height, width]`, and videos
/// `[samples, frames, height, width, channels]` become `[samples, frames, channels, height, width]`. The last three axes
/// are the image; any number of axes may precede them. A tensor with fewer than three axes does not compile.
pub fn channels_first<const D: usize, K: Basic>(channels_last: Tensor<D, K>) -> Tensor<D, K> {
    const { assert!(D >= 3, "an image has height, width and channels") };
    channels_last.movedim(D - 1, D - 3)
}

/// Converts a tensor from the channels-first to the channels-last layout: the inverse of [`channels_first`].
pub fn channels_last<const D: usize, K: Basic>(channels_first: Tensor<D, K>) -> Tensor<D, K> {
    const { assert!(D >= 3, "an image has height, width and channels") };
    channels_first.movedim(D - 3, D - 1)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Int};
    use proptest::prelude::*;

    use super::*;

    /// 0, 1, 2, ... in the given shape.
    fn counting<const D: usize>(shape: [usize; D]) -> Tensor<D, Int> {
        let count = shape.iter().product::<usize>() as i64;
        Tensor::arange(0..count, &Device::flex()).reshape(shape)
    }

    #[test]
    fn each_channel_of_an_image_becomes_a_plane() {
        // Two rows of three pixels with two channels: even numbers are the first channel, odd numbers the second.
        let first = channels_first(counting([1, 2, 3, 2]));
        assert_eq!(first.dims(), [1, 2, 2, 3]);
        let planes = [[[[0_i64, 2, 4], [6, 8, 10]], [[1, 3, 5], [7, 9, 11]]]];
        first.into_data().assert_eq(&planes.into(), false);
    }

    #[test]
    fn the_frames_axis_of_a_video_does_not_move() {
        let video = counting([2, 4, 5, 6, 3]);
        let first = channels_first(video.clone());
        assert_eq!(first.dims(), [2, 4, 3, 5, 6]);
        let frame = |video: Tensor<5, Int>| video.slice([1..2, 2..3]).squeeze_dims::<3>(&[0, 1]);
        frame(first).into_data().assert_eq(&channels_first(frame(video)).into_data(), true);
    }

    proptest! {
        #[test]
        fn both_conversions_are_inverse_to_each_other(shape in prop::array::uniform4(1_usize..6)) {
            let images = counting(shape);
            let [samples, height, width, channels] = shape;
            let first = channels_first(images.clone());
            prop_assert_eq!(first.dims(), [samples, channels, height, width]);
            channels_last(first).into_data().assert_eq(&images.clone().into_data(), true);
            channels_first(channels_last(images.clone())).into_data().assert_eq(&images.into_data(), true);
        }
    }
}
