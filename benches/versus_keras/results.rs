//! Collects the measurements of all rounds.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

use crate::{
    common::{Fields, median},
    data::Place,
    jobs::Job,
    machine::Machine,
    sides::Side,
};

/// A quantity that both sides measure.
pub struct Measure {
    /// The key in the JSON of the processes and of the results.
    pub key: &'static str,
    /// The label with the unit.
    pub label: &'static str,
    /// The short label for table headers.
    pub short: &'static str,
}

/// All quantities, in the order of the tables.
pub const MEASURES: [Measure; 11] = [
    Measure { key: "total_s", label: "whole process, s", short: "whole process" },
    Measure { key: "load_s", label: "load time to the first batch, s", short: "load" },
    Measure { key: "first_epoch_s", label: "first epoch, s", short: "first epoch" },
    Measure { key: "epoch_s", label: "later epochs (median), s", short: "epoch" },
    Measure { key: "step_us", label: "later epochs, per step, µs", short: "step" },
    Measure { key: "fit_s", label: "fit (all epochs), s", short: "fit" },
    Measure { key: "evaluate_s", label: "evaluation on the test set, s", short: "evaluate" },
    Measure { key: "peak_mb", label: "peak memory, MiB", short: "memory" },
    Measure { key: "predict_one_us", label: "prediction of one sample, µs", short: "predict one" },
    Measure {
        key: "predict_us",
        label: "prediction of one sample with `predict`, µs",
        short: "one with `predict`",
    },
    Measure { key: "predict_10000_s", label: "prediction of 10,000 samples, s", short: "predict 10,000" },
];

/// The results of a benchmark run.
#[derive(Serialize)]
pub struct Results {
    pub rounds: u32,
    pub sides: Vec<String>,
    pub data: Vec<String>,
    pub machine: Machine,
    pub jobs: Vec<JobResults>,
}

/// The results of a job.
#[derive(Serialize)]
pub struct JobResults {
    pub job: Job,
    pub title: &'static str,
    pub data_source: String,
    pub sides: Vec<SideResults>,
}

/// The measurements of one side in all rounds.
pub struct SideResults {
    pub name: String,
    rounds: Vec<Fields>,
}

impl Results {
    pub fn new(rounds: u32, machine: Machine, sides: &[Side], places: &[Place]) -> Self {
        Self {
            rounds,
            sides: sides.iter().map(Side::versions).collect(),
            data: places.iter().map(Place::to_string).collect(),
            machine,
            jobs: Vec::new(),
        }
    }

    /// Returns a description of the statistic.
    pub fn statistic(&self) -> String {
        match self.rounds {
            1 => "One round".into(),
            rounds => format!("Medians of {rounds} rounds"),
        }
    }
}

impl JobResults {
    pub fn new(job: Job, place: &Place) -> Self {
        Self { job, title: job.title(), data_source: place.source.to_string(), sides: Vec::new() }
    }

    /// Returns the kindling side and the Keras sides.
    pub fn split(&self) -> Option<(&SideResults, &[SideResults])> {
        self.sides.split_first()
    }

    /// Returns the GFLOP per epoch and the number of trainings in parallel.
    pub fn gflop(&self) -> Option<(f64, f64)> {
        let (own, _) = self.split()?;
        Some((median(&own.figures("epoch_flop")) / 1e9, median(&own.figures("side_by_side"))))
    }
}

impl SideResults {
    pub fn new(name: String) -> Self {
        Self { name, rounds: Vec::new() }
    }

    /// Adds the fields that a process printed.
    pub fn add(&mut self, fields: Fields) {
        self.rounds.push(fields);
    }

    /// Returns a measurement in each round that has it.
    pub fn figures(&self, key: &str) -> Vec<f64> {
        self.rounds.iter().filter_map(|fields| fields.get(key)?.as_f64()).collect()
    }

    /// Returns the test metric in each round.
    pub fn metrics(&self) -> Vec<f64> {
        self.rounds.iter().filter_map(|fields| fields.get("evaluate")?.get(1)?.as_f64()).collect()
    }

    /// Returns a text field from the first process that printed it.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.rounds.iter().find_map(|fields| fields.get(key)?.as_str())
    }
}

/// Serializes median, minimum and maximum by key, and the raw fields of all processes.
impl Serialize for SideResults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        for Measure { key, .. } in MEASURES {
            map.serialize_entry(key, &spread(&self.figures(key)))?;
        }
        map.serialize_entry("test_metric", &spread(&self.metrics()))?;
        map.serialize_entry("processes", &self.rounds)?;
        map.end()
    }
}

fn spread(figures: &[f64]) -> Value {
    match extremes(figures) {
        Some((min, max)) => json!({ "median": median(figures), "min": min, "max": max }),
        None => Value::Null,
    }
}

/// Returns minimum and maximum; None for an empty slice.
pub fn extremes(figures: &[f64]) -> Option<(f64, f64)> {
    let min = figures.iter().copied().reduce(f64::min)?;
    let max = figures.iter().copied().reduce(f64::max)?;
    Some((min, max))
}
