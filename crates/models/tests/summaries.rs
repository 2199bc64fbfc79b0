//! Summaries equal the tables that Keras 3 prints in a terminal of 80 columns, below the line with the model's name.

mod common;

use common::Fresh;
use kindling_models::{
    Sequential,
    activations::{Linear, Relu, Softmax},
    layers::{Dense, Lstm},
};

const HEADER: &str = "\
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
";
const FOOTER: &str = "\
└─────────────────────────────────┴────────────────────────┴───────────────┘
";

fn assert_table(network: &Sequential, rows_and_totals: &str) {
    let (rows, totals) = rows_and_totals.split_once("\n\n").unwrap();
    assert_eq!(network.fresh(0).unwrap().summary(), format!("{HEADER}{rows}\n{FOOTER}{totals}"));
}

#[test]
fn layers_without_weights_and_without_bias_are_counted_as_in_keras() {
    let network = Sequential::new([28, 28])
        .flatten()
        .dense(512, Relu)
        .dropout(0.5)
        .layer(Dense::new(10).use_bias(false))
        .activation(Softmax);
    let expected = "\
│ flatten (Flatten)               │ (None, 784)            │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense (Dense)                   │ (None, 512)            │       401,920 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dropout (Dropout)               │ (None, 512)            │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense_1 (Dense)                 │ (None, 10)             │         5,120 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ activation (Activation)         │ (None, 10)             │             0 │

 Total params: 407,040 (1.55 MB)
 Trainable params: 407,040 (1.55 MB)
 Non-trainable params: 0 (0.00 B)
";
    assert_table(&network, expected);
}

#[test]
fn convolutions_and_pooling_are_counted_as_in_keras() {
    let network = Sequential::new([28, 28, 1])
        .conv2d(8, [3, 3], Relu)
        .max_pooling2d([2, 2])
        .conv2d(16, [3, 3], Relu)
        .flatten()
        .dense(10, Softmax);
    let expected = "\
│ conv2d (Conv2D)                 │ (None, 26, 26, 8)      │            80 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ max_pooling2d (MaxPooling2D)    │ (None, 13, 13, 8)      │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ conv2d_1 (Conv2D)               │ (None, 11, 11, 16)     │         1,168 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ flatten (Flatten)               │ (None, 1936)           │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense (Dense)                   │ (None, 10)             │        19,370 │

 Total params: 20,618 (80.54 KB)
 Trainable params: 20,618 (80.54 KB)
 Non-trainable params: 0 (0.00 B)
";
    assert_table(&network, expected);
}

#[test]
fn recurrent_layers_are_counted_as_in_keras() {
    let every_step = Lstm::new(16).return_sequences(true);
    let network = Sequential::new(20).embedding(100, 8).layer(every_step).lstm(4).dense(1, Linear);
    let expected = "\
│ embedding (Embedding)           │ (None, 20, 8)          │           800 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ lstm (LSTM)                     │ (None, 20, 16)         │         1,600 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ lstm_1 (LSTM)                   │ (None, 4)              │           336 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense (Dense)                   │ (None, 1)              │             5 │

 Total params: 2,741 (10.71 KB)
 Trainable params: 2,741 (10.71 KB)
 Non-trainable params: 0 (0.00 B)
";
    assert_table(&network, expected);
}

#[test]
fn a_layer_on_a_sequence_shows_every_axis() {
    let expected = "\
│ dense (Dense)                   │ (None, 4, 5)           │            20 │

 Total params: 20 (80.00 B)
 Trainable params: 20 (80.00 B)
 Non-trainable params: 0 (0.00 B)
";
    assert_table(&Sequential::new([4, 3]).dense(5, Linear), expected);
}

#[test]
fn a_network_without_weights_has_zero_parameters() {
    let expected = "\
│ dropout (Dropout)               │ (None, 4, 3)           │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ flatten (Flatten)               │ (None, 12)             │             0 │

 Total params: 0 (0.00 B)
 Trainable params: 0 (0.00 B)
 Non-trainable params: 0 (0.00 B)
";
    assert_table(&Sequential::new([4, 3]).dropout(0.2).flatten(), expected);
}

#[test]
fn memory_is_given_in_the_unit_that_fits() {
    // 252 and 256 weights of four bytes; a kilobyte has 1024 bytes.
    for (units, size) in [(126, " Total params: 252 (1008.00 B)\n"), (128, " Total params: 256 (1.00 KB)\n")]
    {
        let table = Sequential::new(1).dense(units, Linear).fresh(0).unwrap().summary();
        assert!(table.contains(size), "{table}");
    }
}
