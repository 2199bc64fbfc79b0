//! Merges an ensemble into one network.

use kindling::{models::Weights, prelude::TensorData};

/// Returns the weights of one dense network that computes the mean of several networks of the same architecture, before the
/// last activation. Its hidden layers are the members' layers side by side, and so wider by the number of members.
pub fn merged(members: &[Weights]) -> Weights {
    let layers: Vec<Vec<(&str, &TensorData)>> =
        members.iter().map(|member| member.iter().collect()).collect();
    let last = layers[0].iter().rposition(|(_, data)| data.shape().num_dims() == 2).unwrap_or(0);
    let merge = |place: usize| {
        let (name, first) = layers[0][place];
        let parts: Vec<&TensorData> = layers.iter().map(|member| member[place].1).collect();
        let is_bias = first.shape().num_dims() == 1;
        // The members share the input features and the outputs.
        let data = side_by_side(&parts, is_bias || place == 0, place >= last);
        (name.to_owned(), data)
    };
    Weights::from_tensors((0..layers[0].len()).map(merge).collect())
}

/// Returns a block-diagonal matrix of `parts`. With shared rows they are concatenated along the columns, and with shared
/// columns along the rows and divided by their number. A vector is treated as one row.
fn side_by_side(parts: &[&TensorData], shared_rows: bool, shared_columns: bool) -> TensorData {
    let shape = parts[0].shape().as_slice();
    let (rows, columns) = if shape.len() == 1 { (1, shape[0]) } else { (shape[0], shape[1]) };
    let times = |shared: bool| if shared { 1 } else { parts.len() };
    let (height, width) = (rows * times(shared_rows), columns * times(shared_columns));
    let weight = if shared_columns { 1.0 / parts.len() as f32 } else { 1.0 };
    let mut values = vec![0.0_f32; height * width];
    for (member, part) in parts.iter().enumerate() {
        let top = if shared_rows { 0 } else { member * rows };
        let left = if shared_columns { 0 } else { member * columns };
        for (place, value) in part.iter::<f32>().enumerate() {
            values[(top + place / columns) * width + left + place % columns] += value * weight;
        }
    }
    if shape.len() == 1 { TensorData::new(values, [width]) } else { TensorData::new(values, [height, width]) }
}

#[cfg(test)]
mod tests {
    use kindling::{
        activations::{Linear, Relu},
        losses::MeanSquaredError,
        optimizers::Adam,
        prelude::{Column, Compile, Device, Model, Samples, Sequential},
    };

    use super::*;

    fn model(hidden: &[usize], seed: u64) -> Model {
        let network = hidden
            .iter()
            .fold(Sequential::new(3), |network, units| network.dense(*units, Relu))
            .dense(2, Linear);
        network.compile(Adam::new(0.001), MeanSquaredError, ()).seed(seed).on(&Device::flex()).unwrap()
    }

    #[test]
    fn the_merged_network_predicts_the_mean() {
        let rows: Vec<[f32; 3]> = (0..7).map(|row| [row as f32, 1.0, (row * row) as f32 / 9.0]).collect();
        let samples = Samples::inputs_only(Column::floats(rows).unwrap());
        for hidden in [&[][..], &[4], &[4, 5]] {
            let members: Vec<Model> = (0..3).map(|seed| model(hidden, seed)).collect();
            let weights: Vec<Weights> = members.iter().map(|member| member.weights().unwrap()).collect();
            let mut one = model(&hidden.iter().map(|units| units * 3).collect::<Vec<_>>(), 9);
            one.set_weights(&merged(&weights)).unwrap();
            let predictions =
                |model: &Model| model.predict(&samples).unwrap().iter::<f32>().collect::<Vec<_>>();
            let each: Vec<Vec<f32>> = members.iter().map(predictions).collect();
            for (place, value) in predictions(&one).into_iter().enumerate() {
                let mean = each.iter().map(|member| member[place]).sum::<f32>() / 3.0;
                assert!((value - mean).abs() < 1e-5, "merged {value}, mean {mean}");
            }
        }
    }
}
