//! The words of a text as inputs of a network.

use kindling::{
    data::TextVectorization,
    layers::{Embedding, GlobalAveragePooling1d},
    prelude::{Column, Sequential},
    tables::Table,
};
use serde::{Deserialize, Serialize};

/// How words are given to a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// A vector with a one for each word that the text holds.
    MultiHot,
    /// The ids of the first words, which a trained embedding turns into vectors; the network reads their mean.
    Embedding {
        /// The number of words.
        length: usize,
        /// The length of a word's vector.
        dimensions: usize,
    },
}

/// The most frequent words of the training texts, and how texts are encoded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Words {
    column: String,
    encoding: Encoding,
    vectorization: TextVectorization,
}

impl Words {
    /// Creates the inputs of the texts in a column. `max_tokens` limits the number of words, those for padding and unknown
    /// words included.
    pub fn new(column: impl Into<String>, encoding: Encoding, max_tokens: usize) -> Self {
        let vectorization = TextVectorization::new().max_tokens(max_tokens);
        Self { column: column.into(), encoding, vectorization }
    }

    /// Learns the vocabulary of training rows, and returns these as inputs.
    ///
    /// # Errors
    /// If there is no such column of words.
    pub fn fit(&mut self, train: &Table) -> anyhow::Result<Column> {
        self.vectorization.adapt(texts(train, &self.column)?);
        self.transform(train)
    }

    /// Returns rows as inputs: multi-hot vectors `[rows, words]` or ids `[rows, length]`.
    ///
    /// # Errors
    /// If there is no such column of words.
    pub fn transform(&self, rows: &Table) -> anyhow::Result<Column> {
        self.encode(texts(rows, &self.column)?)
    }

    /// Returns texts as inputs.
    ///
    /// # Errors
    /// If they do not fit in memory.
    pub fn encode<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> anyhow::Result<Column> {
        Ok(match self.encoding {
            Encoding::MultiHot => self.vectorization.multi_hot(texts)?,
            Encoding::Embedding { length, .. } => self.vectorization.padded(texts, length)?,
        })
    }

    /// Returns the layers that turn inputs into a vector.
    pub fn network(&self) -> Sequential {
        match self.encoding {
            Encoding::MultiHot => Sequential::new(self.vectorization.ids() - 1),
            Encoding::Embedding { length, dimensions } => Sequential::new(length)
                .layer(Embedding::new(self.vectorization.ids(), dimensions))
                .layer(GlobalAveragePooling1d::default()),
        }
    }

    /// Returns the column of the texts.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// Returns the words that are known, and how.
    pub fn vectorization(&self) -> &TextVectorization {
        &self.vectorization
    }

    /// Returns whether texts are multi-hot vectors.
    pub fn is_multi_hot(&self) -> bool {
        self.encoding == Encoding::MultiHot
    }
}

fn texts<'a>(rows: &'a Table, column: &str) -> anyhow::Result<impl Iterator<Item = &'a str>> {
    let words = rows.column(column)?.words();
    let words =
        words.ok_or_else(|| anyhow::anyhow!("column {column} holds no texts: name another with --text"))?;
    Ok(words.map(Option::unwrap_or_default))
}
