//! The names and shapes of a stack's layers.

use crate::{
    ModelError, Part, Value,
    layers::Layer,
    part::{check_registered, snake_case},
};

/// A layer of a stack with its name and shapes.
#[derive(Clone, Debug)]
pub(super) struct Planned<'a> {
    pub config: &'a Part<dyn Layer>,
    /// `dense`, `dense_1`, ..., as in Keras.
    pub name: String,
    /// The shape of one sample of the input.
    pub input: Vec<usize>,
    /// The shape of one sample of the output.
    pub output: Vec<usize>,
}

/// Names the layers and infers their shapes.
pub(super) fn plan<'a>(
    input: &[usize],
    layers: &'a [Part<dyn Layer>],
) -> Result<Vec<Planned<'a>>, ModelError> {
    if input.contains(&0) || !(1..Value::MAX_RANK).contains(&input.len()) {
        return Err(ModelError::Empty(format!(
            "input shape {input:?}; give one to {} axes, none of them 0",
            Value::MAX_RANK - 1
        )));
    }
    if layers.is_empty() {
        return Err(ModelError::Empty("no layers; add at least one".into()));
    }
    let mut planned = Vec::<Planned>::with_capacity(layers.len());
    let mut input = input.to_vec();
    for config in layers {
        let name = free_name(config.class_name(), &planned);
        let output = output_shape(config, &input, planned.is_empty())
            .map_err(|reason| ModelError::Layer { layer: name.clone(), reason })?;
        planned.push(Planned { config, name, input, output: output.clone() });
        input = output;
    }
    Ok(planned)
}

/// Checks a layer at its place in the stack and returns the shape of its output.
fn output_shape(config: &Part<dyn Layer>, input: &[usize], first: bool) -> Result<Vec<usize>, String> {
    if config.ids_below().is_some() && !first {
        return Err("it takes ids; make it the first layer".into());
    }
    let output = config.output_shape(input)?;
    check_rank(&output)?;
    check_registered(config)?;
    Ok(output)
}

fn check_rank(output: &[usize]) -> Result<(), String> {
    match output.len() {
        1..Value::MAX_RANK => Ok(()),
        _ => Err(format!("its output shape is {output:?}; 1 to {} axes are supported", Value::MAX_RANK - 1)),
    }
}

/// Returns `dense`, or the first of `dense_1`, `dense_2`, ... that no earlier layer has. Names are unique, since
/// weights are saved under them.
fn free_name(class: &str, planned: &[Planned]) -> String {
    let base = snake_case(class);
    let is_taken = |name: &str| planned.iter().any(|layer| layer.name == name);
    let mut name = base.clone();
    let mut number = 0;
    while is_taken(&name) {
        number += 1;
        name = format!("{base}_{number}");
    }
    name
}
