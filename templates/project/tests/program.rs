//! Tests the program from training to prediction.

use std::process::Command;

fn run(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rides")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn warm_dry_evenings_have_more_rides_than_rainy_nights() {
    assert!(run(&["train"]).contains("Test: loss"));
    let rides: Vec<f64> =
        run(&["predict", "data/tomorrow.csv"]).lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(rides.len(), 2);
    assert!(rides[0] > 2.0 * rides[1], "{rides:?}");
}
