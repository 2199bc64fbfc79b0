//! Type-erased layer modules. Burn's `Module` has generic methods, so it is not dyn compatible.

use std::any::Any;

use burn::{
    module::{
        Content, Devices, Flag, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor,
        Param,
    },
    tensor::{Bool, Device, Int, Tensor},
};

use crate::{
    ModelError, Pass, Value,
    layers::{KernelCall, LayerKernel, LayerModule},
};

/// A layer module of any type. It is itself a Burn module.
#[derive(Debug)]
pub struct BoxedLayer(Box<dyn Erased>);

impl<M: LayerModule + 'static> From<M> for BoxedLayer {
    fn from(module: M) -> Self {
        Self(Box::new(module))
    }
}

impl BoxedLayer {
    /// Calls [`LayerModule::forward`].
    ///
    /// # Errors
    /// Returns the errors of the layer.
    pub fn forward(&self, input: Value, pass: &Pass) -> Result<Value, ModelError> {
        self.0.forward(input, pass)
    }

    /// Calls [`LayerModule::kernel`].
    pub fn kernel(&self, call: KernelCall) -> Option<LayerKernel> {
        self.0.kernel(call)
    }

    /// Calls [`LayerModule::penalty`].
    pub fn penalty(&self) -> Option<Tensor<1>> {
        self.0.penalty()
    }
}

/// `Module` and `LayerModule` without generic methods.
trait Erased: std::fmt::Debug + Send + Sync {
    fn forward(&self, input: Value, pass: &Pass) -> Result<Value, ModelError>;
    fn kernel(&self, call: KernelCall) -> Option<LayerKernel>;
    fn penalty(&self) -> Option<Tensor<1>>;
    fn cloned(&self) -> Box<dyn Erased>;
    fn collect_devices(&self, devices: Devices) -> Devices;
    fn fork(self: Box<Self>, device: &Device) -> Box<dyn Erased>;
    fn to_device(self: Box<Self>, device: &Device) -> Box<dyn Erased>;
    fn train(self: Box<Self>) -> Box<dyn Erased>;
    fn valid(&self) -> Box<dyn Erased>;
    fn materialize(self: Box<Self>) -> Box<dyn Erased>;
    fn visit(&self, visitor: &mut dyn ErasedVisitor);
    fn map(self: Box<Self>, mapper: &mut dyn ErasedMapper) -> Box<dyn Erased>;
}

impl<M: LayerModule + 'static> Erased for M {
    fn forward(&self, input: Value, pass: &Pass) -> Result<Value, ModelError> {
        LayerModule::forward(self, input, pass)
    }

    fn kernel(&self, call: KernelCall) -> Option<LayerKernel> {
        LayerModule::kernel(self, call)
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        LayerModule::penalty(self)
    }

    fn cloned(&self) -> Box<dyn Erased> {
        Box::new(self.clone())
    }

    fn collect_devices(&self, devices: Devices) -> Devices {
        Module::collect_devices(self, devices)
    }

    fn fork(self: Box<Self>, device: &Device) -> Box<dyn Erased> {
        Box::new(Module::fork(*self, device))
    }

    fn to_device(self: Box<Self>, device: &Device) -> Box<dyn Erased> {
        Box::new(Module::to_device(*self, device))
    }

    fn train(self: Box<Self>) -> Box<dyn Erased> {
        Box::new(Module::train(*self))
    }

    fn valid(&self) -> Box<dyn Erased> {
        Box::new(Module::valid(self))
    }

    fn materialize(self: Box<Self>) -> Box<dyn Erased> {
        Box::new(Module::materialize(*self))
    }

    fn visit(&self, visitor: &mut dyn ErasedVisitor) {
        Module::visit(self, &mut Typed(visitor));
    }

    fn map(self: Box<Self>, mapper: &mut dyn ErasedMapper) -> Box<dyn Erased> {
        Box::new(Module::map(*self, &mut Typed(mapper)))
    }
}

/// A visitor without generic methods. `param` is a float, integer, or bool `Param<Tensor<D>>`, or a `Param<Flag>`.
trait ErasedVisitor {
    fn visit(&mut self, param: &dyn Any);
    fn enter(&mut self, name: &str, container: &str);
    fn exit(&mut self, name: &str, container: &str);
}

/// A mapper without generic methods. `param` is an `Option` of a parameter, which the mapper replaces.
trait ErasedMapper {
    fn map(&mut self, param: &mut dyn Any);
    fn enter(&mut self, name: &str, container: &str);
    fn exit(&mut self, name: &str, container: &str);
}

/// An adapter that implements the generic methods of a visitor or mapper with those of an erased one.
struct Typed<'a, T: ?Sized>(&'a mut T);

