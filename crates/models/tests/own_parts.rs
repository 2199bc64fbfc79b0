//! Custom layers, activations and initializers work like the built-in ones.

mod common;

use burn::{
    config::Config,
    module::{Module, Param},
    nn::{BatchNorm, BatchNormConfig},
    tensor::{Tensor, activation::sigmoid},
};
use common::{Fresh, assert_close, counting, numbers, value};
use kindling_models::{
    Init, ModelError, Network, Part, Pass, Sequential, Value, Weights,
    activations::{Activation, Relu},
    initializers::{Initializer, Ones},
    layers::{BoxedLayer, Dense, Layer, LayerModule},
};
use rand::rngs::ChaCha8Rng;
use serde_json::json;

/// A layer: batch normalization, then a trainable factor per feature with a penalty on its square.
#[derive(Config, Debug)]
struct ScaledNorm {
    #[config(default = 0.0)]
    l2: f64,
}

#[derive(Module, Debug)]
struct ScaledNormModule {
    norm: BatchNorm,
    factors: Param<Tensor<1>>,
    l2: f64,
}

#[typetag::serde]
impl Layer for ScaledNorm {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
        match input {
            [_] => Ok(input.to_vec()),
            _ => Err(format!("expected vectors, found {input:?}: put a Flatten before it")),
        }
    }

    fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
        let norm = BatchNormConfig::new(input[0]).init(init.device());
        Ok(ScaledNormModule { norm, factors: init.weight([input[0]], &Ones)?, l2: self.l2 }.into())
    }
}

impl LayerModule for ScaledNormModule {
    fn forward(&self, input: Value, _pass: &Pass) -> Result<Value, ModelError> {
        let normalized = self.norm.forward(input.tensor::<2>()?);
        Ok((normalized * self.factors.val().unsqueeze()).into())
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        (self.l2 > 0.0).then(|| self.factors.val().square().sum().mul_scalar(self.l2))
    }
}

/// An activation: `x * sigmoid(beta * x)`.
#[derive(Config, Debug)]
struct Swish {
    beta: f64,
}

#[typetag::serde]
impl Activation for Swish {
    fn apply(&self, x: Value) -> Value {
        x.map_rows(|x| x.clone() * sigmoid(x * self.beta))
    }
}

/// An initializer: the multiples 0, `step`, 2 `step`, ...
#[derive(Config, Debug)]
struct Ramp {
    step: f64,
}

#[typetag::serde]
impl Initializer for Ramp {
    fn values(&self, shape: &[usize], _random: &mut ChaCha8Rng) -> Vec<f32> {
        (0..shape.iter().product()).map(|i| (i as f64 * self.step) as f32).collect()
    }

    fn is_random(&self) -> bool {
        false
    }
}

fn stack() -> Sequential {
    let output = Dense::new(2).activation(Swish::new(1.5)).kernel_initializer(Ramp::new(0.25));
    Sequential::new(3).layer(ScaledNorm::new().with_l2(0.5)).layer(output)
}

#[test]
fn shapes_names_and_the_activation_are_inferred() {
    let network = stack().fresh(0).unwrap();
    let output = network.outputs().swap_remove(0);
    assert_eq!((output.name.as_str(), output.shape.as_slice()), ("dense", &[2][..]));
    assert!(output.activation.is::<Swish>() && !output.activation.is::<Relu>());
    assert_eq!(output.activation.name(), "Swish");

    let weights = Weights::of(&network).unwrap();
    let named: Vec<_> = weights.iter().map(|(name, data)| (name, data.shape().to_vec())).collect();
    let expected = [
        ("scaled_norm.norm.gamma", vec![3]),
        ("scaled_norm.norm.beta", vec![3]),
        ("scaled_norm.norm.running_mean", vec![3]),
        ("scaled_norm.norm.running_var", vec![3]),
        ("scaled_norm.factors", vec![3]),
        ("dense.kernel", vec![3, 2]),
        ("dense.bias", vec![2]),
    ];
    assert_eq!(named, expected);
    let twice = Sequential::new(3).layer(ScaledNorm::new()).layer(ScaledNorm::new()).fresh(0).unwrap();
    assert_eq!(twice.outputs()[0].name, "scaled_norm_1");
}

#[test]
fn a_stack_computes_with_custom_parts() {
    let network = stack().fresh(0).unwrap();
    let input = || value(&[1.0, 0.0, 2.0], &[1, 3]);
    // At first, the normalization divides by sqrt(1 + 1e-5). The kernel is [[0, 0.25], [0.5, 0.75], [1, 1.25]].
    let scale = 1.0 / 1.00001_f32.sqrt();
    let logits = [2.0 * scale, 2.75 * scale];
    let output = network.forward(vec![input()], &Pass::inference()).unwrap().swap_remove(0);
    assert_close(&numbers(output), &logits, 1e-6);
    let expected = logits.map(|x| x / (1.0 + (-1.5 * x).exp()));
    assert_close(&numbers(network.call(input(), &Pass::inference()).unwrap()), &expected, 1e-6);
    // 0.5 * (1 + 1 + 1)
    assert_eq!(network.penalty().unwrap().into_scalar::<f32>(), 1.5);
    assert!(Sequential::new(3).layer(ScaledNorm::new()).fresh(0).unwrap().penalty().is_none());
}

