//! Buffers that are reused from step to step.

use std::{cell::RefCell, ops};

/// A buffer of `f32` values, with arbitrary contents at first. When it is dropped, it is kept for the thread's next
/// use, so that training steps do not allocate memory.
#[derive(Debug, Default)]
pub struct Memory {
    /// At least the requested number of values.
    values: Vec<f32>,
    len: usize,
}

/// Maximum number of buffers that a thread keeps.
const MOST: usize = 16;

thread_local! {
    static KEPT: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

impl Memory {
    /// Returns a buffer of `len` values.
    pub fn of(len: usize) -> Self {
        if len == 0 {
            return Self::default();
        }
        let kept = KEPT.with_borrow_mut(|kept| {
            let fits = kept.iter().enumerate().filter(|(_, values)| values.len() >= len);
            let smallest = fits.min_by_key(|(_, values)| values.len()).map(|(index, _)| index);
            smallest.map(|index| kept.swap_remove(index))
        });
        Self { values: kept.unwrap_or_else(|| vec![0.0; len]), len }
    }
}

impl From<Vec<f32>> for Memory {
    fn from(values: Vec<f32>) -> Self {
        let len = values.len();
        Self { values, len }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.values.is_empty() {
            return;
        }
        let values = std::mem::take(&mut self.values);
        // Fails if the thread is ending: its buffers are freed then.
        let _ = KEPT.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            if kept.len() == MOST {
                kept.remove(0);
            }
            kept.push(values);
        });
    }
}

impl ops::Deref for Memory {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values[..self.len]
    }
}

impl ops::DerefMut for Memory {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[..self.len]
    }
}
