//! Full disks: small file systems in memory, in a namespace of the test's own.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use kindling_e2e::{End, Mirror, Program, contents, full_data};

use crate::{check_whole, table, tree};

/// Is set where the test may mount file systems.
const INSIDE: &str = "KINDLING_E2E_NAMESPACE";

/// Runs the body of a test in a namespace of its own: the test starts itself again there.
fn in_namespace(test: &str, body: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        return body();
    }
    let unshare = || {
        let mut command = Command::new("unshare");
        command.arg("-Urm");
        command
    };
    let works = unshare().args(["mount", "-t", "tmpfs", "tmpfs", "/tmp"]).output();
    if !works.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user cannot mount a file system in a namespace");
        return;
    }
    let mut command = unshare();
    let status = command.arg(env::current_exe().unwrap()).args(["--exact", test]).env(INSIDE, "1").status();
    assert!(status.unwrap().success(), "in the namespace");
}

/// A file system of a size.
struct Disk(tempfile::TempDir);

impl Disk {
    fn of(kib: u64) -> Self {
        let disk = Self(tempfile::tempdir().unwrap());
        disk.mount(&format!("size={kib}k"));
        disk
    }

    fn grow(&self) {
        self.mount("remount,size=1g");
    }

    fn mount(&self, options: &str) {
        let mut command = Command::new("mount");
        let status = command.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(self.0.path()).status();
        assert!(status.unwrap().success());
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("out")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

/// How many sizes of a disk are tried; `KINDLING_DISK_SIZES` asks for others.
fn sizes(of: u64) -> impl Iterator<Item = u64> {
    let count = env::var("KINDLING_DISK_SIZES").map_or(9, |count| count.parse().unwrap());
    (0..count).map(move |index| 8 + of * index / count)
}

/// The size of all files in pages, in KiB.
fn size(out: &Path) -> u64 {
    tree(out).iter().map(|path| path.metadata().unwrap().len().div_ceil(4096) * 4).sum()
}

/// Runs a program on disks of which each is full at another file, and again once there is space.
fn every_file_may_be_the_one(program: Program, arguments: &[&str]) {
    let whole = Disk::of(1 << 20);
    program.run(&whole.path(), arguments);
    let expected = contents(&whole.path());
    let mut failures = 0;
    for kib in sizes(size(&whole.path())) {
        let disk = Disk::of(kib);
        let out = disk.path();
        fs::create_dir(&out).unwrap();
        fs::write(out.join("notes.txt"), "mine").unwrap();
        let run = |further: &[&str]| {
            let mut command = program.command();
            command.args(["--data", "bundled", "--out"]).arg(&out).args(arguments).args(further);
            End::of(&mut command)
        };
        let end = run(&[]);
        check_whole(&out, end.code);
        if end.code == 1 {
            failures += 1;
            let named = format!("cannot write {}", out.display());
            let (access, space) =
                (named.replace("write", "access"), "No space left on device (os error 28): free some");
            let error = &end.error;
            assert!(error.contains(space) && (error.contains(&named) || error.contains(&access)), "{error}");
        }
        disk.grow();
        let end = run(&["--resume"]);
        assert_eq!(end.code, 0, "{kib} KiB: {}", end.error);
        let mut found = contents(&out);
        assert_eq!(found.remove(Path::new("notes.txt")).as_deref(), Some(&b"mine"[..]));
        assert!(found == expected, "{kib} KiB: {:?}, {:?}", found.keys(), expected.keys());
    }
    assert!(failures > 0, "every disk was large enough");
}

#[test]
fn a_training_with_folds() {
    in_namespace("disk::a_training_with_folds", || {
        let arguments =
            ["--epochs", "2", "--batch-size", "8", "--checkpoint-every", "1", "--jobs", "1", "--record"];
        every_file_may_be_the_one(Program("ch03_boston"), &arguments);
    });
}

#[test]
fn a_search() {
    in_namespace("disk::a_search", || {
        let arguments = ["--dataset", "boston_housing", "--epochs", "2", "--trials", "2", "--jobs", "1"];
        every_file_may_be_the_one(Program("ch04_workflow"), &arguments);
    });
}

#[test]
fn a_table_and_its_predictions() {
    in_namespace("disk::a_table_and_its_predictions", || {
        let folder = tempfile::tempdir().unwrap();
        let (data, model) = (folder.path().join("data.csv"), folder.path().join("model"));
        table(&data);
        let train = |out: &Path| {
            let mut command = Program("train_csv").command();
            End::of(command.arg(&data).args(["--target", "y", "--max-epochs", "3", "--out"]).arg(out))
        };
        assert_eq!(train(&model).code, 0);
        for kib in sizes(size(&model)) {
            let disk = Disk::of(kib);
            let end = train(&disk.path());
            check_whole(&disk.path(), end.code);
            assert!(end.code == 0 || end.error.contains("free some space"), "{}", end.error);
            disk.grow();
            assert_eq!(train(&disk.path()).code, 0);
            assert!(contents(&disk.path()) == contents(&model));
        }
        // A file that is to be replaced stays.
        let disk = Disk::of(4);
        fs::write(disk.path(), "old").unwrap();
        let mut command = Program("predict").command();
        command.arg("--model").arg(&model).arg(&data).arg("--out").arg(disk.path());
        End::failure(&mut command, &["cannot write ", "free some space"]);
        assert_eq!(fs::read_to_string(disk.path()).unwrap(), "old");
        assert_eq!(tree(disk.0.path()).len(), 1);
    });
}

#[test]
fn a_temporary_directory_of_verify() {
    in_namespace("disk::a_temporary_directory_of_verify", || {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        Program("ch03_boston").run(&run, &["--epochs", "2", "--batch-size", "16", "--record"]);
        for kib in [4, 60, 100] {
            let disk = Disk::of(kib);
            let mut verify = Program("verify").command();
            verify.env("TMPDIR", disk.0.path()).arg(&run);
            End::failure(&mut verify, &["No space left on device", "free some space"]);
            assert!(tree(disk.0.path()).is_empty());
            disk.grow();
            End::success(&mut verify);
        }
    });
}

#[test]
fn a_cache_without_space_is_named_and_nothing_stays_in_it() {
    let Some(data) = full_data() else { return };
    in_namespace("disk::a_cache_without_space_is_named_and_nothing_stays_in_it", || {
        let (disk, out) = (Disk::of(8), tempfile::tempdir().unwrap());
        let mirror = Mirror::of(&data, Duration::ZERO);
        let run = |choice: &str| {
            let mut command = Program("ch03_boston").command();
            command.env("KINDLING_MIRROR", &mirror.url).env("NO_PROXY", "127.0.0.1");
            command.env("KINDLING_CACHE_DIR", disk.path()).args(["--epochs", "1", "--data", choice, "--out"]);
            End::of(command.arg(out.path()))
        };
        for (choice, code) in [("auto", 0), ("full", 1)] {
            let end = run(choice);
            assert_eq!(end.code, code, "{}", end.error);
            let named = format!("cannot write {}", disk.path().join("boston_housing").display());
            assert!(end.error.contains(&named) && end.error.contains("free some space"), "{}", end.error);
            assert!(tree(&disk.path()).is_empty());
        }
        disk.grow();
        assert!(run("full").printed.contains("from download"));
    });
}

/// Standard output and standard error that cannot be written to, or are closed.
#[test]
fn output_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    Program("ch02_mnist").run(&whole, &["--epochs", "1"]);
    for (index, outputs) in [">/dev/full", ">/dev/full 2>&1", ">&-", ">&- 2>&- <&-"].iter().enumerate() {
        let shell = format!("exec \"$0\" \"$@\" {outputs}");
        let into = |program: Program| program.started_by(&["sh", "-c", &shell]);
        let out = folder.path().join(index.to_string());
        let mut command = into(Program("ch02_mnist"));
        assert_eq!(End::of(command.args(["--data", "bundled", "--epochs", "1", "--out"]).arg(&out)).code, 0);
        assert!(contents(&out) == contents(&whole));
        // What is printed is all that this one is for.
        let end = End::of(into(Program("compare")).arg(&whole).arg(&out));
        assert_eq!(end.code, i32::from(outputs.contains("full")), "{outputs}");
        if index == 0 {
            assert!(
                end.error.contains("cannot write to standard output: No space left on device"),
                "{}",
                end.error
            );
        }
    }
}
