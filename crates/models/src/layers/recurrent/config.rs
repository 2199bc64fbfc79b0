//! The configuration that recurrent layers share.

/// Defines the configuration of a recurrent layer: Keras' arguments that all recurrent layers have, and those
/// specific to the layer.
macro_rules! recurrent {
    (
        $(#[doc = $doc:literal])+
        $name:ident, $gates:ident,
        { $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty = $value:expr,)* }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default = "keras_defaults")]
        pub struct $name {
            /// Number of units: the length of the output's last axis.
            pub units: usize,
            /// Activation of the output. Default: [`Tanh`](crate::activations::Tanh).
            pub activation: crate::Part<dyn crate::activations::Activation>,
            /// Whether to add a bias. Default: true.
            pub use_bias: bool,
            /// Initial values of the kernel. Default: [`GlorotUniform`](crate::initializers::GlorotUniform).
            pub kernel_initializer: crate::Part<dyn crate::initializers::Initializer>,
            /// Initial values of the recurrent kernel. Default: [`Orthogonal`](crate::initializers::Orthogonal).
            pub recurrent_initializer: crate::Part<dyn crate::initializers::Initializer>,
            /// Initial values of the bias. Default: [`Zeros`](crate::initializers::Zeros).
            pub bias_initializer: crate::Part<dyn crate::initializers::Initializer>,
            /// Penalty on the kernel that is added to the training loss. Default: none.
            pub kernel_regularizer: crate::Regularizer,
            /// Penalty on the recurrent kernel that is added to the training loss. Default: none.
            pub recurrent_regularizer: crate::Regularizer,
            /// Penalty on the bias that is added to the training loss. Default: none.
            pub bias_regularizer: crate::Regularizer,
            /// Whether to return the output of every step instead of the last one only. Default: false.
            pub return_sequences: bool,
            /// Whether to process the steps in reverse order. With `return_sequences`, the outputs are in reverse
            /// order too. Default: false.
            pub go_backwards: bool,
            $($(#[doc = $field_doc])+ pub $field: $type,)*
        }

        /// Returns the defaults of fields that are missing from a saved layer. A layer without units is invalid.
        fn keras_defaults() -> $name {
            $name::new(0)
        }

        impl $name {
            /// Creates a layer with this many units and Keras' defaults.
            pub fn new(units: usize) -> Self {
                use crate::{Regularizer, activations, initializers::*};
                Self {
                    units,
                    activation: activations::Tanh.into_part(),
                    use_bias: true,
                    kernel_initializer: GlorotUniform.into_part(),
                    recurrent_initializer: Orthogonal::default().into_part(),
                    bias_initializer: Zeros.into_part(),
                    kernel_regularizer: Regularizer::default(),
                    recurrent_regularizer: Regularizer::default(),
                    bias_regularizer: Regularizer::default(),
                    return_sequences: false,
                    go_backwards: false,
                    $($field: $value,)*
                }
            }

            /// Sets whether to return the output of every step.
            pub fn return_sequences(self, return_sequences: bool) -> Self {
                Self { return_sequences, ..self }
            }

            /// Sets whether to process the steps in reverse order.
            pub fn go_backwards(self, go_backwards: bool) -> Self {
                Self { go_backwards, ..self }
            }

            fn steps(&self) -> super::Steps {
                let Self { units, return_sequences, go_backwards, .. } = *self;
                super::Steps { units, return_sequences, go_backwards }
            }

            fn shape_of_output(&self, input: &[usize]) -> Result<Vec<usize>, String> {
                crate::Regularizer::check([
                    ("kernel_regularizer", &self.kernel_regularizer),
                    ("recurrent_regularizer", &self.recurrent_regularizer),
                    ("bias_regularizer", &self.bias_regularizer),
                ])?;
                self.steps().output_shape(input, $gates)
            }

            /// Returns the penalties on the kernel, the recurrent kernel and the bias.
            fn penalties(&self) -> [crate::Regularizer; 3] {
                [self.kernel_regularizer, self.recurrent_regularizer, self.bias_regularizer]
            }
        }
    };
}
