//! The report's sections on texts.

use kindling::{prelude::Model, report::Section, tables::Table};

use super::Words;
use crate::training::{
    Inputs,
    report::{errors_section, figure},
    search::{Found, Tested},
};

/// Maximum number of words per class.
const NAMED: usize = 20;
/// Maximum number of characters shown of a text.
const SHOWN: usize = 150;

/// Returns the sections on the words with the largest weights in the linear model, and on the texts with the largest errors.
///
/// # Errors
/// Returns an error if the weights cannot be read from the device.
pub fn sections(test: &Table, found: &Found) -> anyhow::Result<Vec<Section>> {
    let mut sections = Vec::new();
    let Tested { model, pipeline, .. } = found.tested_linear();
    if let Inputs::Words(words) = &pipeline.inputs {
        if words.is_multi_hot() {
            sections.push(words_section(model, words, pipeline.target.classes())?);
        }
        let column = test.column(words.column())?;
        let text = |row| column.text(row).unwrap_or_default().chars().take(SHOWN).collect();
        sections.push(errors_section(&found.tested, "text", text));
    }
    Ok(sections)
}

/// Returns the section on the words with the largest weights per class. A binary model has one output, for the second class.
fn words_section(model: &Model, words: &Words, classes: &[String]) -> anyhow::Result<Section> {
    let weights = model.weights()?;
    let kernel: Vec<f32> =
        weights.iter().next().map(|(_, data)| data.iter::<f32>().collect()).unwrap_or_default();
    let outputs = if classes.len() > 2 { classes.len() } else { 1 };
    let strongest = |output: usize, sign: f32| {
        let weight = |feature: usize| sign * kernel[feature * outputs + output];
        // The first feature is the token for unknown words.
        let mut features: Vec<usize> =
            (1..kernel.len() / outputs).filter(|feature| weight(*feature) > 0.0).collect();
        features.sort_by(|one, other| weight(*other).total_cmp(&weight(*one)));
        let vocabulary = words.vectorization().vocabulary();
        let named = features
            .iter()
            .take(NAMED)
            .map(|feature| format!("{} {}", vocabulary[feature - 1], figure(f64::from(weight(*feature)))));
        named.collect::<Vec<_>>().join(", ")
    };
    let rows: Vec<[String; 2]> = match classes {
        [first, second] => {
            vec![[first.clone(), strongest(0, -1.0)], [second.clone(), strongest(0, 1.0)]]
        }
        _ => classes.iter().enumerate().map(|(class, name)| [name.clone(), strongest(class, 1.0)]).collect(),
    };
    Ok(Section::new("Words")
        .text("Words with the largest weights in the linear model, per class.")
        .table(&["class", "words and weights"], &rows))
}
