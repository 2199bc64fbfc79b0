//! Compares training and prediction with Keras: the same jobs on the same data, in separate processes.
//!
//! ```sh
//! KINDLING_DATA_DIR=DIRECTORY KINDLING_KERAS_PYTHON=python3 cargo bench --locked --bench versus_keras
//! ```
//!
//! `KINDLING_KERAS_PYTHON` names a Python interpreter with Keras and at least one of JAX, TensorFlow and PyTorch; every
//! backend that can be imported is measured. Without the variable, only kindling is measured. Without `KINDLING_DATA_DIR`,
//! the full data sets are loaded from the cache or downloaded; if that fails, both sides use the bundled samples and synthetic
//! reviews.
//!
//! The sides alternate in every round. Each side measures a job in two processes. The first trains and evaluates; its wall
//! time is the time of the whole process. The second trains for one epoch and measures predictions. Results are printed, and
//! written to `--out` as Markdown, JSON and charts.
//!
//! - `args`: command-line flags; `data`: location of the data for both sides
//! - `jobs`: the models; `training`, `predictions`, `machine`: the measurements, in processes that print JSON
//! - `arithmetic`: floating-point operations of a job
//! - `sides`: the commands of both sides; `keras_side.py`: the Keras side
//! - `results`, `report`, `charts`: collection and output of the results

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

/// Runs all rounds, and prints and writes the results.
fn compare(args: &Args) -> anyhow::Result<()> {
    common::create(&args.out)?;
    let jobs = args.jobs();
    let places = data::locate(&jobs)?;
    for place in &places {
        println!("{place}");
    }
    let sides = sides::all()?;
    println!("Machine: matrix multiplications and memory copies");
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
                    .with_context(|| format!("cannot measure {job} with {}", side.name()))?;
            }
        }
        // Written after each job, so that an interrupted run keeps the finished jobs.
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
            // `total_s` is the time of the training process.
            fields.remove("total_s");
        }
        into.add(fields);
    }
    Ok(())
}
