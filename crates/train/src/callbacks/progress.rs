//! Shows how training goes.

use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Callback, Training};
use crate::TrainError;

/// A bar on standard error while an epoch runs, where that is a terminal; a line on standard output after it.
#[derive(Default)]
pub(crate) struct Progress {
    epoch: Option<(Instant, ProgressBar)>,
}

impl Callback for Progress {
    fn on_epoch_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        // Hides itself where standard error is no terminal.
        let bar = ProgressBar::new(training.steps as u64);
        if let Ok(style) = ProgressStyle::with_template("{prefix} {pos}/{len} {bar:24} {eta} left - {msg}") {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_prefix(format!("Epoch {}/{}", training.epoch + 1, training.epochs));
        self.epoch = Some((Instant::now(), bar));
        Ok(())
    }

    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if let Some((_, bar)) = &self.epoch
            && !bar.is_hidden()
        {
            bar.set_position(training.step as u64);
            bar.set_message(training.logs().to_string());
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if let Some((started, bar)) = self.epoch.take() {
            bar.finish_and_clear();
            let seconds = started.elapsed().as_secs_f64();
            println!(
                "Epoch {}/{} - {seconds:.1}s - {}",
                training.epoch + 1,
                training.epochs,
                training.logs()
            );
        }
        Ok(())
    }
}
