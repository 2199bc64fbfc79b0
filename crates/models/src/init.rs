//! Building networks: the device, and the random numbers for initial weights.

use std::{
    cell::Cell,
    sync::{Mutex, MutexGuard, PoisonError},
};

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Bool, Device, Int, Tensor, TensorData},
};
use kindling_data::random::{Purpose, generator};
use rand::Rng;

use crate::{ModelError, initializers::Initializer};

/// The device and the random number generator with which a network is built.
///
/// Each draw depends only on the seed and the number of earlier draws. Modules that are built one after the other
/// therefore start with different weights, the same seed gives the same network, and networks can be built on several
/// threads at once.
///
/// Burn's layers are built on [`device`](Self::device) as usual: while [`Init::build`] runs, the device's random
/// number generator is seeded and reserved for the calling thread.
///
/// ```
/// use burn::{module::{Module, Param}, nn::{Linear, LinearConfig}, tensor::{Device, Tensor}};
/// use kindling_models::{Init, ModelError, Sequential, SequentialNetwork, activations::Relu, initializers::Ones};
///
/// #[derive(Module, Debug)]
/// struct Own {
///     stack: SequentialNetwork,
///     linear: Linear,
///     scale: Param<Tensor<1>>,
/// }
///
/// let build = |init: &mut Init| {
///     Ok(Own {
///         stack: Sequential::new(8).dense(4, Relu).build(init)?,
///         linear: LinearConfig::new(4, 2).init(init.device()),
///         scale: init.weight([2], &Ones)?,
///     })
/// };
/// let (own, again) = (Init::build(&Device::flex(), 7, build)?, Init::build(&Device::flex(), 7, build)?);
/// assert_eq!(own.linear.weight.val().into_data(), again.linear.weight.val().into_data());
/// # Ok::<(), ModelError>(())
/// ```
#[derive(Debug)]
pub struct Init {
    device: Device,
    seed: u64,
    drawn: u64,
    /// For networks whose weights are loaded afterwards: the number of values that may still be allocated.
    left: Option<usize>,
}

/// Maximum number of values in a weight or a sample (8 GB). A failed allocation would abort the program.
pub(crate) const MOST_VALUES: usize = 1 << 31;

impl Init {
    /// Builds a network on `device`, without autodiff, and draws all random values from `seed`.
    ///
    /// Builds on other threads are blocked until this one returns, so `build` must not wait for them.
    ///
    /// # Errors
    /// Returns the errors of `build`.
    pub fn build<M: Module>(
        device: &Device,
        seed: u64,
        build: impl FnOnce(&mut Self) -> Result<M, ModelError>,
    ) -> Result<M, ModelError> {
        Self::build_with(device, seed, None, build)
    }

    /// Builds a network of zeros, whose weights are loaded afterwards. `values` is the number of values in the file,
    /// which limits the number of values in the network.
    pub(crate) fn blank<M: Module>(
        device: &Device,
        values: usize,
        build: impl FnOnce(&mut Self) -> Result<M, ModelError>,
    ) -> Result<M, ModelError> {
        Self::build_with(device, 0, Some(values), build)
    }

    fn build_with<M: Module>(
        device: &Device,
        seed: u64,
        left: Option<usize>,
        build: impl FnOnce(&mut Self) -> Result<M, ModelError>,
    ) -> Result<M, ModelError> {
        let device = device.clone().without_autodiff();
        let _reserved = Reserved::new(&device, seed, 0);
        let module = build(&mut Self { device, seed, drawn: 0, left })?;
        // Burn draws initial weights on first access: access them while the generator is reserved.
        module.visit(&mut ReadAll);
        Ok(module)
    }

    /// Returns the device to build on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Returns a trainable weight of this shape. Its values are drawn on the host, so a seed gives the same values on
    /// every backend.
    ///
    /// # Errors
    /// Returns [`ModelError::Weight`] if the shape has more than 2^31 values, or the initializer returns a different
    /// number of values.
    pub fn weight<const D: usize>(
        &mut self,
        shape: [usize; D],
        initializer: &(impl Initializer + ?Sized),
    ) -> Result<Param<Tensor<D>>, ModelError> {
        let count = shape.iter().try_fold(1_usize, |count, length| count.checked_mul(*length));
        let Some(count) = count.filter(|count| *count <= MOST_VALUES) else {
            return Err(ModelError::Weight(format!(
                "shape {shape:?} has more than 2^31 values: use fewer units"
            )));
        };
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(count).ok_or_else(|| {
                ModelError::Weight(format!(
                    "a weight of shape {shape:?} has more values than the file holds: use the file that belongs to the \
                     network"
                ))
            })?;
            return Ok(Param::from_data(TensorData::zeros::<f32, _>(shape), &self.device));
        }
        let mut random = generator(self.seed, Purpose::Weights, self.drawn);
        self.drawn += u64::from(initializer.is_random());
        let values = initializer.values(&shape, &mut random);
        if values.len() != count {
            let (name, found) = (initializer.name(), values.len());
            return Err(ModelError::Weight(format!(
                "initializer {name} returned {found} values for shape {shape:?}: return {count}"
            )));
        }
        Ok(Param::from_data(TensorData::new(values, shape), &self.device))
    }
}

/// Locked while a backend's own generator is in use: Burn has one generator per process or device.
static BACKEND: Mutex<()> = Mutex::new(());

thread_local! {
    static RESERVED: Cell<bool> = const { Cell::new(false) };
}

/// A guard that reserves the device's random number generator, seeded, for the current thread until it is dropped.
#[derive(Debug)]
pub struct Reserved {
    /// `None` if this thread had already reserved the generator.
    guard: Option<MutexGuard<'static, ()>>,
}

impl Reserved {
    /// Waits until no other thread has reserved the generator, then seeds it with the run's seed and an index.
    pub fn new(device: &Device, seed: u64, index: u64) -> Self {
        let reserved = RESERVED.replace(true);
        let guard = (!reserved).then(|| BACKEND.lock().unwrap_or_else(PoisonError::into_inner));
        device.seed(generator(seed, Purpose::Backend, index).next_u64());
        Self { guard }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if self.guard.is_some() {
            RESERVED.set(false);
        }
    }
}

/// Reads every parameter.
struct ReadAll;

impl ModuleVisitor for ReadAll {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        param.val();
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        param.val();
    }

    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        param.val();
    }
}
