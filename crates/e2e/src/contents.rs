//! The files of runs, to compare.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// The files of a training that must be the same for the same run: history and model.
pub fn results(out: &Path) -> Vec<Vec<u8>> {
    let files = ["history.json", "history.csv", "model.safetensors", "model.keras"];
    files.iter().map(|name| fs::read(out.join(name)).unwrap()).collect()
}

/// Returns the content of each file in a run's directory and its subdirectories that must be the same for the same run. Left out
/// are states and key frames, which hold times, and the times in `result.json` and `report.html`.
pub fn contents(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut contents = BTreeMap::new();
    collect(out, out, &mut contents);
    contents
}

fn collect(root: &Path, directory: &Path, contents: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["checkpoints", "checkpoints-before", "recording"].contains(&name.as_str()) {
                collect(root, &path, contents);
            }
        } else {
            let bytes = fs::read(&path).unwrap();
            let bytes = match name.as_str() {
                "result.json" => without_times(&bytes),
                "report.html" => without_seconds(&bytes),
                // The command line, and hashes of files with times.
                "receipt.json" => Vec::new(),
                _ => bytes,
            };
            contents.insert(path.strip_prefix(root).unwrap().into(), bytes);
        }
    }
}

/// `result.json` without the fields that hold times, or memory.
fn without_times(json: &[u8]) -> Vec<u8> {
    let mut result: serde_json::Map<String, Value> = serde_json::from_slice(json).unwrap();
    result.retain(|name, _| !name.ends_with("seconds") && name != "peak_rss_mb");
    serde_json::to_vec(&result).unwrap()
}

/// A report without the last column of tables, if that has one decimal: seconds of trainings.
fn without_seconds(html: &[u8]) -> Vec<u8> {
    let html = String::from_utf8(html.into()).unwrap();
    let rows = html.split("</td></tr>").map(|row| match row.rsplit_once("<td>") {
        Some((start, cell)) if cell.split_once('.').is_some_and(|(_, decimals)| decimals.len() == 1) => start,
        _ => row,
    });
    rows.collect::<Vec<_>>().join("</td></tr>").into_bytes()
}
