//! Checks the expected figures in README.md: runs each program in the table and compares its result. Prints a line for each
//! figure, and exits with status 1 if one is out of range.

use std::{path::Path, process::Command};

use anyhow::{Context, ensure};
use clap::Parser;
use kindling_programs::cli::{self, print};

/// Check the expected figures in README.md by running the programs
#[derive(Parser)]
struct Args {
    /// Directory with the full data sets [default: use the bundled data and the figures for them]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<std::path::PathBuf>,
    /// Number of seeds to run each program with, counted from 0
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
}

/// A row of the table: a program with its flags, a field of its `result.json`, and the expected range.
struct Expected<'a> {
    command: &'a str,
    field: &'a str,
    range: (f64, f64),
}

fn main() -> anyhow::Result<()> {
    let args: Args = cli::parse_alone();
    let readme = include_str!("../README.md");
    let mut outside = 0;
    for expected in expected_figures(readme, args.data_dir.is_some())? {
        let Expected { command, field, range: (low, high) } = expected;
        for seed in 0..args.seeds {
            let figure = run(command, field, seed, args.data_dir.as_deref())?;
            let verdict = if (low..=high).contains(&figure) { "ok" } else { "OUTSIDE" };
            outside += u32::from(verdict != "ok");
            print(format_args!(
                "{verdict:<8}{command:<24}{field} {figure:.4}, expected {low} to {high}, seed {seed}"
            ));
        }
    }
    cli::check_printed()?;
    ensure!(
        outside == 0,
        "{outside} figures are outside the ranges in README.md: correct the table or the program"
    );
    Ok(())
}

/// Returns the rows of the table that have a range, such as `0.949 to 0.964`, in the column for the data.
fn expected_figures(readme: &str, full_data: bool) -> anyhow::Result<Vec<Expected<'_>>> {
    let head = "| program | figure | full data | bundled data |";
    let (_, table) = readme.split_once(head).with_context(|| format!("README.md has no table \"{head}\""))?;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let expected = rows.filter_map(|row| {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, command, field, full, bundled, ..] = cells[..] else { return None };
        let (low, high) = if full_data { full } else { bundled }.split_once(" to ")?;
        Some(Expected { command, field, range: (low.parse().ok()?, high.parse().ok()?) })
    });
    let expected: Vec<_> = expected.collect();
    ensure!(!expected.is_empty(), "the table \"{head}\" in README.md has no ranges");
    Ok(expected)
}

/// Runs a program and returns a field of its `result.json`.
fn run(command: &str, field: &str, seed: u64, data_dir: Option<&Path>) -> anyhow::Result<f64> {
    let mut words = command.split_whitespace();
    let program = words.next().context("a row of the table in README.md has no program name")?;
    let out = tempfile::tempdir()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut run = Command::new(cargo);
    run.args(["run", "--quiet", "--release", "--locked", "--example", program, "--"]).args(words);
    run.arg("--quiet").args(["--seed", &seed.to_string(), "--out"]).arg(out.path());
    match data_dir {
        Some(directory) => run.args(["--data", "full", "--data-dir"]).arg(directory),
        None => run.args(["--data", "bundled"]),
    };
    let output = run.output().context("cannot run cargo")?;
    ensure!(output.status.success(), "{command} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    let result: serde_json::Value = serde_json::from_slice(&std::fs::read(out.path().join("result.json"))?)?;
    result[field].as_f64().with_context(|| format!("result.json of {command} has no numeric field {field}"))
}
