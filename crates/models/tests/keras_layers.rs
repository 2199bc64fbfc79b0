//! Layers have Keras' options, weights and outputs, as computed by `fixtures/keras_layers.py`.

mod common;

use burn::module::Module;
use common::{Fresh, assert_close, counting, numbers, value};
use kindling_data::Column;
use kindling_models::{
    Network, Part, Pass, Sequential, SequentialNetwork, Value, Weights,
    activations::{self, Linear},
    layers::{self, BatchNormalization, Layer, Normalization},
};
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// A layer, and its output in inference.
#[derive(Deserialize)]
struct Case {
    layer: Json,
    input: Vec<usize>,
    weights: Vec<(String, Vec<usize>)>,
    output: Vec<usize>,
    values: Vec<f32>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("fixtures/keras_layers.json")).unwrap()
}

fn layer(json: &Json) -> Part<dyn Layer> {
    serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn stack(input: &[usize], json: &Json) -> Sequential {
    Sequential::new(input.to_vec()).layer(layer(json))
}

/// Returns the numbers from which the inputs and weights of the cases are computed.
fn waves(count: usize, function: impl Fn(f64) -> f64) -> Vec<f32> {
    (0..count).map(|index| function(index as f64) as f32).collect()
}

fn case_input(shape: &[usize]) -> Value {
    value(&waves(shape.iter().product(), |index| (index * 1.7).sin()), shape)
}

fn case_weight(index: usize, name: &str, count: usize) -> Vec<f32> {
    let wave = |place: f64| (place * (1.3 + index as f64)).cos() * 0.5;
    waves(count, |place| if name.contains("variance") { wave(place).abs() + 0.1 } else { wave(place) })
}

/// Replaces the weights of a network of one layer with those of the cases.
fn with_case_weights(network: SequentialNetwork) -> SequentialNetwork {
    let weights = Weights::of(&network).unwrap();
    let weights = weights.iter().enumerate().map(|(index, (name, data))| {
        let shape = data.shape().to_vec();
        (name.to_owned(), common::data(&case_weight(index, name, shape.iter().product()), &shape))
    });
    Weights::from_tensors(weights.collect()).load_into(network).unwrap()
}

#[test]
fn layers_have_keras_weights_in_keras_order_and_keras_outputs() {
    for case in cases() {
        let network = with_case_weights(stack(&case.input, &case.layer).fresh(0).unwrap());
        let weights = Weights::of(&network).unwrap();
        let found: Vec<(&str, Vec<usize>)> = weights
            .iter()
            .map(|(name, data)| (name.split_once('.').unwrap().1, data.shape().to_vec()))
            .collect();
        let expected: Vec<(&str, Vec<usize>)> =
            case.weights.iter().map(|(name, shape)| (name.as_str(), shape.clone())).collect();
        assert_eq!(found, expected, "{}", case.layer);

        let input = case_input(&[vec![2], case.input].concat());
        let output = network.call(input, &Pass::inference()).unwrap();
        assert_eq!(output.shape(), [vec![2], case.output].concat(), "{}", case.layer);
        for (given, expected) in numbers(output).iter().zip(&case.values) {
            let close = (given - expected).abs() <= 2e-6 * expected.abs().max(1.0);
            assert!(close, "{}: found {given}, expected {expected}", case.layer);
        }
    }
}

#[test]
fn saved_layers_are_read_back_unchanged() {
    for case in cases() {
        let read = layer(&case.layer);
        let saved = serde_json::to_value(&read).unwrap();
        assert_eq!(serde_json::to_value(layer(&saved)).unwrap(), saved);
        for (option, given) in case.layer["config"].as_object().unwrap() {
            // Keras writes a single axis in both ways.
            let same = saved["config"][option] == *given || saved["config"][option] == json!([given]);
            assert!(same, "{option} of {} is saved as {saved}", case.layer);
        }
    }
}

#[test]
fn only_the_options_that_keras_requires_are_required() {
    for (class, config) in [
        ("Dense", json!({"units": 2})),
        ("Embedding", json!({"input_dim": 3, "output_dim": 2})),
        ("SimpleRNN", json!({"units": 2})),
        ("LSTM", json!({"units": 2})),
        ("GRU", json!({"units": 2})),
        ("Conv1D", json!({"filters": 2, "kernel_size": [3]})),
        ("Conv2D", json!({"filters": 2, "kernel_size": [3, 3]})),
        ("Dropout", json!({"rate": 0.5})),
        ("GaussianNoise", json!({"stddev": 0.5})),
        ("RandomFlip", json!({})),
        ("RandomTranslation", json!({"height_factor": 0.1, "width_factor": 0.1, "interpolation": "nearest"})),
        ("Rescaling", json!({"scale": 2})),
        ("Reshape", json!({"target_shape": [-1]})),
        ("MaxPooling1D", json!({})),
        ("MaxPooling2D", json!({"strides": null})),
        ("AveragePooling1D", json!({})),
        ("AveragePooling2D", json!({})),
        ("GlobalMaxPooling1D", json!({})),
        ("GlobalAveragePooling2D", json!({})),
        ("BatchNormalization", json!({})),
        ("LayerNormalization", json!({})),
        ("Normalization", json!({"axis": null})),
        ("Softmax", json!({})),
        ("ReLU", json!({"max_value": null})),
        ("LeakyReLU", json!({})),
        ("ELU", json!({})),
        ("Flatten", json!({"data_format": "channels_last"})),
    ] {
        let read = layer(&json!({"class_name": class, "config": config}));
        assert_eq!(read.class_name(), class);
    }
}

#[test]
fn invalid_options_are_rejected() {
    let gru = json!({"units": 2, "kernel_regularizer": {"l1": -1.0}});
    for (input, class, config, part) in [
        (vec![3], "Dense", json!({}), "units is 0"),
        (vec![3, 2], "GRU", json!({}), "units is 0"),
        (vec![3], "SimpleRNN", json!({"units": 2}), "expected sequences"),
        (vec![3, 2], "GRU", gru, "kernel_regularizer: l1 is -1"),
        (vec![3], "Embedding", json!({"input_dim": 3}), "output_dim 0"),
        (vec![4], "Conv1D", json!({"filters": 1, "kernel_size": [1]}), "expected sequences"),
        (vec![4, 1], "Conv1D", json!({"filters": 1}), "kernel_size [0]"),
        (vec![4, 1], "Conv1D", json!({"filters": 1, "kernel_size": [5]}), "the sequence is [4]"),
        (
            vec![4, 1],
            "Conv1D",
            json!({"filters": 1, "kernel_size": [3], "dilation_rate": [2]}),
            "the sequence is [4]",
        ),
        (
            vec![4, 1],
            "Conv1D",
            json!({"filters": 1, "kernel_size": [2], "dilation_rate": [2], "strides": [2]}),
            "cannot both",
        ),
        (vec![4, 3], "Conv1D", json!({"filters": 2, "kernel_size": [1], "groups": 2}), "groups is 2"),
        (vec![4, 3], "Conv1D", json!({"filters": 2, "kernel_size": [1], "groups": 0}), "groups 0"),
        (
            vec![4, 3],
            "Conv1D",
            json!({"filters": 2, "kernel_size": [3], "dilation_rate": [u64::MAX], "padding": "same"}),
            "more than 2^31",
        ),
        (
            vec![4, 3],
            "Conv1D",
            json!({"filters": 2, "kernel_size": [3], "dilation_rate": [1_u64 << 29], "padding": "causal"}),
            "more than 2^31",
        ),
        (
            vec![4, 4, 1],
            "Conv2D",
            json!({"filters": 1, "kernel_size": [2, 2], "padding": "causal"}),
            "padding is causal",
        ),
        (vec![4, 1], "MaxPooling1D", json!({"strides": [0]}), "strides [0]"),
        (vec![4, 1], "AveragePooling1D", json!({"padding": "causal"}), "padding is causal"),
        (vec![4, 1], "MaxPooling1D", json!({"pool_size": [u64::MAX], "padding": "same"}), "more than 2^31"),
        (vec![4], "GlobalMaxPooling1D", json!({}), "expected sequences"),
        (vec![4, 1], "GlobalAveragePooling2D", json!({}), "expected images"),
        (vec![4], "Reshape", json!({"target_shape": [-1, -1]}), "at most one -1"),
        (vec![4], "Reshape", json!({"target_shape": [3, -1]}), "keep the number of values, 4"),
        (vec![4], "Reshape", json!({"target_shape": [5]}), "keep the number of values, 4"),
        (vec![4], "Reshape", json!({"target_shape": [0, -1]}), "at least 1"),
        (vec![4], "Reshape", json!({"target_shape": [-2, -1]}), "at least 1"),
        (vec![4], "Reshape", json!({"target_shape": [i64::MAX, i64::MAX]}), "at least 1"),
        (vec![4], "Reshape", json!({"target_shape": [1, 1, 1, 4]}), "axes are supported"),
        (vec![1], "Reshape", json!({"target_shape": []}), "axes are supported"),
        (vec![4, 2], "Softmax", json!({"axis": 1}), "only the last axis"),
        (vec![4, 2], "Softmax", json!({"axis": 7}), "axes 0 to 2"),
        (vec![4, 2], "BatchNormalization", json!({"axis": 1}), "only the last axis"),
        (vec![4, 2], "BatchNormalization", json!({"momentum": 1.5}), "momentum is 1.5"),
        (vec![4, 2], "BatchNormalization", json!({"epsilon": -1}), "epsilon is -1"),
        (vec![4, 2], "LayerNormalization", json!({"axis": 1}), "only the last axes"),
        (vec![4, 2], "LayerNormalization", json!({"axis": [2, 2]}), "only the last axes"),
        (vec![4, 2], "LayerNormalization", json!({"axis": [0, 1, 2]}), "only the last axes"),
        (vec![4, 2], "LayerNormalization", json!({"axis": []}), "only the last axes"),
        (vec![4, 2], "LayerNormalization", json!({"axis": [2, 2, 2, 2]}), "only the last axes"),
        (vec![4, 2], "Normalization", json!({"axis": 1}), "only the last axis"),
        (vec![2], "Normalization", json!({"mean": 1}), "give both or none"),
        (vec![2], "Normalization", json!({"mean": 1, "variance": -1}), "variance is -1"),
        (vec![2], "Normalization", json!({"mean": [1, 1e39], "variance": 1}), "give finite means"),
        (vec![2], "Normalization", json!({"mean": [1, 2, 3], "variance": [1, 2]}), "mean has 3 values"),
        (vec![2], "ReLU", json!({"threshold": -1}), "threshold is -1"),
        (vec![2], "LeakyReLU", json!({"negative_slope": -1}), "negative_slope is -1"),
    ] {
        let message = stack(&input, &json!({"class_name": class, "config": config})).refusal();
        assert!(message.contains(part), "{part:?} in {message:?}");
    }
}

#[test]
fn the_logits_of_a_final_softmax_layer_go_to_the_loss() {
    let network = Sequential::new(3).layer(layers::Softmax::default()).fresh(0).unwrap();
    assert!(network.outputs()[0].activation.is::<activations::Softmax>());
    assert_eq!(common::run(&network, counting(&[1, 3]), &Pass::inference()), [-1.0, -0.9, -0.8]);
}

fn moving(network: &SequentialNetwork) -> Vec<f32> {
    let weights = Weights::of(network).unwrap();
    let moving = weights.iter().filter(|(name, _)| name.contains("moving"));
    moving.flat_map(|(_, data)| data.as_slice::<f32>().unwrap().to_vec()).collect()
}

/// `keras.layers.BatchNormalization(momentum=0.9)(x, training=True)`, twice.
#[test]
fn batch_normalization_in_training_uses_the_batch_and_updates_its_moving_averages() {
    let stack = Sequential::new([2, 3]).layer(BatchNormalization::default().momentum(0.9));
    let network = stack.fresh(0).unwrap();
    let weights: Vec<_> =
        Weights::of(&network).unwrap().iter().map(|(n, d)| (n.to_owned(), d.clone())).collect();
    let weights = weights.into_iter().enumerate().map(|(index, (name, data))| match index {
        0 | 1 => {
            let values = case_weight(index, &name, 3);
            (name, common::data(&values, &[3]))
        }
        _ => (name, data),
    });
    let network = Weights::from_tensors(weights.collect()).load_into(network.train()).unwrap();
    let step = || {
        let input = case_input(&[4, 2, 3]).autodiff();
        network.forward(vec![input], &Pass::training(0, 0)).unwrap().swap_remove(0)
    };
    let expected = [
        0.638327, -0.169683, 0.195946, -0.041009, -0.265676, -0.456993, 0.124779, -0.480262, -0.494579,
        0.929444, -0.546488, 0.129947, 1.371947, -0.381964, 0.639646, 0.901794, -0.191367, 0.400431,
        0.103877, -0.211807, -0.290105, -0.02916, -0.417856, -0.572904,
    ];
    assert_close(&numbers(step()), &expected, 2e-6);
    assert_close(&moving(&network), &[-0.018852, 0.014444, 0.015129, 0.946332, 0.94796, 0.947735], 1e-6);
    step();
    let twice = [-0.035818, 0.027444, 0.028746, 0.898031, 0.901124, 0.900697];
    assert_close(&moving(&network), &twice, 1e-6);
    // Inference does not change the moving averages.
    network.valid().forward(vec![case_input(&[4, 2, 3])], &Pass::inference()).unwrap();
    assert_close(&moving(&network), &twice, 1e-6);
}

#[test]
fn a_step_on_another_thread_updates_the_moving_averages() {
    let network =
        Sequential::new(1).layer(BatchNormalization::default().momentum(0.5)).fresh(0).unwrap().train();
    let step = |network: &SequentialNetwork| {
        let input = value(&[2.0, 2.0], &[2, 1]).autodiff();
        network.forward(vec![input], &Pass::training(0, 0)).unwrap();
    };
    step(&network);
    let network = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                step(&network);
                network
            })
            .join()
            .unwrap()
    });
    assert_close(&moving(&network), &[1.5, 0.25], 1e-6);
}

