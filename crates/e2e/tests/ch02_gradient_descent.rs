//! The program of section 2.4, run as a user runs it.

use kindling::data::random::{Purpose, uniform};
use kindling_e2e::{Program, check_plots, json};
use serde_json::Value;

const PROGRAM: Program = Program("ch02_gradient_descent");

fn figure(result: &Value, name: &str) -> f64 {
    result[name].as_f64().unwrap_or_else(|| panic!("no {name} in {result}"))
}

#[test]
fn the_training_loop_learns_to_read_digits() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &[]);
    assert!(printed.contains("mnist from bundled, 12000 training and 2000 test samples"), "{printed}");
    let result = json(&out.path().join("result.json"));
    // What guessing among ten digits costs: ln(10).
    assert!((figure(&result, "first_loss") - 10_f64.ln()).abs() < 0.3, "{result}");
    assert!(figure(&result, "last_loss") < 0.6, "{result}");
    assert!(figure(&result, "test_accuracy") > 0.89, "{result}");
    check_plots(out.path(), &["training_loop"], "mnist, bundled; flex, seed 0");
    let paths = ["local_minimum", "local_minimum_steps", "optimizers", "optimizers_loss"];
    check_plots(out.path(), &paths, "no data; flex, seed 0");
}

#[test]
fn plain_sgd_stays_in_the_local_minimum_and_momentum_does_not() {
    let out = tempfile::tempdir().unwrap();
    let printed = PROGRAM.run(out.path(), &[]);
    let result = json(&out.path().join("result.json"));
    let [plain, momentum] = ["plain SGD: w", "momentum 0.9: w"].map(|name| figure(&result, name));
    let loss = |w: f64| w.powi(4) / 4.0 - 0.8 * w.powi(2) + 0.3 * w + 1.1;
    let lowest_within = |from: f64, to: f64| {
        let places = (0..=10_000).map(|k| from + (to - from) * f64::from(k) / 10_000.0);
        places.min_by(|a, b| loss(*a).total_cmp(&loss(*b))).unwrap()
    };
    // On either side of the hill there is one minimum; that on the left is the lower one.
    let (local, global) = (lowest_within(0.2, 2.2), lowest_within(-2.0, 0.2));
    assert!(loss(global) < loss(local) - 0.7);
    assert!((plain - local).abs() < 0.01, "{plain} {local}");
    assert!((momentum - global).abs() < 0.01, "{momentum} {global}");
    assert!((figure(&result, "plain SGD: loss") - loss(plain)).abs() < 1e-5, "{result}");
    assert!((figure(&result, "momentum 0.9: loss") - loss(momentum)).abs() < 1e-5, "{result}");
    let last = printed.lines().last().unwrap();
    let said = format!("plain SGD stayed at w = {plain:.3}, momentum went on to w = {momentum:.3}");
    assert!(last.ends_with(&said), "{last}");

    // In the narrow valley, the other three leave plain SGD behind.
    for other in ["momentum 0.9, rate 0.018", "RMSprop, rate 0.1", "Adam, rate 0.5"] {
        assert!(figure(&result, other) < figure(&result, "SGD, rate 0.018") / 2.0, "{other}: {result}");
    }
}

/// The loss of the program's small network in 64-bit numbers. `numbers` holds x `[3, 2]`, the targets `[3]`, then the
/// weights: w1 `[2, 2]`, b1 `[2]`, w2 `[2]`, b2 `[1]`.
fn loss(numbers: &[f64]) -> f64 {
    let (x, rest) = numbers.split_at(6);
    let (targets, rest) = rest.split_at(3);
    let (w1, rest) = rest.split_at(4);
    let (b1, rest) = rest.split_at(2);
    let (w2, b2) = rest.split_at(2);
    let error = |sample: usize| {
        let hidden = |unit: usize| {
            let a = x[2 * sample] * w1[unit] + x[2 * sample + 1] * w1[2 + unit] + b1[unit];
            1.0 / (1.0 + (-a).exp())
        };
        hidden(0) * w2[0] + hidden(1) * w2[1] + b2[0] - targets[sample]
    };
    (0..3).map(|sample| error(sample).powi(2)).sum::<f64>() / 3.0
}

#[test]
fn gradients_by_hand_and_by_autodiff_are_what_a_small_change_of_a_weight_does() {
    for seed in [0, 1, 2] {
        let out = tempfile::tempdir().unwrap();
        let printed = PROGRAM.run(out.path(), &["--seed", &seed.to_string()]);
        let result = json(&out.path().join("result.json"));
        assert!(figure(&result, "largest_gradient_difference") < 1e-6, "{result}");

        let drawn = [6, 3, 4, 2, 2, 1].into_iter().zip(0..);
        let drawn = drawn.flat_map(|(count, index)| uniform(count, 1.0, seed, Purpose::Synthetic, index));
        let numbers: Vec<f64> = drawn.map(f64::from).collect();
        let rows = printed.lines().filter(|line| line.starts_with("| w") || line.starts_with("| b"));
        let rows: Vec<Vec<f64>> = rows
            .map(|row| {
                row.split(" | ").skip(1).filter_map(|cell| cell.trim_end_matches(" |").parse().ok()).collect()
            })
            .filter(|row: &Vec<f64>| !row.is_empty())
            .collect();
        assert_eq!(rows.len(), 9, "{printed}");
        for (weight, row) in (9..).zip(rows) {
            let moved = |by: f64| {
                let mut numbers = numbers.clone();
                numbers[weight] += by;
                loss(&numbers)
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!(
                row.len() == 2 && row.iter().all(|gradient| (gradient - slope).abs() < 2e-6),
                "{row:?} {slope}"
            );
        }
    }
}

#[test]
fn one_seed_gives_one_result() {
    let [one, same, other] = ["1", "1", "2"].map(|seed| {
        let out = tempfile::tempdir().unwrap();
        PROGRAM.run(out.path(), &["--seed", seed]);
        let result = json(&out.path().join("result.json"));
        ["last_loss", "test_accuracy"].map(|name| figure(&result, name))
    });
    assert!(one == same && one[0] != other[0], "{one:?} {same:?} {other:?}");
}
