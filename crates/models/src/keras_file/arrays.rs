//! The HDF5 arrays of a `.keras` file, by path.

use std::collections::BTreeMap;

use burn::tensor::{DType, TensorData};
use hdf5_reader::{Dataset, Datatype, Hdf5File, OpenOptions, group::Group};
use hdf5_writer::{AttributeBuilder, DatasetBuilder, Hdf5Builder, WriteOptions};

/// Arrays by their paths in the file, such as `layers/dense/vars/0`.
pub type Arrays = BTreeMap<String, TensorData>;

/// Maximum nesting of groups. Keras nests them up to 6 deep.
const DEEPEST: usize = 16;
/// Maximum number of groups and arrays.
const MOST_OBJECTS: usize = 100_000;

/// Reads all arrays. Links to other files are not followed: `hdf5-reader` does so only if it is configured to.
///
/// # Errors
/// Returns a message with the path within the file and the reason.
pub(super) fn read(bytes: Vec<u8>) -> Result<Arrays, String> {
    let size = bytes.len();
    let options = OpenOptions::default()
        .with_chunk_cache_bytes(0)
        .with_max_chunk_bytes(size)
        .with_max_read_bytes(size)
        .with_max_object_header_bytes(1 << 20);
    let file = Hdf5File::from_vec_with_options(bytes, options).map_err(|error| error.to_string())?;
    let mut reader = Reader { arrays: Arrays::new(), objects: 0, bytes_left: size };
    let root = file.root_group().map_err(|error| error.to_string())?;
    reader.group(&root, "", 0)?;
    Ok(reader.arrays)
}

struct Reader {
    arrays: Arrays,
    objects: usize,
    /// Bytes of data that may still be read: all arrays together are at most as large as the file.
    bytes_left: usize,
}

impl Reader {
    fn group(&mut self, group: &Group, path: &str, depth: usize) -> Result<(), String> {
        let at = |error: hdf5_reader::error::Error| format!("/{path}: {error}");
        if depth > DEEPEST {
            return Err(format!("{path}: groups are nested more than {DEEPEST} deep"));
        }
        let (groups, datasets) = group.members().map_err(at)?;
        self.objects += groups.len() + datasets.len();
        if self.objects > MOST_OBJECTS {
            return Err(format!("{path}: there are more than {MOST_OBJECTS} groups and arrays"));
        }
        for dataset in &datasets {
            let path = join(path, dataset.name());
            let array = self.dataset(dataset).map_err(|reason| format!("{path}: {reason}"))?;
            self.arrays.insert(path, array);
        }
        groups.iter().try_for_each(|group| self.group(group, &join(path, group.name()), depth + 1))
    }

    fn dataset(&mut self, dataset: &Dataset) -> Result<TensorData, String> {
        let shape =
            dataset.shape().iter().map(|length| usize::try_from(*length)).collect::<Result<Vec<_>, _>>();
        let shape = shape.map_err(|_| format!("its shape {:?} is too large", dataset.shape()))?;
        let size = dataset.raw_byte_len().map_err(|error| error.to_string())?;
        self.bytes_left = self
            .bytes_left
            .checked_sub(size)
            .ok_or_else(|| format!("its shape {shape:?} needs {size} bytes, which the file does not hold"))?;
        match dataset.dtype() {
            Datatype::FloatingPoint { size: 4, .. } => values::<f32>(dataset, shape),
            Datatype::FixedPoint { size: 4, signed: true, .. } => values::<i32>(dataset, shape),
            Datatype::FixedPoint { size: 8, signed: true, .. } => values::<i64>(dataset, shape),
            Datatype::FixedPoint { size: 4, signed: false, .. } => values::<u32>(dataset, shape),
            Datatype::FixedPoint { size: 8, signed: false, .. } => values::<u64>(dataset, shape),
            _ => Err("its type is not supported: save it as float32, or as integers of 32 or 64 bits".into()),
        }
    }
}

fn values<T: hdf5_reader::H5Type + burn::tensor::Element + Default>(
    dataset: &Dataset,
    shape: Vec<usize>,
) -> Result<TensorData, String> {
    // The caller has checked that the file is large enough.
    let mut values = vec![T::default(); shape.iter().product()];
    dataset.read_into(&mut values).map_err(|error| error.to_string())?;
    Ok(TensorData::new(values, shape))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

/// Writes arrays. Groups that end in `vars` get Keras' attribute `name`, the name of the object that they belong to.
///
/// # Errors
/// Returns the message of `hdf5-writer`.
pub(super) fn write(arrays: &Arrays, names: &BTreeMap<String, String>) -> Result<Vec<u8>, String> {
    let problem = |error: hdf5_writer::Error| error.to_string();
    let mut file = Hdf5Builder::new();
    for (path, data) in arrays {
        file = file.dataset(dataset(path, data)?);
    }
    for (path, name) in names {
        file = file.group_attribute(path, AttributeBuilder::fixed_string("name", name));
    }
    file.into_plan().map_err(problem)?.encode(WriteOptions::default()).map_err(problem)
}

fn dataset(path: &str, data: &TensorData) -> Result<DatasetBuilder, String> {
    let shape: Vec<u64> = data.shape().iter().map(|length| *length as u64).collect();
    let built = match data.dtype() {
        DType::F32 => data.as_slice::<f32>().map(|values| DatasetBuilder::typed_data(path, shape, values)),
        DType::U32 => data.as_slice::<u32>().map(|values| DatasetBuilder::typed_data(path, shape, values)),
        DType::I32 => data.as_slice::<i32>().map(|values| DatasetBuilder::typed_data(path, shape, values)),
        DType::I64 => data.as_slice::<i64>().map(|values| DatasetBuilder::typed_data(path, shape, values)),
        other => {
            return Err(format!(
                "{path} has type {other:?}: only float32 and integers of 32 and 64 bits can be written"
            ));
        }
    };
    let built = built.map_err(|error| format!("{path}: {error:?}"))?;
    built.map_err(|error| format!("{path}: {error}"))
}
