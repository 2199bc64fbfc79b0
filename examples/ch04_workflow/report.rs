//! What is said on the screen as it is reached, and kept in `report.md`.

use std::{io::Write, path::Path};

use anyhow::Context;
use kindling::data::files::write_whole;

/// The steps so far, as Markdown.
pub struct Report {
    text: String,
    steps: usize,
    quiet: bool,
}

impl Report {
    /// Begins with a title, and with what the figures come from.
    pub fn new(title: &str, caption: &str, quiet: bool) -> Self {
        Self { text: format!("# {title}\n\n{caption}\n"), steps: 0, quiet }
    }

    /// Begins the next step.
    pub fn step(&mut self, title: &str) {
        self.steps += 1;
        self.add(format!("\n## {}. {title}\n", self.steps));
    }

    /// Adds a line.
    pub fn line(&mut self, line: impl Into<String>) {
        self.add(line.into());
    }

    /// Adds a picture that lies beside the report.
    pub fn picture(&mut self, name: &str) {
        self.text += &format!("\n![{name}]({name}.svg)\n");
    }

    /// Writes the report, whole or not at all.
    pub fn save(&self, path: &Path) -> anyhow::Result<()> {
        write_whole(path, |file| file.write_all(self.text.as_bytes()))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    fn add(&mut self, text: String) {
        if !self.quiet {
            println!("{text}");
        }
        self.text += &text;
        self.text.push('\n');
    }
}
