//! Samples without targets: sufficient for predictions, and an error for training and evaluation.

use crate::common::{classifier, flowers};
use kindling_data::Samples;
use kindling_train::FitOptions;

#[test]
fn samples_without_targets_can_only_be_predicted() {
    let samples = flowers(10);
    let inputs = Samples::inputs_only(samples.inputs()[0].clone());
    let mut model = classifier(0);
    assert_eq!(model.predict(&inputs).unwrap(), model.predict(&samples).unwrap());
    let before = model.weights().unwrap();
    for message in [
        model.fit(&inputs, &FitOptions::new()).unwrap_err().to_string(),
        model.fit(&samples, &FitOptions::new().validation_data(&inputs)).unwrap_err().to_string(),
        model.evaluate(&inputs).unwrap_err().to_string(),
        model.train_on_batch(&inputs).unwrap_err().to_string(),
    ] {
        assert!(message.contains("the samples have no targets"), "{message}");
        assert!(message.contains("Samples::new"), "{message}");
    }
    assert_eq!(model.weights().unwrap(), before);
}
