//! Names, flags and defaults of the programs of the book.

use clap::{Args, Command};

use crate::cli::{self, CommonArgs, Run, TrainingArgs};

/// A program of the book.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    name: &'static str,
    about: &'static str,
}

/// Defaults of the flags of a program that trains one network.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// Default of `--epochs`.
    pub epochs: usize,
    /// Default of `--batch-size`.
    pub batch_size: usize,
    /// Default of `--learning-rate`.
    pub learning_rate: f64,
    /// Defaults of `--epochs` and `--batch-size` with `--final`, a flag that the program declares as a field `finally`.
    pub finally: Option<(usize, usize)>,
}

impl Default for Defaults {
    /// 20 epochs in batches of 512 samples, and Keras' learning rate, 0.001.
    fn default() -> Self {
        Self { epochs: 20, batch_size: 512, learning_rate: 0.001, finally: None }
    }
}

impl Program {
    /// Creates a program with a name, such as `ch02_mnist`, and the first line of its `--help`.
    pub const fn new(name: &'static str, about: &'static str) -> Self {
        Self { name, about }
    }

    /// Parses the common flags and those of `F` (`()` for none), and starts the run. Exits with a message if the command line is
    /// invalid.
    ///
    /// # Errors
    /// Returns the errors of [`Run::start`].
    pub fn start<F: Args>(self) -> anyhow::Result<(Run<CommonArgs>, F)> {
        self.run::<CommonArgs, F>(|command| command)
    }

    /// Starts a program that trains one network: like [`start`](Self::start), with the training flags.
    ///
    /// # Errors
    /// Returns the errors of [`Run::start`].
    pub fn start_training<F: Args>(self, defaults: Defaults) -> anyhow::Result<(Run<TrainingArgs>, F)> {
        self.run::<TrainingArgs, F>(|command| {
            let Defaults { epochs, batch_size, learning_rate, finally } = defaults;
            let command = cli::with_default(command, "epochs", epochs.to_string());
            let command = cli::with_default(command, "batch_size", batch_size.to_string());
            let command = cli::with_default(command, "learning_rate", learning_rate.to_string());
            let Some((epochs, batch_size)) = finally else { return command };
            [("epochs", epochs), ("batch_size", batch_size)].into_iter().fold(
                command,
                |command, (name, value)| {
                    command.mut_arg(name, |arg| arg.default_value_if("finally", "true", value.to_string()))
                },
            )
        })
    }

    fn run<A, F>(self, with_defaults: impl FnOnce(Command) -> Command) -> anyhow::Result<(Run<A>, F)>
    where
        A: Args + AsRef<cli::RunArgs>,
        F: Args,
    {
        let matches = cli::matches(with_defaults(self.command::<A, F>()));
        let args = A::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        let flags = F::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        Ok((Run::start(self.name, args)?, flags))
    }

    /// Returns the command with the flags of `A` and `F`. `--help` begins with the program's description, not with the doc
    /// comments of `A` and `F`.
    fn command<A: Args, F: Args>(self) -> Command {
        let command = A::augment_args(F::augment_args(Command::new(self.name)));
        cli::with_out(command, self.name).about(self.about).long_about(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_starts_with_what_the_program_does() {
        let program = Program::new("ch02_mnist", "Learns to read digits");
        for mut command in [program.command::<CommonArgs, ()>(), program.command::<TrainingArgs, ()>()] {
            assert!(command.render_long_help().to_string().starts_with("Learns to read digits\n"));
            assert!(command.render_help().to_string().starts_with("Learns to read digits\n"));
        }
    }
}
