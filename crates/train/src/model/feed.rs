//! Batches on the device.

use burn::tensor::{Device, Int, Tensor, TensorData};
use kindling_data::{Array, Batch, Column, Kind, Samples};
use kindling_models::{ModelError, Value, computes_in_host_memory};

use crate::TrainError;

/// Samples on a device, batch after batch.
///
/// A device with a memory of its own gets a column once, if it is small enough, and gathers batches there. Where the
/// device computes in the host's memory, or a column is too large or multi-hot, batches are gathered on the host.
pub(super) struct Feed {
    len: usize,
    inputs: Vec<Fed>,
    targets: Vec<Fed>,
    weights: Vec<Option<Fed>>,
    device: Device,
}

/// A column, and all of its values on the device if they stay there.
struct Fed {
    column: Column,
    resident: Option<Value>,
}

/// Positions of samples, each once per epoch.
pub(super) struct Order {
    positions: Vec<usize>,
    on_device: Option<Tensor<1, Int>>,
}

/// In values: 128 MiB of `f32`, the largest buffer that every WebGPU device has.
const LARGEST_RESIDENT: usize = 1 << 25;

impl Feed {
    /// For one pass over the samples: no column stays on the device.
    pub fn once(samples: &Samples, device: &Device) -> Self {
        Self::new(samples, device, |column| Fed { column: column.clone(), resident: None })
    }

    /// For several passes over the samples.
    pub fn again(samples: &Samples, device: &Device) -> Self {
        match computes_in_host_memory(device) {
            true => Self::once(samples, device),
            false => Self::resident(samples, device),
        }
    }

    /// Moves the columns that fit to the device.
    fn resident(samples: &Samples, device: &Device) -> Self {
        let all: Vec<usize> = (0..samples.len()).collect();
        Self::new(samples, device, |column| {
            let width: usize = column.sample_shape().iter().product();
            let fits =
                column.kind() != Kind::MultiHot && column.len().saturating_mul(width) <= LARGEST_RESIDENT;
            let resident = fits.then(|| {
                let whole = column.gather(&all).into_dense();
                Value::from_array(Array::Dense(whole), device)
            });
            // A column of a shape that has no value fails when a batch is gathered.
            Fed { column: column.clone(), resident: resident.and_then(Result::ok) }
        })
    }

    fn new(samples: &Samples, device: &Device, fed: impl Fn(&Column) -> Fed) -> Self {
        Self {
            len: samples.len(),
            inputs: samples.inputs().iter().map(&fed).collect(),
            targets: samples.targets().iter().map(&fed).collect(),
            weights: samples.sample_weights().iter().map(|column| column.as_ref().map(&fed)).collect(),
            device: device.clone(),
        }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.len
    }

    /// An order of the samples, moved to the device if batches are gathered there.
    pub fn order(&self, positions: Vec<usize>) -> Order {
        let columns = self.inputs.iter().chain(&self.targets).chain(self.weights.iter().flatten());
        let resident = columns.into_iter().any(|column| column.resident.is_some());
        let on_device = resident.then(|| {
            let positions: Vec<i32> = positions.iter().map(|position| *position as i32).collect();
            let count = [positions.len()];
            Tensor::from_data(TensorData::new(positions, count), &self.device)
        });
        Order { positions, on_device }
    }

    /// Gathers samples on the host. A GPU multiplies zeros faster than it adds rows up, unless nearly all are zeros.
    fn gather(&self, column: &Column, positions: &[usize]) -> Array {
        let batch = column.gather(positions);
        match computes_in_host_memory(&self.device) || column.kind() == Kind::MultiHot {
            true => batch,
            false => Array::Dense(batch.into_dense()),
        }
    }

    /// Returns the batch of `size` samples that begins at index `start` of the order, or of those that are left.
    pub fn batch(&self, order: &Order, start: usize, size: usize) -> Result<Batch<Value>, TrainError> {
        let positions = &order.positions[start..order.positions.len().min(start + size)];
        let on_device = order.on_device.clone().map(|order| order.narrow(0, start, positions.len()));
        let gather = |fed: &Fed| match (&fed.resident, &on_device) {
            (Some(whole), Some(positions)) => Ok(whole.clone().select(positions.clone())),
            _ => Value::from_array(self.gather(&fed.column, positions), &self.device),
        };
        Ok(Batch {
            inputs: self.inputs.iter().map(gather).collect::<Result<_, ModelError>>()?,
            targets: self.targets.iter().map(gather).collect::<Result<_, ModelError>>()?,
            weights: self
                .weights
                .iter()
                .map(|fed| fed.as_ref().map(gather).transpose())
                .collect::<Result<_, ModelError>>()?,
            len: positions.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Samples {
        let pixels: Vec<u8> = (0..5 * 6).collect();
        let ids: Vec<i32> = (0..5 * 2).collect();
        let texts = [&[1_u32][..], &[0, 2], &[], &[2], &[1, 2]];
        let inputs = vec![
            Column::pixels((pixels, [5, 2, 3])).unwrap(),
            Column::ids((ids.clone(), [5, 2])).unwrap(),
            Column::multi_hot(texts, 3).unwrap(),
        ];
        let targets = vec![
            Column::classes(vec![4, 3, 2, 1, 0]).unwrap(),
            Column::labels((ids, [5, 2])).unwrap(),
            Column::floats(vec![0.5_f32; 5]).unwrap(),
        ];
        let samples = Samples::with_columns(inputs, targets).unwrap();
        let samples = samples.with_sample_weight(vec![1.0_f32, 2.0, 3.0, 4.0, 5.0]).unwrap();
        samples.select(&[4, 0, 2, 1]).unwrap()
    }

    /// Every number of a batch.
    fn numbers(batch: Batch<Value>) -> Vec<TensorData> {
        let values = batch.inputs.into_iter().chain(batch.targets).chain(batch.weights.into_iter().flatten());
        values.map(|value| value.flatten().into_data()).collect()
    }

    #[test]
    fn batches_gathered_on_the_device_are_those_gathered_on_the_host() {
        let (samples, device) = (samples(), Device::flex());
        let (host, resident) = (Feed::once(&samples, &device), Feed::resident(&samples, &device));
        let is_resident = |fed: &Fed| fed.resident.is_some();
        assert_eq!(resident.inputs.iter().map(is_resident).collect::<Vec<_>>(), [true, true, false]);
        assert!(resident.targets.iter().all(is_resident));
        for positions in [vec![0, 1, 2, 3], vec![3, 0, 2, 1]] {
            let (here, there) = (host.order(positions.clone()), resident.order(positions));
            for start in [0, 3] {
                let (here, there) =
                    (host.batch(&here, start, 3).unwrap(), resident.batch(&there, start, 3).unwrap());
                assert_eq!(here.len, if start == 0 { 3 } else { 1 });
                assert_eq!(numbers(here), numbers(there));
            }
        }
    }
}
