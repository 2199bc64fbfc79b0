//! Candidates, trained one after the other within a time limit.

use std::{
    process,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use kindling::{
    callbacks::EarlyStopping,
    optimizers::Adam,
    prelude::{Callback, Device, FitOptions, History, Model, Samples, TrainError, Training},
    tables::Table,
};
use kindling_programs::cli;

use super::{Dataset, Pipeline, Scores, config::Candidate, ensemble::merged, scores::Verdict};

/// The time that the program may take.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
    limit: Duration,
    search_ended: Sender<()>,
}

impl Clock {
    /// Starts the clock. If the limit passes before the search has ended, which steps that cannot be cut short may cause
    /// (reading the table, the first epoch), the program ends with an error. Where the system allows no thread, such steps last
    /// as long as they do.
    pub fn start(seconds: f64) -> Self {
        let limit = Duration::from_secs_f64(seconds);
        let (search_ended, end) = mpsc::channel();
        let watch = move || {
            if end.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                cli::print_error(format_args!(
                    "Error: the time limit of {seconds} s ended before a network was trained: set a longer time_limit"
                ));
                process::exit(1);
            }
        };
        let _ = thread::Builder::new().spawn(watch);
        Self { start: Instant::now(), limit, search_ended }
    }

    /// The search has ended: what is left to do looks at the clock itself.
    fn end_search(&self) {
        // The thread that waits for it may have ended with the program only.
        let _ = self.search_ended.send(());
    }

    /// Returns the time at which a share of the limit has passed.
    pub fn at(&self, share: f64) -> Instant {
        self.start + self.limit.mul_f64(share)
    }
}

/// Stops a training at a time.
struct Deadline {
    at: Instant,
    reached: bool,
}

impl Callback for Deadline {
    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if Instant::now() >= self.at {
            self.reached = true;
            training.stop();
        }
        Ok(())
    }
}

/// What trainings have in common.
#[derive(Clone, Copy, Debug)]
pub struct Trainer<'a> {
    /// The rows.
    pub dataset: &'a Dataset,
    /// The device to train on.
    pub device: &'a Device,
    /// The clock.
    pub clock: &'a Clock,
}

/// Rows to train candidates on and to choose them by, as samples.
struct Choice {
    pipeline: Pipeline,
    train: Samples,
    validation: Samples,
    rows: Table,
}

/// A candidate that was trained on the training rows.
#[derive(Debug)]
pub struct Trial {
    /// Its settings.
    pub candidate: Candidate,
    /// Its training, that of the first fold.
    pub history: History,
    /// The number of epochs after which the validation loss was lowest, the mean of all folds.
    pub epochs: usize,
    /// The figures of the validation rows at that epoch, the mean of all folds.
    pub validation: Scores,
    /// Whether the time limit ended the training.
    pub cut_short: bool,
    model: Model,
}

/// A model and its figures for the test rows.
#[derive(Debug)]
pub struct Tested {
    /// The model.
    pub model: Model,
    /// Its encoders and target.
    pub pipeline: Pipeline,
    /// Targets and predictions of the test rows.
    pub verdict: Verdict,
    /// The number of networks that were trained anew, with the validation rows, and merged; 0 if there was no time.
    pub members: usize,
}

/// What the search found.
#[derive(Debug)]
pub struct Found {
    /// The linear model, and the candidates that were trained, in order.
    pub trials: Vec<Trial>,
    /// The index of the one with the lowest validation error.
    pub chosen: usize,
    /// The chosen one.
    pub tested: Tested,
    /// The linear model, unless that is the chosen one.
    tested_linear: Option<Tested>,
}

impl Found {
    /// Returns the linear model.
    pub fn tested_linear(&self) -> &Tested {
        self.tested_linear.as_ref().unwrap_or(&self.tested)
    }
}

