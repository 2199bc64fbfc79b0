//! Plots, written as an SVG and a PNG of the same picture. Saved pictures are laid out for the width of a phone: shown 358
//! pixels wide, their letters are at least 11 pixels high.
//!
//! - [`Chart`]: curves over epochs, in the style of "Deep Learning with Python" ([`history_chart`] makes one), and repeats,
//!   bars by class, histograms, and paths on contours
//! - [`BarChart`]: one figure for each of several names, such as the importance of settings
//! - [`ConfusionChart`]: a confusion matrix
//! - [`ImageSheet`]: rows of small images with captions, such as misclassified digits
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
//! [`Chart::to_html`] and [`BarChart::to_html`] return a chart as HTML instead.
//!
//! Private modules: `canvas` creates the files and lays out text. `chart` is the interface for callers, `layout` places the axes,
//! and `drawing` draws the chart. `axis`, `series`, `contours`, `notes` and `legend` are its parts. `outliers` and `frame`
//! determine what is inside the axes.

mod axis;
mod bars;
mod canvas;
mod chart;
mod confusion;
mod contours;
mod digits;
mod drawing;
mod frame;
mod history;
mod layout;
mod legend;
mod notes;
mod outliers;
mod series;

pub use bars::BarChart;
pub(crate) use canvas::escape;
pub use chart::Chart;
pub use confusion::ConfusionChart;
pub use digits::{ImageSheet, Tile};
pub(crate) use history::figure_label;
pub use history::history_chart;

use std::{io, path::PathBuf};

/// The two files of a plot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedPlot {
    /// The vector picture, with selectable text.
    pub svg: PathBuf,
    /// The same picture in pixels, with two pixels per SVG pixel.
    pub png: PathBuf,
}

/// The error of a plot that was not saved. No partial file is left behind.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// The content cannot be drawn.
    #[error("cannot draw {}: {problem}", file.display())]
    Draw {
        /// The file that was to be written.
        file: PathBuf,
        /// The problem and the remedy.
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
