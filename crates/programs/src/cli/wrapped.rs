//! Wrapping of text for the terminal.

/// Maximum line width in characters.
const COLUMNS: usize = 100;

/// Wraps text between words at 100 characters. Longer words are not broken.
pub(super) fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= COLUMNS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_words() {
        let text = "seven words ".repeat(20);
        let broken = wrapped(&text);
        assert!(broken.lines().all(|line| line.len() <= COLUMNS && !line.starts_with(' ')), "{broken}");
        assert_eq!(broken.replace('\n', " "), text.trim());
        let word = "x".repeat(2 * COLUMNS);
        assert_eq!(wrapped(&format!("a {word} b")), format!("a\n{word}\nb"));
    }
}
