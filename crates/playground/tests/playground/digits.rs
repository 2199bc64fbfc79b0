//! Tests of the digits API.

use kindling::prelude::{Column, Samples, TensorData};
use kindling_playground::digits::{EXAMPLES, rasterize};
use serde_json::{Value, json};

use crate::served::{SERVED, numbers, ready};

#[test]
fn the_answer_is_the_predictors() {
    let digits = ready(&SERVED.app.digits);
    let strokes = vec![vec![[60.0, 40.0], [200.0, 40.0], [120.0, 240.0]]];
    let answer = SERVED.connect().ask("/api/digits", &json!({ "strokes": strokes }));
    let image = rasterize(&strokes).unwrap().unwrap();
    assert_eq!(answer["image"], json!(image));
    let pixels = Column::pixels(TensorData::new(image, [1, 784])).unwrap();
    let samples = Samples::inputs_only(pixels);
    let expected: Vec<f32> = digits.predictor().predict(&samples).unwrap().iter().collect();
    // The predictor computes the layers differently, so rounding differs.
    for (answered, expected) in numbers(&answer["probabilities"]).iter().zip(&expected) {
        assert!((answered - expected).abs() < 1e-5, "{answered} {expected}");
    }
    let layers = digits.predictor().layer_outputs(&samples).unwrap();
    assert_eq!(numbers(&answer["activity"]), layers[0].iter::<f32>().collect::<Vec<_>>());
    assert!(expected[7] > 0.5, "a seven: {expected:?}");
}

#[test]
fn test_digits_are_read_as_the_test_says() {
    let digits = ready(&SERVED.app.digits);
    let mut client = SERVED.connect();
    let mut right = 0;
    for example in 0..EXAMPLES {
        let answer = client.ask("/api/digits", &json!({ "example": example }));
        let probabilities = numbers(&answer["probabilities"]);
        let best = (0..10).max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b])).unwrap();
        right += usize::from(answer["label"] == best);
    }
    assert!(right >= 93, "{right} of {EXAMPLES}");
    assert!(digits.origin().test > 0.94 && digits.origin().file.is_none(), "{:?}", digits.origin());
    assert_eq!(client.ask("/api/digits", &json!({ "strokes": [] })), Value::Null);
    let status: Value = serde_json::from_str(&client.get("/api/status").body).unwrap();
    assert_eq!(status["digits"]["status"]["state"], "ready");
    assert_eq!(status["digits"]["about"]["examples"], EXAMPLES);
}
