//! Runs programs and checks how they end.

use std::time::Duration;

use assert_cmd::Command;

/// Time limit for a short program.
const LONGEST: Duration = Duration::from_secs(30);

/// The result of a program that exited without a panic or signal within 30 seconds.
#[derive(Debug)]
pub struct End {
    /// The exit status, 0 or 1.
    pub code: i32,
    /// The standard output.
    pub printed: String,
    /// The standard error.
    pub error: String,
}

impl End {
    /// Runs a command until it exits.
    pub fn of(command: &mut Command) -> Self {
        let output = command.timeout(LONGEST).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (printed, error) = (text(&output.stdout), text(&output.stderr));
        assert!(!error.contains("panicked"), "{error}");
        let code = output.status.code().filter(|code| [0, 1].contains(code));
        let code = code.unwrap_or_else(|| panic!("{:?}: {printed}{error}", output.status));
        Self { code, printed, error }
    }

    /// Runs a command, checks that it succeeds, and returns its standard output.
    pub fn success(command: &mut Command) -> String {
        let end = Self::of(command);
        assert_eq!(end.code, 0, "{}", end.error);
        end.printed
    }

    /// Runs a command, checks that it fails with a message that contains each of `words`, and returns its standard error.
    pub fn failure(command: &mut Command, words: &[&str]) -> String {
        let end = Self::of(command);
        assert_eq!(end.code, 1, "{}", end.printed);
        for word in words {
            assert!(end.error.contains(word), "{word:?} is not in the message: {}", end.error);
        }
        end.error
    }
}
