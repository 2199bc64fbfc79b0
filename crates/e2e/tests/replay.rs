//! Replays steps of recorded runs and finds the first step that meets a condition.

use std::path::Path;

use kindling_e2e::Program;

fn replay(run: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Program("replay").command().arg(run).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    match output.status.code() {
        Some(0) => Ok(text(output.stdout)),
        _ => Err(text(output.stderr)),
    }
}

#[test]
fn any_step_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    Program("ch02_mnist").run(&run, &["--epochs", "2", "--record"]);
    let entries = || std::fs::read_dir(&run).unwrap().count();
    let before = entries();
    let shown = replay(&run, &["--step", "100"]).unwrap();
    for expected in [
        "Step 100: epoch 2, step 7 of 94",
        "Batch: 128 samples, by class 0: ",
        "dense.kernel",
        "dense_1.bias",
    ] {
        assert!(shown.contains(expected), "{shown}");
    }
    assert_eq!(shown, replay(&run, &["--step", "100"]).unwrap());
    assert!(
        replay(&run, &["--step", "188"])
            .unwrap_err()
            .contains("step 188 is out of range: give a step from 0 to 187")
    );
    // The loss of the untrained network is about ln(10) = 2.3.
    assert!(replay(&run, &["--bisect", "loss>2.0"]).unwrap().starts_with("Step 0: epoch 1, step 1 of 94"));
    assert!(replay(&run, &["--bisect", "loss>1000"]).unwrap().starts_with("No step meets the condition"));
    assert!(replay(&run, &["--bisect", "nonsense"]).unwrap_err().contains("loss>NUMBER"));
    assert_eq!(entries(), before, "files were left behind");
}

#[test]
fn the_first_failing_step_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut command = Program("ch02_mnist").command();
    let arguments = ["--data", "bundled", "--epochs", "2", "--learning-rate", "1e30", "--record", "--out"];
    command.args(arguments).arg(&run).assert().failure().code(1);
    let shown = replay(&run, &["--bisect", "not-finite"]).unwrap();
    assert!(shown.starts_with("Step ") && shown.contains("The step fails: the loss is"), "{shown}");
}

#[test]
fn without_a_recording_the_error_names_the_flag() {
    let run = tempfile::tempdir().unwrap();
    Program("ch02_mnist").run(run.path(), &["--epochs", "1"]);
    assert!(replay(run.path(), &["--step", "1"]).unwrap_err().contains("--record"));
}
