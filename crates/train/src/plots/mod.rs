//! Plots. Each is drawn by one function and written as an SVG and a PNG of the same picture.
//!
//! - [`Chart`]: curves over epochs, in the style of "Deep Learning with Python"; [`history_chart`] makes one
//! - [`BarChart`]: one figure for each of several names, such as the importance of settings
//! - [`ConfusionChart`]: a confusion matrix
//! - [`ImageSheet`]: rows of small images with captions, such as wrongly read digits
//!
//! ```
//! use kindling_train::plots::Chart;
//!
//! # let folder = tempfile::tempdir()?;
//! let saved = Chart::new("Training and validation loss")
//!     .axes("Epochs", "Loss")
//!     .points("Training loss", &[0.51, 0.30, 0.22])
//!     .line("Validation loss", &[0.38, 0.30, 0.28])
//!     .save(&folder, "loss")?;
//! println!("{}", saved.svg.display());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Chart::to_html`] and [`BarChart::to_html`] put a chart into a page instead.
//!
//! Inside: `canvas` makes the files and sets the text, `axis`, `legend` and `series` are the parts of a chart.

mod axis;
mod bars;
mod canvas;
mod confusion;
mod curves;
mod digits;
mod history;
mod legend;
mod series;

pub use bars::BarChart;
pub(crate) use canvas::escape;
pub use confusion::ConfusionChart;
pub use curves::Chart;
pub use digits::{ImageSheet, Tile};
pub(crate) use history::figure_label;
pub use history::history_chart;

use std::{io, path::PathBuf};

/// The two files of a plot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedPlot {
    /// The vector picture, with its text as text.
    pub svg: PathBuf,
    /// The same picture in pixels, two to each SVG pixel.
    pub png: PathBuf,
}

/// Why a plot was not saved. No half-written file is left behind.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// The content cannot be drawn.
    #[error("cannot draw {}: {problem}", file.display())]
    Draw {
        /// The file that was to be written.
        file: PathBuf,
        /// What is wrong, and the remedy.
        problem: String,
    },
    /// The picture cannot be written.
    #[error("cannot write {}: {source}", file.display())]
    Write {
        /// The file that was to be written.
        file: PathBuf,
        /// The operating system's error, and the remedy.
        source: io::Error,
    },
}
