//! Trainings and predictions beside Keras: the same work on the same data, each side in processes of its own.
//!
//! ```sh
//! KINDLING_DATA_DIR=FOLDER KINDLING_KERAS_PYTHON=python3 cargo bench --locked --bench versus_keras
//! ```
//!
//! `KINDLING_KERAS_PYTHON` names a Python with Keras and at least one of JAX, TensorFlow, and PyTorch: each backend that
//! can be imported is compared. Without it, this side alone is measured. Without `KINDLING_DATA_DIR`, the full data sets are
//! searched for in the cache and at the mirrors, then the bundled samples and synthetic reviews are used on both sides.
//!
//! In every round the sides take turns. A job is measured by two processes on each side: one trains and evaluates, and its
//! wall time is the time of the whole job; the other trains for one epoch and then measures predictions, whose time
//! therefore counts nowhere else. Results are printed, and written to `--out` as Markdown, JSON and charts.
//!
//! - `args`: flags; `data`: where both sides find the data
//! - `jobs`: what is trained; `training`, `predictions`, `machine`: the measurements, in processes that print JSON
//! - `arithmetic`: how many operations a job needs
//! - `sides`: the commands of both sides; `keras_side.py`: the program of Keras' side
//! - `results`, `report`, `charts`: what becomes of the figures

mod args;
mod arithmetic;
mod charts;
#[path = "../common/mod.rs"]
mod common;
mod data;
mod jobs;
mod machine;
mod predictions;
mod report;
mod results;
mod sides;
mod training;

use anyhow::Context;
use clap::Parser;

use self::{
    args::{Args, Measurement},
    data::Place,
    jobs::Job,
    machine::Machine,
    results::{JobResults, Results, SideResults},
    sides::Side,
};

fn main() -> anyhow::Result<()> {
    kindling_programs::memory::return_freed_soon();
    let args = Args::parse();
    let fields = match (args.measure, args.job) {
        (None, _) => return compare(&args),
        (Some(Measurement::Machine), _) => machine::measure(args.threads)?,
        (Some(Measurement::Train), Some(job)) => training::measure(job, &args.data_options())?,
        (Some(Measurement::Predict), Some(job)) => predictions::measure(job, &args.data_options())?,
        (Some(_), None) => anyhow::bail!("--measure train and --measure predict need --job"),
    };
    println!("{}", serde_json::Value::Object(fields));
    Ok(())
}

/// Runs all rounds, and prints and writes what they measured.
fn compare(args: &Args) -> anyhow::Result<()> {
    common::create(&args.out)?;
    let jobs = args.jobs();
    let places = data::locate(&jobs)?;
    for place in &places {
        println!("{place}");
    }
    let sides = sides::all()?;
    println!("Machine: matrix products and copies");
    let machine = Machine::measured()?;
    let mut results = Results::new(args.rounds, machine, &sides, &places);
    for job in jobs {
        let Some(place) = places.iter().find(|place| place.data == job.data()) else { continue };
        let mut measured = JobResults::new(job, place);
        for side in &sides {
            measured.sides.push(SideResults::new(side.name()));
        }
        for round in 1..=args.rounds {
            for (side, into) in sides.iter().zip(&mut measured.sides) {
                println!("{job}, round {round} of {}: {}", args.rounds, side.name());
                run(side, job, place, into)
                    .with_context(|| format!("{job} cannot be measured with {}", side.name()))?;
            }
        }
        // After each job, so that an interrupted run leaves the jobs that it finished.
        results.jobs.push(measured);
        common::write(&args.out, "versus_keras.json", &(serde_json::to_string_pretty(&results)? + "\n"))?;
    }
    let text = report::markdown(&results);
    println!("\n{text}");
    common::write(&args.out, "versus_keras.md", &text)?;
    charts::save(&results, &args.out)?;
    println!("Wrote {}", args.out.display());
    Ok(())
}

fn run(side: &Side, job: Job, place: &Place, into: &mut SideResults) -> anyhow::Result<()> {
    for measurement in [Measurement::Train, Measurement::Predict] {
        let mut fields = common::measure(&mut side.command(measurement, job, place)?)?;
        if measurement == Measurement::Predict {
            // The whole job is the process that trains.
            fields.remove("total_s");
        }
        into.add(fields);
    }
    Ok(())
}
