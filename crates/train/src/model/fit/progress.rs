//! Progress on the terminal.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use super::{Callback, Training};
use crate::TrainError;

/// Minimum time between updates of the metrics in the progress bar. For each update, the host waits for the device.
const REFRESH: Duration = Duration::from_millis(100);

/// The output of [`FitOptions::verbose`](super::FitOptions::verbose): a bar on standard error during each epoch, if
/// that is a terminal, and a line on standard output after it and when a run is resumed. The library prints nothing
/// else.
#[derive(Default)]
pub(super) struct Progress {
    /// The first epoch, until training has begun.
    first: Option<usize>,
    epoch: Option<(Instant, ProgressBar)>,
    refreshed: Option<Instant>,
}

/// Prints a line. Errors are ignored: a closed standard output must not end training.
fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

impl Callback for Progress {
    fn on_train_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        self.first = Some(training.epoch);
        Ok(())
    }

    fn on_epoch_begin(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if self.first.take().is_some_and(|first| training.epoch > first) {
            print(&format!("Resumed from epoch {}", training.epoch));
        }
        // The bar is hidden if standard error is not a terminal.
        let bar = ProgressBar::new(training.steps as u64);
        if let Ok(style) = ProgressStyle::with_template("{prefix} {pos}/{len} {bar:24} {eta} left - {msg}") {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_prefix(format!("Epoch {}/{}", training.epoch + 1, training.epochs));
        self.epoch = Some((Instant::now(), bar));
        Ok(())
    }

    fn on_batch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if self.first.take().is_some() {
            print(&format!("Resumed from epoch {}, step {}", training.epoch + 1, training.step - 1));
        }
        let Some((_, bar)) = self.epoch.as_ref().filter(|(_, bar)| !bar.is_hidden()) else { return Ok(()) };
        if self.refreshed.is_none_or(|refreshed| refreshed.elapsed() >= REFRESH) {
            bar.set_position(training.step as u64);
            bar.set_message(training.logs()?.to_string());
            self.refreshed = Some(Instant::now());
        }
        Ok(())
    }

    fn on_epoch_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if let Some((started, bar)) = self.epoch.take() {
            bar.finish_and_clear();
            let (seconds, epoch, epochs) =
                (started.elapsed().as_secs_f64(), training.epoch + 1, training.epochs);
            let line = format!("Epoch {epoch}/{epochs} - {seconds:.1}s - {}", training.logs()?);
            print(&line);
        }
        Ok(())
    }

    fn on_train_end(&mut self, training: &mut Training) -> Result<(), TrainError> {
        if self.first.take().is_some() {
            print(&format!("Resumed from epoch {} (the last epoch)", training.epoch + 1));
        }
        Ok(())
    }
}