impl ModuleVisitor for Typed<'_, dyn ErasedVisitor + '_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.visit(param);
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.0.visit(param);
    }

    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        self.0.visit(param);
    }

    fn visit_flag(&mut self, flag: &Param<Flag>) {
        self.0.visit(flag);
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.0.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.0.exit(name, container);
    }
}

impl ModuleMapper for Typed<'_, dyn ErasedMapper + '_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        mapped(self.0, param)
    }

    fn map_int<const D: usize>(&mut self, param: Param<Tensor<D, Int>>) -> Param<Tensor<D, Int>> {
        mapped(self.0, param)
    }

    fn map_bool<const D: usize>(&mut self, param: Param<Tensor<D, Bool>>) -> Param<Tensor<D, Bool>> {
        mapped(self.0, param)
    }

    fn map_flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
        mapped(self.0, flag)
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.0.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.0.exit(name, container);
    }
}

fn mapped<P: 'static>(mapper: &mut dyn ErasedMapper, param: P) -> P {
    let mut slot = Some(param);
    mapper.map(&mut slot);
    slot.expect("a mapper returns each parameter")
}

/// The ranks of the parameters that are visited and mapped.
macro_rules! for_each_rank {
    ($body:ident) => {
        $body!(1);
        $body!(2);
        $body!(3);
        $body!(4);
        $body!(5);
        $body!(6);
        $body!(7);
        $body!(8);
    };
}

impl<V: ModuleVisitor> ErasedVisitor for V {
    fn visit(&mut self, param: &dyn Any) {
        macro_rules! try_rank {
            ($rank:literal) => {
                if let Some(param) = param.downcast_ref::<Param<Tensor<$rank>>>() {
                    return self.visit_float(param);
                }
                if let Some(param) = param.downcast_ref::<Param<Tensor<$rank, Int>>>() {
                    return self.visit_int(param);
                }
                if let Some(param) = param.downcast_ref::<Param<Tensor<$rank, Bool>>>() {
                    return self.visit_bool(param);
                }
            };
        }
        for_each_rank!(try_rank);
        if let Some(flag) = param.downcast_ref::<Param<Flag>>() {
            self.visit_flag(flag);
        }
    }

    fn enter(&mut self, name: &str, container: &str) {
        self.enter_module(name, container);
    }

    fn exit(&mut self, name: &str, container: &str) {
        self.exit_module(name, container);
    }
}

impl<M: ModuleMapper> ErasedMapper for M {
    fn map(&mut self, param: &mut dyn Any) {
        macro_rules! try_rank {
            ($rank:literal) => {
                if let Some(slot) = param.downcast_mut::<Option<Param<Tensor<$rank>>>>() {
                    *slot = slot.take().map(|param| self.map_float(param));
                    return;
                }
                if let Some(slot) = param.downcast_mut::<Option<Param<Tensor<$rank, Int>>>>() {
                    *slot = slot.take().map(|param| self.map_int(param));
                    return;
                }
                if let Some(slot) = param.downcast_mut::<Option<Param<Tensor<$rank, Bool>>>>() {
                    *slot = slot.take().map(|param| self.map_bool(param));
                    return;
                }
            };
        }
        for_each_rank!(try_rank);
        if let Some(slot) = param.downcast_mut::<Option<Param<Flag>>>() {
            *slot = slot.take().map(|flag| self.map_flag(flag));
        }
    }

    fn enter(&mut self, name: &str, container: &str) {
        self.enter_module(name, container);
    }

    fn exit(&mut self, name: &str, container: &str) {
        self.exit_module(name, container);
    }
}

impl Clone for BoxedLayer {
    fn clone(&self) -> Self {
        Self(self.0.cloned())
    }
}

impl Module for BoxedLayer {
    fn collect_devices(&self, devices: Devices) -> Devices {
        self.0.collect_devices(devices)
    }

    fn fork(self, device: &Device) -> Self {
        Self(self.0.fork(device))
    }

    fn to_device(self, device: &Device) -> Self {
        Self(self.0.to_device(device))
    }

    fn train(self) -> Self {
        Self(self.0.train())
    }

    fn valid(&self) -> Self {
        Self(self.0.valid())
    }

    fn materialize(self) -> Self {
        Self(self.0.materialize())
    }

    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        self.0.visit(visitor);
    }

    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        Self(self.0.map(mapper))
    }
}

impl ModuleDisplayDefault for BoxedLayer {
    fn content(&self, content: Content) -> Option<Content> {
        content.add_single(&format!("{:?}", self.0)).optional()
    }
}

impl ModuleDisplay for BoxedLayer {}
