//! Construction of samples from vectors, and rejected arguments.

use burn::tensor::TensorData;
use kindling_data::{Array, Column, Kind, Samples};

fn counting(len: usize) -> Samples {
    let x =
        Column::floats((0..len).map(|i| [2.0 * i as f32, 2.0 * i as f32 + 1.0]).collect::<Vec<_>>()).unwrap();
    Samples::new(x, Column::classes((0..len).collect::<Vec<_>>()).unwrap()).unwrap()
}

#[test]
fn columns_of_one_type_and_shape_keep_their_meaning() {
    let rows = vec![[1, 2, 0], [3, 0, 0]];
    let [ids, labels] = [Column::ids(&rows).unwrap(), Column::labels(&rows).unwrap()];
    assert_eq!((ids.kind(), labels.kind()), (Kind::Ids, Kind::Labels));
    assert_eq!((ids.data(), ids.integers()), (labels.data(), labels.integers()));
    let samples = Samples::new(ids, labels).unwrap().select(&[1]).unwrap();
    assert_eq!((samples.inputs()[0].kind(), samples.targets()[0].kind()), (Kind::Ids, Kind::Labels));
    // Label sequences are not classes, of which there is one per sample.
    assert_eq!(samples.classes(), None);
}

#[test]
fn samples_need_no_targets() {
    let samples = Samples::inputs_only(counting(3).inputs()[0].clone());
    assert_eq!((samples.len(), samples.targets().len(), samples.classes()), (3, 0, None));
    let batch = samples.slice(1..3).batch(&[1]);
    assert_eq!(batch.inputs, [Array::Dense(TensorData::from([[4.0_f32, 5.0]]))]);
    assert!(batch.targets.is_empty() && batch.weights.is_empty());
    assert!(Samples::with_columns(counting(3).inputs().to_vec(), Vec::new()).is_ok());
    let error = Samples::with_columns(Vec::new(), Vec::new()).unwrap_err().to_string();
    assert_eq!(error, "the list of inputs is empty: give at least one column");
}

#[test]
fn columns_of_different_lengths_are_rejected() {
    let x = Column::floats(vec![0.0_f32; 3]).unwrap();
    let y = Column::classes(vec![0; 2]).unwrap();
    let error = Samples::new(x, y).unwrap_err().to_string();
    assert_eq!(
        error,
        "input 0 and target 0 differ in length (3 and 2 samples): give both the same number of samples"
    );
    let error = counting(4).select(&[4]).unwrap_err().to_string();
    assert_eq!(error, "a position is 4: there are 4 samples");
}
