//! Trains the candidates one after the other within a time limit.

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

/// The time limit of the program.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
    limit: Duration,
    search_ended: Sender<()>,
}

impl Clock {
    /// Starts the clock. If the limit passes before the search ends, because a phase that cannot be interrupted takes too long
    /// (reading the table, the first epoch), a watchdog thread exits the program with an error. If the system allows no
    /// further thread, there is no watchdog.
    pub fn start(seconds: f64) -> Self {
        let limit = Duration::from_secs_f64(seconds);
        let (search_ended, end) = mpsc::channel();
        let watch = move || {
            if end.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                expired(limit);
            }
        };
        let _ = thread::Builder::new().spawn(watch);
        Self { start: Instant::now(), limit, search_ended }
    }

    /// Stops the watchdog: the phases after the search check the deadline themselves.
    fn end_search(&self) {
        // Sending fails if there is no watchdog thread.
        let is_watched = self.search_ended.send(()).is_ok();
        // The system may not have run the watchdog in time.
        if is_watched && self.start.elapsed() >= self.limit {
            expired(self.limit);
        }
    }

    /// Returns the time at which this fraction of the limit has passed.
    pub fn at(&self, share: f64) -> Instant {
        self.start + self.limit.mul_f64(share)
    }
}

/// Exits the program with the error of a search that exceeds the time limit.
fn expired(limit: Duration) -> ! {
    cli::print_error(format_args!(
        "Error: the time limit of {} s expired before a network was trained: give a larger --time-limit",
        limit.as_secs_f64()
    ));
    process::exit(1);
}

/// Stops a training at a deadline.
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

/// Trains and tests candidates on a data set.
#[derive(Clone, Copy, Debug)]
pub struct Trainer<'a> {
    /// The data set.
    pub dataset: &'a Dataset,
    /// The device to train on.
    pub device: &'a Device,
    /// The clock.
    pub clock: &'a Clock,
}

/// A training and a validation set as samples.
struct Choice {
    pipeline: Pipeline,
    train: Samples,
    validation: Samples,
    rows: Table,
}

/// A candidate that was trained for selection.
#[derive(Debug)]
pub struct Trial {
    /// The settings.
    pub candidate: Candidate,
    /// The training history of the first fold.
    pub history: History,
    /// The number of epochs with the lowest validation loss; the mean over all folds.
    pub epochs: usize,
    /// The validation metrics at that epoch; the mean over all folds.
    pub validation: Scores,
    /// Whether the time limit stopped the training.
    pub cut_short: bool,
    model: Model,
}

/// A model and its test result.
#[derive(Debug)]
pub struct Tested {
    /// The model.
    pub model: Model,
    /// Its preprocessing and target.
    pub pipeline: Pipeline,
    /// Targets and predictions of the test set.
    pub verdict: Verdict,
    /// The number of networks that were retrained on training and validation rows and merged; 0 if the time limit was reached.
    pub members: usize,
}

/// The result of a search.
#[derive(Debug)]
pub struct Found {
    /// The linear model and the trained candidates, in order.
    pub trials: Vec<Trial>,
    /// The index of the trial with the lowest validation error.
    pub chosen: usize,
    /// The selected model.
    pub tested: Tested,
    /// The linear baseline; None if the linear model was selected.
    tested_linear: Option<Tested>,
}

impl Found {
    /// Returns the linear baseline.
    pub fn tested_linear(&self) -> &Tested {
        self.tested_linear.as_ref().unwrap_or(&self.tested)
    }
}

impl Trainer<'_> {
    /// Trains the linear model and all candidates, selects the one with the lowest validation error, retrains it on training and
    /// validation rows, and tests it. Calls `on_trial` after each candidate.
    ///
    /// # Errors
    /// Returns an error if the rows cannot be encoded or trained on.
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

    /// Fits preprocessing and target to the training rows. Returns the pipeline and the rows as samples.
    fn fit(&self, train: &Table) -> anyhow::Result<(Pipeline, Samples)> {
        Pipeline::fit(self.dataset.inputs(), self.dataset.target(train)?, train)
    }

    /// Trains a candidate on each training set. A training that the deadline stops is kept only if it is the first one.
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
        let (history, model) = first.context("there are no validation rows: give more rows")?;
        let epochs = (epochs.iter().sum::<f64>() / epochs.len() as f64).round() as usize;
        let candidate = candidate.clone();
        Ok(Trial { candidate, history, epochs, validation: Scores::mean(&scores), cut_short, model })
    }

    /// Retrains a trial's candidate on training and validation rows for its best number of epochs, and tests it. If no training
    /// finishes before the deadline, tests the trial's own model instead.
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

    /// Trains a trial's candidate on `rows` for its best number of epochs from several seeds and merges the networks. Trainings
    /// that do not finish before the deadline are dropped. Returns the model, its pipeline and the number of merged networks, or
    /// None if no training finishes.
    fn train_for(
        &self,
        trial: &Trial,
        rows: &Table,
        deadline: Instant,
    ) -> anyhow::Result<Option<(Model, Pipeline, usize)>> {
        let (pipeline, samples) = self.fit(rows)?;
        let options = self.options(&samples).epochs(trial.epochs);
        let mut trained = Vec::new();
        // A linear model hardly depends on the seed, and only dense networks can be merged.
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

    /// Trains and tests a trial's candidate on each fold. Stops early if the deadline passes.
    ///
    /// # Errors
    /// Returns an error if there are too few rows, or they cannot be trained on.
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

    /// Each training stops after one step, because its deadline has passed.
    #[test]
    fn an_expired_time_limit_still_gives_a_model() {
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
