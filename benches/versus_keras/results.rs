//! The figures of all rounds.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

use crate::{
    common::{Fields, median},
    data::Place,
    jobs::Job,
    machine::Machine,
    sides::Side,
};

/// A figure that both sides print.
pub struct Measure {
    /// Its name in the JSON of the processes and of the results.
    pub key: &'static str,
    /// What it is, with its unit.
    pub label: &'static str,
    /// A few words, for the heads of tables.
    pub short: &'static str,
}

/// All figures, in the order of the tables.
pub const MEASURES: [Measure; 11] = [
    Measure { key: "total_s", label: "whole process, s", short: "whole process" },
    Measure { key: "load_s", label: "files to the first batch, s", short: "load" },
    Measure { key: "first_epoch_s", label: "first epoch, s", short: "first epoch" },
    Measure { key: "epoch_s", label: "median of the other epochs, s", short: "epoch" },
    Measure { key: "step_us", label: "the same for each step, µs", short: "step" },
    Measure { key: "fit_s", label: "all of fit, s", short: "fit" },
    Measure { key: "evaluate_s", label: "evaluation of the test set, s", short: "evaluate" },
    Measure { key: "peak_mb", label: "peak memory, MiB", short: "memory" },
    Measure { key: "predict_one_us", label: "prediction of one sample, µs", short: "predict one" },
    Measure { key: "predict_us", label: "the same with `predict`, µs", short: "one with `predict`" },
    Measure { key: "predict_10000_s", label: "prediction of 10,000 samples, s", short: "predict 10,000" },
];

/// All results of a run.
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

/// What one side printed in all rounds.
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

    /// What the figures are.
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

    /// This side, and those of Keras.
    pub fn split(&self) -> Option<(&SideResults, &[SideResults])> {
        self.sides.split_first()
    }

    /// Operations of an epoch in units of 10^9, and of how many trainings at a time.
    pub fn gflop(&self) -> Option<(f64, f64)> {
        let (own, _) = self.split()?;
        Some((median(&own.figures("epoch_flop")) / 1e9, median(&own.figures("side_by_side"))))
    }
}

impl SideResults {
    pub fn new(name: String) -> Self {
        Self { name, rounds: Vec::new() }
    }

    /// Adds what a process printed.
    pub fn add(&mut self, fields: Fields) {
        self.rounds.push(fields);
    }

    /// A figure in each round that has it.
    pub fn figures(&self, key: &str) -> Vec<f64> {
        self.rounds.iter().filter_map(|fields| fields.get(key)?.as_f64()).collect()
    }

    /// The metric of the evaluation in each round.
    pub fn metrics(&self) -> Vec<f64> {
        self.rounds.iter().filter_map(|fields| fields.get("evaluate")?.get(1)?.as_f64()).collect()
    }

    /// A text, as the first process printed it that has it.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.rounds.iter().find_map(|fields| fields.get(key)?.as_str())
    }
}

/// Median, minimum, maximum and the figures themselves, by the names of the measures.
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

/// The smallest and the largest; none of nothing.
pub fn extremes(figures: &[f64]) -> Option<(f64, f64)> {
    let min = figures.iter().copied().reduce(f64::min)?;
    let max = figures.iter().copied().reduce(f64::max)?;
    Some((min, max))
}
