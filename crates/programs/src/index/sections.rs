//! The names of sections and data sets on the page.

use serde::Serialize;

/// The sections of the book, by program.
const SECTIONS: &[(&str, &str, &str)] = &[
    ("ch02_mnist", "2.1", "A first look at a neural network"),
    ("ch02_tensors", "2.2", "Data representations: tensors"),
    ("ch02_data_tensors", "2.2", "Data representations: real-world data"),
    ("ch02_tensor_operations", "2.3", "Tensor operations"),
    ("ch02_geometry", "2.3", "Tensor operations as geometry"),
    ("ch02_training_loop", "2.4", "The training loop and backpropagation"),
    ("ch02_optimizers", "2.4", "Optimizers and momentum"),
    ("ch03_layers", "3.1", "Layers and the tensors that they accept"),
    ("ch03_losses", "3.1", "Losses by task"),
    ("ch03_graph", "3.1", "Graphs of layers with several losses"),
    ("ch03_imdb", "3.4", "Classifying movie reviews"),
    ("ch03_reuters", "3.5", "Classifying newswires"),
    ("ch03_boston", "3.6", "Predicting house prices"),
    ("ch04_autoencoder", "4.1", "Four branches of machine learning"),
    ("ch04_evaluation", "4.2", "Evaluating models"),
    ("ch04_pitfalls", "4.2", "Pitfalls of splitting"),
    ("ch04_preprocessing", "4.3", "Preprocessing and feature engineering"),
    ("ch04_overfitting", "4.4", "Overfitting and underfitting"),
    ("ch04_workflow", "4.5", "The universal workflow"),
];

/// Displayed names of the data sets, by their name in `result.json`.
const DATASETS: [(&str, &str); 4] =
    [("mnist", "MNIST"), ("imdb", "IMDB"), ("reuters", "Reuters"), ("boston_housing", "Boston Housing")];

/// A section of the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// `2.1`, or `2` for a program of chapter 2 that is not in the table.
    pub number: String,
    /// The title; empty if unknown.
    pub title: &'static str,
}

impl Section {
    /// Returns the section of a program, or `None` for a program that does not belong to the book.
    pub fn of(program: &str) -> Option<Self> {
        if let Some((_, number, title)) = SECTIONS.iter().find(|(name, ..)| *name == program) {
            return Some(Self { number: (*number).into(), title });
        }
        let (chapter, _) = program.strip_prefix("ch")?.split_once('_')?;
        let chapter: u8 = chapter.parse().ok()?;
        Some(Self { number: chapter.to_string(), title: "" })
    }
}

/// Returns the displayed name of a data set.
pub fn dataset(name: &str) -> &str {
    DATASETS.iter().find(|(own, _)| *own == name).map_or(name, |(_, shown)| shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_of_the_book_has_a_section() {
        let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
        for entry in std::fs::read_dir(examples).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let program = name.strip_suffix(".rs").unwrap_or(&name);
            if program.starts_with("ch") {
                let section = Section::of(program).filter(|section| !section.title.is_empty());
                assert!(section.is_some(), "{program}: add its section to SECTIONS");
            }
        }
        assert!(SECTIONS.is_sorted_by_key(|(_, number, _)| number));
    }

    #[test]
    fn other_programs_have_their_chapter_or_none() {
        let number = |program| Section::of(program).map(|section| section.number);
        assert_eq!(number("ch02_mnist").as_deref(), Some("2.1"));
        assert_eq!(number("ch03_new").as_deref(), Some("3"));
        for program in ["train_csv", "chart", "ch_1", "ch99999_x", ""] {
            assert_eq!(number(program), None, "{program}");
        }
        assert_eq!((dataset("imdb"), dataset("houses.csv")), ("IMDB", "houses.csv"));
    }
}
