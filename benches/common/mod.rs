//! Shared by the benchmarks: measurements in separate processes, medians, tables, and result files.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, bail};
use kindling::data::files::write_whole;
use serde_json::{Map, Value};

/// The fields of the JSON object on the last line of a process's output.
pub type Fields = Map<String, Value>;

/// Runs a process and returns the fields it printed, plus its wall time as `total_s`.
///
/// # Errors
/// Returns an error if the process cannot be started, fails, or prints no JSON object; the error includes the end of its
/// standard error.
pub fn measure(command: &mut Command) -> anyhow::Result<Fields> {
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output();
    let total = start.elapsed().as_secs_f64();
    let program = Path::new(command.get_program()).display().to_string();
    let output = output.with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = errors.trim_end().lines().collect();
        let end = lines[lines.len().saturating_sub(10)..].join("\n");
        bail!("{} failed ({}):\n{end}", described(command), output.status);
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    let last = printed.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut fields: Fields = serde_json::from_str(last)
        .with_context(|| format!("{} printed {last:?} instead of a JSON object", described(command)))?;
    fields.insert("total_s".into(), total.into());
    Ok(fields)
}

/// Formats a command line for messages.
fn described(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Returns the median; NaN for an empty slice.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        len => (sorted[(len - 1) / 2] + sorted[len / 2]) / 2.0,
    }
}

/// Formats a number with three significant digits; a dash if it is not finite.
pub fn digits(figure: f64) -> String {
    match figure.abs() {
        _ if !figure.is_finite() => "-".into(),
        0.0 => "0".into(),
        100.0.. => format!("{figure:.0}"),
        10.0.. => format!("{figure:.1}"),
        1.0.. => format!("{figure:.2}"),
        0.1.. => format!("{figure:.3}"),
        0.0001.. => format!("{figure:.4}"),
        _ => format!("{figure:.2e}"),
    }
}

/// Formats a Markdown table with padded columns; all but the first are right-aligned.
pub fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let all = || std::iter::once(head).chain(rows.iter().map(Vec::as_slice));
    let widths: Vec<usize> = (0..head.len())
        .map(|column| all().map(|row| row[column].chars().count()).max().unwrap_or(0).max(4))
        .collect();
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| match column {
            0 => format!(" {cell:<width$} |"),
            _ => format!(" {cell:>width$} |"),
        });
        format!("|{}\n", cells.collect::<String>())
    };
    let rule = widths.iter().enumerate().map(|(column, width)| match column {
        0 => format!(" {} |", "-".repeat(*width)),
        _ => format!(" {}: |", "-".repeat(width - 1)),
    });
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!("{}|{}\n{rows}", line(head), rule.collect::<String>())
}

/// Creates the directory for results.
///
/// # Errors
/// Returns an error if the directory cannot be created; the error names the flag.
pub fn create(out: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(out)
        .with_context(|| format!("cannot create {}: choose another directory with --out", out.display()))
}

/// Writes `<out>/<name>`.
///
/// # Errors
/// Returns an error if the file cannot be written.
pub fn write(out: &Path, name: &str, content: &str) -> anyhow::Result<PathBuf> {
    let path = out.join(name);
    write_whole(&path, |file| std::io::Write::write_all(file, content.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