impl Trainer<'_> {
    /// Trains the linear model and all candidates, chooses one of them by its validation error, trains it anew with the
    /// validation rows, and tests it.
    ///
    /// # Errors
    /// If the rows cannot be encoded or trained on, or the time limit ended the first epoch.
    pub fn search(&self, mut on_trial: impl FnMut(&Trial)) -> anyhow::Result<Found> {
        let choice = |(train, rows): &(Table, Table)| {
            let (pipeline, train) = self.fit(train)?;
            let validation = pipeline.samples(rows)?;
            Ok(Choice { pipeline, train, validation, rows: rows.clone() })
        };
        let choices: Vec<Choice> = self.dataset.choices.iter().map(choice).collect::<anyhow::Result<_>>()?;
        let mut trials = vec![self.trial(&Candidate::linear(), &choices, self.clock.at(0.15))?];
        on_trial(&trials[0]);
        let end = self.clock.at(0.5);
        for (index, candidate) in self.dataset.config.candidates.iter().enumerate() {
            let now = Instant::now();
            if now >= end && trials.len() > 1 {
                break;
            }
            let share =
                end.saturating_duration_since(now) / (self.dataset.config.candidates.len() - index) as u32;
            let trial = self.trial(candidate, &choices, now + share)?;
            on_trial(&trial);
            trials.push(trial);
        }
        let error = |trial: &Trial| trial.validation.error().1;
        let chosen = (0..trials.len())
            .min_by(|one, other| error(&trials[*one]).total_cmp(&error(&trials[*other])))
            .unwrap_or(0);
        drop(choices);
        let tested_linear = (chosen != 0).then(|| self.test(&trials[0], self.clock.at(0.6))).transpose()?;
        let tested = self.test(&trials[chosen], self.clock.at(0.8))?;
        self.clock.end_search();
        Ok(Found { trials, chosen, tested, tested_linear })
    }

    /// Fits encoders and target to training rows, and returns these as samples, too.
    fn fit(&self, train: &Table) -> anyhow::Result<(Pipeline, Samples)> {
        Pipeline::fit(self.dataset.inputs(), self.dataset.target(train)?, train)
    }

    /// Trains a candidate for each choice. Those that do not end in time are given up, but for the first.
    fn trial(&self, candidate: &Candidate, choices: &[Choice], deadline: Instant) -> anyhow::Result<Trial> {
        let mut first = None;
        let (mut epochs, mut scores) = (Vec::new(), Vec::new());
        let mut cut_short = false;
        for Choice { pipeline, train, validation, rows } in choices {
            let mut model = self.model(candidate, pipeline, self.dataset.seed)?;
            let options =
                self.options(train).epochs(self.dataset.config.max_epochs).validation_data(validation);
            let mut stopping = EarlyStopping::new("val_loss")
                .patience(self.dataset.config.patience)
                .restore_best_weights(true);
            let mut deadline = Deadline { at: deadline, reached: false };
            let history = model.fit_with(train, &options, &mut [&mut stopping, &mut deadline])?;
            cut_short |= deadline.reached;
            if cut_short && first.is_some() {
                break;
            }
            epochs.push(stopping.best_epoch().map_or(1, |epoch| epoch + 1) as f64);
            scores.push(pipeline.verdict(&model, validation, rows)?.scores());
            first.get_or_insert((history, model));
        }
        let (history, model) = first.context("there are no rows to choose by")?;
        let epochs = (epochs.iter().sum::<f64>() / epochs.len() as f64).round() as usize;
        let candidate = candidate.clone();
        Ok(Trial { candidate, history, epochs, validation: Scores::mean(&scores), cut_short, model })
    }

    /// Trains on training and validation rows for as many epochs as were best, and tests. If no training ends in time, it
    /// is the model that was chosen.
    fn test(&self, trial: &Trial, deadline: Instant) -> anyhow::Result<Tested> {
        let test = &self.dataset.test;
        let anew = self.train_for(trial, &self.dataset.development, deadline)?;
        let (mut model, pipeline, members) = match anew {
            Some(anew) => anew,
            None => {
                let (pipeline, _) = self.fit(&self.dataset.choices[0].0)?;
                let mut model = self.model(&trial.candidate, &pipeline, self.dataset.seed)?;
                model.set_weights(&trial.model.weights()?)?;
                (model, pipeline, 0)
            }
        };
        let verdict = pipeline.verdict(&model, &pipeline.samples(test)?, test)?;
        model.attach(Pipeline::NAME, &pipeline)?;
        Ok(Tested { model, pipeline, verdict, members })
    }

    /// Trains a trial's candidate on other rows for its number of epochs, from several seeds, and merges the networks.
    /// Those that do not end in time are given up; None if there are no others. Returns their number, too.
    fn train_for(
        &self,
        trial: &Trial,
        rows: &Table,
        deadline: Instant,
    ) -> anyhow::Result<Option<(Model, Pipeline, usize)>> {
        let (pipeline, samples) = self.fit(rows)?;
        let options = self.options(&samples).epochs(trial.epochs);
        let mut trained = Vec::new();
        // A linear model does not depend on its seed.
        let is_one = trial.candidate.is_linear() || !pipeline.inputs.are_vectors();
        let members = if is_one { 1 } else { self.dataset.config.members };
        for member in 0..members as u64 {
            let mut model =
                self.model(&trial.candidate, &pipeline, self.dataset.seed.wrapping_add(member))?;
            let mut deadline = Deadline { at: deadline, reached: false };
            model.fit_with(&samples, &options, &mut [&mut deadline])?;
            if deadline.reached {
                break;
            }
            trained.push(model.weights()?);
        }
        if trained.is_empty() {
            return Ok(None);
        }
        if members == 1 {
            let mut model = self.model(&trial.candidate, &pipeline, self.dataset.seed)?;
            model.set_weights(&trained[0])?;
            return Ok(Some((model, pipeline, 1)));
        }
        let units = trial.candidate.units.iter().map(|units| units * trained.len()).collect();
        let wider = Candidate { units, ..trial.candidate.clone() };
        let mut model = self.model(&wider, &pipeline, self.dataset.seed)?;
        model.set_weights(&merged(&trained))?;
        Ok(Some((model, pipeline, trained.len())))
    }

    /// Trains and tests the chosen candidate on each fold; fewer than asked for if the deadline came first.
    ///
    /// # Errors
    /// If there are too few rows, or they cannot be trained on.
    pub fn cross_validate(&self, trial: &Trial, folds: usize) -> anyhow::Result<Vec<Scores>> {
        let mut scores = Vec::new();
        for (train, test) in self.dataset.folds(&self.dataset.rows, folds)? {
            let deadline = self.clock.at(0.92);
            let trained = self.train_for(trial, &train, deadline)?;
            let Some((model, pipeline, _)) = trained else { break };
            scores.push(pipeline.verdict(&model, &pipeline.samples(&test)?, &test)?.scores());
        }
        Ok(scores)
    }

    fn model(&self, candidate: &Candidate, pipeline: &Pipeline, seed: u64) -> anyhow::Result<Model> {
        let task = self.dataset.task;
        let network = task.last_layer(pipeline.inputs.network(candidate), &pipeline.target);
        let compiling = task.compile(&network, Adam::new(candidate.learning_rate));
        Ok(compiling.seed(seed).on(self.device)?)
    }

    fn options(&self, samples: &Samples) -> FitOptions {
        let batch_size = self.dataset.config.batch_size.unwrap_or(match samples.len() {
            0..2_000 => 32,
            2_000..20_000 => 128,
            _ => 512,
        });
        FitOptions::new().batch_size(batch_size)
    }
}

