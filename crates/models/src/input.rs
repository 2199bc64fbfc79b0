//! What goes into a network.

use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData};
use kindling_data::{Array, Column, Samples};

use crate::{ModelError, Value, layers::pieces::pieces};

/// A batch of one input on the device.
#[derive(Clone, Debug)]
pub enum Input {
    /// Numbers, `[batch, ...]`.
    Numbers(Value),
    /// Whole numbers for an embedding, `[batch, steps]`.
    Ids(Tensor<2, Int>),
    /// Vectors of zeros and ones, `[batch, dimension]`, as the places of the ones.
    MultiHot(Box<MultiHotTensor>),
}

/// Multi-hot vectors on the device: sample `rows[i]` has one at `places[i]`.
#[derive(Clone, Debug)]
pub struct MultiHotTensor {
    /// Which sample, ascending; `[ones]`.
    pub rows: Tensor<1, Int>,
    /// Which place of its vector; `[ones]`.
    pub places: Tensor<1, Int>,
    /// Samples.
    pub batch: usize,
    /// Length of a vector.
    pub dimension: usize,
}

/// What a network takes as one of its inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSpec {
    /// The shape of one sample, without the batch axis.
    pub shape: Vec<usize>,
    /// For ids: the number that they must stay below. None for numbers.
    pub ids_below: Option<usize>,
}

impl Input {
    /// Moves a gathered array to the device.
    pub fn from_array(array: Array, device: &Device) -> Self {
        match array {
            Array::Dense(data) if data.dtype().is_float() => Self::Numbers(Value::from_data(data, device)),
            Array::Dense(data) if data.rank() == 2 => Self::Ids(Tensor::from_data(data, device)),
            Array::Dense(data) => Self::Numbers(Value::from_data(data.convert::<f32>(), device)),
            Array::MultiHot(hot) => {
                let ones = [hot.places.len()];
                let tensor = |values| Tensor::from_data(TensorData::new(values, ones), device);
                Self::MultiHot(Box::new(MultiHotTensor {
                    rows: tensor(hot.rows),
                    places: tensor(hot.places),
                    batch: hot.batch,
                    dimension: hot.dimension,
                }))
            }
        }
    }

    /// The samples at `positions`.
    ///
    /// Multi-hot vectors are made for it with all their zeros: gather those on the host.
    pub fn select(self, positions: Tensor<1, Int>) -> Self {
        match self {
            Self::Numbers(value) => Self::Numbers(value.select(positions)),
            Self::Ids(ids) => Self::Ids(ids.select(0, positions)),
            Self::MultiHot(hot) => Self::Numbers(Value::Rank2(hot.dense().select(0, positions))),
        }
    }

    /// The input as numbers: ids as they are, multi-hot vectors with all their zeros.
    pub fn numbers(self) -> Value {
        match self {
            Self::Numbers(value) => value,
            Self::Ids(ids) => Value::Rank2(ids.float()),
            Self::MultiHot(hot) => Value::Rank2(hot.dense()),
        }
    }
}

impl MultiHotTensor {
    /// The vectors with all their zeros, `[batch, dimension]`.
    pub fn dense(self) -> Tensor<2> {
        let device = self.rows.device();
        let flat = self.rows.mul_scalar(self.dimension as i64) + self.places;
        let [ones] = flat.dims();
        let zeros = Tensor::<1>::zeros([self.batch * self.dimension], &device);
        let dense = pieces(ones, &device).fold(zeros, |dense, piece| {
            let ones = Tensor::ones([piece.len()], &device);
            dense.select_assign(0, flat.clone().slice([piece]), ones, IndexingUpdateOp::Add)
        });
        dense.reshape([self.batch, self.dimension])
    }
}

impl InputSpec {
    /// Numbers, samples of this shape.
    pub fn numbers(shape: impl Into<Vec<usize>>) -> Self {
        Self { shape: shape.into(), ids_below: None }
    }

    /// Sees to it that a column of `samples` can be taken in, whole.
    ///
    /// # Errors
    /// When it cannot, saying which sample and why.
    pub fn check(&self, samples: &Samples, column: &Column) -> Result<(), ModelError> {
        let (want, have) = (self.shape.as_slice(), column.sample_shape());
        // A sample of one number may come without an axis.
        if want != have && !(want == [1] && have.is_empty()) {
            return Err(ModelError::Input(format!(
                "the network takes samples of shape {want:?}, the data has {have:?}"
            )));
        }
        let Some(below) = self.ids_below else { return Ok(()) };
        let ids = samples.integers(column).ok_or_else(|| {
            ModelError::Input("the network looks ids up in an embedding, the data holds other numbers".into())
        })?;
        match ids.iter().position(|id| !usize::try_from(*id).is_ok_and(|id| id < below)) {
            None => Ok(()),
            Some(place) => Err(ModelError::Input(format!(
                "sample {} has id {}, the embedding knows 0 up to but not including {below}",
                place / want.iter().product::<usize>().max(1),
                ids[place]
            ))),
        }
    }
}
