//! The state shared by all connections.

use std::sync::Arc;

use kindling::{interrupt, prelude::Device};
use kindling_programs::cli;

use crate::{
    digits::Digits,
    houses::Houses,
    models::{Context, Slot, Status},
    panics::caught,
    texts::Reader,
    toy::Sessions,
};

/// The models, each available as soon as it is ready, and the live trainings.
#[derive(Debug)]
pub struct App {
    /// The model of section 2.1.
    pub digits: Slot<Digits>,
    /// The model of section 3.4.
    pub reviews: Slot<Reader>,
    /// The model of section 3.5.
    pub newswires: Slot<Reader>,
    /// The model of section 3.6.
    pub houses: Slot<Houses>,
    /// The live trainings.
    pub toys: Sessions,
    /// The device of the live trainings.
    pub device: Device,
}

impl App {
    /// Creates the state without models.
    pub fn new(device: Device) -> Self {
        Self {
            digits: Slot::default(),
            reviews: Slot::default(),
            newswires: Slot::default(),
            houses: Slot::default(),
            toys: Sessions::default(),
            device,
        }
    }

    /// Loads or trains all models on a new thread, and returns immediately. If one model fails, the others are still prepared.
    ///
    /// # Errors
    /// Returns an error if no thread can be started.
    pub fn prepare(self: &Arc<Self>, context: Context) -> std::io::Result<()> {
        let app = self.clone();
        let prepare = move || {
            app.digits.fill("Digits", &context, Digits::prepare);
            app.newswires.fill("Newswires", &context, Reader::of_newswires);
            app.houses.fill("House prices", &context, Houses::prepare);
            // The largest data set is prepared last.
            app.reviews.fill("Reviews", &context, Reader::of_reviews);
            let models =
                [app.digits.status(), app.newswires.status(), app.houses.status(), app.reviews.status()];
            if models.iter().all(|status| *status == Status::Ready) {
                context.say("All models are ready");
            }
        };
        std::thread::Builder::new().name("models".into()).spawn(prepare).map(drop)
    }
}

impl<T> Slot<T> {
    /// Fills the slot and reports progress on the page and on the terminal.
    fn fill(
        &self,
        name: &str,
        context: &Context,
        prepare: impl FnOnce(&Context, &dyn Fn(String)) -> anyhow::Result<T>,
    ) {
        // The program is shutting down.
        if interrupt::is_requested() {
            return;
        }
        let report = |progress: String| {
            context.say(format_args!("{name}: {progress}"));
            self.report(progress);
        };
        match caught(|| prepare(context, &report)) {
            Ok(value) => self.set(value),
            Err(_) if interrupt::is_requested() => {}
            Err(error) => {
                cli::print_error(format_args!("{name}: {error:#}"));
                self.fail(format!("{error:#}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use kindling::data::DataChoice;
    use kindling_programs::cli::DataArgs;

    use super::*;

    #[test]
    fn a_model_whose_preparation_panics_has_failed() {
        let context = Context {
            data: DataArgs { data: DataChoice::Bundled, data_dir: None },
            runs: PathBuf::new(),
            seed: 0,
            quiet: true,
            device: Device::flex(),
        };
        let slot = Slot::<()>::default();
        slot.fill("Test", &context, |_, report| {
            report("training".into());
            panic!("intended by the test")
        });
        assert!(matches!(slot.status(), Status::Failed(reason) if reason.contains("see the message")));
    }
}
