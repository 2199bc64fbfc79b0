//! Section 4.5: the workflow of machine learning, step by step on one of the book's data sets. Expect a test accuracy of
//! about 0.98 for digits, 0.88 for reviews and 0.79 for newswires, and an error of about 2.8 for house prices.

mod growth;
mod laboratory;
mod problem;
mod search;
mod settings;
mod steps;

use anyhow::Context;
use kindling::{
    data::Source,
    experiments::Trial,
    losses::Task,
    metrics::Direction,
    plots::history_chart,
    splits::{HoldOut, KFold, Splitter},
};
use kindling_programs::cli::{
    self, CheckpointArgs, CommonArgs, DevicesArgs, RecordingArgs, Run, TrainingArgs, at_least_one,
};

use growth::{Size, grow};
use laboratory::Laboratory;
use problem::{Dataset, Problem};
use settings::Settings;
use steps::Steps;

/// Follow the workflow of section 4.5 of "Deep Learning with Python", from a measure of success to one test
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    common: CommonArgs,
    /// Data set to train on
    #[arg(long, value_enum, default_value = "mnist")]
    dataset: Dataset,
    /// Largest number of epochs of a training [default: 20; boston_housing: 100]
    #[arg(long, value_parser = at_least_one)]
    epochs: Option<usize>,
    /// Samples per step [default: 128; imdb and reuters: 512; boston_housing: 16; at most a quarter of the samples]
    #[arg(long, value_parser = at_least_one)]
    batch_size: Option<usize>,
    /// Learning rate of the optimizer; the search also tries half and double of it
    #[arg(long, default_value_t = 0.001, allow_negative_numbers = true)]
    learning_rate: f64,
    /// Number of settings that the search tries
    #[arg(long, default_value_t = 8, value_parser = at_least_one)]
    trials: usize,
    /// Number of training samples to use, the first ones [default: all]
    #[arg(long, value_parser = at_least_one)]
    samples: Option<usize>,
    /// The devices for training the trials.
    #[command(flatten)]
    devices: DevicesArgs,
    /// When to save checkpoints, and whether to resume.
    #[command(flatten)]
    checkpoints: CheckpointArgs,
    /// Whether to record the final training.
    #[command(flatten)]
    recording: RecordingArgs,
}

