//! Runs the program of section 2.4 on optimizers.

use kindling_e2e::{Program, check_plots, json};
use serde_json::Value;

const PROGRAM: Program = Program("ch02_optimizers");

fn figure(result: &Value, name: &str) -> f64 {
    result[name].as_f64().unwrap_or_else(|| panic!("no {name} in {result}"))
}

fn loss(w: f64) -> f64 {
    w.powi(4) / 4.0 - 0.8 * w.powi(2) + 0.3 * w + 1.1
}

/// Returns the positions of the local and the global minimum.
fn minima() -> [f64; 2] {
    let lowest_within = |from: f64, to: f64| {
        let places = (0..=10_000).map(|k| from + (to - from) * f64::from(k) / 10_000.0);
        places.min_by(|a, b| loss(*a).total_cmp(&loss(*b))).unwrap()
    };
    [lowest_within(0.2, 2.2), lowest_within(-2.0, 0.2)]
}

/// Returns the result of 150 steps of the book's update rule from w = 2.2, in double precision.
fn by_the_book(momentum: f64) -> f64 {
    let (mut w, mut past_velocity) = (2.2_f64, 0.0);
    for _ in 0..150 {
        let gradient = w.powi(3) - 1.6 * w + 0.3;
        let velocity = past_velocity * momentum - 0.02 * gradient;
        w += momentum * velocity - 0.02 * gradient;
        past_velocity = velocity;
    }
    w
}

#[test]
fn plain_sgd_stays_in_the_local_minimum_and_momentum_does_not() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &[]);
    let result = json(&out.path().join("result.json"));
    let [plain, momentum] = ["plain SGD: w", "momentum 0.9: w"].map(|name| figure(&result, name));
    let [local, global] = minima();
    assert!(loss(global) < loss(local) - 0.7);
    assert!((plain - local).abs() < 0.01, "{plain} {local}");
    assert!((momentum - global).abs() < 0.01, "{momentum} {global}");
    assert!(
        (plain - by_the_book(0.0)).abs() < 1e-4 && (momentum - by_the_book(0.9)).abs() < 1e-4,
        "{result}"
    );
    assert!((figure(&result, "plain SGD: loss") - loss(plain)).abs() < 1e-5, "{result}");
    assert!((figure(&result, "momentum 0.9: loss") - loss(momentum)).abs() < 1e-5, "{result}");
    assert!(figure(&result, "largest_difference_of_momentum") < 1e-4, "{result}");
    let last = printed.lines().last().unwrap();
    let said = format!(
        "Plain SGD ended in the local minimum (w = {plain:.3}), momentum 0.9 in the global minimum (w = {momentum:.3})"
    );
    assert_eq!(last, said);
    check_plots(out.path(), &["local_minimum", "local_minimum_steps"], "flex, seed 0");
}

#[test]
fn little_momentum_is_not_enough() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &["--momentum", "0.1"]);
    let w = figure(&json(&out.path().join("result.json")), "momentum 0.1: w");
    assert!((w - minima()[0]).abs() < 0.01 && (w - by_the_book(0.1)).abs() < 1e-4, "{w}");
    assert!(printed.lines().last().unwrap().contains("momentum 0.1 in the local minimum"), "{printed}");
}

#[test]
fn three_optimizers_are_faster_than_plain_sgd_in_a_narrow_valley() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &[]);
    let result = json(&out.path().join("result.json"));
    for other in ["momentum 0.9, rate 0.018", "RMSprop, rate 0.1", "Adam, rate 0.5"] {
        assert!(figure(&result, other) < figure(&result, "SGD, rate 0.018") / 2.0, "{other}: {result}");
        assert!(printed.contains(&format!("| {other} | ")), "{printed}");
    }
    let caption = "loss (along^2 + 100 across^2) / 2; flex, seed 0";
    check_plots(out.path(), &["optimizers", "optimizers_loss"], caption);
    let paths = std::fs::read_to_string(out.path().join("optimizers.svg")).unwrap();
    assert!(paths.contains("start") && paths.contains("minimum"));
}

/// Runs 100 steps of RMSprop across the valley in double precision. Returns the first step from which on all steps are too
/// long, and the last position.
fn rmsprop_across() -> (usize, f64) {
    let (mut across, mut mean_square, mut since) = (2.0_f64, 0.0_f64, 0);
    for step in 0..100 {
        let gradient = 100.0 * across;
        mean_square = 0.9 * mean_square + 0.1 * gradient.powi(2);
        let rate = 0.1 / (mean_square.sqrt() + 1e-7);
        if rate <= 2.0 / 100.0 {
            since = step + 1;
        }
        across -= rate * gradient;
    }
    (since, across)
}

#[test]
fn the_last_jump_of_rmsprop_is_explained() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &[]);
    let result = json(&out.path().join("result.json"));
    let (since, across) = rmsprop_across();
    assert_eq!(result["rmsprop_steps_too_long_since"], since);
    let last = figure(&result, "rmsprop_last_distance_across");
    // The distance grows from rounding errors, so only its order of magnitude is compared.
    assert!(last > across.abs() / 10.0 && last < across.abs() * 10.0, "{last} {across}");
    assert!(
        printed.contains("RMSprop's last jump") && printed.contains(&format!("from step {since} on")),
        "{printed}"
    );
    check_plots(out.path(), &["rmsprop"], "flex, seed 0");
}

#[test]
fn momentum_outside_of_0_to_1_is_rejected() {
    let out = tempfile::tempdir().unwrap();
    for momentum in ["1.5", "-0.1", "NaN", "much"] {
        let error = PROGRAM.fail(out.path(), &[&format!("--momentum={momentum}")]);
        assert!(error.contains("--momentum") && error.contains(momentum), "{error}");
    }
}
