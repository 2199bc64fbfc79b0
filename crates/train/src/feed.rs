//! Batches on the device.

use burn::tensor::{Device, Int, Tensor, TensorData};
use kindling_data::{Column, Samples};
use kindling_models::{Input, computes_in_host_memory};

use crate::losses::Target;

/// Samples, batch after batch, on a device.
///
/// A device with a memory of its own gets a column once, if it is small enough, and gathers batches there. Where the
/// device computes in the host's memory, or a column is too large or multi-hot, batches are gathered on the host.
pub(crate) struct Feed {
    samples: Samples,
    device: Device,
    /// The columns that lie on the device.
    inputs: Vec<Option<Input>>,
    targets: Vec<Option<Target>>,
}

/// Some samples on the device.
pub(crate) struct DeviceBatch {
    pub inputs: Vec<Input>,
    pub targets: Vec<Target>,
    pub len: usize,
}

/// Positions of samples, each once in an epoch.
pub(crate) struct Order {
    positions: Vec<usize>,
    on_device: Option<Tensor<1, Int>>,
}

/// In values: 128 MiB of `f32`, the largest buffer that every WebGPU device has.
const LARGEST_RESIDENT: usize = 1 << 25;

impl Feed {
    /// For samples that are gone through once: no column stays on the device.
    pub fn once(samples: &Samples, device: &Device) -> Self {
        let inputs = samples.inputs().iter().map(|_| None).collect();
        let targets = samples.targets().iter().map(|_| None).collect();
        Self { samples: samples.clone(), device: device.clone(), inputs, targets }
    }

    /// For samples that are gone through again and again.
    pub fn again(samples: &Samples, device: &Device) -> Self {
        match computes_in_host_memory(device) {
            true => Self::once(samples, device),
            false => Self::resident(samples, device),
        }
    }

    /// Moves the columns that fit to the device.
    fn resident(samples: &Samples, device: &Device) -> Self {
        let all: Vec<usize> = (0..samples.len()).collect();
        let fits = |column: &&Column| {
            let width: usize = column.sample_shape().iter().product();
            !column.is_multi_hot() && samples.len().saturating_mul(width) <= LARGEST_RESIDENT
        };
        let whole = |column: &Column| samples.gather(column, &all);
        let input = |column| Some(column).filter(fits).map(|column| Input::from_array(whole(column), device));
        let target =
            |column| Some(column).filter(fits).map(|column| Target::from_array(whole(column), device));
        Self {
            samples: samples.clone(),
            device: device.clone(),
            inputs: samples.inputs().iter().map(input).collect(),
            targets: samples.targets().iter().map(target).collect(),
        }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// An order to go through the samples in, known to the device where it needs it.
    pub fn order(&self, positions: Vec<usize>) -> Order {
        let resident = self.inputs.iter().any(Option::is_some) || self.targets.iter().any(Option::is_some);
        let on_device = resident.then(|| {
            let positions: Vec<i32> = positions.iter().map(|position| *position as i32).collect();
            let count = [positions.len()];
            Tensor::from_data(TensorData::new(positions, count), &self.device)
        });
        Order { positions, on_device }
    }

    /// The samples from place `start` of the order on, `size` or as many as are left.
    pub fn batch(&self, order: &Order, start: usize, size: usize) -> DeviceBatch {
        let positions = &order.positions[start..order.positions.len().min(start + size)];
        let on_device = order.on_device.clone().map(|order| order.narrow(0, start, positions.len()));
        let gather = |column: &Column| self.samples.gather(column, positions);
        let inputs = self.inputs.iter().zip(self.samples.inputs());
        let targets = self.targets.iter().zip(self.samples.targets());
        DeviceBatch {
            inputs: inputs
                .map(|(resident, column)| match (resident, &on_device) {
                    (Some(whole), Some(positions)) => whole.clone().select(positions.clone()),
                    _ => Input::from_array(gather(column), &self.device),
                })
                .collect(),
            targets: targets
                .map(|(resident, column)| match (resident, &on_device) {
                    (Some(whole), Some(positions)) => whole.clone().select(positions.clone()),
                    _ => Target::from_array(gather(column), &self.device),
                })
                .collect(),
            len: positions.len(),
        }
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
            Column::pixels(TensorData::new(pixels, [5, 2, 3])).unwrap(),
            Column::ids(TensorData::new(ids.clone(), [5, 2])).unwrap(),
            Column::multi_hot(texts, 3).unwrap(),
        ];
        let targets = vec![
            Column::classes(TensorData::new(vec![4, 3, 2, 1, 0], [5])).unwrap(),
            Column::ids(TensorData::new(ids, [5, 2])).unwrap(),
            Column::floats(TensorData::new(vec![0.5_f32; 5], [5])).unwrap(),
        ];
        Samples::with_columns(inputs, targets).unwrap().select(&[4, 0, 2, 1]).unwrap()
    }

    /// Every number of a batch.
    fn numbers(batch: DeviceBatch) -> Vec<TensorData> {
        let input = |input: Input| input.numbers().flatten().into_data();
        let target = |target: Target| match target {
            Target::Classes(classes) => classes.into_data().convert::<i64>(),
            Target::Values(values) => values.into_data(),
        };
        batch.inputs.into_iter().map(input).chain(batch.targets.into_iter().map(target)).collect()
    }

    #[test]
    fn batches_gathered_on_the_device_are_those_gathered_on_the_host() {
        let (samples, device) = (samples(), Device::flex());
        let (host, resident) = (Feed::once(&samples, &device), Feed::resident(&samples, &device));
        assert!(matches!(resident.inputs[..], [Some(_), Some(_), None]));
        assert!(resident.targets.iter().all(Option::is_some));
        for positions in [vec![0, 1, 2, 3], vec![3, 0, 2, 1]] {
            let (here, there) = (host.order(positions.clone()), resident.order(positions));
            for start in [0, 3] {
                let (here, there) = (host.batch(&here, start, 3), resident.batch(&there, start, 3));
                assert_eq!(here.len, if start == 0 { 3 } else { 1 });
                assert_eq!(numbers(here), numbers(there));
            }
        }
    }
}
