//! Two types registered under one name. Registration is global, so these tests have their own binary.

mod common;

use burn::config::Config;
use common::Fresh;
use kindling_models::{
    Init, ModelError, Sequential, Value,
    activations::{Activation, Relu},
    layers::{BoxedLayer, Dense, Layer},
};

/// Two crates may both have a layer `Scale`, and both an activation `Swish`.
macro_rules! parts_of_a_crate {
    ($name:ident) => {
        mod $name {
            use super::*;

            #[derive(Config, Debug)]
            pub struct Scale {}

            #[typetag::serde]
            impl Layer for Scale {
                fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, String> {
                    Ok(input.to_vec())
                }

                fn build(&self, input: &[usize], init: &mut Init) -> Result<BoxedLayer, ModelError> {
                    Dense::new(1).build(input, init)
                }
            }

            #[derive(Config, Debug)]
            pub struct Swish {}

            #[typetag::serde]
            impl Activation for Swish {
                fn apply(&self, x: Value) -> Value {
                    x
                }
            }
        }
    };
}

parts_of_a_crate!(one);
parts_of_a_crate!(other);

fn assert_clash(stack: &Sequential, layer: &str, class: &str) {
    let message = stack.refusal();
    let parts = [layer, "two types are registered under one name", class, "#[typetag::serde(name = \"..\")]"];
    assert!(parts.iter().all(|part| message.contains(part)), "{parts:?} in {message:?}");
}

#[test]
fn two_layers_with_the_same_name_are_rejected() {
    assert_clash(&Sequential::new(3).layer(one::Scale::new()), "layer scale: ", "\"Scale\"");
    assert_clash(&Sequential::new(3).dense(2, Relu).layer(other::Scale::new()), "layer scale: ", "\"Scale\"");
}

#[test]
fn two_activations_with_the_same_name_are_rejected() {
    assert_clash(&Sequential::new(3).dense(2, one::Swish::new()), "layer dense: ", "\"Swish\"");
    assert_clash(&Sequential::new(3).activation(other::Swish::new()), "layer activation: ", "\"Swish\"");
}

#[test]
fn other_parts_are_not_affected() {
    assert!(Sequential::new(3).dense(2, Relu).fresh(0).is_ok());
}