#[test]
fn a_summary_counts_running_statistics_as_non_trainable() {
    let expected = "\
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ scaled_norm (ScaledNorm)        │ (None, 3)              │            15 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense (Dense)                   │ (None, 2)              │             8 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 23 (92.00 B)
 Trainable params: 17 (68.00 B)
 Non-trainable params: 6 (24.00 B)
";
    let network = stack().fresh(0).unwrap();
    assert_eq!(network.summary(), expected);
    // The summary is the same in training, with a pending update, and for a validation copy.
    let network = network.train();
    network.forward(vec![counting(&[4, 3]).autodiff()], &Pass::training(0, 0)).unwrap();
    assert_eq!(network.summary(), expected);
    assert_eq!(network.valid().summary(), expected);
    // Frozen weights are non-trainable.
    let totals = " Trainable params: 0 (0.00 B)\n Non-trainable params: 23 (92.00 B)\n";
    assert!(network.freeze().summary().ends_with(totals));
}

#[test]
fn a_stack_is_serialized_and_read_back() {
    let json = serde_json::to_value(stack()).unwrap();
    let layers = &json["config"]["layers"];
    assert_eq!(
        (&layers[0]["class_name"], &layers[1]["class_name"]),
        (&json!("InputLayer"), &json!("ScaledNorm"))
    );
    assert_eq!((&layers[1]["module"], &layers[1]["config"]["l2"]), (&json!("kindling"), &json!(0.5)));
    let dense = &layers[2]["config"];
    assert_eq!((&layers[2]["module"], &dense["name"]), (&json!("keras.layers"), &json!("dense")));
    let own = |class: &str, config| json!({"module": "kindling", "class_name": class, "config": config, "registered_name": class});
    assert_eq!(dense["activation"], own("Swish", json!({"beta": 1.5})));
    assert_eq!(dense["kernel_initializer"], own("Ramp", json!({"step": 0.25})));

    let read: Sequential = serde_json::from_str(&json.to_string()).unwrap();
    assert_eq!(read, stack());
    assert_ne!(read, Sequential::new(3).layer(ScaledNorm::new()).layer(Dense::new(2)));
    let (read, own) = (read.fresh(4).unwrap(), stack().fresh(4).unwrap());
    assert_eq!(Weights::of(&read).unwrap(), Weights::of(&own).unwrap());
}

#[test]
fn weights_are_saved_and_loaded_with_running_statistics() {
    let trained = stack().fresh(0).unwrap().train();
    trained.forward(vec![counting(&[4, 3]).autodiff()], &Pass::training(0, 0)).unwrap();
    let weights = Weights::of(&trained).unwrap();
    assert_ne!(weights, Weights::of(&stack().fresh(0).unwrap()).unwrap());

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.safetensors");
    weights.save(&path).unwrap();
    let loaded = Weights::read(&path).unwrap().load_into(stack().fresh(1).unwrap()).unwrap();
    assert_eq!(Weights::of(&loaded).unwrap(), weights);
    let output =
        |network: &dyn Fn(Value) -> Result<Value, ModelError>| numbers(network(counting(&[2, 3])).unwrap());
    let pass = Pass::inference();
    let valid = trained.valid();
    assert_eq!(output(&|input| loaded.call(input, &pass)), output(&|input| valid.call(input, &pass)));
}

#[test]
fn an_error_of_output_shape_names_the_layer() {
    let message = Sequential::new([2, 3]).layer(ScaledNorm::new()).refusal();
    assert_eq!(message, "layer scaled_norm: expected vectors, found [2, 3]: put a Flatten before it");
}

/// A configuration that cannot be saved must not be lost silently.
#[test]
fn a_layer_that_cannot_be_read_back_is_rejected() {
    let message = Sequential::new(3).layer(ScaledNorm::new().with_l2(f64::INFINITY)).refusal();
    assert!(message.starts_with("layer scaled_norm: it cannot be read back from "), "{message}");
}

#[test]
fn an_unknown_class_name_is_named() {
    let known = serde_json::to_string(&stack()).unwrap();
    for class in ["ScaledNorm", "Swish", "Ramp"] {
        let unknown = known.replace(&format!("\"class_name\":{class:?}"), "\"class_name\":\"Unheard\"");
        let error = serde_json::from_str::<Sequential>(&unknown).unwrap_err().to_string();
        assert!(error.contains("Unheard"), "{error}");
    }
    let broken = known.replace("\"class_name\"", "\"class\"");
    assert!(serde_json::from_str::<Sequential>(&broken).is_err());
    let part: Part<dyn Activation> = serde_json::from_str(r#"{"class_name":"relu","config":null}"#).unwrap();
    assert!(part.is::<Relu>());
}
