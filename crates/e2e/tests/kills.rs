//! Programs that are killed at random moments, again and again, and resumed: what they leave is what an uninterrupted run leaves.
//!
//! `KINDLING_KILLS=100 cargo test --release --test kills -- --nocapture` kills each program a hundred times instead of a few.
#![cfg(unix)]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use kindling_e2e::{Mirror, Program, contents, full_data};

/// Numbers that are the same in every run of the test.
struct Random(u64);

impl Random {
    /// Returns a number from 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / (1_u64 << 31) as f64
    }
}

/// The most kills of one run, so that it ends some time.
const MOST_IN_A_ROW: usize = 8;

/// The longest time that a program may take to end after a signal.
const LONGEST: Duration = Duration::from_secs(60);

/// How a program is killed.
struct Kills<'a> {
    program: &'a str,
    arguments: &'a [&'a str],
    variables: Vec<(&'a str, String)>,
    /// Once for so many kills that are asked for.
    one_of: usize,
    /// The files to compare; all, if empty.
    files: &'a [&'a str],
}

impl Kills<'_> {
    fn command(&self, out: &Path) -> Command {
        let mut command = Command::new(Program("ch02_mnist").path().with_file_name(self.program));
        command.args(self.arguments).arg("--out").arg(out);
        command.env("KINDLING_CACHE_DIR", "/nonexistent").env("HTTPS_PROXY", "http://127.0.0.1:9");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Returns the files of a run that must not depend on kills.
    fn contents(&self, out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut contents = contents(out);
        contents
            .retain(|path, _| self.files.is_empty() || self.files.iter().any(|name| path == Path::new(name)));
        contents
    }

    /// Kills runs at random moments until there are enough, and compares each with one that was not. `forget` is called before each
    /// run that begins anew.
    fn run(&self, seed: u64, forget: impl Fn()) {
        let asked: usize = env::var("KINDLING_KILLS").map_or(5, |kills| kills.parse().unwrap());
        let kills = asked.div_ceil(self.one_of);
        let folder = tempfile::tempdir().unwrap();
        let whole = folder.path().join("whole");
        let begun = Instant::now();
        forget();
        let output = self.command(&whole).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lasts = begun.elapsed().as_secs_f64();
        let expected = self.contents(&whole);
        let mut random = Random(seed);
        let (mut killed, mut signaled, mut resumed) = (0, 0, 0);
        for number in 0.. {
            if killed + signaled >= kills {
                break;
            }
            forget();
            let out = folder.path().join(number.to_string());
            for in_a_row in 0.. {
                let mut command = self.command(&out);
                let child =
                    command.arg("--resume").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
                let signal = match random.next() {
                    0.0..0.6 => "KILL",
                    0.6..0.8 => "INT",
                    _ => "TERM",
                };
                let moment = Duration::from_secs_f64(1.1 * lasts * random.next());
                let signal = (in_a_row < MOST_IN_A_ROW).then_some(signal);
                match ended(child, moment, signal) {
                    End::Complete => break,
                    End::Killed => killed += 1,
                    End::Signaled => signaled += 1,
                }
                resumed += 1;
            }
            let found = self.contents(&out);
            let differ: Vec<&PathBuf> = expected
                .keys()
                .chain(found.keys())
                .filter(|name| expected.get(*name) != found.get(*name))
                .collect();
            assert!(differ.is_empty(), "after {killed} kills: {differ:?}");
            fs::remove_dir_all(&out).unwrap();
        }
        println!(
            "{}: {killed} SIGKILLs, {signaled} SIGINTs and SIGTERMs, resumed {resumed} times",
            self.program
        );
    }
}

/// How a program ended.
enum End {
    Complete,
    Killed,
    Signaled,
}

/// Waits until a program ends, or sends it a signal after a time.
fn ended(mut child: Child, moment: Duration, signal: Option<&str>) -> End {
    let begun = Instant::now();
    let mut sent = false;
    while child.try_wait().unwrap().is_none() {
        if let Some(signal) = signal.filter(|_| !sent && begun.elapsed() >= moment) {
            sent = Command::new("kill")
                .args(["-s", signal, &child.id().to_string()])
                .status()
                .unwrap()
                .success();
        }
        assert!(begun.elapsed() < moment + LONGEST, "the program does not end");
        thread::sleep(Duration::from_millis(1));
    }
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!error.contains("panicked"), "{error}");
    match output.status.code() {
        Some(0) => End::Complete,
        None => End::Killed,
        Some(130 | 143) => End::Signaled,
        Some(code) => panic!("{code}: {error}"),
    }
}

fn kills<'a>(program: &'a str, arguments: &'a [&'a str]) -> Kills<'a> {
    Kills { program, arguments, variables: Vec::new(), one_of: 1, files: &[] }
}

#[test]
fn a_training_that_saves_often_and_is_recorded() {
    let arguments =
        ["--data", "bundled", "--epochs", "2", "--batch-size", "64", "--checkpoint-every", "5s", "--record"];
    kills("ch02_mnist", &arguments).run(1, || {});
}

#[test]
fn folds() {
    let arguments = ["--data", "bundled", "--epochs", "20", "--batch-size", "4", "--checkpoint-every", "3"];
    kills("ch03_boston", &arguments).run(2, || {});
}

#[test]
fn a_search() {
    let arguments = ["--data", "bundled", "--dataset", "boston_housing", "--epochs", "6", "--trials", "4"];
    kills("ch04_workflow", &arguments).run(3, || {});
}

#[test]
fn a_download() {
    let Some(data) = full_data() else { return };
    let cache = tempfile::tempdir().unwrap();
    let mirror = Mirror::of(&data, Duration::from_millis(10));
    let mut download = kills("ch03_boston", &["--data", "full", "--epochs", "2", "--batch-size", "64"]);
    download.variables = vec![
        ("KINDLING_CACHE_DIR", cache.path().to_str().unwrap().into()),
        ("KINDLING_MIRROR", mirror.url),
        ("NO_PROXY", "127.0.0.1".into()),
    ];
    // The others say whether the data came from the download or, once it was complete, from the cache.
    download.files = &["history.json", "history.csv", "model.keras", "model.safetensors"];
    download.run(4, || {
        let _ = fs::remove_dir_all(cache.path().join("boston_housing"));
    });
}

#[test]
#[ignore = "takes minutes"]
fn the_book_run_again() {
    let mut reproduce = kills("reproduce", &["--data", "bundled", "--quick", "--checkpoint-every", "1"]);
    reproduce.one_of = 5;
    reproduce.run(5, || {});
}
