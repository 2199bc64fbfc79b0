//! One training on its own thread.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use kindling::{evaluation::argmax, interrupt, prelude::*};
use serde::{Deserialize, Serialize};

use super::{points::REACH, settings::Begun};
use crate::panics::caught;

/// Number of cells along each side of the map.
pub const CELLS: usize = 48;

/// Maximum number of epochs.
pub const MOST_EPOCHS: usize = 2_000;

/// Samples per step.
const BATCH_SIZE: usize = 16;

/// Minimum duration of an epoch, so that progress is visible and other trainings get processor time.
const EPOCH: Duration = Duration::from_millis(20);

/// Minimum time between two maps of the decision regions.
const MAP: Duration = Duration::from_millis(60);

/// Time without requests after which a training is paused.
const PATIENCE: Duration = Duration::from_secs(120);

/// A command for a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wish {
    /// Train until paused.
    Run,
    /// Train for one epoch, then pause.
    Step,
    /// Pause.
    Pause,
}

/// Training and validation losses and accuracies after an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figures {
    loss: f64,
    val_loss: f64,
    accuracy: f64,
    val_accuracy: f64,
}

/// A training that other threads can control and observe.
#[derive(Debug)]
pub struct Session {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// The current command, or `None` to end the training.
    wish: Option<Wish>,
    /// Whether an epoch is in progress.
    is_busy: bool,
    history: Vec<Figures>,
    map: Vec<u8>,
    ended: Option<String>,
    asked: Instant,
}

/// The progress of a training.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    /// Number of completed epochs.
    pub epoch: usize,
    /// Whether an epoch is in progress or follows.
    pub runs: bool,
    /// The reason for the end, if the training has ended.
    pub ended: Option<String>,
    /// The figures of the requested epochs.
    pub history: Vec<Figures>,
    /// For each cell of the plane in row-major order from the top left: the most likely class times 32, plus its confidence from
    /// 0 to 31.
    pub map: Vec<u8>,
}

impl Session {
    /// Starts a training, initially paused.
    ///
    /// # Errors
    /// Returns an error if no thread can be started.
    pub fn start(begun: Begun) -> io::Result<Arc<Self>> {
        let map = map(&begun.model).unwrap_or_default();
        let state = State {
            wish: Some(Wish::Pause),
            is_busy: false,
            history: Vec::new(),
            map,
            ended: None,
            asked: Instant::now(),
        };
        let session = Arc::new(Self { state: Mutex::new(state), changed: Condvar::new() });
        let own = session.clone();
        let train = move || own.end(caught(|| Ok(own.train(begun)?)));
        std::thread::Builder::new().name("toy".into()).spawn(train)?;
        Ok(session)
    }

    /// Sets the next command, if the training has not ended.
    pub fn wish(&self, wish: Wish) {
        let mut state = self.lock();
        state.asked = Instant::now();
        if state.wish.is_some() {
            state.wish = Some(wish);
        }
        self.changed.notify_all();
    }

    /// Ends the training.
    pub fn stop(&self) {
        self.lock().wish = None;
        self.changed.notify_all();
    }

    /// Returns whether the training has ended.
    pub fn has_ended(&self) -> bool {
        self.lock().ended.is_some()
    }

    /// Returns the time since the last request about the training.
    pub fn idle(&self) -> Duration {
        self.lock().asked.elapsed()
    }

    /// Returns the progress, with the figures of all epochs after the first `known`.
    pub fn view(&self, known: usize) -> View {
        let mut state = self.lock();
        state.asked = Instant::now();
        View {
            epoch: state.history.len(),
            runs: state.ended.is_none() && (state.is_busy || state.wish != Some(Wish::Pause)),
            ended: state.ended.clone(),
            history: state.history.get(known..).unwrap_or_default().to_vec(),
            map: state.map.clone(),
        }
    }

    fn end(&self, result: anyhow::Result<String>) {
        let mut state = self.lock();
        state.wish = None;
        state.ended = Some(result.unwrap_or_else(|error| error.to_string()));
    }

