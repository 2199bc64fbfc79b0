//! Memory use of loading IMDB, and of pickles that try to allocate a lot of memory.

mod common;

use std::path::Path;

use common::{npy_of_objects, pickled, shared_data};
use kindling_data::{DataOptions, TextOptions, imdb, pickle};

/// Returns the peak memory of this process in MB, if the system reports it.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? / 1_000)
}

/// This is the only test in this program, because the peak memory is that of the process.
#[test]
fn loading_uses_little_memory() {
    // 32 MB of lists, tuples, memoized values, references to a list, and numbers in one list, respectively.
    for flood in [&b"]a"[..], b"NNNNNNNNNNNNNNN(NNNNNNNNNNNNt\x94", b"N\x94", b"h\x13a", b"]\x94a", b"K\x01a"]
    {
        let body = [b"]\x94a", &flood.repeat((1 << 25) / flood.len())[..]].concat();
        assert!(pickle::read(&npy_of_objects(&[1], &pickled(&[1], &body))[..], Path::new("x")).is_err());
    }
    let Some(after_floods) = peak() else {
        return println!("skipped: this system does not report the peak memory");
    };
    println!("{after_floods} MB after malicious pickles");
    assert!(after_floods < 700, "{after_floods} MB");

    let Some(folder) = shared_data() else { return };
    std::fs::write("/proc/self/clear_refs", "5").expect("the peak can be reset");
    let before = peak().unwrap_or_default();
    let imdb =
        imdb::load(&TextOptions::new().num_words(10_000), &DataOptions::default().dir(folder)).unwrap();
    assert_eq!(imdb.train.len(), 25_000);
    let peak = peak().unwrap_or_default();
    println!("{} MB for IMDB, {before} MB before", peak - before);
    assert!(peak - before < 150, "{peak} MB");
}