#[test]
fn non_trainable_weights_are_counted_separately() {
    let stack = Sequential::new(4)
        .layer(BatchNormalization::default())
        .layer(Normalization::default())
        .dense(1, Linear);
    let network = stack.fresh(0).unwrap();
    let summary = network.summary();
    assert!(
        summary.contains("Trainable params: 13") && summary.contains("Non-trainable params: 16"),
        "{summary}"
    );
    let trained = network.train();
    assert_eq!(trained.summary(), summary);
    assert_eq!(trained.valid().summary(), summary);
}

#[test]
fn penalties_on_all_weights_are_added() {
    let l1 = json!({"l1": 1.0});
    for (input, class, config) in [
        (vec![2], "Dense", json!({"units": 2, "kernel_regularizer": l1, "bias_regularizer": l1})),
        (vec![2], "Embedding", json!({"input_dim": 2, "output_dim": 2, "embeddings_regularizer": l1})),
        (
            vec![3, 2],
            "SimpleRNN",
            json!({"units": 2, "kernel_regularizer": l1, "recurrent_regularizer": l1, "bias_regularizer": l1}),
        ),
        (
            vec![3, 2],
            "LSTM",
            json!({"units": 2, "kernel_regularizer": l1, "recurrent_regularizer": l1, "bias_regularizer": l1}),
        ),
        (
            vec![3, 2],
            "GRU",
            json!({"units": 2, "kernel_regularizer": l1, "recurrent_regularizer": l1, "bias_regularizer": l1}),
        ),
        (
            vec![3, 2],
            "Conv1D",
            json!({"filters": 2, "kernel_size": [2], "kernel_regularizer": l1, "bias_regularizer": l1}),
        ),
        (vec![3], "BatchNormalization", json!({"gamma_regularizer": l1, "beta_regularizer": l1})),
        (vec![3], "LayerNormalization", json!({"gamma_regularizer": l1, "beta_regularizer": l1})),
    ] {
        let network = stack(&input, &json!({"class_name": class, "config": config})).fresh(0).unwrap();
        let network = with_case_weights(network);
        let weights = Weights::of(&network).unwrap();
        let trained = weights.iter().filter(|(name, _)| !name.contains("moving"));
        let expected: f32 =
            trained.flat_map(|(_, data)| data.iter::<f32>().collect::<Vec<_>>()).map(f32::abs).sum();
        let penalty: f32 = network.penalty().unwrap().into_scalar();
        assert!((penalty - expected).abs() < 1e-4, "{class}: found {penalty}, expected {expected}");
    }
}

/// `keras.layers.Normalization().adapt(x)`.
#[test]
fn normalization_adapts_to_the_features_of_a_column() {
    let column = Column::floats((waves(24, |index| (index * 1.7).sin()), [4, 2, 3])).unwrap();
    let adapted = Normalization::adapt(&column).unwrap();
    let of = |statistic: Option<layers::Statistic>| match statistic {
        Some(layers::Statistic::Each(values)) => values.iter().map(|value| *value as f32).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_close(&of(adapted.mean.clone()), &[-0.188516, 0.144442, 0.151294], 1e-6);
    assert_close(&of(adapted.variance.clone()), &[0.463321, 0.479601, 0.477353], 1e-6);

    let network =
        Sequential::new([2, 3]).layer(adapted.clone()).layer(adapted.invert(true)).fresh(0).unwrap();
    let input = case_input(&[4, 2, 3]);
    let restored = common::run(&network, input.clone(), &Pass::inference());
    assert_close(&restored, &numbers(input), 1e-6);
    assert!(Normalization::adapt(&column.slice(0..0)).is_err());
}
