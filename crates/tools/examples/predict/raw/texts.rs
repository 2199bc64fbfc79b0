//! Texts as inputs: from `--text`, text files, and a column of CSV files.

use std::path::Path;

use anyhow::{Context, bail};
use kindling::tables::{ColumnKind, CsvOptions, Table};
use kindling_programs::cli;
use kindling_tools::{
    texts::Words,
    training::scores::{Predicted, most_probable},
};

use super::{super::Args, Raw, Read, explanation, value};

/// Maximum size of the copies of a text that are predicted together, each without one word.
const MOST_BYTES: usize = 1 << 24;

/// Reads all texts.
pub fn read(args: &Args, words: &Words, raw: &Raw) -> anyhow::Result<Vec<Read>> {
    let mut all = Vec::new();
    if !args.texts.is_empty() {
        all.push(encoded(args, words, raw, "--text", &args.texts)?);
    }
    for file in &args.inputs {
        all.push(encoded(args, words, raw, &file.display().to_string(), &texts(file, words)?)?);
    }
    Ok(all)
}

fn texts(file: &Path, words: &Words) -> anyhow::Result<Vec<String>> {
    let extension = file.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("csv") => {
            let options = CsvOptions::new().kind(words.column(), ColumnKind::Text).only_kinds_set();
            let rows = Table::read_csv(file, &options)?;
            let column = rows.column(words.column())?;
            Ok((0..rows.len()).map(|row| column.text(row).unwrap_or_default()).collect())
        }
        Some("txt") => {
            let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            Ok(vec![String::from_utf8_lossy(&bytes).into_owned()])
        }
        _ => bail!("{}: the model takes texts: give --text, .txt files, or .csv files", file.display()),
    }
}

fn encoded(args: &Args, words: &Words, raw: &Raw, file: &str, texts: &[String]) -> anyhow::Result<Read> {
    for (row, text) in texts.iter().enumerate() {
        let ids = words.vectorization().sequence(text);
        if ids.iter().all(|id| *id == 1) {
            cli::print_error(format_args!(
                "warning: {file}, row {row}: none of its words occur in the training data"
            ));
        }
    }
    let explanations = match args.explain {
        true => texts.iter().map(|text| explained(words, raw, text)).collect::<anyhow::Result<_>>()?,
        false => Vec::new(),
    };
    let places = (0..texts.len()).map(|row| (file.to_owned(), row)).collect();
    Ok(Read { places, inputs: words.encode(texts.iter().map(String::as_str))?, explanations })
}

/// Returns the words that contributed most to a prediction. A contribution is the predicted number, or the probability of
/// the predicted class, minus its value with the word removed.
fn explained(words: &Words, raw: &Raw, text: &str) -> anyhow::Result<String> {
    let vectorization = words.vectorization();
    let mut known = vectorization.sequence(text);
    known.retain(|id| *id > 1);
    known.sort_unstable();
    known.dedup();
    if known.is_empty() {
        return Ok(String::new());
    }
    let without = |without: &u32| {
        let kept = text.split_whitespace().filter(|word| vectorization.sequence(word) != [*without]);
        kept.collect::<Vec<_>>().join(" ")
    };
    let whole = raw.predict(words.encode([text])?)?;
    let own = value(&whole, &whole, 0);
    let name = |id: u32| vectorization.vocabulary()[id as usize - 2].as_str();
    let together = (MOST_BYTES / text.len().max(1)).max(1);
    let mut contributions = Vec::with_capacity(known.len());
    for ids in known.chunks(together) {
        let variants: Vec<String> = ids.iter().map(without).collect();
        let predicted = raw.predict(words.encode(variants.iter().map(String::as_str))?)?;
        let contribution =
            |(place, id): (usize, &u32)| (name(*id), own - of_class(&predicted, place, &whole));
        contributions.extend(ids.iter().enumerate().map(contribution));
    }
    Ok(explanation(contributions))
}

/// Returns the predicted number of a sample, or the probability of the class that is predicted for the whole text.
fn of_class(predicted: &Predicted, sample: usize, whole: &Predicted) -> f64 {
    match (predicted, whole) {
        (Predicted::Classes(own), Predicted::Classes(whole)) => own[sample][most_probable(&whole[0])],
        _ => value(predicted, predicted, sample),
    }
}
