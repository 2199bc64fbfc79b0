//! Weights are saved and loaded bit for bit, in Keras' layout.

mod common;

use std::collections::BTreeMap;

use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{Device, TensorData},
};
use common::{Fresh, data, run, stacks, value};
use kindling_models::{
    Init, InputSpec, ModelError, Network, OutputSpec, Pass, Regularizer, Sequential, Value, Weights,
    activations::{Linear as Identity, Relu, Softmax},
    keras_file::KerasFile,
    layers::Dense,
};
use proptest::prelude::*;
use safetensors::{Dtype, SafeTensors};

/// Returns the bits of the values by name: NaN equals itself in this form, and the order of a file does not matter.
fn bits(weights: &Weights) -> BTreeMap<String, (Vec<usize>, Vec<u32>)> {
    let entry = |(name, data): (&str, &TensorData)| {
        let values = data.as_slice::<f32>().unwrap().iter().map(|value| value.to_bits()).collect();
        (name.to_owned(), (data.shape().to_vec(), values))
    };
    weights.iter().map(entry).collect()
}

fn through_a_file(weights: &Weights) -> Weights {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    weights.save(&path).unwrap();
    Weights::read(&path).unwrap()
}

#[test]
fn a_file_holds_f32_tensors_named_after_their_layers() {
    let network = Sequential::new(4).dense(3, Relu).dropout(0.5).dense(2, Softmax);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    Weights::of(&network.fresh(0).unwrap()).unwrap().save(&path).unwrap();

    let bytes = std::fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let found: BTreeMap<String, (Dtype, Vec<usize>)> =
        file.iter().map(|(name, view)| (name.to_owned(), (view.dtype(), view.shape().to_vec()))).collect();
    let expected = [
        ("dense.kernel", vec![4, 3]),
        ("dense.bias", vec![3]),
        ("dense_1.kernel", vec![3, 2]),
        ("dense_1.bias", vec![2]),
    ];
    assert_eq!(found, expected.map(|(name, shape)| (name.to_owned(), (Dtype::F32, shape))).into());
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no other file is left in the directory"
    );
}

#[test]
fn saving_is_deterministic_and_replaces_an_existing_file() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["one", "two"].map(|name| folder.path().join(name));
    std::fs::write(&paths[1], vec![7; 100_000]).unwrap();
    for path in &paths {
        let network = Sequential::new(20).dense(30, Relu).dense(4, Softmax).fresh(9).unwrap();
        Weights::of(&network).unwrap().save(path).unwrap();
    }
    assert_eq!(std::fs::read(&paths[0]).unwrap(), std::fs::read(&paths[1]).unwrap());
}

#[test]
fn a_network_is_rebuilt_from_a_file_alone() {
    let stack = Sequential::new([28, 28])
        .flatten()
        .layer(Dense::new(16).activation(Relu).kernel_regularizer(Regularizer::l1_l2(1e-5, 0.002)))
        .dropout(0.3)
        .layer(Dense::new(3).use_bias(false))
        .activation(Softmax);
    let saved = stack.fresh(0).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.keras");
    KerasFile::new(&saved).unwrap().write(&path).unwrap();
    let file = KerasFile::read(&path).unwrap();
    assert_eq!(file.sequential().unwrap(), stack);
    let network = file.network(&Device::flex()).unwrap();
    assert_eq!(bits(&Weights::of(&network).unwrap()), bits(&Weights::of(&saved).unwrap()));
}

#[test]
fn loaded_weights_give_the_same_outputs_as_saved_ones() {
    let stack = Sequential::new(4).dense(5, Relu).dense(2, Identity);
    let [saved, other] = [1, 2].map(|seed| stack.fresh(seed).unwrap());
    let input = || value(&[0.1, -0.2, 0.3, 0.4, 1.0, 2.0, -3.0, 4.0], &[2, 4]);
    let expected = run(&saved, input(), &Pass::inference());
    assert_ne!(run(&other, input(), &Pass::inference()), expected);
    let loaded = through_a_file(&Weights::of(&saved).unwrap()).load_into(other).unwrap();
    assert_eq!(run(&loaded, input(), &Pass::inference()), expected);
}

