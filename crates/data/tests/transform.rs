//! Preprocessing steps as trait objects: application to samples, pipelines, and serialization.

use burn::tensor::TensorData;
use kindling_data::{
    Column, DataError, Fill, MinMaxScaler, Pipeline, Samples, SimpleImputer, StandardScaler, Transform,
};
use serde::{Deserialize, Serialize};

/// A custom step.
#[derive(Debug, Serialize, Deserialize)]
struct Clip {
    low: f32,
    high: f32,
}

#[typetag::serde]
impl Transform for Clip {
    fn transform(&self, values: &TensorData) -> Result<TensorData, DataError> {
        if self.low > self.high {
            return Err(DataError::argument("low", self.low, format!("high is {}: swap them", self.high)));
        }
        let clipped: Vec<f32> = values.iter::<f32>().map(|value| value.clamp(self.low, self.high)).collect();
        Ok(TensorData::new(clipped, values.shape().clone()))
    }
}

fn train() -> TensorData {
    TensorData::from([[1.0_f32, 8.0], [3.0, f32::NAN], [5.0, 4.0]])
}

fn pipeline() -> Pipeline {
    let scaler = MinMaxScaler::fit_ignoring_missing(&train()).unwrap();
    let imputer = SimpleImputer::fit(&scaler.transform(&train()).unwrap(), Fill::Mean).unwrap();
    Pipeline::new().then(Clip { low: 1.0, high: 5.0 }).then(scaler).then_boxed(Box::new(imputer))
}

#[test]
fn a_custom_step_is_restored_from_json() {
    let step: Box<dyn Transform> = Box::new(Clip { low: -1.0, high: 0.5 });
    let json = serde_json::to_string(&step).unwrap();
    assert_eq!(json, r#"{"class_name":"Clip","config":{"low":-1.0,"high":0.5}}"#);
    let read: Box<dyn Transform> = serde_json::from_str(&json).unwrap();
    let values = TensorData::from([-3.0_f32, 0.25, 7.0]);
    assert_eq!(read.transform(&values).unwrap(), TensorData::from([-1.0_f32, 0.25, 0.5]));
    let unknown = r#"{"class_name":"Unheard","config":null}"#;
    let error = serde_json::from_str::<Box<dyn Transform>>(unknown).unwrap_err().to_string();
    assert!(error.contains("Unheard"), "{error}");
}

#[test]
fn a_pipeline_applies_its_steps_in_order_and_is_restored_from_json() {
    // Clipped to 1..5, scaled from 1..5 and 4..8, and imputed with the mean of the scaled training samples.
    let test = TensorData::from([[9.0_f32, 9.0], [2.0, f32::NAN]]);
    let expected = TensorData::from([[1.0_f32, 0.25], [0.25, 0.5]]);
    assert_eq!(pipeline().transform(&test).unwrap(), expected);
    let boxed: Box<dyn Transform> = Box::new(pipeline());
    let json = serde_json::to_string(&boxed).unwrap();
    let read: Box<dyn Transform> = serde_json::from_str(&json).unwrap();
    assert_eq!(read.transform(&test).unwrap(), expected);
    assert_eq!(serde_json::to_string(&read).unwrap(), json);
    assert_eq!(pipeline().steps().len(), 3);
    assert_eq!(Pipeline::new().transform(&expected).unwrap(), expected);
}

#[test]
fn samples_are_transformed_row_by_row() {
    let x = Column::floats(vec![[1.0_f32], [3.0], [5.0], [100.0]]).unwrap();
    let samples = Samples::new(x, Column::classes(vec![0, 1, 2, 3]).unwrap()).unwrap();
    let train = samples.select(&[2, 0]).unwrap();
    let scaler = StandardScaler::fit(&train.input()).unwrap();
    let scaled = scaler.transform_samples(&train).unwrap();
    assert_eq!((scaled.input(), scaled.classes()), (TensorData::from([[1.0_f32], [-1.0]]), Some(vec![2, 0])));
    let step: &dyn Transform = &scaler;
    assert_eq!(step.transform_samples(&samples.slice(1..2)).unwrap().input(), TensorData::from([[0.0_f32]]));
}

#[test]
fn a_steps_error_reaches_the_caller() {
    let error =
        Pipeline::new().then(Clip { low: 2.0, high: 1.0 }).transform(&train()).unwrap_err().to_string();
    assert_eq!(error, "low is 2: high is 1: swap them");
}
