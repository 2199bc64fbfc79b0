//! Paths of the arrays in a file.

/// Group of the weights of layers.
pub const LAYERS: &str = "layers";
/// Group of the weights of a network that is not a `Sequential`.
pub const NETWORK: &str = "network";
/// Group of the optimizer state.
pub const OPTIMIZER: &str = "optimizer";
/// Group of the optimizer's variables, which are numbered.
pub const OPTIMIZER_VARS: &str = "optimizer/vars";
/// Group of the arrays that Keras does not have.
pub const KINDLING: &str = "kindling";
/// Group of optimizer state that Keras does not have.
pub const KINDLING_OPTIMIZER: &str = "kindling/optimizer";
/// Group of the weights that callbacks keep.
pub const KINDLING_CALLBACKS: &str = "kindling/callbacks";

/// Returns whether an array is in a group or one of its subgroups.
pub fn is_within(path: &str, group: &str) -> bool {
    path.strip_prefix(group).is_some_and(|rest| rest.starts_with('/'))
}
