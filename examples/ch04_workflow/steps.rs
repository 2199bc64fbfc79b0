//! The steps of the workflow, which are printed and collected for a report.

use kindling::{
    plots::{BarChart, Chart},
    report::{Report, Section},
};
use kindling_programs::cli;

/// The steps so far.
pub struct Steps {
    sections: Vec<Section>,
    quiet: bool,
}

impl Steps {
    /// Creates an empty list of steps. Nothing is printed if `quiet`.
    pub fn new(quiet: bool) -> Self {
        Self { sections: Vec::new(), quiet }
    }

    /// Starts the next step.
    pub fn step(&mut self, title: &str) {
        let title = format!("{}. {title}", self.sections.len() + 1);
        self.print(&format!("\n{title}"));
        self.sections.push(Section::new(title));
    }

    /// Adds a line to the step.
    pub fn line(&mut self, line: impl Into<String>) {
        let line = line.into();
        self.print(&line);
        self.add(|step| step.text(&line));
    }

    /// Adds a line to the step in the report only: it was already printed.
    pub fn report(&mut self, line: impl Into<String>) {
        let line = line.into();
        self.add(|step| step.text(&line));
    }

    /// Adds a chart to the step.
    pub fn chart(&mut self, chart: &Chart) {
        self.add(|step| step.chart(chart));
    }

    /// Adds a bar chart to the step.
    pub fn bar_chart(&mut self, chart: &BarChart) {
        self.add(|step| step.bar_chart(chart));
    }

    /// Returns a report of all steps. The caption names data, backend and seed.
    pub fn into_report(self, title: &str, caption: &str) -> Report {
        self.sections.into_iter().fold(Report::new(title, caption), Report::section)
    }

    fn add(&mut self, add: impl FnOnce(Section) -> Section) {
        let step = self.sections.pop().map(add);
        self.sections.extend(step);
    }

    fn print(&self, line: &str) {
        if !self.quiet {
            cli::print(line);
        }
    }
}
