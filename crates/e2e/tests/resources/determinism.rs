//! The same bytes on any number of threads.

use std::{fs, path::Path};

use kindling_e2e::{End, Program, contents};

use crate::table;

/// How programs are started: on so many threads, or one processor.
const STARTERS: [&[&str]; 4] = [
    &["env", "RAYON_NUM_THREADS=1"],
    &["env", "RAYON_NUM_THREADS=2"],
    &["env", "RAYON_NUM_THREADS=7"],
    &["taskset", "-c", "0"],
];

fn same_bytes(program: Program, arguments: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let mut first = None;
    for (index, starter) in STARTERS.iter().enumerate() {
        if starter[0] == "taskset" && std::process::Command::new("taskset").arg("--version").output().is_err()
        {
            eprintln!("skipped: there is no taskset");
            continue;
        }
        let out = folder.path().join(index.to_string());
        End::success(program.started_by(starter).args(arguments).arg("--out").arg(&out));
        let found = contents(&out);
        let expected = first.get_or_insert_with(|| found.clone());
        assert!(found == *expected, "{starter:?}");
        assert!(
            found.contains_key(Path::new("model.keras")) && found.contains_key(Path::new("history.json"))
        );
    }
}

#[test]
fn of_a_dense_network() {
    same_bytes(Program("ch02_mnist"), &["--data", "bundled", "--epochs", "1"]);
}

#[test]
fn of_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.csv");
    table(&data);
    same_bytes(Program("train_csv"), &[data.to_str().unwrap(), "--target", "y", "--max-epochs", "5"]);
}

#[test]
fn of_a_convolutional_network() {
    let folder = tempfile::tempdir().unwrap();
    for (class, stand) in [("lying", false), ("standing", true)] {
        fs::create_dir(folder.path().join(class)).unwrap();
        for index in 0..40 {
            let image = image::GrayImage::from_fn(16, 16, |x, y| {
                let place = if stand { x } else { y };
                image::Luma([if (place + index) % 4 < 2 { 55 + index as u8 } else { 0 }])
            });
            image.save(folder.path().join(class).join(format!("{index}.png"))).unwrap();
        }
    }
    let data = folder.path().to_str().unwrap();
    same_bytes(Program("train_images"), &[data, "--size", "16x16", "--max-epochs", "2"]);
}
