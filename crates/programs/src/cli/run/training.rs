//! Training in a run, with checkpoints, recordings and saved results.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use kindling::{
    callbacks::{BackupAndRestore, ReceiptLogger, Recorder, SaveFreq},
    data::files::write_whole,
    prelude::{Callback, FitOptions, History, Model, Network, Samples},
    train::Recording,
};

use super::{
    PAGE, Run,
    states::{SINGLE, States},
};
use crate::cli::{
    CheckpointArgs, RECORDING, RecordingArgs, RunCommand, TrainingArgs, json, output,
    repeat::{Labels, Repetition, Replay},
    signals,
};

impl Run<TrainingArgs> {
    /// Trains a model and saves it with its history immediately, so that both are kept if the run fails later. The training can be
    /// interrupted and resumed.
    ///
    /// # Errors
    /// Returns the errors of [`Model::fit`], and an error if a file cannot be written.
    pub fn fit<N: Network>(
        &self,
        model: &mut Model<N>,
        samples: &Samples,
        options: &FitOptions,
    ) -> anyhow::Result<History> {
        let args = &self.args;
        let _ = self.train_samples.set(samples.len());
        if let Some(repeated) = self.repeat(model, samples, options) {
            // The program exits here and writes no results.
            let _ = std::fs::remove_dir(self.files());
            repeated?;
            std::process::exit(0);
        }
        let mut backup =
            self.states(&args.checkpoints).backup(&args.checkpoints, SINGLE, SaveFreq::Interrupted);
        let mut recorder = Recorder::new(self.recording());
        let mut logger = ReceiptLogger::new();
        let mut callbacks: Vec<&mut dyn Callback> = vec![&mut backup, &mut logger];
        if args.recording.record {
            std::fs::create_dir_all(self.recording())
                .with_context(|| format!("cannot write to {}", self.recording().display()))?;
            self.states(&args.checkpoints).tidy(&self.recording());
            json::write(
                &self.recording().join(RunCommand::FILE),
                &RunCommand::of(self.example, &args.common),
            )?;
            // A page of an earlier run does not match this recording.
            let _ = std::fs::remove_file(self.out().join(PAGE));
            callbacks.push(&mut recorder);
        }
        let history = signals::resumable(|| model.fit_with(samples, options, &mut callbacks))?;
        self.save(model, &history)?;
        if let Some(receipt) = logger.into_receipt() {
            let _ = self.receipt.set(receipt);
        }
        Ok(history)
    }

    /// Repeats a part of an earlier run if `verify` or `replay` requested it.
    fn repeat<N: Network>(
        &self,
        model: &mut Model<N>,
        samples: &Samples,
        options: &FitOptions,
    ) -> Option<anyhow::Result<()>> {
        let RecordingArgs { replay, recorded_run, verify_epochs, .. } = &self.args.recording;
        let run = recorded_run.as_deref().unwrap_or(self.out());
        if let Some(epochs) = verify_epochs {
            return Some(Repetition { run, model, samples, options }.run(*epochs, self.out()));
        }
        replay.is_given().then(|| {
            let recording = Recording::open(run.join(RECORDING))?;
            let caption = self.caption();
            let labels =
                Labels { example: self.example, caption: &caption, feature_names: &self.feature_names };
            let mut replayed = Replay { recording, model, samples, options };
            match replay.replay_page {
                true => replayed.page(&run.join(PAGE), labels)?,
                false => replayed.run(replay)?,
            }
            output::check_printed()
        })
    }
}

impl<A> Run<A> {
    /// Returns the callback that makes one of several trainings resumable. A resumed run skips finished trainings. Pass it as the
    /// last of the training's callbacks.
    pub fn backup(&self, args: &CheckpointArgs, training: &str) -> BackupAndRestore {
        let name = training.replace(|character: char| !character.is_alphanumeric(), "-");
        self.states(args).backup(args, &name, SaveFreq::Finished)
    }

    /// Returns the path to read a search from and the path to write it to, which is among the checkpoints. With `--resume`, the
    /// search of a complete run is read as well, so that trials can be added to it.
    pub fn search_files(&self, args: &CheckpointArgs, name: &str) -> (PathBuf, PathBuf) {
        let states = self.states(args);
        let own = states.file(name).unwrap_or_else(|| self.files().join(name));
        let complete = self.out().join(name);
        match args.resume && !own.exists() && complete.exists() {
            true => (complete, own),
            false => (own.clone(), own),
        }
    }

    /// Copies the file of a finished search to the results.
    ///
    /// # Errors
    /// Returns an error if the file cannot be copied.
    pub fn keep_search(&self, path: &Path) -> anyhow::Result<()> {
        let kept = self.files().join(path.file_name().unwrap_or_default());
        if kept != path {
            let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            write_whole(&kept, |file| file.write_all(&text))
                .with_context(|| format!("cannot write {}", kept.display()))?;
        }
        Ok(())
    }

    /// Returns the checkpoints of the run's trainings, which are opened when the first training begins.
    fn states(&self, args: &CheckpointArgs) -> &States {
        self.states.get_or_init(|| States::begin(self.out(), args, self.run.quiet))
    }

    pub(super) fn recording(&self) -> PathBuf {
        self.out().join(RECORDING)
    }

    /// Runs several resumable trainings, each with its own [`backup`](Self::backup).
    ///
    /// # Errors
    /// Returns the errors of `train`.
    pub fn trainings<T, E: Into<anyhow::Error>>(
        &self,
        train: impl FnOnce() -> Result<T, E>,
    ) -> anyhow::Result<T> {
        let trained = signals::resumable(train);
        signals::end_program();
        trained
    }

    pub(super) fn save<N: Network>(&self, model: &Model<N>, history: &History) -> anyhow::Result<()> {
        history.save_json(self.files().join("history.json"))?;
        history.save_csv(self.files().join("history.csv"))?;
        model.weights()?.save(self.files().join("model.safetensors"))?;
        match model.network().sequential() {
            Some(_) => model.save(self.files().join("model.keras"))?,
            None => output::print_error(
                "note: only a Sequential can be saved as .keras: the weights are in model.safetensors",
            ),
        }
        Ok(())
    }
}