#[cfg(test)]
mod tests {
    use kindling::tables::ColumnKind;

    use super::*;
    use crate::training::{Config, Source};

    /// Deadlines that have passed end each training after a step.
    #[test]
    fn a_limit_that_ends_every_training_leaves_a_model() {
        let words = |names: [&str; 3]| (0..90).map(|row| names[row % 3].to_owned()).collect();
        let town = ("town", ColumnKind::Category, words(["Delft", "Leiden", "Utrecht"]));
        let river = ("river", ColumnKind::Category, words(["Schie", "Rijn", "Vecht"]));
        let config = Config { target: "river".into(), ..Config::default() };
        let table = Table::from_words([town, river]).unwrap();
        let dataset = Dataset::new(table, Source::Columns, &config, 0).unwrap();
        let clock = Clock { start: Instant::now(), limit: Duration::ZERO, search_ended: mpsc::channel().0 };
        let trainer = Trainer { dataset: &dataset, device: &Device::flex(), clock: &clock };
        let found = trainer.search(|trial| assert!(trial.cut_short)).unwrap();
        assert_eq!((found.trials.len(), found.tested.members, found.tested_linear().members), (2, 0, 0));
        let accuracy = found.tested.verdict.scores().get("accuracy");
        assert!(accuracy.is_some_and(|accuracy| (0.0..=1.0).contains(&accuracy)));
    }
}
