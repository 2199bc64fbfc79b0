//! Batches on the device.

use std::sync::mpsc::sync_channel;

use burn::tensor::{Device, Int, Tensor, TensorData};
use kindling_data::{Array, Batch, Column, Kind, Samples};
use kindling_models::{Network, SequentialNetwork, Value, computes_in_host_memory};
use kindling_ops::{cpu::run_all, kernels::reads_rows};

use crate::TrainError;

/// Samples that are moved to a device in batches.
///
/// A device with its own memory receives each column once, if it is small enough, and gathers batches there. If the
/// device computes in host memory, or a column is too large or multi-hot, batches are gathered on the host.
pub(super) struct Feed {
    len: usize,
    inputs: Vec<Fed>,
    targets: Vec<Fed>,
    weights: Vec<Option<Fed>>,
    device: Device,
    /// See [`Feed::for_network`].
    sparse_units: Option<usize>,
}

/// A column, with all of its values on the device if they are kept there.
struct Fed {
    column: Column,
    resident: Option<Value>,
}

impl Fed {
    /// Number of values per sample.
    fn width(&self) -> usize {
        self.column.sample_shape().iter().product()
    }
}

/// The order of the samples in an epoch, as their indices.
pub(super) struct Order {
    positions: Vec<usize>,
    on_device: Option<Tensor<1, Int>>,
}

/// Maximum number of values of a column kept on the device: 128 MiB of `f32`, the largest buffer that every WebGPU
/// device supports.
const LARGEST_RESIDENT: usize = 1 << 25;

/// Maximum number of batches per group that is sent between threads: waking a thread for each small batch is expensive.
const TOGETHER: usize = 4;

/// Maximum number of values in a group of more than one batch: 4 MiB of `f32`.
const MOST_VALUES: usize = 1 << 20;

/// Number of cores that a training step of the book's networks uses.
const STEPS_USE: usize = 2;

/// Number of gathered groups that wait in the queue.
const AHEAD: usize = 1;

/// Minimum number of values per batch for which gathering takes longer than sending between threads.
const WORTH_A_THREAD: usize = 1 << 15;

impl Feed {
    /// Creates a feed for one pass over the samples: no column is kept on the device.
    pub fn once(samples: &Samples, device: &Device) -> Self {
        Self::new(samples, device, |column| Fed { column: column.clone(), resident: None })
    }

    /// Creates a feed for several passes over the samples.
    pub fn again(samples: &Samples, device: &Device) -> Self {
        match computes_in_host_memory(device) {
            true => Self::once(samples, device),
            false => Self::resident(samples, device),
        }
    }

