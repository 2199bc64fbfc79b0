//! Quoting of shell arguments.

use std::ffi::OsStr;

/// Returns the argument quoted for a shell.
pub(super) fn quoted(argument: &OsStr) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "-_./:=,+@%".contains(character);
    match argument.to_str() {
        Some(text) if !text.is_empty() && text.chars().all(is_plain) => text.into(),
        // Control characters would not survive being printed on a terminal and copied. They are escaped below.
        Some(text) if !text.chars().any(|character| character.is_control() && character != '\n') => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        _ => {
            let byte = |byte: &u8| match byte {
                b' '..=b'~' if !b"'\\".contains(byte) => char::from(*byte).to_string(),
                _ => format!(r"\{byte:03o}"),
            };
            format!("$'{}'", argument.as_encoded_bytes().iter().map(byte).collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_quoted() {
        for (argument, word) in [
            ("run/a-1", "run/a-1"),
            ("", "''"),
            ("it's", r"'it'\''s'"),
            ("two\nlines", "'two\nlines'"),
            ("$(x) `y`", "'$(x) `y`'"),
            ("\u{1b}[1m'", r"$'\033[1m\047'"),
        ] {
            assert_eq!(quoted(argument.as_ref()), word);
        }
    }

    #[cfg(unix)]
    #[test]
    fn invalid_unicode_is_escaped() {
        use std::os::unix::ffi::OsStrExt;

        assert_eq!(quoted(OsStr::from_bytes(b"a\xff\\ b")), r"$'a\377\134 b'");
    }
}
