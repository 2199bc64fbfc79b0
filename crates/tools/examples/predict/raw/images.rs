//! Image files as inputs.

use anyhow::ensure;
use kindling_tools::images::Images;

use super::{super::Args, Read};

/// Reads all images.
pub fn read(args: &Args, images: &Images) -> anyhow::Result<Read> {
    ensure!(!args.explain, "--explain requires a model of train_csv or train_texts: leave it out");
    let places = args.inputs.iter().map(|file| (file.display().to_string(), 0)).collect();
    Ok(Read { places, inputs: images.open(&args.inputs)?, explanations: Vec::new() })
}
