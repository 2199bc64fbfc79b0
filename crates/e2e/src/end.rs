//! How programs end.

use std::time::Duration;

use assert_cmd::Command;

/// The longest time that a program may take that does little.
const LONGEST: Duration = Duration::from_secs(30);

/// The end of a program: neither a panic nor a signal, and within half a minute.
#[derive(Debug)]
pub struct End {
    /// The exit status, 0 or 1.
    pub code: i32,
    /// What it printed on standard output.
    pub printed: String,
    /// What it printed on standard error.
    pub error: String,
}

impl End {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        let output = command.timeout(LONGEST).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (printed, error) = (text(&output.stdout), text(&output.stderr));
        assert!(!error.contains("panicked"), "{error}");
        let code = output.status.code().filter(|code| [0, 1].contains(code));
        let code = code.unwrap_or_else(|| panic!("{:?}: {printed}{error}", output.status));
        Self { code, printed, error }
    }

    /// Runs a command that succeeds, and returns its standard output.
    pub fn success(command: &mut Command) -> String {
        let end = Self::of(command);
        assert_eq!(end.code, 0, "{}", end.error);
        end.printed
    }

    /// Runs a command that fails, checks that it says each of `words`, and returns its standard error.
    pub fn failure(command: &mut Command, words: &[&str]) -> String {
        let end = Self::of(command);
        assert_eq!(end.code, 1, "{}", end.printed);
        for word in words {
            assert!(end.error.contains(word), "{word} is not said: {}", end.error);
        }
        end.error
    }
}
