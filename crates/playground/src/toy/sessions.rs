//! The running trainings.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kindling::prelude::Device;

use super::{Question, session::Session};
use crate::server::Refusal;

/// Maximum number of concurrent trainings.
pub const MOST_SESSIONS: usize = 4;

/// Time without requests after which a training can be replaced by another one.
const IDLE: Duration = Duration::from_secs(30);

/// Trainings by number.
#[derive(Debug, Default)]
pub struct Sessions {
    all: Mutex<Numbered>,
}

#[derive(Debug, Default)]
struct Numbered {
    last: u64,
    sessions: HashMap<u64, Arc<Session>>,
}

impl Numbered {
    /// If the maximum is reached, removes a training that has ended, or the one that has been idle longest. Returns whether there is
    /// room for another training.
    fn make_room(&mut self) -> bool {
        if self.sessions.len() < MOST_SESSIONS {
            return true;
        }
        let priority = |session: &Session| (session.has_ended(), session.idle());
        let first = self.sessions.iter().max_by_key(|(_, session)| priority(session));
        let Some((&number, session)) = first else { return false };
        if !session.has_ended() && session.idle() < IDLE {
            return false;
        }
        session.stop();
        self.sessions.remove(&number);
        true
    }
}

impl Sessions {
    /// Starts a training, initially paused, and returns its number.
    ///
    /// # Errors
    /// Returns an error if a setting is invalid or [`MOST_SESSIONS`] trainings are active.
    pub fn begin(&self, question: &Question, device: &Device) -> Result<u64, Refusal> {
        let begun = question.begin(device)?;
        let mut all = self.lock();
        if !all.make_room() {
            let reason = format!(
                "{MOST_SESSIONS} networks are already being trained: close another page of the playground"
            );
            return Err(Refusal::new(429, reason));
        }
        let failed = |error| Refusal::new(503, format!("cannot start a thread ({error}): try again later"));
        let session = Session::start(begun).map_err(failed)?;
        all.last += 1;
        let number = all.last;
        all.sessions.insert(number, session);
        Ok(number)
    }

    /// Returns a training.
    ///
    /// # Errors
    /// Returns an error if there is no training with this number.
    pub fn get(&self, number: u64) -> Result<Arc<Session>, Refusal> {
        let missing = || Refusal::new(404, "this training has ended: start another one");
        self.lock().sessions.get(&number).cloned().ok_or_else(missing)
    }

    /// Ends and removes a training, if there is one with this number.
    pub fn end(&self, number: u64) {
        if let Some(session) = self.lock().sessions.remove(&number) {
            session.stop();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Numbered> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
