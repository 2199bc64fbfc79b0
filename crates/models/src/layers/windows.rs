//! Sliding windows over a sequence or an image, for convolutions and pooling.

use burn::tensor::Tensor;
use kindling_ops::kernels::Patches;
use serde::{Deserialize, Serialize};

use super::{MOST_VALUES, image_shape};
use crate::{ModelError, Value};

/// The padding at the edges of a sequence or an image. The enum is exhaustive: Keras has no other modes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// No padding: the window stays inside the input, and the output is smaller.
    #[default]
    Valid,
    /// Padding on all sides: the output has the size of the input, divided by the strides and rounded up.
    /// Convolutions pad with zeros. Pooling ignores the padding.
    Same,
    /// Padding with zeros before the first step, so that no output depends on later steps. Only for
    /// [`Conv1d`](super::Conv1d).
    Causal,
}

/// The sliding windows of a layer. Sequences have one spatial axis, images two.
#[derive(Clone, Debug)]
pub(super) struct Windows<const N: usize> {
    /// The name of the option for the size, for error messages.
    pub name: &'static str,
    pub size: [usize; N],
    pub strides: [usize; N],
    pub dilation: [usize; N],
    pub padding: Padding,
}

impl<const N: usize> Windows<N> {
    /// Returns the lengths of the output's spatial axes and the number of channels, for samples of shape `input`.
    ///
    /// # Errors
    /// Returns a message about an invalid shape or size.
    pub fn places(&self, input: &[usize]) -> Result<([usize; N], usize), String> {
        let Self { name, size, strides, dilation, padding } = self;
        let (lengths, channels) = lengths_and_channels::<N>(input)?;
        if [size, strides, dilation].iter().any(|numbers| numbers.contains(&0)) {
            return Err(format!(
                "{name} is {size:?}, strides {strides:?}: give at least 1 for each, and windows from 1 to the input's size"
            ));
        }
        let mut places = [0; N];
        let mut padded = Some(channels);
        for axis in 0..N {
            let (length, stride) = (lengths[axis], strides[axis]);
            let reach = (size[axis] - 1).checked_mul(dilation[axis]).and_then(|reach| reach.checked_add(1));
            let reach = reach.filter(|reach| *reach <= MOST_VALUES).ok_or_else(|| {
                format!(
                    "{name} {size:?}, dilation_rate {dilation:?}: a window would have more than 2^31 values"
                )
            })?;
            if *padding == Padding::Valid && reach > length {
                let input = if N == 1 { "sequence" } else { "image" };
                return Err(format!(
                    "{name} is {size:?}, the {input} is {lengths:?}: give a window from 1 to the {input}'s size, or pad \
                     with Padding::Same"
                ));
            }
            places[axis] = match padding {
                Padding::Valid => (length - reach) / stride + 1,
                Padding::Same | Padding::Causal => length.div_ceil(stride),
            };
            padded = padded.and_then(|size| size.checked_mul(length.max(1).checked_add(reach)?));
        }
        match padded {
            Some(0..=MOST_VALUES) => Ok((places, channels)),
            _ => Err(format!(
                "{name} is {size:?}, samples have the shape {input:?}; with padding, a sample could have more than \
                 2^31 values: give fewer"
            )),
        }
    }

    /// Returns the padding before and after an axis of this length. With [`Padding::Same`], an odd total has one more
    /// after the axis, as in Keras.
    fn around(&self, axis: usize, length: usize) -> (usize, usize) {
        let (stride, reach) = (self.strides[axis], (self.size[axis] - 1) * self.dilation[axis] + 1);
        match self.padding {
            Padding::Valid => (0, 0),
            Padding::Causal => (reach - 1, 0),
            Padding::Same => {
                let last = length.div_ceil(stride).saturating_sub(1) * stride;
                let total = (last + reach).saturating_sub(length);
                (total / 2, total - total / 2)
            }
        }
    }

    /// Returns the windows over an image of this height and width. A sequence is an image of height 1.
    pub fn on_image(&self, height: usize, width: usize) -> OnImage {
        let two = |numbers: [usize; N]| if N == 1 { [1, numbers[0]] } else { [numbers[0], numbers[N - 1]] };
        let padding = match N {
            1 => [(0, 0), self.around(0, width)],
            _ => [self.around(0, height), self.around(N - 1, width)],
        };
        let [size, strides, dilation] = [self.size, self.strides, self.dilation].map(two);
        OnImage { size, strides, dilation, padding }
    }
}

impl<const N: usize> Windows<N> {
    /// Returns the windows over samples of shape `input` for a kernel.
    pub fn patches(&self, input: &[usize]) -> Option<Patches> {
        let (lengths, channels) = lengths_and_channels::<N>(input).ok()?;
        let lengths = if N == 1 { [1, lengths[0]] } else { [lengths[0], lengths[N - 1]] };
        let OnImage { size, strides, dilation, padding } = self.on_image(lengths[0], lengths[1]);
        let patches = Patches { lengths, channels, size, strides, dilation, padding };
        (patches.inputs() > 0 && !patches.is_empty()).then_some(patches)
    }
}

/// Windows over an image, with the padding before and after each axis.
pub(super) struct OnImage {
    pub size: [usize; 2],
    pub strides: [usize; 2],
    pub dilation: [usize; 2],
    pub padding: [(usize, usize); 2],
}

/// Applies `function` to a batch of sequences or images with channels first, `[batch, channels, height, width]`. A
/// sequence is an image of height 1, also in the output.
///
/// # Errors
/// Returns [`ModelError::Input`] if the value has another rank.
pub(super) fn on_images<const N: usize>(
    value: Value,
    function: impl FnOnce(Tensor<4>) -> Tensor<4>,
) -> Result<Value, ModelError> {
    Ok(match N {
        1 => {
            let channels_first = value.tensor::<3>()?.permute([0, 2, 1]).unsqueeze_dim(2);
            Value::Rank3(function(channels_first).squeeze_dim::<3>(2).permute([0, 2, 1]))
        }
        _ => {
            let channels_first = value.tensor::<4>()?.permute([0, 3, 1, 2]);
            Value::Rank4(function(channels_first).permute([0, 2, 3, 1]))
        }
    })
}

/// Returns the lengths of the spatial axes and the number of channels, or an error message.
pub(super) fn lengths_and_channels<const N: usize>(input: &[usize]) -> Result<([usize; N], usize), String> {
    let (channels, lengths) = match N {
        1 => match input {
            [lengths @ .., channels] if lengths.len() == 1 => (*channels, lengths.to_vec()),
            _ => {
                return Err(format!(
                    "expected sequences of shape [steps, channels], found {input:?}: reshape the samples"
                ));
            }
        },
        _ => {
            let [height, width, channels] = image_shape(input)?;
            (channels, vec![height, width])
        }
    };
    let lengths = lengths.try_into().map_err(|_| format!("samples of shape {input:?} are not supported"))?;
    Ok((lengths, channels))
}
