//! The weights of a network by name, and safetensors files of them.

use std::{collections::HashMap, io::Write, path::Path, vec};

use burn::{
    module::{ModuleMapper, ModuleVisitor, Param},
    tensor::{Shape, Tensor, TensorData},
};
use kindling_data::files::write_whole;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::{ModelError, Network};

/// The weights of a network on the host, in the order of its layers. The built-in layers have Keras' layout: kernels
/// are `[inputs, units]`.
///
/// ```
/// use burn::tensor::Device;
/// use kindling_models::{Init, Sequential, Weights, activations::Relu};
///
/// let stack = Sequential::new(4).dense(2, Relu);
/// let build = |seed| Init::build(&Device::flex(), seed, |init| stack.build(init));
/// let weights = Weights::of(&build(1)?)?;
/// let (name, kernel) = weights.iter().next().expect("a dense layer has a kernel");
/// assert_eq!((name, kernel.shape().as_slice()), ("dense.kernel", &[4, 2][..]));
/// let other = weights.load_into(build(2)?)?;
/// assert_eq!(Weights::of(&other)?, weights);
/// # Ok::<(), kindling_models::ModelError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Weights {
    tensors: Vec<(String, TensorData)>,
}

/// Weights are equal if they have the same names and values, in any order.
impl PartialEq for Weights {
    fn eq(&self, other: &Self) -> bool {
        let by_name = |weights: &Self| {
            let mut tensors = weights.tensors.clone();
            tensors.sort_by(|(a, _), (b, _)| a.cmp(b));
            tensors
        };
        by_name(self) == by_name(other)
    }
}

impl Weights {
    /// Reads the weights of `network` from its device.
    ///
    /// # Errors
    /// Returns [`ModelError::Device`] if the device fails, for example because a remote machine cannot be reached.
    pub fn of<N: Network>(network: &N) -> Result<Self, ModelError> {
        let mut reader = Reader(Ok(Vec::new()));
        // Burn defers the last update of running statistics until a validation copy is made.
        network.valid().visit(&mut reader);
        let names = shapes(network).into_iter().map(|(name, _)| name);
        Ok(Self { tensors: names.zip(reader.0?).collect() })
    }

    /// Creates weights from names and values, which are converted to `f32`.
    pub fn from_tensors(tensors: Vec<(String, TensorData)>) -> Self {
        let tensors = tensors.into_iter().map(|(name, data)| (name, data.convert::<f32>())).collect();
        Self { tensors }
    }

    /// Iterates over the names (`dense_1.kernel`) and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &TensorData)> {
        self.tensors.iter().map(|(name, data)| (name.as_str(), data))
    }

    /// Returns `network` with its weights replaced by these. Clones of `network` share Burn's running statistics, so
    /// they get the loaded ones too.
    ///
    /// # Errors
    /// Returns [`ModelError::Mismatch`] if a name or a shape differs; nothing is loaded then.
    pub fn load_into<N: Network>(&self, network: N) -> Result<N, ModelError> {
        let own = shapes(&network);
        let given: HashMap<&str, &TensorData> = self.iter().collect();
        if let Some((name, _)) = self.iter().find(|(name, data)| !std::ptr::eq(given[name], *data)) {
            return Err(ModelError::Mismatch(format!("{name} is given twice")));
        }
        let matched = own.iter().map(|(name, own)| match given.get(name.as_str()) {
            Some(data) if data.shape() == own => Ok((*data).clone()),
            Some(data) => {
                let (have, want) = (data.shape().as_slice(), own.as_slice());
                Err(ModelError::Mismatch(format!("{name} has shape {have:?}, the network expects {want:?}")))
            }
            None => Err(ModelError::Mismatch(format!("{name} {:?} is missing", own.as_slice()))),
        });
        let tensors = matched.collect::<Result<Vec<_>, _>>()?;
        if let Some((name, data)) = self.iter().find(|(name, _)| own.iter().all(|(own, _)| own != name)) {
            let shape = data.shape().as_slice();
            return Err(ModelError::Mismatch(format!(
                "{name} {shape:?} is given, but the network has no such weight"
            )));
        }
        // Apply pending updates of running statistics, which would overwrite the loaded values.
        network.valid();
        Ok(network.map(&mut Loader { tensors: tensors.into_iter() }))
    }

    /// Writes a safetensors file with a named `f32` tensor for each weight. An existing file is replaced only once
    /// the new one is complete.
    ///
    /// # Errors
    /// Returns [`ModelError::Io`] if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ModelError> {
        let path = path.as_ref();
        let io = ModelError::io(path);
        let format = |error: safetensors::SafeTensorError| io(std::io::Error::other(error));
        let mut views = Vec::with_capacity(self.tensors.len());
        for (name, data) in &self.tensors {
            views.push((
                name,
                TensorView::new(Dtype::F32, data.shape().to_vec(), data.as_bytes()).map_err(format)?,
            ));
        }
        let bytes = safetensors::serialize(views, None).map_err(format)?;
        write_whole(path, |file| file.write_all(&bytes)).map_err(io)
    }

    /// Reads a safetensors file. The weights are sorted by name.
    ///
    /// # Errors
    /// Returns [`ModelError::Io`] if the file cannot be read, [`ModelError::Format`] if it is damaged or holds values
    /// other than `f32`.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(ModelError::io(path))?;
        let format = |reason: String| ModelError::Format { path: path.into(), reason };
        let file = SafeTensors::deserialize(&bytes).map_err(|error| format(error.to_string()))?;
        let mut tensors = Vec::with_capacity(file.len());
        for (name, view) in file.iter() {
            if view.dtype() != Dtype::F32 {
                return Err(format(format!("{name} is {:?}: weights must be F32", view.dtype())));
            }
            let values = view
                .data()
                .chunks_exact(4)
                .map(|value| f32::from_le_bytes([value[0], value[1], value[2], value[3]]));
            tensors
                .push((name.to_owned(), TensorData::new(values.collect::<Vec<_>>(), view.shape().to_vec())));
        }
        // The file does not preserve an order.
        tensors.sort_by(|(a, _): &(String, TensorData), (b, _)| a.cmp(b));
        Ok(Self { tensors })
    }
}

/// Returns the names and shapes of a network's weights, in the order of its layers.
pub(crate) fn shapes<N: Network>(network: &N) -> Vec<(String, Shape)> {
    let mut shapes = Shapes { network, path: Vec::new(), shapes: Vec::new() };
    network.visit(&mut shapes);
    shapes.shapes
}

struct Shapes<'a, N> {
    network: &'a N,
    path: Vec<String>,
    shapes: Vec<(String, Shape)>,
}

impl<N: Network> ModuleVisitor for Shapes<'_, N> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.shapes.push((self.network.weight_name(&self.path), param.lazy_shape()));
    }
}

/// Reads weights from the device, in the order of the visit.
struct Reader(Result<Vec<TensorData>, ModelError>);

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Ok(tensors) = &mut self.0 {
            match param.val().try_into_data() {
                Ok(data) => tensors.push(data.convert::<f32>()),
                Err(error) => self.0 = Err(ModelError::Device(error.to_string())),
            }
        }
    }
}

/// Replaces weights with tensors given in the order of the visit.
struct Loader {
    tensors: vec::IntoIter<TensorData>,
}

impl ModuleMapper for Loader {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.tensors.next() {
            Some(data) => {
                let (id, tensor) = (param.id, Tensor::from_data(data, &param.lazy_device()));
                param.transform_for_load(tensor, id)
            }
            None => param,
        }
    }
}