    /// Creates a feed that keeps all columns that fit on the device.
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
            // A column that cannot be converted to a value reports its error when a batch is gathered.
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
            sparse_units: None,
        }
    }

    /// Sorts sparse batches for the network's first layer while they are gathered.
    pub fn for_network<N: Network>(self, network: &N) -> Self {
        Self { sparse_units: network.sequential().and_then(SequentialNetwork::sparse_units), ..self }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Creates an order of the samples, moved to the device if batches are gathered there.
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

    /// Returns the batch of up to `size` samples that begins at index `start` of the order.
    pub fn batch(&self, order: &Order, start: usize, size: usize) -> Result<Batch<Value>, TrainError> {
        let positions = order.at(start, size);
        let on_device = order.on_device.clone().map(|order| order.narrow(0, start, positions.len()));
        self.gather(positions.len(), |fed| match (&fed.resident, &on_device) {
            (Some(whole), Some(positions)) => Ok(whole.clone().select(positions.clone())),
            _ => self.value(self.array(fed, positions)),
        })
    }

    /// Calls `each` with batches of `size` samples in this order; the last batch holds the remaining samples. Large
    /// batches are gathered in groups: ahead of the calls on a separate thread if there is a spare core, otherwise on
    /// all cores between the calls.
    pub fn for_each_batch(
        &self,
        order: &Order,
        size: usize,
        mut each: impl FnMut(Batch<Value>) -> Result<(), TrainError>,
    ) -> Result<(), TrainError> {
        if !self.gathers_groups(size) {
            return (0..order.positions.len())
                .step_by(size)
                .try_for_each(|start| each(self.batch(order, start, size)?));
        }
        let has_free_core =
            std::thread::available_parallelism().is_ok_and(|threads| threads.get() > STEPS_USE);
        // A separate gathering thread leaves the other cores to the training steps.
        let operations = if has_free_core { 0 } else { usize::MAX };
        let is_dense = |fed: &&Fed| fed.column.kind() != Kind::MultiHot;
        let dense: usize = self.inputs.iter().filter(is_dense).map(Fed::width).sum();
        let together = (MOST_VALUES / (size * dense).max(1)).clamp(1, TOGETHER);
        let groups = order.positions.chunks(size * together);
        let mut groups = groups.map(|positions| self.group(positions, size, operations));
        let mut train = |batches: Vec<_>| {
            batches.into_iter().try_for_each(|batch: Result<_, _>| each(self.on_device(batch?)?))
        };
        if has_free_core {
            let done = std::thread::scope(|scope| {
                let (sender, receiver) = sync_channel(AHEAD);
                let gather = || {
                    // After an error, the receiver is gone.
                    let _ = groups.try_for_each(|group| sender.send(group));
                    drop(sender);
                };
                // If no thread can be spawned, batches are gathered as below.
                std::thread::Builder::new().name("batches".into()).spawn_scoped(scope, gather).ok()?;
                Some(receiver.into_iter().try_for_each(&mut train))
            });
            if let Some(result) = done {
                return result;
            }
        }
        groups.try_for_each(train)
    }

    /// Gathers batches of `size` samples, on several threads if there are enough `operations`.
    fn group(
        &self,
        positions: &[usize],
        size: usize,
        operations: usize,
    ) -> Vec<Result<Batch<Array>, TrainError>> {
        let batches = positions.chunks(size);
        let mut gathered: Vec<_> = batches.clone().map(|_| None).collect();
        run_all(batches.zip(&mut gathered), operations, |(positions, place)| {
            *place = Some(self.gather(positions.len(), |fed| Ok(self.sorted(self.array(fed, positions)))));
        });
        gathered.into_iter().flatten().collect()
    }

    /// Returns whether gathering a batch takes longer than sending it between threads.
    fn gathers_groups(&self, size: usize) -> bool {
        let resident = |fed: &Fed| fed.resident.is_some();
        let columns = self.inputs.iter().chain(&self.targets).chain(self.weights.iter().flatten());
        let values: usize = self.inputs.iter().map(Fed::width).sum();
        size.saturating_mul(values) >= WORTH_A_THREAD && self.len > size && !columns.into_iter().any(resident)
    }

    /// Builds a batch of `len` samples by calling `gather` for each column.
    fn gather<T>(
        &self,
        len: usize,
        mut gather: impl FnMut(&Fed) -> Result<T, TrainError>,
    ) -> Result<Batch<T>, TrainError> {
        Ok(Batch {
            inputs: self.inputs.iter().map(&mut gather).collect::<Result<_, _>>()?,
            targets: self.targets.iter().map(&mut gather).collect::<Result<_, _>>()?,
            weights: self
                .weights
                .iter()
                .map(|fed| fed.as_ref().map(&mut gather).transpose())
                .collect::<Result<_, _>>()?,
            len,
        })
    }

    /// Gathers samples on the host. They become dense for a GPU, except for multi-hot columns: a dense product is
    /// faster there unless nearly all values are zero.
    fn array(&self, fed: &Fed, positions: &[usize]) -> Array {
        let batch = fed.column.gather(positions);
        match computes_in_host_memory(&self.device) || fed.column.kind() == Kind::MultiHot {
            true => batch,
            false => Array::Dense(batch.into_dense()),
        }
    }

    /// Sorts the values of sparse vectors by column, if the first layer requires it.
    fn sorted(&self, array: Array) -> Array {
        if let (Array::Sparse(rows), Some(units)) = (&array, self.sparse_units)
            && rows.sample_shape().len() == 1
            && !reads_rows(rows, units)
        {
            rows.by_column();
        }
        array
    }

    fn on_device(&self, batch: Batch<Array>) -> Result<Batch<Value>, TrainError> {
        let value = |array| self.value(array);
        Ok(Batch {
            inputs: batch.inputs.into_iter().map(value).collect::<Result<_, _>>()?,
            targets: batch.targets.into_iter().map(value).collect::<Result<_, _>>()?,
            weights: batch
                .weights
                .into_iter()
                .map(|weight| weight.map(value).transpose())
                .collect::<Result<_, _>>()?,
            len: batch.len,
        })
    }

    fn value(&self, array: Array) -> Result<Value, TrainError> {
        Ok(Value::from_array(array, &self.device)?)
    }
}

impl Order {
    fn at(&self, start: usize, size: usize) -> &[usize] {
        &self.positions[start..self.positions.len().min(start + size)]
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

    /// Returns all numbers of a batch.
    fn numbers(batch: Batch<Value>) -> Vec<TensorData> {
        let values = batch.inputs.into_iter().chain(batch.targets).chain(batch.weights.into_iter().flatten());
        values.map(|value| value.flatten().into_data()).collect()
    }

    #[test]
    fn batches_gathered_on_device_and_host_are_equal() {
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
