//! Tests with many concurrent clients.

use std::{
    sync::Barrier,
    thread::scope,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::served::{SERVED, ready};

const CLIENTS: usize = 200;

fn question(client: usize) -> Value {
    match client % 4 {
        // One request in four is invalid.
        0 => json!({ "example": 1_000 + client }),
        1 => json!({ "strokes": [[[client, 20], [280 - client, 250]], [[140, client], [30, 30]]] }),
        _ => json!({ "example": client % 100 }),
    }
}

/// Sends requests from `CLIENTS` concurrent clients. Returns each status and body, with the time taken.
fn ask(times: usize, question: impl Fn(usize) -> String + Sync) -> Vec<(usize, u16, String, Duration)> {
    let barrier = Barrier::new(CLIENTS);
    let (barrier, question) = (&barrier, &question);
    let client = |client: usize| {
        move || {
            let mut connection = SERVED.connect();
            barrier.wait();
            let ask = |_| {
                let started = Instant::now();
                let response = connection.post("/api/digits", &question(client));
                (client, response.status, response.body, started.elapsed())
            };
            (0..times).map(ask).collect::<Vec<_>>()
        }
    };
    scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|index| scope.spawn(client(index))).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

#[test]
fn two_hundred_clients_get_the_answers_that_one_gets() {
    ready(&SERVED.app.digits);
    let mut alone = SERVED.connect();
    let expected: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let response = alone.post("/api/digits", &question(client).to_string());
            (response.status, response.body)
        })
        .collect();
    for (client, status, body, _) in ask(3, |client| question(client).to_string()) {
        assert_eq!((status, &body), (expected[client].0, &expected[client].1));
        assert_eq!(status, if client % 4 == 0 { 400 } else { 200 });
    }
}

/// Prints the response times: `cargo test --release -p kindling-playground -- --ignored --nocapture latency`.
#[test]
#[ignore = "a measurement"]
fn latency_of_two_hundred_clients() {
    ready(&SERVED.app.digits);
    let started = Instant::now();
    let answers = ask(100, |client| {
        let waves = (0..40).map(|step| json!([60 + 4 * step, (client % 100) + step * 4]));
        json!({ "strokes": [waves.collect::<Vec<_>>()] }).to_string()
    });
    let seconds = started.elapsed().as_secs_f64();
    assert!(answers.iter().all(|(_, status, ..)| *status == 200));
    let mut times: Vec<Duration> = answers.iter().map(|(.., time)| *time).collect();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{CLIENTS} clients, {} digits, {:.0} per second; median {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        times.len(),
        times.len() as f64 / seconds,
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
