//! A boxed layer is visited and mapped like the module in it.

mod common;

use burn::{
    module::{Flag, Module, ModuleMapper, ModuleVisitor, Param, ParamId},
    nn::{BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Linear, LinearConfig},
    tensor::{Bool, Device, Int, Tensor},
};
use common::{counting, numbers};
use kindling_models::{
    Init, ModelError, Pass, Value,
    layers::{BoxedLayer, LayerModule},
};
use proptest::prelude::*;

/// Parameters of all kinds and several ranks, a flag (in `Dropout`), running statistics, and nested modules.
#[derive(Module, Debug)]
struct Mixed {
    floats: Param<Tensor<2>>,
    integers: Param<Tensor<1, Int>>,
    bools: Param<Tensor<3, Bool>>,
    deepest: Param<Tensor<8>>,
    dropout: Dropout,
    linears: Vec<Linear>,
    norm: BatchNorm,
    frozen: Option<Param<Tensor<1>>>,
}

impl LayerModule for Mixed {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        Ok(Value::Rank2(input.tensor::<2>()?.matmul(self.floats.val())))
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        Some(self.floats.val().sum())
    }
}

fn mixed([rows, columns]: [usize; 2], seed: u64) -> Mixed {
    let build = |init: &mut Init| {
        let device = init.device().clone();
        let linear = LinearConfig::new(rows, columns);
        Ok(Mixed {
            floats: Param::from_tensor(Tensor::random(
                [rows, columns],
                burn::tensor::Distribution::Default,
                &device,
            )),
            integers: Param::initialized(ParamId::new(), Tensor::arange(0..columns as i64, &device)),
            bools: Param::initialized(ParamId::new(), Tensor::full([rows, 1, columns], true, &device)),
            deepest: Param::from_tensor(Tensor::ones([1, 1, 1, 1, 1, 1, rows, columns], &device)),
            dropout: DropoutConfig::new(0.5).init(),
            linears: vec![linear.init(&device), linear.with_bias(false).init(&device)],
            norm: BatchNormConfig::new(columns).init(&device),
            frozen: Some(Param::from_tensor(Tensor::ones([rows], &device)).no_grad()),
        })
    };
    Init::build(&Device::flex(), seed, build).unwrap()
}

/// The calls that a visitor receives.
#[derive(Debug, Default, PartialEq)]
struct Visits {
    path: Vec<String>,
    seen: Vec<String>,
}

impl Visits {
    fn of(module: &impl Module) -> Vec<String> {
        let mut visits = Self::default();
        module.visit(&mut visits);
        assert_eq!(visits.path, Vec::<String>::new(), "each enter_module has an exit_module");
        visits.seen
    }

    fn see(&mut self, what: impl std::fmt::Debug, id: ParamId) {
        self.seen.push(format!("{} {id} {what:?}", self.path.join(".")));
    }
}

impl ModuleVisitor for Visits {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        self.see((D, value.is_require_grad(), value.device(), value.into_data()), param.id);
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.see((D, param.val().into_data()), param.id);
    }

    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        self.see((D, param.val().into_data()), param.id);
    }

    fn visit_flag(&mut self, flag: &Param<Flag>) {
        self.see(flag.val(), flag.id);
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.push(format!("{name}({container})"));
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        assert_eq!(self.path.pop(), Some(format!("{name}({container})")));
    }
}

/// Changes each value and records the calls.
#[derive(Default)]
struct Change {
    path: Vec<String>,
    changed: Vec<String>,
}

impl ModuleMapper for Change {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.changed.push(self.path.join("."));
        param.map(|tensor| tensor * 2.0 + 1.0)
    }

    fn map_int<const D: usize>(&mut self, param: Param<Tensor<D, Int>>) -> Param<Tensor<D, Int>> {
        self.changed.push(self.path.join("."));
        param.map(|tensor| tensor + 1)
    }

    fn map_bool<const D: usize>(&mut self, param: Param<Tensor<D, Bool>>) -> Param<Tensor<D, Bool>> {
        self.changed.push(self.path.join("."));
        param.map(Tensor::bool_not)
    }

    fn map_flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
        self.changed.push(self.path.join("."));
        flag.with_value(false)
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.push(format!("{name}({container})"));
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        assert_eq!(self.path.pop(), Some(format!("{name}({container})")));
    }
}

fn changed<M: Module>(module: M) -> (Vec<String>, Vec<String>) {
    let mut change = Change::default();
    let module = module.map(&mut change);
    (change.changed, Visits::of(&module))
}

#[test]
fn every_kind_of_parameter_is_visited_and_mapped() {
    let layer = BoxedLayer::from(mixed([2, 3], 1));
    let before = Visits::of(&layer);
    // floats, integers, bools, deepest, the flags of dropout and norm, 3 of the linears, 4 of norm, frozen.
    assert_eq!(before.len(), 4 + 2 + 3 + 4 + 1, "{before:#?}");
    let (paths, after) = changed(layer);
    assert_eq!(paths.len(), before.len());
    let unchanged: Vec<_> = after.iter().filter(|seen| before.contains(seen)).collect();
    assert!(unchanged.is_empty(), "{unchanged:#?}");
}

#[test]
fn forward_and_penalty_are_those_of_the_module() {
    let plain = mixed([2, 3], 1);
    let boxed = BoxedLayer::from(plain.clone());
    let output = |value: Result<Value, ModelError>| numbers(value.unwrap());
    let pass = Pass::inference();
    assert_eq!(
        output(boxed.forward(counting(&[4, 2]), &pass)),
        output(LayerModule::forward(&plain, counting(&[4, 2]), &pass))
    );
    let penalty = |penalty: Option<Tensor<1>>| penalty.unwrap().into_scalar::<f32>();
    assert_eq!(penalty(boxed.penalty()), penalty(LayerModule::penalty(&plain)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_boxed_module_behaves_like_the_module(shape in [1_usize..4, 1..4], seed: u64) {
        let plain = mixed(shape, seed);
        let boxed = BoxedLayer::from(plain.clone());
        prop_assert_eq!(boxed.num_params(), plain.num_params());
        prop_assert_eq!(boxed.devices(), plain.devices());
        prop_assert_eq!(Visits::of(&boxed), Visits::of(&plain));

        // With autodiff, as a validation copy, and with autodiff again.
        let (plain, boxed) = (plain.train(), boxed.train());
        prop_assert_eq!(Visits::of(&boxed), Visits::of(&plain));
        prop_assert_eq!(boxed.devices(), plain.devices());
        prop_assert_eq!(Visits::of(&boxed.valid()), Visits::of(&plain.valid()));
        prop_assert_eq!(Visits::of(&boxed.valid().train()), Visits::of(&plain));

        let device = Device::flex().autodiff();
        prop_assert_eq!(Visits::of(&boxed.clone().fork(&device)), Visits::of(&plain.clone().fork(&device)));
        prop_assert_eq!(Visits::of(&boxed.clone().to_device(&device)), Visits::of(&plain.clone().to_device(&device)));
        prop_assert_eq!(Visits::of(&boxed.clone().freeze()), Visits::of(&plain.clone().freeze()));
        prop_assert_eq!(Visits::of(&boxed.clone().materialize()), Visits::of(&plain.clone().materialize()));
        // Validation copies, since a clone shares its running statistics.
        prop_assert_eq!(changed(boxed.valid()), changed(plain.valid()));
    }
}