#[test]
fn weights_are_accepted_in_any_order_and_data_type() {
    let network = Sequential::new(2).dense(1, Identity).fresh(0).unwrap();
    let given = Weights::from_tensors(vec![
        ("dense.bias".into(), TensorData::new(vec![3_i64], [1])),
        ("dense.kernel".into(), TensorData::new(vec![0.5_f64, -1.5], [2, 1])),
    ]);
    let expected = [("dense.bias", data(&[3.0], &[1])), ("dense.kernel", data(&[0.5, -1.5], &[2, 1]))];
    let expected = Weights::from_tensors(expected.map(|(name, data)| (name.to_owned(), data)).into());
    assert_eq!(bits(&Weights::of(&given.load_into(network).unwrap()).unwrap()), bits(&expected));
    assert_eq!(bits(&through_a_file(&given)), bits(&expected));
}

/// A custom network, whose weights have the default names.
#[derive(Module, Debug)]
struct Own {
    first: Linear,
    second: Linear,
}

impl Network for Own {
    fn inputs(&self) -> Vec<InputSpec> {
        vec![InputSpec::numbers([3])]
    }

    fn outputs(&self) -> Vec<OutputSpec> {
        vec![OutputSpec::new("second", [1])]
    }

    fn forward(&self, mut inputs: Vec<Value>, _pass: &Pass) -> Result<Vec<Value>, ModelError> {
        let hidden = self.first.forward(inputs.swap_remove(0).tensor::<2>()?);
        Ok(vec![self.second.forward(hidden).into()])
    }
}

#[test]
fn a_user_defined_module_saves_its_weights_under_the_names_of_its_fields() {
    let own = || {
        let build = |init: &mut Init| {
            Ok(Own {
                first: LinearConfig::new(3, 2).init(init.device()),
                second: LinearConfig::new(2, 1).with_bias(false).init(init.device()),
            })
        };
        Init::build(&Device::flex(), 0, build).unwrap()
    };
    let weights = Weights::of(&own()).unwrap();
    let read = through_a_file(&weights);
    assert_eq!(bits(&read).into_keys().collect::<Vec<_>>(), ["first.bias", "first.weight", "second.weight"]);
    assert_eq!(bits(&Weights::of(&read.load_into(own()).unwrap()).unwrap()), bits(&weights));
}

#[test]
fn files_that_cannot_be_opened_or_written_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing/weights.safetensors");
    let weights = Weights::of(&Sequential::new(1).dense(1, Relu).fresh(0).unwrap()).unwrap();
    for result in [Weights::read(&missing).map(|_| ()), weights.save(&missing), weights.save(folder.path())] {
        let error = result.unwrap_err();
        assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
        assert!(matches!(error, ModelError::Io { .. }), "{error}");
    }
}

proptest! {
    #[test]
    fn any_weights_are_read_back_bit_by_bit(stack in stacks(), numbers in prop::collection::vec(any::<u32>(), 1..40)) {
        let fresh = || stack.fresh(0).unwrap();
        let mut numbers = numbers.into_iter().map(f32::from_bits).cycle();
        let odd = Weights::of(&fresh()).unwrap().iter().map(|(name, data)| {
            let values: Vec<f32> = numbers.by_ref().take(data.num_elements()).collect();
            (name.to_owned(), TensorData::new(values, data.shape().to_vec()))
        }).collect();
        let odd = Weights::from_tensors(odd);
        let loaded = through_a_file(&odd).load_into(fresh()).unwrap();
        prop_assert_eq!(bits(&Weights::of(&loaded).unwrap()), bits(&odd));
    }
}
