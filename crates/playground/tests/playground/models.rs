//! Tests of the APIs of texts and houses.

use kindling::{
    data::{Sequences, Texts},
    prelude::reuters,
};
use kindling_playground::{
    houses::{CURVE, FEATURES},
    texts::{Reader, WORDS},
};
use serde_json::{Value, json};

use crate::served::{SERVED, numbers, ready};

/// Returns the prediction for a text.
fn predicted(reader: &Reader, text: &str) -> Vec<f32> {
    let mut sequences = Sequences::default();
    sequences.push(reader.index().encode(text, WORDS));
    let samples = Texts { sequences, labels: vec![0] }.multi_hot(WORDS).unwrap();
    reader.predictor().predict(&samples).unwrap().iter().collect()
}

fn ask(path: &str, text: &str) -> Value {
    SERVED.connect().ask(path, &json!({ "text": text }))
}

#[test]
fn answers_on_texts_are_the_predictors_and_weights_those_of_words_made_unknown() {
    let (reviews, newswires) = (ready(&SERVED.app.reviews), ready(&SERVED.app.newswires));
    for (path, reader) in [("/api/reviews", reviews), ("/api/newswires", newswires)] {
        let text = format!("{}, xyzzyx!", reader.examples()[0]);
        let answer = ask(path, &text);
        let whole = predicted(reader, &text);
        assert_eq!(numbers(&answer["probabilities"]), whole);
        let pieces = answer["pieces"].as_array().unwrap();
        assert_eq!(pieces.iter().map(|piece| piece["text"].as_str().unwrap()).collect::<String>(), text);
        let best = (0..whole.len()).max_by(|a, b| whole[*a].total_cmp(&whole[*b])).unwrap();
        let mut known = std::collections::HashMap::new();
        for piece in pieces {
            if let Some(weight) = piece["weight"].as_f64() {
                known.insert(piece["text"].as_str().unwrap(), weight as f32);
            }
        }
        assert_eq!(answer["known"], known.len());
        assert!(known.len() >= 5 && !known.contains_key("xyzzyx"), "{known:?}");
        for (word, weight) in known.iter().take(5) {
            let texts = pieces.iter().map(|piece| piece["text"].as_str().unwrap());
            let without: String = texts.map(|own| if own == *word { "xyzzyx" } else { own }).collect();
            let fall = whole[best] - predicted(reader, &without)[best];
            assert!((fall - weight).abs() < 1e-5, "{word}: {weight}, expected {fall}");
        }
    }
}

#[test]
fn texts_that_no_one_would_write_are_answered_or_refused() {
    ready(&SERVED.app.reviews);
    for text in ["", " \n\t", "?!…"] {
        let answer = ask("/api/reviews", text);
        assert!(answer.is_null() || answer["known"] == 0, "{answer}");
    }
    let odd = "日本語 ŠİŞ \u{0} \u{202e} é́ 𝔘𝔫𝔦 <script>alert(1)</script>";
    let pieces = ask("/api/reviews", odd);
    let text: String =
        pieces["pieces"].as_array().unwrap().iter().map(|piece| piece["text"].as_str().unwrap()).collect();
    assert_eq!(text, odd);
    let mut client = SERVED.connect();
    client
        .post("/api/reviews", &json!({ "text": "word ".repeat(3_000) }).to_string())
        .refuses(400, "at most 12000");
    client.post("/api/newswires", "{\"text\":7}").refuses(400, "the body is invalid");
    client.post("/api/newswires", "{\"text\":\"\\ud800\"}").refuses(400, "the body is invalid");
}

#[test]
fn newswires_of_the_test_have_their_topics() {
    let newswires = ready(&SERVED.app.newswires);
    assert!(newswires.origin().test > 0.75, "{:?}", newswires.origin());
    let status: Value = serde_json::from_str(&SERVED.connect().get("/api/status").body).unwrap();
    let topics = status["newswires"]["about"]["topics"].as_array().unwrap().clone();
    assert_eq!(topics.len(), reuters::CLASSES);
    assert_eq!(topics[3], json!({ "name": "earn", "meaning": "earnings" }));
    let answer =
        ask("/api/newswires", "crude oil prices rose as opec cut its output to 15 mln barrels a day");
    let probabilities = numbers(&answer["probabilities"]);
    let best = (0..46).max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b])).unwrap();
    assert_eq!(topics[best]["name"], "crude");
}

#[test]
fn prices_are_the_predictors_and_curves_pass_through_them() {
    let houses = ready(&SERVED.app.houses);
    let medians: Vec<f32> = houses.ranges().iter().map(|range| range.median).collect();
    let ask = |values: &[f32]| SERVED.connect().ask("/api/houses", &json!({ "values": values }));
    let answer = ask(&medians);
    let price = houses.prices(medians.clone()).unwrap()[0];
    assert_eq!(answer["price"].as_f64().unwrap() as f32, price);
    assert!((10.0..40.0).contains(&price), "{price}");
    let curves = answer["curves"].as_array().unwrap();
    assert_eq!((curves.len(), curves[0].as_array().unwrap().len()), (13, CURVE));
    for (feature, range) in houses.ranges().iter().enumerate() {
        for (value, place) in [(range.low, 0), (range.high, CURVE - 1)] {
            let mut moved = medians.clone();
            moved[feature] = value;
            let expected = ask(&moved)["price"].as_f64().unwrap();
            assert!((expected - curves[feature][place].as_f64().unwrap()).abs() < 1e-3, "{feature}");
        }
    }
    // The price increases with the number of rooms.
    assert!(curves[5][CURVE - 1].as_f64() > curves[5][0].as_f64());
    let mut client = SERVED.connect();
    let mut wrong = medians.clone();
    wrong[0] = 1e9;
    let name = FEATURES[0].name;
    client.post("/api/houses", &json!({ "values": wrong }).to_string()).refuses(400, name);
    client
        .post("/api/houses", &json!({ "values": medians[1..] }).to_string())
        .refuses(400, "the body is invalid");
    client.post("/api/houses", &json!({ "values": vec![Value::Null; 13] }).to_string()).refuses(400, "");
}
