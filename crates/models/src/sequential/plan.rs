//! The names and shapes of a stack's layers.

use std::collections::{HashMap, HashSet};

use super::{Sequential, Stacked};
use crate::{
    ModelError, Part, Value,
    init::MOST_VALUES,
    layers::Layer,
    part::{check_registered, snake_case},
};

/// A layer of a stack with its name and shapes.
#[derive(Clone, Debug)]
pub(crate) struct Planned<'a> {
    pub stacked: &'a Stacked,
    /// `dense`, `dense_1`, ..., as in Keras, if the layer has no other name.
    pub name: String,
    /// The shape of one sample of the input.
    pub input: Vec<usize>,
    /// The shape of one sample of the output.
    pub output: Vec<usize>,
}

/// Names the layers and infers their shapes.
pub(crate) fn plan(stack: &Sequential) -> Result<Vec<Planned<'_>>, ModelError> {
    let input = &stack.input;
    if input.contains(&0) || !(1..Value::MAX_RANK).contains(&input.len()) {
        return Err(ModelError::Empty(format!(
            "the input shape is {input:?}: give one to {} axes of length at least 1",
            Value::MAX_RANK - 1
        )));
    }
    let values = input.iter().try_fold(1_usize, |values, length| values.checked_mul(*length));
    if values.is_none_or(|values| values > MOST_VALUES) {
        let reason =
            format!("the input shape is {input:?}, which is more than 2^31 values per sample: give fewer");
        return Err(ModelError::Input(reason));
    }
    if stack.layers.is_empty() {
        return Err(ModelError::Empty("the network is empty (no layers): add at least one layer".into()));
    }
    let mut planned = Vec::<Planned>::with_capacity(stack.layers.len());
    let mut input = input.clone();
    for (stacked, name) in stack.layers.iter().zip(names(&stack.layers)?) {
        let output = output_shape(&stacked.config, &input, planned.is_empty())
            .map_err(|reason| ModelError::Layer { layer: name.clone(), reason })?;
        planned.push(Planned { stacked, name, input, output: output.clone() });
        input = output;
    }
    Ok(planned)
}

/// Returns the names of the layers, which are unique: weights are saved under them.
pub(crate) fn names(layers: &[Stacked]) -> Result<Vec<String>, ModelError> {
    let mut taken = HashSet::new();
    for name in layers.iter().filter_map(|layer| layer.name.as_ref()) {
        let problem = match name.as_str() {
            "" => Some("its name is empty: give it another one"),
            name if name.contains('/') => Some("its name contains a slash: give it another one"),
            _ if !taken.insert(name.clone()) => Some("two layers have this name: rename one of them"),
            _ => None,
        };
        if let Some(reason) = problem {
            return Err(ModelError::Layer { layer: name.clone(), reason: reason.into() });
        }
    }
    let mut counts = HashMap::new();
    let name = |layer: &Stacked| match &layer.name {
        Some(name) => name.clone(),
        None => loop {
            let name = numbered(&snake_case(layer.config.class_name()), &mut counts);
            if taken.insert(name.clone()) {
                break name;
            }
        },
    };
    Ok(layers.iter().map(name).collect())
}

/// Returns `base` at the first call, then `base_1`, `base_2`, ...
pub(crate) fn numbered(base: &str, counts: &mut HashMap<String, usize>) -> String {
    let count = counts.entry(base.to_owned()).or_insert(0);
    *count += 1;
    match *count - 1 {
        0 => base.to_owned(),
        number => format!("{base}_{number}"),
    }
}

/// Checks a layer at its position in the stack and returns the shape of its output.
fn output_shape(config: &Part<dyn Layer>, input: &[usize], first: bool) -> Result<Vec<usize>, String> {
    if config.ids_below().is_some() && !first {
        return Err("it takes ids: make it the first layer".into());
    }
    let output = config.output_shape(input)?;
    check_rank(&output)?;
    check_registered(config)?;
    Ok(output)
}

fn check_rank(output: &[usize]) -> Result<(), String> {
    match output.len() {
        1..Value::MAX_RANK => Ok(()),
        _ => Err(format!("its output shape is {output:?}: 1 to {} axes are supported", Value::MAX_RANK - 1)),
    }
}
