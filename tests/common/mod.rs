//! Running the built example programs as a user would.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use assert_cmd::Command;
use serde_json::Value;

/// An example program, which `cargo test` has built beside the tests.
#[derive(Clone, Copy)]
pub struct Program(pub &'static str);

impl Program {
    /// A command to run it. Its environment says nothing of data, and it reaches no network: a proxy that is not there
    /// stands before every mirror.
    pub fn command(self) -> Command {
        let mut command = Command::new(self.path());
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

    pub fn path(self) -> PathBuf {
        let test = std::env::current_exe().expect("a test knows its own path");
        let built = test.ancestors().nth(2).expect("tests are built into target/<profile>/deps");
        built.join("examples").join(self.0).with_extension(std::env::consts::EXE_EXTENSION)
    }

    /// Runs it on what it brings with it; returns standard output.
    pub fn run(self, out: &Path, arguments: &[&str]) -> String {
        let mut command = self.command();
        let assert = command.args(["--data", "bundled", "--out"]).arg(out).args(arguments).assert().success();
        String::from_utf8(assert.get_output().stdout.clone()).unwrap()
    }

    /// Runs it on the complete data, quietly; returns `result.json`.
    pub fn run_on(self, data: &Path, arguments: &[&str]) -> Value {
        let out = tempfile::tempdir().unwrap();
        let mut command = self.command();
        command.args(["--data", "full", "--quiet", "--data-dir"]).arg(data).arg("--out").arg(out.path());
        command.args(arguments).assert().success();
        let result = json(&out.path().join("result.json"));
        assert_eq!(result["data_source"], "dir");
        result
    }

    /// Runs it with arguments that cannot be used; returns standard error, once it is sure that nothing was left
    /// behind.
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

pub fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Sees to it that each plot is there, as a picture of either kind, and says `caption`.
pub fn check_plots(out: &Path, plots: &[&str], caption: &str) {
    for plot in plots {
        let svg = fs::read_to_string(out.join(plot).with_extension("svg")).unwrap();
        assert!(svg.contains("<svg") && svg.contains(caption), "{plot} does not say {caption:?}");
        let png = fs::read(out.join(plot).with_extension("png")).unwrap();
        assert!(png.starts_with(b"\x89PNG"), "{plot}");
    }
}

/// The mean over the seeds 0, 1 and 2.
pub fn mean_of_seeds(figure: impl Fn(&str) -> f64) -> f64 {
    let figures = ["0", "1", "2"].map(figure);
    let mean = figures.iter().sum::<f64>() / figures.len() as f64;
    println!("seeds 0, 1, 2: {figures:?}, mean {mean:.4}");
    mean
}

/// The folder with the complete data sets, where it exists; says so when it does not.
pub fn full_data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
        return None;
    }
    Some(folder)
}

/// The program `serve_device`, until it is dropped.
pub struct Server {
    process: Child,
    backend: String,
}

impl Server {
    /// Serves a backend's device on a free port of the loopback.
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

    /// What `--backend` takes to train there.
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
