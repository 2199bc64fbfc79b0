//! Helpers for the end-to-end tests, which run the built example programs as a user does.
//!
//! `cargo test` in the workspace root builds the programs before it runs the tests. With `-p kindling-e2e` or `--test NAME`,
//! the programs must have been built by `cargo build --release --examples`.
//!
//! # Panics
//! All functions panic to fail a test.

#![forbid(unsafe_code)]

pub mod browser;
mod contents;
mod end;
#[cfg(doctest)]
mod guide;
mod interruption;
mod mirror;

pub use contents::{contents, results};
pub use end::End;
pub use interruption::{Interruption, signaled};
pub use mirror::Mirror;

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use assert_cmd::Command;
use serde_json::Value;

/// The name of an example program.
#[derive(Clone, Copy, Debug)]
pub struct Program(pub &'static str);

impl Program {
    /// Returns a command that runs the program in isolation: without environment variables that select data or a backend, and
    /// without network access (`HTTPS_PROXY` points to a closed port).
    pub fn command(self) -> Command {
        self.isolated(Command::new(self.path()))
    }

    /// Returns the [`command`](Self::command), started through another program, such as `nohup` or `taskset -c 0`.
    pub fn started_by(self, starter: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(starter[0].as_ref());
        command.args(&starter[1..]).arg(self.path());
        self.isolated(command)
    }

    /// Returns the [`command`](Self::command), run in a shell after `ulimit` with these arguments.
    pub fn limited(self, limit: &str) -> Command {
        self.started_by(&["sh", "-c", &format!("ulimit -c 0; ulimit {limit}; exec \"$0\" \"$@\"")])
    }

    fn isolated(self, mut command: Command) -> Command {
        for variable in [
            "KINDLING_DATA_DIR",
            "KINDLING_MIRROR",
            "KINDLING_BACKEND",
            "RUST_BACKTRACE",
            "NO_PROXY",
            "no_proxy",
        ] {
            command.env_remove(variable);
        }
        command.env("KINDLING_CACHE_DIR", "/nonexistent").env("HTTPS_PROXY", "http://127.0.0.1:9");
        command
    }

    /// Returns the path of the program in the target directory of the tests.
    pub fn path(self) -> PathBuf {
        let test = std::env::current_exe().expect("the path of the test program is available");
        let built = test.ancestors().nth(2).expect("tests are built into target/<profile>/deps");
        let path = built.join("examples").join(self.0).with_extension(std::env::consts::EXE_EXTENSION);
        assert!(path.is_file(), "{} is missing: run `cargo build --release --examples`", path.display());
        path
    }

    /// Runs the program on bundled data and returns its standard output.
    pub fn run(self, out: &Path, arguments: &[&str]) -> String {
        let mut command = self.command();
        let assert = command.args(["--data", "bundled", "--out"]).arg(out).args(arguments).assert().success();
        String::from_utf8(assert.get_output().stdout.clone()).unwrap()
    }

    /// Runs the program on the full data set and returns `result.json`.
    pub fn run_on(self, data: &Path, arguments: &[&str]) -> Value {
        let out = tempfile::tempdir().unwrap();
        let mut command = self.command();
        command.args(["--data", "full", "--quiet", "--data-dir"]).arg(data).arg("--out").arg(out.path());
        command.args(arguments).assert().success();
        let result = json(&out.path().join("result.json"));
        assert_eq!(result["data_source"], "dir");
        result
    }

    /// Runs the program on invalid data and checks that the error contains `reason`; see [`fail`](Self::fail).
    pub fn refuse(self, data: &Path, arguments: &[&str], reason: &str) {
        let folder = tempfile::tempdir().unwrap();
        let data = data.to_str().unwrap();
        let error = self.fail(&folder.path().join("out"), &[&[data], arguments].concat());
        assert!(error.contains(reason), "{reason}: {error}");
    }

    /// Runs the program with invalid arguments and returns its standard error. Checks the exit code, and that no file was
    /// written.
    pub fn fail(self, out: &Path, arguments: &[&str]) -> String {
        let assert = self.command().arg("--out").arg(out).args(arguments).assert().failure();
        let output = assert.get_output();
        let error = String::from_utf8(output.stderr.clone()).unwrap();
        assert!(matches!(output.status.code(), Some(1 | 2)), "{:?}: {error}", output.status);
        assert!(!error.contains("panicked"), "{error}");
        assert_eq!(fs::read_dir(out).map_or(0, Iterator::count), 0, "files were left behind");
        error
    }
}

/// Reads a JSON file.
pub fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Checks that each plot exists as SVG and PNG and contains `caption`.
pub fn check_plots(out: &Path, plots: &[&str], caption: &str) {
    for plot in plots {
        let svg = fs::read_to_string(out.join(plot).with_extension("svg")).unwrap();
        assert!(svg.contains("<svg") && svg.contains(caption), "{plot} does not contain {caption:?}");
        let png = fs::read(out.join(plot).with_extension("png")).unwrap();
        assert!(png.starts_with(b"\x89PNG"), "{plot}");
    }
}

/// Returns the mean of a metric over the seeds 0, 1 and 2.
pub fn mean_of_seeds(figure: impl Fn(&str) -> f64) -> f64 {
    let figures = ["0", "1", "2"].map(figure);
    let mean = figures.iter().sum::<f64>() / figures.len() as f64;
    println!("seeds 0, 1, 2: {figures:?}, mean {mean:.4}");
    mean
}

/// Returns the workspace root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the directory of the full data sets. If it does not exist, prints that the test is skipped and returns None.
pub fn full_data() -> Option<PathBuf> {
    let folder = root().join("../shared/data");
    if !folder.is_dir() {
        println!("skipped: {} does not exist", folder.display());
        return None;
    }
    Some(folder)
}

/// A running `serve_device` process; killed on drop.
#[derive(Debug)]
pub struct Server {
    process: Child,
    backend: String,
}

impl Server {
    /// Serves a backend's device on a free port of the loopback interface.
    pub fn start(backend: &str) -> Self {
        let mut command = std::process::Command::new(Program("serve_device").path());
        command.args(["--backend", backend, "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("without authentication"), "{line}");
        let backend = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self { process, backend }
    }

    /// Returns the name of the served device: `remote:127.0.0.1:PORT`.
    pub fn backend(&self) -> String {
        self.backend.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Returns whether a backend runs on the CPU. Other backends replay only small fixtures.
pub fn is_processor(backend: &str) -> bool {
    ["flex", "ndarray"].contains(&backend)
}

/// Returns the maximum difference, relative to Keras' value where that is above 1.
pub fn furthest(own: &[f32], keras: &[f32]) -> f64 {
    assert_eq!(own.len(), keras.len());
    let apart = |(own, keras): (&f32, &f32)| f64::from((own - keras).abs()) / f64::from(keras.abs()).max(1.0);
    own.iter().zip(keras).map(apart).fold(0.0, |worst, apart| {
        assert!(apart.is_finite());
        worst.max(apart)
    })
}
