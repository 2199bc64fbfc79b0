//! Activation functions with Keras' names.

mod elu;
mod exponential;
mod gelu;
mod hard_sigmoid;
mod leaky_relu;
mod linear;
mod relu;
mod selu;
mod sigmoid;
mod silu;
mod softmax;
mod softplus;
mod softsign;
mod tanh;

use std::{any::Any, fmt::Debug};

pub use elu::Elu;
pub(crate) use elu::elu;
pub use exponential::Exponential;
pub use gelu::Gelu;
pub use hard_sigmoid::HardSigmoid;
pub use leaky_relu::LeakyRelu;
pub use linear::Linear;
pub use relu::Relu;
pub use selu::Selu;
pub use sigmoid::Sigmoid;
pub use silu::Silu;
pub use softmax::Softmax;
pub use softplus::Softplus;
pub use softsign::Softsign;
pub use tanh::Tanh;

use kindling_ops::kernels;

use crate::{IntoPart, Part, Value, part_of};

/// An activation function, applied element by element or along the last axis.
///
/// ```
/// use burn::{config::Config, tensor::activation::sigmoid};
/// use kindling_models::{Value, activations::Activation};
///
/// /// `x * sigmoid(beta * x)`.
/// #[derive(Config, Debug)]
/// struct Swish {
///     beta: f64,
/// }
///
/// #[typetag::serde]
/// impl Activation for Swish {
///     fn apply(&self, x: Value) -> Value {
///         x.map_rows(|x| x.clone() * sigmoid(x * self.beta))
///     }
/// }
/// ```
#[typetag::serde(tag = "class_name", content = "config")]
pub trait Activation: Any + Debug + Send + Sync {
    /// Applies the function to `x` of any shape and returns a value of the same shape.
    fn apply(&self, x: Value) -> Value;

    /// Returns the CPU kernel of the function, which is fused with the kernel of the layer before it. Default:
    /// `None`.
    fn kernel(&self) -> Option<kernels::Activation> {
        None
    }

    /// Returns the name under which the activation is saved: Keras' name for built-in activations, the type name for
    /// custom ones.
    fn name(&self) -> &'static str {
        self.typetag_name()
    }
}

part_of!(Activation);

impl Part<dyn Activation> {
    /// Returns whether the activation has type `A`. Losses use this to compute from logits where that is exact.
    pub fn is<A: Activation>(&self) -> bool {
        (&**self as &dyn Any).is::<A>()
    }
}

impl Default for Part<dyn Activation> {
    /// Returns [`Linear`].
    fn default() -> Self {
        Linear.into_part()
    }
}