    /// Runs the training and returns the reason for its end.
    fn train(&self, begun: Begun) -> Result<String, TrainError> {
        let Begun { mut model, train, validation } = begun;
        let options = FitOptions::new().batch_size(BATCH_SIZE).validation_data(&validation);
        let mut drawn = Instant::now();
        for epoch in 1..=MOST_EPOCHS {
            let Some(wish) = self.next() else { return Ok("The training was ended.".into()) };
            let started = Instant::now();
            let history = model.fit(&train, &options)?;
            let last = |name| history.get(name).last().copied().unwrap_or(f64::NAN);
            let figures = Figures {
                loss: last("loss"),
                val_loss: last("val_loss"),
                accuracy: last("accuracy"),
                val_accuracy: last("val_accuracy"),
            };
            // The last map before a pause or the end always shows the latest epoch.
            let map = match wish == Wish::Step
                || epoch == MOST_EPOCHS
                || drawn.elapsed() >= MAP
                || self.is_waiting()
            {
                true => Some(map(&model)?),
                false => None,
            };
            let mut state = self.lock();
            state.is_busy = false;
            state.history.push(figures);
            if let Some(map) = map {
                state.map = map;
                drawn = Instant::now();
            }
            drop(state);
            std::thread::sleep(EPOCH.saturating_sub(started.elapsed()));
        }
        Ok(format!("The training ended after {MOST_EPOCHS} epochs, the maximum."))
    }

    fn is_waiting(&self) -> bool {
        self.lock().wish == Some(Wish::Pause)
    }

    /// Waits for the command to train an epoch. Returns `None` to end the training.
    fn next(&self) -> Option<Wish> {
        let mut state = self.lock();
        loop {
            if interrupt::is_requested() {
                return None;
            }
            let wish = state.wish?;
            if wish == Wish::Step || state.asked.elapsed() > PATIENCE {
                state.wish = Some(Wish::Pause);
            }
            if wish != Wish::Pause {
                state.is_busy = true;
                return Some(wish);
            }
            let waited = self.changed.wait_timeout(state, Duration::from_millis(500));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the encoded prediction for each cell.
fn map(model: &Model) -> Result<Vec<u8>, TrainError> {
    let place = |cell: usize| ((cell as f32 + 0.5) / CELLS as f32 * 2.0 - 1.0) * REACH;
    let cells: Vec<[f32; 2]> =
        (0..CELLS * CELLS).map(|cell| [place(cell % CELLS), -place(cell / CELLS)]).collect();
    let predictions = model.predict(&Samples::inputs_only(Column::floats(cells)?))?;
    let classes = predictions.shape()[1];
    let values: Vec<f32> = predictions.iter().collect();
    let cell = |values: &[f32]| {
        let best = argmax(values).unwrap_or(0);
        // Confidence: 0 for the uniform distribution, 1 for a probability of 1.
        let guess = 1.0 / classes as f32;
        let sure = ((values[best] - guess) / (1.0 - guess)).clamp(0.0, 1.0);
        best as u8 * 32 + (sure * 31.0).round() as u8
    };
    Ok(values.chunks(classes).map(cell).collect())
}

#[cfg(test)]
mod tests {
    use kindling::{activations::Softmax, losses, metrics::Mae, optimizers::Sgd};

    use super::*;

    #[test]
    fn a_training_that_panics_ends_with_an_error() {
        let samples = Samples::new(
            Column::floats(vec![[0.0_f32, 1.0]; 4]).unwrap(),
            Column::floats(vec![[1.0_f32, 0.0]; 4]).unwrap(),
        )
        .unwrap();
        let loss = losses::from_fn("panics", |_, _| panic!("intended by the test"));
        let network = Sequential::new(2).dense(2, Softmax);
        let model = network.compile(Sgd::new(0.1), loss, [Mae]).on(&Device::flex()).unwrap();
        let begun = Begun { model, train: samples.clone(), validation: samples };
        let session = Session::start(begun).unwrap();
        session.wish(Wish::Run);
        let started = Instant::now();
        while !session.has_ended() {
            assert!(started.elapsed() < Duration::from_secs(60), "the training does not end");
            std::thread::sleep(EPOCH);
        }
        let view = session.view(0);
        assert!(!view.runs && view.ended.unwrap().contains("see the message"));
    }
}