fn main() -> anyhow::Result<()> {
    let args: Args = cli::parse_common("ch04_workflow");
    let mut run = Run::start("ch04_workflow", args.training())?;
    let problem = args.problem(&mut run)?;
    let (caption, metric, source) = (run.caption(), problem.metric().name(), problem.source);
    let mut steps = Steps::new(args.common.run.quiet);

    // The measure, the protocol, and the data.
    steps.step("A measure of success");
    steps.line(match problem.task {
        Task::Regression => "The mean absolute error (mae), in the unit of the targets, which are numbers.",
        _ => "Accuracy, the fraction of correct predictions: the targets are classes.",
    });
    steps.step("A protocol of evaluation");
    let (protocol, splits, splitter) = protocol(&problem, run.seed());
    steps.line(format!("{protocol}: there are {} training samples.", problem.train.len()));
    steps.line(format!("The {} test samples are reserved for the final model.", problem.test.len()));
    steps.step("Data prepared for a network");
    steps.line(problem.preparation);

    // Open the search file before the first training, so that an unsuitable file is reported at once.
    let space = Settings::space(problem.units, args.learning_rate);
    let files = run.search_files(&args.checkpoints, &format!("search_{}.json", problem.name));
    let search = search::open(&args, &problem, protocol, &files.0, &space)?.save_to(&files.1);
    let (finished, planned) = (search.finished(), search.settings().len());
    if finished > 0 {
        run.say(format_args!("Resumed: {finished} of {planned} trials were finished by an earlier run"));
    }
    let laboratory = Laboratory {
        run: &run,
        checkpoints: &args.checkpoints,
        problem,
        splitter,
        splits,
        devices: args.devices.open(&args.common.run.backend)?,
        learning_rate: args.learning_rate,
    };

    steps.step("Better than a baseline");
    let baseline = laboratory.baseline()?;
    steps.line(format!(
        "Naive baseline, the same prediction for every sample: validation {metric} {baseline:.4}."
    ));
    let small = run.trainings(|| Size::measured(&laboratory, growth::SMALL, baseline))?;
    steps.line(format!("{}.", small.against_baseline(&laboratory)));
    steps.step("Grown until it overfits");
    let grown = run.trainings(|| grow(&laboratory, small, baseline, &mut steps))?;
    let chart = growth::chart(&grown).caption(&caption);
    chart.save(run.files(), "growth")?;
    steps.chart(&chart);

    steps.step("Regularized and tuned");
    let trials = run.trainings(|| search::run(&laboratory, search, &mut steps))?;
    run.keep_search(&files.1)?;
    let chart = search::trials_chart(&trials).caption(&caption);
    chart.save(run.files(), "search")?;
    steps.chart(&chart);
    let chart = search::importance_chart(&space, &trials)?.caption(&caption);
    chart.save(run.files(), "importance")?;
    steps.bar_chart(&chart);

    // The networks without dropout and penalties were trained too, and one of them may be the best.
    steps.step("Trained on everything, tested once");
    let all: Vec<Trial<Settings>> =
        trials.iter().copied().chain(grown.iter().map(|size| size.trial)).collect();
    let best = Trial::best(&all, Direction::Min).and_then(|trial| Some((trial.settings, trial.score?)));
    let (settings, best) = best.context("no training has a finite loss: lower --learning-rate")?;
    steps.line(format!("{settings}; {} epochs, for a validation loss of {:.4}.", best.epoch, best.value));
    let (train, test) = laboratory.prepared(&laboratory.problem.train, &laboratory.problem.test)?;
    let mut model = laboratory.compile(&settings, 0, run.device())?;
    let batch_size = laboratory.problem.batch_size;
    // The progress of a hundred short epochs would hide the steps.
    let progress = !args.common.run.quiet && best.epoch <= 20;
    let options = laboratory.options(best.epoch).verbose(progress);
    run.args.epochs = best.epoch;
    run.args.batch_size = batch_size;
    run.args.learning_rate = settings.learning_rate;
    let history = run.fit(&mut model, &train, &options)?;
    let result = model.evaluate(&test)?;
    steps.line(format!("Test {result}. The baseline's validation {metric} was {baseline:.4}."));
    let chart =
        history_chart(&history, "loss").title("Loss of the final training, on all samples").caption(&caption);
    chart.save(run.files(), "final_loss")?;
    steps.chart(&chart);
    steps.into_report("The workflow of machine learning", &caption).save(run.files().join("report.html"))?;

    run.record("protocol", protocol);
    run.record("measure", metric.as_str());
    run.record("baseline", baseline);
    run.record("growth", grown.iter().map(Size::json).collect::<Vec<_>>());
    run.record("trials", serde_json::to_value(&trials)?);
    run.record("settings", serde_json::to_value(settings)?);
    run.record("validation_loss", best.value);
    let grew = match grown.last().and_then(Size::overfits) {
        Some(overfits) => {
            format!("{overfits}: its capacity is sufficient, and regularization may help")
        }
        None => "No size overfits: increase --epochs to see whether regularization helps".into(),
    };
    let synthetic = match source {
        Source::Synthetic => format!("{caption}: the figures say nothing about real data. "),
        _ => String::new(),
    };
    run.takeaway(format_args!(
        "{synthetic}The naive baseline has a validation {metric} of {baseline:.3}, which a useful network must beat. {grew}. \
         Among {} trainings, the lowest validation loss was {:.3}. Its settings, chosen on validation data, give a test \
         {metric} of {:.3} on samples that influenced no choice. Next: --trials {} --resume continues the search; more trials \
         rarely change the test result by much.",
        all.len(),
        best.value,
        result.require(&metric)?,
        2 * trials.len(),
    ));
    run.finish(&model, &history, &result)
}

impl Args {
    /// Returns the flags of the final training, before the search has chosen its settings.
    fn training(&self) -> TrainingArgs {
        TrainingArgs {
            common: self.common.clone(),
            epochs: self.epochs.unwrap_or(1),
            batch_size: self.batch_size.unwrap_or(1),
            learning_rate: self.learning_rate,
            checkpoints: self.checkpoints.clone(),
            recording: self.recording.clone(),
        }
    }

    /// Loads the selected data set. Flags override its default settings.
    fn problem(&self, run: &mut Run<TrainingArgs>) -> anyhow::Result<Problem> {
        let problem = problem::load(self.dataset, run)?;
        let train = problem.train.slice(0..self.samples.unwrap_or(usize::MAX));
        Ok(Problem {
            epochs: self.epochs.unwrap_or(problem.epochs),
            batch_size: self.batch_size.unwrap_or(problem.batch_size.min(train.len() / 4).max(1)),
            train,
            ..problem
        })
    }
}

/// With fewer samples than this, the score on a single held-out part depends on chance.
const FEW_SAMPLES: usize = 1000;

/// Returns the name of the protocol, its number of splits, and its splitter: several splits if there are few samples, otherwise
/// one.
fn protocol(problem: &Problem, seed: u64) -> (&'static str, usize, Box<dyn Splitter + Sync>) {
    if problem.train.len() < FEW_SAMPLES {
        return ("4-fold validation, shuffled", 4, Box::new(KFold::new(4).shuffle_with_seed(seed)));
    }
    ("Hold-out validation with a random fifth", 1, Box::new(HoldOut::random(0.2).seed(seed)))
}
