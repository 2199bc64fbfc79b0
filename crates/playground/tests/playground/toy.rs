//! Tests of the API of live trainings. The server allows few trainings, so these tests run one at a time.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use kindling_playground::toy::{session::CELLS, sessions::MOST_SESSIONS};
use serde_json::{Value, json};

use crate::{client::Client, served::SERVED};

static PLACES: Mutex<()> = Mutex::new(());

/// Waits until no other test is training.
pub fn alone() -> MutexGuard<'static, ()> {
    PLACES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn settings() -> Value {
    json!({
        "layers": 2, "width": 16, "activation": "relu", "optimizer": "adam", "learning_rate": 0.01, "dropout": 0.0, "l2": 0.0,
        "seed": 1
    })
}

fn points(client: &mut Client, shape: &str) -> Value {
    client.ask("/api/toy/points", &json!({ "shape": shape, "count": 200, "noise": 0.05, "seed": 1 }))
}

fn begin(client: &mut Client, points: &Value, settings: &Value) -> u64 {
    client.ask("/api/toy", &json!({ "points": points, "settings": settings }))["id"].as_u64().unwrap()
}

/// Requests the progress of a training until a condition is met.
fn until(client: &mut Client, id: u64, wanted: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let view: Value = serde_json::from_str(&client.get(&format!("/api/toy/{id}/0")).body).unwrap();
        if wanted(&view) {
            return view;
        }
        assert!(started.elapsed() < Duration::from_secs(120), "{}", view["epoch"]);
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn wish(client: &mut Client, id: u64, wish: &str) {
    client.ask(&format!("/api/toy/{id}"), &json!({ "wish": wish }));
}

#[test]
fn a_training_learns_can_be_paused_and_taken_step_by_step() {
    let _alone = alone();
    let mut client = SERVED.connect();
    for shape in ["moons", "circles", "spirals", "blobs", "xor"] {
        let points = points(&mut client, shape);
        let id = begin(&mut client, &points, &settings());
        let view = until(&mut client, id, |_| true);
        assert_eq!((&view["epoch"], &view["runs"]), (&json!(0), &json!(false)));
        wish(&mut client, id, "step");
        let view = until(&mut client, id, |view| view["epoch"] == 1 && view["runs"] == false);
        let first = view["history"][0].clone();
        wish(&mut client, id, "run");
        let goal = if shape == "spirals" { 150 } else { 60 };
        until(&mut client, id, |view| view["epoch"].as_u64().unwrap() >= goal);
        wish(&mut client, id, "pause");
        let paused = until(&mut client, id, |view| view["runs"] == false);
        let last = paused["history"].as_array().unwrap().last().unwrap().clone();
        assert!(last["loss"].as_f64() < first["loss"].as_f64(), "{shape}: {first} {last}");
        assert!(last["val_accuracy"].as_f64().unwrap() > 0.8, "{shape}: {last}");
        assert_eq!(paused["map"].as_array().unwrap().len(), CELLS * CELLS);
        // Only new epochs are sent.
        let known = paused["epoch"].as_u64().unwrap() + 10;
        let view: Value = serde_json::from_str(&client.get(&format!("/api/toy/{id}/{known}")).body).unwrap();
        assert_eq!(view["history"], json!([]));
        assert_eq!(client.send("DELETE", &format!("/api/toy/{id}"), "", "").status, 200);
        client.get(&format!("/api/toy/{id}/0")).refuses(404, "start another one");
    }
}

#[test]
fn the_same_seed_trains_the_same_network() {
    let _alone = alone();
    let mut client = SERVED.connect();
    let points = points(&mut client, "moons");
    let mut train = |dropout: f64| {
        let mut settings = settings();
        settings["dropout"] = dropout.into();
        settings["l2"] = 0.001.into();
        let id = begin(&mut client, &points, &settings);
        for epoch in 1..=3 {
            wish(&mut client, id, "step");
            until(&mut client, id, |view| view["epoch"] == epoch && view["runs"] == false);
        }
        let view = until(&mut client, id, |_| true);
        client.send("DELETE", &format!("/api/toy/{id}"), "", "");
        (view["history"].clone(), view["map"].clone())
    };
    let first = train(0.3);
    assert_eq!(first, train(0.3));
    assert_ne!(first, train(0.0));
}

#[test]
fn trainings_are_few_and_settings_have_bounds() {
    let _alone = alone();
    let mut client = SERVED.connect();
    let points = points(&mut client, "xor");
    let ids: Vec<u64> = (0..MOST_SESSIONS).map(|_| begin(&mut client, &points, &settings())).collect();
    let question = |name: &str, value: Value| {
        let mut settings = settings();
        settings[name] = value;
        json!({ "points": points, "settings": settings }).to_string()
    };
    client.post("/api/toy", &question("width", 8.into())).refuses(429, "close another page");
    for id in ids {
        client.send("DELETE", &format!("/api/toy/{id}"), "", "");
    }
    for (name, value) in [
        ("layers", json!(5)),
        ("width", json!(0)),
        ("width", json!(65)),
        ("learning_rate", json!(0)),
        ("learning_rate", json!(1e9)),
        ("dropout", json!(0.9)),
        ("l2", json!(-1)),
    ] {
        client.post("/api/toy", &question(name, value)).refuses(400, name);
    }
    for (name, value) in
        [("activation", json!("cos")), ("width", json!(-1)), ("seed", json!(1e99)), ("layers", Value::Null)]
    {
        client.post("/api/toy", &question(name, value)).refuses(400, "the body is invalid");
    }
    client
        .post("/api/toy", &json!({ "points": [], "settings": settings() }).to_string())
        .refuses(400, "of one class");
    let sketch =
        |count: usize, noise: f64| json!({ "shape": "moons", "count": count, "noise": noise, "seed": 1 });
    client
        .post("/api/toy/points", &sketch(1_000_000_000, 0.1).to_string())
        .refuses(400, "count is out of range (1000000000)");
    client.post("/api/toy/points", &sketch(100, 9.0).to_string()).refuses(400, "noise is out of range (9)");
    client.post("/api/toy/99999", &json!({ "wish": "run" }).to_string()).refuses(404, "start another one");
    client.post("/api/toy/99999", &json!({ "wish": "fly" }).to_string()).refuses(400, "the body is invalid");
    client.get("/api/toy/one/0").refuses(404, "no training");
    client.get("/api/toy/1/-1").refuses(404, "no training");
}

#[test]
fn a_learning_rate_that_is_too_high_ends_the_training_with_the_reason() {
    let _alone = alone();
    let mut client = SERVED.connect();
    let points = points(&mut client, "spirals");
    let mut settings = settings();
    settings["learning_rate"] = 3.0.into();
    settings["optimizer"] = "momentum".into();
    settings["activation"] = "linear".into();
    settings["layers"] = 4.into();
    settings["width"] = 64.into();
    let id = begin(&mut client, &points, &settings);
    wish(&mut client, id, "run");
    let view = until(&mut client, id, |view| !view["ended"].is_null());
    assert!(view["ended"].as_str().unwrap().contains("lower the learning rate"), "{}", view["ended"]);
    client.send("DELETE", &format!("/api/toy/{id}"), "", "");
}

#[test]
fn a_table_becomes_points() {
    let rows = "5.1,1.4,setosa\n7.0,4.7,versicolor\n".repeat(6);
    let read =
        SERVED.connect().ask("/api/toy/csv", &json!({ "csv": format!("length,width,species\n{rows}") }));
    assert_eq!(
        (&read["axes"], &read["labels"]),
        (&json!(["length", "width"]), &json!(["setosa", "versicolor"]))
    );
    assert_eq!(read["points"][0], json!([-1.0, -1.0, 0]));
    SERVED.connect().post("/api/toy/csv", r#"{"csv":"a\n1\n"}"#).refuses(400, "1 columns");
}
